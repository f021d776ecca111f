// A call whose parties speak SRTP, each direction with a key of its own.
#pragma once

#include "dataplane/base/byte_order.hpp"
#include "dataplane/crypto/backend.hpp"
#include "tests/component/call_fixture.hpp"
#include "tests/support/srtp_party.hpp"

namespace pollux::testing {

inline constexpr std::uint32_t kSsrcA = 0xaaaaaaaa;
inline constexpr std::uint32_t kSsrcB = 0xbbbbbbbb;

inline Bytes speech(std::uint16_t sequence, std::uint32_t ssrc = kSsrcA, std::uint8_t fill = 0x2a) {
  return rtp({.sequence = sequence, .timestamp = sequence * 160U, .ssrc = ssrc, .fill = fill});
}

// What of it opens, in order; what doesn't is an empty packet.
inline Heard opened(SrtpParty& by, const Heard& heard) {
  Heard plain;
  for (const Bytes& packet : heard) {
    plain.push_back(by.open(packet).value_or(Bytes()));
  }
  return plain;
}

struct SrtpCallTest : CallTest {
  using Role = SrtpParty::Role;

  explicit SrtpCallTest(const DataplaneConfig& config = RingBed::two_ports())
      : CallTest(after_libsrtp(config)) {}

  // libsrtp can be initialised once, and the backend wants to be the one; parties, which are made later,
  // don't mind.
  static const DataplaneConfig& after_libsrtp(const DataplaneConfig& config) {
    static const auto backend = crypto::make_libsrtp_backend({}, 1);
    return config;
  }
  static DataplaneConfig config_of(SrtpBackend backend, std::uint32_t rekey_overlap_ms = 10000) {
    DataplaneConfig config = RingBed::two_ports();
    config.srtp.backend = backend;
    config.srtp.rekey_overlap_ms = rekey_overlap_ms;
    return config;
  }

  // Two legs that share ports for RTP and RTCP; a speaks AES-CM-128, b AES-GCM-256 with an MKI.
  const SrtpParamsRef from_a = test_key(SrtpSuite::kAesCm128HmacSha1_80, 1);
  const SrtpParamsRef to_a = test_key(SrtpSuite::kAesCm128HmacSha1_80, 2);
  const SrtpParamsRef from_b = test_key(SrtpSuite::kAeadAes256Gcm, 3, {0xca, 0xfe});
  const SrtpParamsRef to_b = test_key(SrtpSuite::kAeadAes256Gcm, 4, {1, 2, 3, 4});
  SrtpParty a_says{*from_a, Role::kSends};
  SrtpParty a_hears{*to_a, Role::kReceives};
  SrtpParty b_says{*from_b, Role::kSends};
  SrtpParty b_hears{*to_b, Role::kReceives};

  SessionSpec keyed(SessionSpec spec) const {
    spec.legs[0].srtp_receive = from_a;
    spec.legs[0].srtp_send = to_a;
    spec.legs[1].srtp_receive = from_b;
    spec.legs[1].srtp_send = to_b;
    return spec;
  }
  SessionSpec secure_call() const { return keyed(mux_call()); }
  // b speaks plain RTP.
  SessionSpec bridged_call() const {
    SessionSpec spec = mux_call();
    spec.legs[0].srtp_receive = from_a;
    spec.legs[0].srtp_send = to_a;
    return spec;
  }

  // Sends all at once, and says what `to` has got. Neighbours have to be known.
  Heard pass(const Party& from, const Party& to, const Heard& packets) {
    for (const Bytes& packet : packets) {
      send(from, packet);
    }
    bed().turn_workers();
    return heard_by(to);
  }
  Heard pass(const Party& from, const Party& to, const Bytes& packet) {
    return pass(from, to, Heard{packet});
  }

  // Each is heard by the other side as it was said, in order and under the other side's key.
  void expect_both_ways(const Party& one, const Party& other, const Heard& there, const Heard& back) {
    Heard sealed;
    for (const Bytes& packet : there) {
      sealed.push_back(a_says.seal(packet));
    }
    ASSERT_EQ(opened(b_hears, pass(one, other, sealed)), there) << bed().describe();
    sealed.clear();
    for (const Bytes& packet : back) {
      sealed.push_back(b_says.seal(packet));
    }
    ASSERT_EQ(opened(a_hears, pass(other, one, sealed)), back) << bed().describe();
  }

  // Lets one plain stream through each port, so that the neighbours are known; no traces are left.
  void meet(const Party& one, const Party& other) {
    const std::uint16_t low = 60000;
    const SessionHandle session =
        bed().add(two_legs(leg_at(0, one, low), leg_at(1, other, static_cast<std::uint16_t>(low + 4))));
    for (const auto& [from, port] : {std::pair(one, low), std::pair(other, std::uint16_t{low + 4})}) {
      Party aside = from;
      aside.relay.port = port;
      send(aside, speech(1));
      bed().turn();
    }
    bed().remove(session);
    bed().received(0);
    bed().received(1);
    bed().events();
  }
  static LegSpec leg_at(std::uint16_t id, const Party& party, std::uint16_t local_port) {
    LegSpec leg =
        bed_leg(id, static_cast<unsigned>(party.port), local_port, nullptr, !party.address.ip.is_v4());
    leg.remote_rtp = party.address;
    return leg;
  }
  void SetUp() override { meet(a, b); }

  std::uint64_t leg_drops(SessionHandle session, std::size_t leg, DropReason reason) {
    return bed().stats(session).legs[leg].drops[static_cast<std::size_t>(reason)];
  }
  static void wait_ms(std::uint64_t milliseconds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
    while (std::chrono::steady_clock::now() < end) {
    }
  }
};

}  // namespace pollux::testing
