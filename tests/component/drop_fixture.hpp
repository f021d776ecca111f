// Cases that each make packets end as one DropReason, and what is done with all of them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/component/call_fixture.hpp"

namespace pollux::testing {

class DropTest;

// `provoke` sets a call up, sends packets that must end here, and says how many; `recover` shows that a good
// packet passes right after.
struct DropCase {
  DropReason reason;
  const char* name;
  std::function<std::uint64_t(DropTest&)> provoke;
  std::function<void(DropTest&)> recover;
};

// From each of the files that hold cases.
std::vector<DropCase> frame_drops();
std::vector<DropCase> media_drops();
std::vector<DropCase> full_drops();
std::vector<DropCase> srtp_drops();
std::vector<DropCase> codec_drops();

class DropTest : public CallTest, public ::testing::WithParamInterface<DropCase> {
 public:
  SessionHandle session = 0;
  const Party v6_a{0, at("[2001:db8:a::7]:4000"), at("[2001:db8:a::1]:20000")};
  static constexpr std::size_t kIp = 14;
  static constexpr std::size_t kUdpV4 = kIp + 20;
  static constexpr std::size_t kUdpV6 = kIp + 40;

  void open(const SessionSpec& spec = call()) { session = bed().add(spec); }
  void open_and_warm_up(const SessionSpec& spec = call()) {
    open(spec);
    warm_up();
  }
  // As call(), with party a on IPv6; not warmed up.
  void open_v6() {
    open(two_legs(bed_leg(0, 0, 20000, "[2001:db8:a::7]:4000", true),
                  bed_leg(1, 1, 30000, "198.51.100.9:5000")));
  }

  // A good RTP packet of a's stream, as a frame.
  Bytes good() { return build(datagram(a, rtp({.sequence = 1001, .ssrc = 0xaaaaaaaa}))); }
  Bytes good_v6() { return build(datagram(v6_a, rtp({.sequence = 1001, .ssrc = 0xaaaaaaaa}))); }

  // The frame with single bytes changed; `fix` makes the IPv4 header's check sum right again.
  struct Change {
    std::size_t offset;
    std::uint8_t value;
  };
  static Bytes changed(Bytes frame, std::initializer_list<Change> changes, bool fix = true);
  static void fix_ipv4_checksum(Bytes& frame);

  void expect_relayed(const Party& from, const Party& to, const Bytes& payload) {
    EXPECT_EQ(relay(from, to, payload), Heard{payload}) << bed().describe();
  }
};

// The usual recovery: a's stream goes on.
inline void stream_goes_on(DropTest& test) {
  test.expect_relayed(test.a, test.b, rtp({.sequence = 1010, .timestamp = 5, .ssrc = 0xaaaaaaaa}));
}

}  // namespace pollux::testing
