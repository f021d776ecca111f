// How media fared while something else went on, as text and for the JSON.
#pragma once

#include <rte_cycles.h>

#include <cstdio>
#include <string>

#include "tests/bench/media_load.hpp"
#include "tests/bench/report.hpp"

namespace pollux::bench {

struct Delays {
  double p50 = 0;
  double p99 = 0;
  double p999 = 0;
  double most = 0;
};

inline double to_us(std::uint64_t cycles) {
  return static_cast<double>(cycles) * 1e6 / static_cast<double>(rte_get_tsc_hz());
}

inline Delays delays(const MediaResult& media) {
  return {to_us(media.delay.quantile(0.5)), to_us(media.delay.quantile(0.99)),
          to_us(media.delay.quantile(0.999)), to_us(media.delay.most())};
}

inline void print_media(const char* when, const MediaResult& media) {
  const Delays delay = delays(media);
  std::printf(
      "  media %-15s %llu packets, %llu lost, delay p50 %.1f p99 %.1f p99.9 %.1f max %.1f us, preempted %llu "
      "times\n",
      when, static_cast<unsigned long long>(media.sent), static_cast<unsigned long long>(media.lost),
      delay.p50, delay.p99, delay.p999, delay.most, static_cast<unsigned long long>(media.preempted));
}

inline void add_media(JsonRow& row, const std::string& when, const MediaResult& media) {
  const Delays delay = delays(media);
  row.add(("media_packets_" + when).c_str(), static_cast<double>(media.sent))
      .add(("media_lost_" + when).c_str(), static_cast<double>(media.lost))
      .add(("media_delay_p50_us_" + when).c_str(), delay.p50)
      .add(("media_delay_p99_us_" + when).c_str(), delay.p99)
      .add(("media_delay_p999_us_" + when).c_str(), delay.p999)
      .add(("media_delay_max_us_" + when).c_str(), delay.most)
      .add(("media_preempted_" + when).c_str(), static_cast<double>(media.preempted));
}

}  // namespace pollux::bench
