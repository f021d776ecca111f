// When to send RTCP reports (RFC 3550 §6.2, §6.3, A.7).
#pragma once

#include <cstdint>

#include "dataplane/base/xorshift.hpp"

namespace pollux::rtp {

// RFC 3550 §6.2. Towards one party there are two members, and the share of the least call's bandwidth lets
// two of them send more often than this: it alone decides.
inline constexpr std::uint32_t kReportMinimumMs = 5000;

// T of RFC 3550 §6.3.1: Tmin x [0.5, 1.5] / (e - 3/2); `initial` halves Tmin. `random`: any 32 bits.
std::uint32_t report_interval_ms(bool initial, std::uint32_t random);

// The timer of one participant, by the rules of §6.3.6: when it goes off, the interval is drawn anew, and if
// that one isn't over yet there is no report now but when it is. This is what the division by e - 3/2 makes
// up for: intervals lie between 2.05 and 6.16 s and are 5 s on average. One thread; the clock is the
// caller's.
class ReportInterval {
 public:
  // The participant joins.
  void begin(std::uint64_t now_ms, XorShift& random);
  // The time has come: true when a report is to be sent now. Either way due_ms() is a new one.
  bool expire(std::uint64_t now_ms, XorShift& random);
  std::uint64_t due_ms() const { return due_ms_; }

 private:
  std::uint64_t last_ms_ = 0;  // tp
  std::uint64_t due_ms_ = 0;   // tn
  bool initial_ = true;
};

}  // namespace pollux::rtp
