// A call whose media goes through paths, and what its parties hear: RTP, and Pollux's own RTCP taken apart.
#pragma once

#include <string>

#include "tests/component/srtp_fixture.hpp"

namespace pollux::testing {

inline constexpr std::uint8_t kSr = 200;
inline constexpr std::uint8_t kRr = 201;
inline constexpr std::uint8_t kXr = 207;

inline CodecFormat format(CodecId id) {
  CodecFormat result;
  result.params.id = id;
  result.payload_type = codec_facts(id).static_payload_type.value_or(96);
  return result;
}

// A compound of ours, taken apart by its place in the RFC: SR or RR, SDES, XR.
struct Report {
  std::uint64_t at_ms = 0;  // the bed's time
  std::size_t rtp_before = 0;
  std::size_t octets_before = 0;
  std::uint64_t rtp_ms = 0;  // when the last RTP packet came
  std::uint32_t rtp_timestamp = 0;
  std::uint16_t a_sequence = 0;  // of A's last packet
  Bytes bytes;

  std::uint8_t type() const { return bytes[1]; }
  std::size_t blocks() const { return bytes[0] & 0x1fU; }
  std::uint32_t word(std::size_t index) const { return load_be32(&bytes[index * 4]); }
  std::uint32_t ssrc() const { return word(1); }
  std::uint64_t ntp() const { return std::uint64_t{word(2)} << 32 | word(3); }
  std::uint32_t ntp_middle() const { return static_cast<std::uint32_t>(ntp() >> 16); }
  std::size_t block() const { return type() == kSr ? 7 : 2; }  // its first word
  std::size_t sdes() const { return block() + 6 * blocks(); }
  std::string cname() const {
    const std::size_t at = sdes() * 4 + 8;
    return {reinterpret_cast<const char*>(&bytes[at + 2]), bytes[at + 1]};
  }
  std::size_t extended() const { return sdes() + (word(sdes()) & 0xffff) + 1; }  // where the XR would be
  bool has_extended() const { return bytes.size() > extended() * 4; }
};

struct RtcpReportTest : SrtpCallTest {
  // What one party gets.
  struct Hearing {
    std::vector<Report> reports;
    std::size_t packets = 0;
    std::size_t octets = 0;
    std::uint64_t rtp_ms = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t ssrc = 0;
  };

  // By paths that pass each packet on at once.
  static SessionSpec transcoded(SessionSpec spec) {
    spec.legs[0].jitter_window_ms = spec.legs[1].jitter_window_ms = 0;
    spec.legs[0].codecs.push_back(format(CodecId::kPcma));
    spec.legs[1].codecs.push_back(format(CodecId::kPcmu));
    return spec;
  }
  void begin(const SessionSpec& spec) {
    session = bed().add(spec);
    speak(a);
    speak(b);
    bed().turn();
    gather();
  }
  Bytes next_packet(const Party& from) {
    const bool is_a = from.address == a.address;
    std::uint16_t& sequence = is_a ? a_sequence : b_sequence;
    ++sequence;
    return rtp({.payload_type = static_cast<std::uint8_t>(is_a ? 8 : b_payload_type),
                .sequence = sequence,
                .timestamp = sequence * 160U,
                .ssrc = is_a ? kSsrcA : kSsrcB,
                .fill = 0x2a});
  }
  void speak(const Party& from) { send(from, next_packet(from)); }
  void gather() {
    gather_from(0, by_a);
    gather_from(1, by_b);
  }
  void gather_from(std::size_t port, Hearing& hearing) {
    for (UdpFrame& frame : bed().received_udp(port)) {
      const bool rtcp = frame.payload.size() > 1 && frame.payload[1] >= 192 && frame.payload[1] <= 223;
      if (rtcp) {
        hearing.reports.push_back({now_ms, hearing.packets, hearing.octets, hearing.rtp_ms, hearing.timestamp,
                                   a_sequence, std::move(frame.payload)});
      } else if (frame.payload.size() >= 12) {
        ++hearing.packets;
        hearing.octets += frame.payload.size() - 12;
        hearing.rtp_ms = now_ms;
        hearing.timestamp = load_be32(&frame.payload[4]);
        hearing.ssrc = load_be32(&frame.payload[8]);
      }
    }
  }
  void pass_ms(std::uint64_t ms) {
    bed().advance_ms(ms);
    now_ms += ms;
    bed().turn_workers();
    gather();
  }
  // Both talk, or one of them, in packets of 20 ms.
  void talk(std::uint64_t ms, bool a_talks = true, bool b_talks = true) {
    for (std::uint64_t end_ms = now_ms + ms; now_ms < end_ms;) {
      if (a_talks) {
        speak(a);
      }
      if (b_talks) {
        speak(b);
      }
      bed().turn_workers();
      gather();
      pass_ms(10);
      pass_ms(10);
    }
  }
  void forget() { by_a.reports = by_b.reports = {}; }
  // Time goes by until a gets a report, of which there is none before.
  Report next_for_a() {
    forget();
    for (int i = 0; i < 7000 && by_a.reports.empty(); ++i) {
      pass_ms(1);
    }
    EXPECT_EQ(by_a.reports.size(), 1U);
    return by_a.reports.empty() ? Report{.bytes = Bytes(128)} : by_a.reports.front();
  }

  SessionHandle session = 0;
  std::uint64_t now_ms = 0;
  std::uint8_t b_payload_type = 0;
  std::uint16_t a_sequence = 1000;
  std::uint16_t b_sequence = 2000;
  Hearing by_a;
  Hearing by_b;
};

}  // namespace pollux::testing
