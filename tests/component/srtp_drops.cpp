// What ends on its way because of SRTP: not genuine, not fresh, or without a key to go on with.
#include <memory>

#include "tests/component/drop_fixture.hpp"
#include "tests/support/srtp_party.hpp"

namespace pollux::testing {

namespace {

constexpr auto kSuite = SrtpSuite::kAesCm128HmacSha1_80;
constexpr std::uint32_t kSsrc = 0xaaaaaaaa;

// Party a speaks SRTP, b plain RTP.
struct Keyed {
  explicit Keyed(const SrtpParamsRef& key) : from_a(key), a_says(*key, SrtpParty::Role::kSends) {}

  SrtpParamsRef from_a;
  SrtpParty a_says;

  SessionSpec spec() const {
    SessionSpec spec = CallTest::call();
    spec.legs[0].srtp_receive = from_a;
    spec.legs[0].srtp_send = test_key(kSuite, 2);
    return spec;
  }
  Bytes sealed(std::uint16_t sequence, std::uint32_t ssrc = kSsrc) {
    return a_says.seal(rtp({.sequence = sequence, .timestamp = sequence * 160U, .ssrc = ssrc}));
  }
};

void open(DropTest& test, Keyed& keyed) {
  test.open(keyed.spec());
  test.send(test.a, keyed.sealed(1000));
  test.send(test.b, rtp({.sequence = 1000, .timestamp = 160000, .ssrc = 0xbbbbbbbb}));
  test.bed().turn();
  test.bed().received(0);
  test.bed().received(1);
}

// `provoke` sends what must end here and says how many packets that were; a's stream then goes on.
DropCase keyed_case(DropReason reason, const char* name, const SrtpParamsRef& key,
                    std::function<std::uint64_t(DropTest&, Keyed&)> provoke) {
  const auto keyed = std::make_shared<std::unique_ptr<Keyed>>();
  return {reason, name,
          [=, provoke = std::move(provoke)](DropTest& test) {
            *keyed = std::make_unique<Keyed>(key);
            open(test, **keyed);
            return provoke(test, **keyed);
          },
          [keyed](DropTest& test) {
            const Bytes plain = rtp({.sequence = 1500, .timestamp = 5, .ssrc = kSsrc});
            EXPECT_EQ(test.relay(test.a, test.b, (*keyed)->a_says.seal(plain)), Heard{plain})
                << test.bed().describe();
          }};
}

// The leg gets another key, and a's stream goes on under it.
void rekey_and_go_on(DropTest& test) {
  Keyed next(test_key(kSuite, 7));
  test.bed().update(test.session, next.spec());
  const Bytes plain = rtp({.sequence = 1500, .timestamp = 5, .ssrc = kSsrc});
  EXPECT_EQ(test.relay(test.a, test.b, next.a_says.seal(plain)), Heard{plain}) << test.bed().describe();
}

DropCase without_key() {
  return {DropReason::srtp_no_key, "to_receive_with",
          [](DropTest& test) {
            SessionSpec spec = CallTest::call();
            spec.legs[0].srtp_send = test_key(kSuite, 2);
            test.open(spec);
            test.send(test.a, rtp({.sequence = 1, .ssrc = kSsrc}));
            return std::uint64_t{1};
          },
          rekey_and_go_on};
}

DropCase expired() {
  constexpr std::uint64_t kLifetime = 8;
  DropCase one = keyed_case(DropReason::srtp_key_expired, "lifetime", test_key(kSuite, 1, {}, kLifetime),
                            [](DropTest& test, Keyed& keyed) {
                              for (std::uint16_t i = 1; i < kLifetime + 2; ++i) {  // one has gone already
                                test.send(test.a, keyed.sealed(static_cast<std::uint16_t>(1000 + i)));
                              }
                              return std::uint64_t{2};
                            });
  one.recover = rekey_and_go_on;
  return one;
}

}  // namespace

std::vector<DropCase> srtp_drops() {
  const SrtpParamsRef key = test_key(kSuite, 1);
  return {
      keyed_case(DropReason::srtp_malformed, "no_room_for_a_tag", key,
                 [](DropTest& test, Keyed&) {
                   test.send(test.a, rtp({.sequence = 1001, .ssrc = kSsrc, .payload_length = 9}));
                   return std::uint64_t{1};
                 }),
      without_key(),
      keyed_case(DropReason::srtp_mki_unknown, "another", test_key(kSuite, 1, {1}),
                 [](DropTest& test, Keyed&) {
                   Keyed other(test_key(kSuite, 1, {2}));
                   test.send(test.a, other.sealed(1001));
                   return std::uint64_t{1};
                 }),
      keyed_case(DropReason::srtp_authentication_failed, "last_bit", key,
                 [](DropTest& test, Keyed& keyed) {
                   Bytes forged = keyed.sealed(1001);
                   forged.back() ^= 1;
                   test.send(test.a, forged);
                   return std::uint64_t{1};
                 }),
      keyed_case(DropReason::srtp_replayed, "twice_in_a_batch", key,
                 [](DropTest& test, Keyed& keyed) {
                   const Bytes once = keyed.sealed(1001);
                   for (int i = 0; i < 3; ++i) {
                     test.send(test.a, once);
                   }
                   return std::uint64_t{2};
                 }),
      keyed_case(DropReason::srtp_too_old, "behind_the_window", key,
                 [](DropTest& test, Keyed& keyed) {
                   const Bytes late = keyed.sealed(1001);
                   test.send(test.a, keyed.sealed(1001 + 128));
                   test.bed().turn();
                   test.send(test.a, late);
                   return std::uint64_t{1};
                 }),
      expired(),
      keyed_case(DropReason::srtp_streams_full, "one_ssrc_too_many", key,
                 [](DropTest& test, Keyed& keyed) {
                   for (std::uint32_t i = 1; i <= 16; ++i) {  // kSsrc is one as well
                     test.send(test.a, keyed.sealed(1001, kSsrc + i));
                   }
                   return std::uint64_t{1};
                 }),
      keyed_case(DropReason::srtp_index_used, "duplicate_of_a_plain_party", key,
                 [](DropTest& test, Keyed&) {
                   test.send(test.b, rtp({.sequence = 1000, .timestamp = 160000, .ssrc = 0xbbbbbbbb}));
                   return std::uint64_t{1};
                 }),
  };
}

}  // namespace pollux::testing
