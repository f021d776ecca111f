// Packets that pass at once come out as if they had been pushed.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "dataplane/media/path.hpp"
#include "tests/unit/media/path_bed.hpp"

namespace pollux::media::test {
namespace {

struct Case {
  std::string name;
  std::vector<CodecFormat> from;
  std::vector<CodecFormat> to;
  std::uint16_t ptime_ms;
  std::uint16_t window_ms;
};

struct Arrival {
  std::uint64_t at_us;
  Given packet;
};

// A stream as the network makes it: mostly even, with losses, packets out of order and twice, pauses,
// events, other lengths and formats, a new SSRC, timestamps that jump.
std::vector<Arrival> arrivals(const Case& kind, std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto one_in = [&](unsigned n) { return random() % n == 0; };
  std::vector<Arrival> made;
  std::uint64_t at_us = 1000;
  Given packet;
  packet.sequence = 65500;
  packet.timestamp = 0xfffff000U;
  std::size_t format = 0;
  std::size_t samples = 160;
  for (int i = 0; i < 400; ++i) {
    at_us += samples * 125;
    if (one_in(25)) {
      samples = 80 * (1 + random() % 4);
    }
    format = one_in(40) ? random() % kind.from.size() : format;
    packet.ssrc += one_in(100) ? 1U : 0U;
    packet.timestamp += one_in(60) ? static_cast<std::uint32_t>(random()) : 0U;
    packet.marker = one_in(30);
    packet.payload_type = kind.from[format].payload_type;
    packet.payload = ramp(packet.timestamp, one_in(80) ? 0 : samples);
    if (one_in(50)) {
      at_us += 200'000;
      packet.timestamp += 1600;
    }
    if (!one_in(30)) {
      made.push_back({at_us + (one_in(15) ? random() % 50'000 : 0), packet});
      if (one_in(50)) {
        made.push_back(made.back());
      }
    }
    ++packet.sequence;
    packet.timestamp += static_cast<std::uint32_t>(samples);
  }
  std::ranges::stable_sort(made, {}, &Arrival::at_us);
  return made;
}

class PathPass : public testing::TestWithParam<Case> {};

TEST_P(PathPass, MakesNoDifference) {
  std::uint64_t passed = 0;
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    PathBed bed(GetParam().from, GetParam().to, GetParam().ptime_ms, GetParam().window_ms);
    PathBed pushed(GetParam().from, GetParam().to, GetParam().ptime_ms, GetParam().window_ms);
    pushed.only_push();
    std::uint64_t end_us = 0;
    for (const Arrival& arrival : arrivals(GetParam(), seed)) {
      bed.give(arrival.at_us, arrival.packet);
      pushed.give(arrival.at_us, arrival.packet);
      end_us = arrival.at_us;
    }
    bed.wait_until(end_us + 1'000'000);
    pushed.wait_until(end_us + 1'000'000);
    const std::vector<Sent> own = bed.sent();
    const std::vector<Sent> expected = pushed.sent();
    ASSERT_EQ(own.size(), expected.size()) << "seed " << seed;
    for (std::size_t i = 0; i < own.size(); ++i) {
      ASSERT_EQ(own[i].at_us, expected[i].at_us) << "seed " << seed << ", packet " << i;
      ASSERT_EQ(own[i].header.timestamp, expected[i].header.timestamp) << "seed " << seed << ", packet " << i;
      ASSERT_EQ(own[i].header.sequence, expected[i].header.sequence) << "seed " << seed << ", packet " << i;
      ASSERT_EQ(own[i].header.payload_type, expected[i].header.payload_type);
      ASSERT_EQ(own[i].header.marker, expected[i].header.marker) << "seed " << seed << ", packet " << i;
      ASSERT_EQ(own[i].payload, expected[i].payload) << "seed " << seed << ", packet " << i;
    }
    for (const Fate fate : {Fate::kUsed, Fate::kLate, Fate::kMalformed, Fate::kUnmapped}) {
      EXPECT_EQ(bed.discarded(fate), pushed.discarded(fate));
    }
    const PathCounters& counters = bed.path().counters();
    const PathCounters& those = pushed.path().counters();
    EXPECT_EQ(counters.packets_in.get(), those.packets_in.get());
    EXPECT_EQ(counters.packets_out.get(), those.packets_out.get());
    EXPECT_EQ(counters.reordered.get(), those.reordered.get());
    EXPECT_EQ(counters.late.get(), those.late.get());
    EXPECT_EQ(counters.lost.get(), those.lost.get());
    EXPECT_EQ(counters.flushed.get(), those.flushed.get());
    EXPECT_EQ(counters.in_packet_us.get(), those.in_packet_us.get());
    EXPECT_EQ(counters.out_packet_us.get(), those.out_packet_us.get());
    EXPECT_EQ(counters.delay_us.get(), those.delay_us.get());
    EXPECT_EQ(counters.window_us.get(), those.window_us.get());
    EXPECT_EQ(counters.format.get(), those.format.get());
    passed += bed.passed();
  }
  EXPECT_GT(passed, 500U) << "hardly any packet passes";
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, PathPass,
    testing::Values(Case{"laws", {kPcma, kNoise, kEvents}, {kPcmu, kNoise, kEvents}, 0, 0},
                    Case{"laws_window", {kPcma, kNoise, kEvents}, {kPcmu, kNoise, kEvents}, 0, 60},
                    Case{"two_laws", {kPcma, kPcmu}, {kPcmu}, 0, 0},
                    Case{"joined", {kPcma, kEvents}, {kPcma, kEvents}, 40, 0},
                    Case{"joined_window", {kPcma, kPcmu}, {kPcmu}, 60, 60},
                    Case{"cut", {kPcma, kNoise}, {kPcma, kNoise}, 10, 0},
                    Case{"cut_window", {kPcma, kPcmu}, {kPcma}, 10, 60}),
    [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace pollux::media::test
