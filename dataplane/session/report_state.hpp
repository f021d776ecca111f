// A leg's RTCP of Pollux's own, where what its party sends or gets goes through a media path.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "dataplane/rtp/reception.hpp"
#include "dataplane/rtp/report_interval.hpp"
#include "dataplane/rtp/rtcp_report.hpp"
#include "dataplane/session/timing_wheel.hpp"

namespace pollux::session {

// RTP that went out with the leg's own SSRC.
struct SentCounts {
  std::uint64_t packets = 0;
  std::uint64_t octets = 0;  // of payload
};

// written by: worker, once linked; `cname` by control, before
struct ReportState {
  // RFC 7022 §4.2: 96 random bits in base64, one per leg, so that nobody learns by it who talks to whom.
  std::array<char, 16> cname{};
  bool on = false;
  Timer timer{.kind = TimerKind::kReport};
  rtp::ReportInterval interval;
  rtp::ReportMark mark;                    // of what the party sends
  rtp::LastSenderReport last_sr;           // of the party
  std::uint32_t clock_rate = 8000;         // Hz, of what is sent to the party
  SentCounts not_own;                      // went out on the leg's RTP port before it had an SSRC of its own
  std::array<std::uint64_t, 2> reports{};  // SentCounts::packets at the last report and the one before
  // RTCP that went out by a port it shares with RTP: what the port counts is both.
  std::uint64_t muxed_packets = 0;
  std::uint64_t muxed_bytes = 0;

  std::string_view cname_text() const { return {cname.data(), cname.size()}; }
};

}  // namespace pollux::session
