// Changes of keys that meet others on their way to the worker and back.
#include "tests/component/srtp_fixture.hpp"

namespace pollux::testing {
namespace {

constexpr auto kSuite = SrtpSuite::kAesCm128HmacSha1_80;

struct SrtpRaceTest : SrtpCallTest {
  // Few contexts, and big ones, so that losing some shows.
  static DataplaneConfig scarce() {
    DataplaneConfig config = config_of(SrtpBackend::kIpsecMb, 1);
    config.commands_per_loop = 1;
    config.max_endpoints = 8;
    config.srtp.streams_per_key = 256;
    config.srtp.replay_window = 1024;
    return config;
  }
  SrtpRaceTest() : SrtpCallTest(scarce()) {}

  // Until the order to forget the former key is on its way, and not yet carried out.
  void begin_to_forget(std::uint64_t overlap_ms = 1) {
    wait_ms(overlap_ms + 2);
    std::array<Event, 8> events;
    bed().dataplane().poll_events(events);
  }
  void post(SessionHandle session, const SessionSpec& spec) {
    const auto done = bed().dataplane().update_session(session, spec, 1234);
    ASSERT_TRUE(done) << done.error().message;
  }
  const SrtpParamsRef next = test_key(kSuite, 5);
  SrtpParty next_says{*next, Role::kSends};
};

TEST_F(SrtpRaceTest, AKeyMayComeBackWhileItIsBeingForgotten) {
  SessionSpec spec = bridged_call();
  const SessionHandle session = bed().add(spec);
  const Bytes first = a_says.seal(speech(1));
  ASSERT_EQ(pass(a, b, first).size(), 1U);
  spec.legs[0].srtp_receive = next;
  bed().update(session, spec);
  begin_to_forget();
  spec.legs[0].srtp_receive = from_a;
  post(session, spec);
  bed().turn();
  // Whoever comes next must not get the memory of a key in use.
  SessionSpec other =
      two_legs(bed_leg(0, 0, 21000, "192.0.2.7:4100"), bed_leg(1, 1, 31000, "198.51.100.9:5100"));
  other.legs[0].srtp_receive = test_key(kSuite, 77);
  other.legs[0].srtp_send = test_key(kSuite, 78);
  bed().add(other);
  EXPECT_EQ(pass(a, b, first), Heard{});
  EXPECT_EQ(pass(a, b, a_says.seal(speech(2))), Heard{speech(2)}) << bed().describe();
}

TEST_F(SrtpRaceTest, ARemovedLegKeepsItsKeysUntilTheWorkerHasLetGo) {
  SessionSpec spec = bridged_call();
  const SessionHandle session = bed().add(spec);
  ASSERT_EQ(pass(a, b, a_says.seal(speech(1))).size(), 1U);
  // A capture's order is carried out before the removal: its completion says nothing of the leg's keys.
  ASSERT_TRUE(bed().dataplane().start_capture({.session = session}));
  SessionSpec rest = spec;
  rest.legs.erase(rest.legs.begin());
  rest.legs[0].sinks.clear();
  post(session, rest);
  bed().turn_worker(0);
  std::array<Event, 8> events;
  ASSERT_EQ(bed().dataplane().poll_events(events), 1U);
  ASSERT_EQ(events[0].type, EventType::kCaptureSet);
  SessionSpec other =
      two_legs(bed_leg(0, 0, 21000, "192.0.2.7:4100"), bed_leg(1, 1, 31000, "198.51.100.9:5100"));
  other.legs[0].srtp_receive = test_key(kSuite, 77);
  ASSERT_TRUE(bed().dataplane().add_session(other, 4321));
  send(a, a_says.seal(speech(2)));
  bed().turn_worker(0);  // packets before commands
  bed().turn();
  EXPECT_EQ(heard_by(b), Heard{speech(2)}) << bed().describe();
  EXPECT_EQ(bed().drops(DropReason::srtp_authentication_failed), 0U);
  std::vector<CapturedPacket> captured;
  bed().dataplane().take_captured(captured, 100);
}

TEST_F(SrtpRaceTest, ALegMayGoWhileItsFormerKeyIsBeingForgotten) {
  for (std::uint8_t round = 0; round < 60; ++round) {
    SessionSpec spec = bridged_call();
    const SessionHandle session = bed().add(spec);
    ASSERT_NE(session, 0U) << "contexts are missing after round " << int{round};
    spec.legs[0].srtp_receive = next;
    bed().update(session, spec);
    begin_to_forget();
    spec.legs.erase(spec.legs.begin());
    spec.legs[0].sinks.clear();
    post(session, spec);
    bed().turn();
    bed().remove(session);
    bed().events();
    bed().turn();
    bed().events();
  }
}

TEST_F(SrtpRaceTest, ASessionMayGoWhileItsFormerKeyIsBeingForgotten) {
  for (std::uint8_t round = 0; round < 60; ++round) {
    SessionSpec spec = bridged_call();
    const SessionHandle session = bed().add(spec);
    ASSERT_NE(session, 0U) << "contexts are missing after round " << int{round};
    spec.legs[0].srtp_receive = next;
    bed().update(session, spec);
    begin_to_forget();
    ASSERT_TRUE(bed().dataplane().remove_session(session, 1234));
    bed().turn();
    bed().events();
    bed().turn();
    bed().events();
  }
}

// One that can't be ended when its time is over, since a change is under way, is ended next: not behind those
// that began later.
TEST_F(SrtpRaceTest, AnOverlapThatHasToWaitKeepsItsPlace) {
  constexpr std::uint32_t kOverlap = 300;
  restart(config_of(SrtpBackend::kIpsecMb, kOverlap));
  meet(a, b);
  SessionSpec spec = bridged_call();
  SessionSpec other =
      two_legs(bed_leg(0, 0, 21000, "192.0.2.7:4100"), bed_leg(1, 1, 31000, "198.51.100.9:5100"));
  other.legs[0].srtp_receive = test_key(kSuite, 77);
  const SessionHandle first = bed().add(spec);
  const SessionHandle second = bed().add(other);
  spec.legs[0].srtp_receive = next;
  other.legs[0].srtp_receive = test_key(kSuite, 78);
  bed().update(first, spec);
  wait_ms(kOverlap - 50);
  bed().update(second, other);
  const auto overlaps = [&](SessionHandle session) {
    return bed().stats(session).legs[0].srtp_receive->overlap;
  };
  post(first, spec);
  begin_to_forget(55);  // the first one's time is over
  bed().turn();
  bed().turn();
  const bool first_overlaps = overlaps(first);
  if (overlaps(second)) {  // else this machine was too slow to tell
    EXPECT_FALSE(first_overlaps);
  }
}

// A change that fails gives back what it had made for it.
TEST_F(SrtpRaceTest, RefusedChangesCostNoMemory) {
  SessionSpec spec = secure_call();
  const SessionHandle session = bed().add(spec);
  for (std::uint8_t round = 0; round < 60; ++round) {
    SessionSpec other = spec;
    other.legs[0].srtp_receive = test_key(kSuite, static_cast<std::uint8_t>(100 + round));
    other.legs[0].srtp_send = test_key(kSuite, static_cast<std::uint8_t>(10 + round));
    other.legs[1].srtp_receive = test_key(SrtpSuite::kAeadAes256Gcm, static_cast<std::uint8_t>(30 + round));
    other.legs[1].srtp_send = test_key(SrtpSuite::kAeadAes256Gcm, 4, {9});  // in use, with another MKI
    const auto done = bed().dataplane().update_session(session, other, 99);
    ASSERT_FALSE(done);
    ASSERT_EQ(done.error().field, "legs[1].srtp_send") << int{round};
  }
  expect_both_ways(a, b, {speech(1)}, {speech(1, kSsrcB)});
}

// Nor does a new key with every packet; the former ones go when their time is over.
TEST_F(SrtpRaceTest, ManyKeysOneAfterTheOther) {
  SessionSpec spec = bridged_call();
  const SessionHandle session = bed().add(spec);
  for (std::uint8_t round = 0; round < 100; ++round) {
    spec.legs[0].srtp_receive = test_key(kSuite, static_cast<std::uint8_t>(100 + round));
    spec.legs[0].srtp_send = test_key(kSuite, static_cast<std::uint8_t>(200 + round));
    bed().update(session, spec);
    SrtpParty says(*spec.legs[0].srtp_receive, Role::kSends);
    const auto sequence = static_cast<std::uint16_t>(round + 1);
    ASSERT_EQ(pass(a, b, says.seal(speech(sequence))), Heard{speech(sequence)}) << int{round} << "\n"
                                                                                << bed().describe();
  }
}

}  // namespace
}  // namespace pollux::testing
