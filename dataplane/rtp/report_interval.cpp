#include "dataplane/rtp/report_interval.hpp"

namespace pollux::rtp {

std::uint32_t report_interval_ms(bool initial, std::uint32_t random) {
  constexpr std::uint64_t kCompensation = 121828;  // (e - 3/2) x 100,000
  const std::uint64_t minimum = initial ? kReportMinimumMs / 2 : kReportMinimumMs;
  const std::uint64_t spread = (std::uint64_t{1} << 31) + random;  // [0.5, 1.5) x 2^32
  return static_cast<std::uint32_t>((minimum * 100000 / kCompensation * spread) >> 32);
}

void ReportInterval::begin(std::uint64_t now_ms, XorShift& random) {
  initial_ = true;
  last_ms_ = now_ms;
  due_ms_ = now_ms + report_interval_ms(true, random());
}

bool ReportInterval::expire(std::uint64_t now_ms, XorShift& random) {
  const std::uint64_t due_ms = last_ms_ + report_interval_ms(initial_, random());
  if (due_ms > now_ms) {
    due_ms_ = due_ms;
    return false;
  }
  initial_ = false;
  last_ms_ = now_ms;
  due_ms_ = now_ms + report_interval_ms(false, random());
  return true;
}

}  // namespace pollux::rtp
