// Long calls over a bad network, from a party whose clock runs at its own rate: nothing shifts, nothing
// grows. POLLUX_TABLE=1 prints what was measured, POLLUX_MINUTES=60 makes all of them an hour long.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "tests/unit/media/path_bed.hpp"

namespace pollux::media::test {
namespace {

constexpr std::uint64_t kWayUs = 50'000;
constexpr int kMostJitterUs = 40'000;
constexpr std::uint32_t kPacketUs = 20'000;

struct Call {
  CodecFormat from, to;
  std::uint16_t ptime_ms, window_ms;
  Bytes talk, pause;  // payloads; `pause` announces one, and is 10 ms long
  unsigned minutes;
};

struct Measured {
  std::uint64_t in_ticks = 0;   // of packets that were used
  std::uint64_t out_ticks = 0;  // of packets that left
  std::int64_t shift_ms = 0;    // of the end, against its distance from the beginning
  std::uint64_t most_delay_us = 0;
  std::uint32_t most_window_us = 0;
  std::uint64_t late = 0;
  std::uint64_t packets = 0;
};

struct Arrival {
  std::uint64_t at_us;
  Given packet;
};

// Talk of one to three seconds and pauses of half a second to two, 2 % lost.
std::vector<Arrival> arrivals_of(const Call& call, double clock, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Arrival> arrivals;
  std::uint64_t media_us = 0;
  std::uint64_t before_us = 0;
  std::uint16_t sequence = 65'000;
  const auto send = [&](const Bytes& payload, bool marker) {
    const auto timestamp = static_cast<std::uint32_t>(media_us * call.from.params.clock_rate / 1'000'000);
    const auto sent_us = static_cast<std::uint64_t>(static_cast<double>(media_us) * clock);
    std::uint64_t at_us = sent_us + kWayUs + random() % kMostJitterUs;
    at_us = random() % 100 < 2 ? at_us : std::max(at_us, before_us);  // the others keep their order
    before_us = std::max(before_us, at_us);
    const bool lost = media_us != 0 && random() % 100 < 2;
    if (!lost) {
      arrivals.push_back({at_us,
                          {.sequence = sequence,
                           .timestamp = 0U - 1'000'000U + timestamp,
                           .payload_type = call.from.payload_type,
                           .payload = payload,
                           .marker = marker}});
    }
    ++sequence;
  };
  while (media_us < call.minutes * 60'000'000ULL) {
    const std::uint64_t packets = 50 + random() % 100;
    for (std::uint64_t i = 0; i < packets; ++i, media_us += kPacketUs) {
      send(call.talk, i == 0);
    }
    if (!call.pause.empty()) {
      send(call.pause, false);
    }
    media_us += 500'000 + random() % 75 * kPacketUs;
  }
  std::ranges::stable_sort(arrivals, {}, &Arrival::at_us);
  return arrivals;
}

Measured hold(const Call& call, double ppm) {
  const double clock = 1 + ppm / 1e6;
  PathBed bed({call.from}, {call.to}, call.ptime_ms, call.window_ms);
  const auto arrivals = arrivals_of(call, clock, 17);
  const std::uint32_t first = arrivals.front().packet.timestamp;
  Measured measured;
  std::uint32_t end = first;
  std::uint32_t out_end = PathBed::kFirstTimestamp;
  const auto look = [&] {
    for (const Sent& packet : bed.sent()) {
      const std::uint32_t ticks = *codec::payload_ticks(call.to.params, packet.payload);
      measured.out_ticks += ticks;
      ++measured.packets;
      const std::uint32_t offset = packet.header.timestamp - PathBed::kFirstTimestamp;
      const double media_us = offset * 1e6 / call.to.params.clock_rate * clock;
      const auto delay = static_cast<std::int64_t>(packet.at_us) - static_cast<std::int64_t>(media_us);
      measured.most_delay_us =
          std::max(measured.most_delay_us, static_cast<std::uint64_t>(std::max<std::int64_t>(delay, 0)));
      out_end = packet.header.timestamp + ticks;
    }
  };
  for (const Arrival& arrival : arrivals) {
    const std::uint64_t late = bed.path().counters().late.get();
    bed.give(arrival.at_us, arrival.packet);
    measured.most_window_us = std::max(measured.most_window_us, bed.path().counters().window_us.get());
    if (bed.path().counters().late.get() == late) {
      const std::uint32_t ticks = *codec::payload_ticks(call.from.params, arrival.packet.payload);
      measured.in_ticks += ticks;
      end = static_cast<std::int32_t>(arrival.packet.timestamp + ticks - end) > 0
                ? arrival.packet.timestamp + ticks
                : end;
    }
    look();
  }
  bed.close();
  look();
  measured.late = bed.path().counters().late.get();
  measured.shift_ms = std::int64_t{out_end - PathBed::kFirstTimestamp} * 1000 / call.to.params.clock_rate -
                      std::int64_t{end - first} * 1000 / call.from.params.clock_rate;
  if (std::getenv("POLLUX_TABLE") != nullptr) {
    std::printf(
        "%s to %s, %+.0f ppm, %u min: %lu packets out, shift %ld ms, delay up to %lu ms, window up to %u ms, "
        "late %lu\n",
        codec_facts(call.from.params.id).name.data(), codec_facts(call.to.params.id).name.data(), ppm,
        call.minutes, static_cast<unsigned long>(measured.packets), static_cast<long>(measured.shift_ms),
        static_cast<unsigned long>(measured.most_delay_us / 1000), measured.most_window_us / 1000,
        static_cast<unsigned long>(measured.late));
  }
  return measured;
}

unsigned minutes(unsigned otherwise) {
  const char* const set = std::getenv("POLLUX_MINUTES");
  return set != nullptr ? static_cast<unsigned>(std::atoi(set)) : otherwise;
}

class PathHour : public ::testing::TestWithParam<int> {};

TEST_P(PathHour, G711InOtherPackets) {
  const Call call{kPcma, kPcmu, 30, 60, ramp(0, 160), {}, minutes(60)};
  const Measured measured = hold(call, GetParam());
  EXPECT_EQ(measured.in_ticks, measured.out_ticks);
  EXPECT_EQ(measured.shift_ms, 0);
  EXPECT_LT(measured.late * 1000, measured.packets);
  EXPECT_LE(measured.most_window_us, 60'000U);
  EXPECT_LT(measured.most_delay_us, kWayUs + kMostJitterUs + 60'000 + 20'000 + 30'000);
}

TEST_P(PathHour, G729WithPausesToSound) {
  const Call call{kG729, kPcma, 20, 60, Bytes(20, 0x42), Bytes(2, 0x11), minutes(3)};
  const Measured measured = hold(call, GetParam());
  EXPECT_NEAR(static_cast<double>(measured.shift_ms), 0, 20);
  // Noise in the pauses: all of the time.
  EXPECT_LE(measured.most_window_us, 60'000U);
  EXPECT_LT(measured.most_delay_us, kWayUs + kMostJitterUs + 60'000 + 2 * 20'000 + 20'000);
}

TEST_P(PathHour, G711ToOpus) {
  const Call call{kPcma, kOpus, 20, 60, ramp(0, 160), {}, minutes(2)};
  const Measured measured = hold(call, GetParam());
  EXPECT_NEAR(static_cast<double>(measured.shift_ms), 0, 20);
  EXPECT_LE(measured.most_window_us, 60'000U);
  EXPECT_LT(measured.most_delay_us, kWayUs + kMostJitterUs + 60'000 + 2 * 20'000);
}

INSTANTIATE_TEST_SUITE_P(ClockOff, PathHour, ::testing::Values(-200, 0, 200));

}  // namespace
}  // namespace pollux::media::test
