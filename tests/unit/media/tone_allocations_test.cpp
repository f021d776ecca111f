// Neither hearing tones nor making them takes memory: malloc is counted.
#include <gtest/gtest.h>

#include <vector>

#include "dataplane/codec/payload.hpp"
#include "dataplane/media/tone_listener.hpp"
#include "dataplane/media/tone_source.hpp"
#include "tests/bench/allocations.hpp"
#include "tests/support/codec_format.hpp"

namespace pollux::media::test {
namespace {

TEST(ToneAllocations, NonePerPacket) {
  for (const CodecFacts& facts : kCodecs) {
    if (!codec::codec_available(facts.id)) {
      continue;
    }
    const CodecFormat format =
        pollux::test::format(facts.id, 100, facts.id == CodecId::kOpus ? 48'000 : 8'000);
    auto listener = ToneListener::make({&format, 1});
    auto source = ToneSource::make(format.params);
    ASSERT_TRUE(listener && source) << facts.name;
    std::vector<std::uint8_t> out(ToneSource::kRoom);
    std::uint32_t timestamp = 0;
    std::uint16_t sequence = 0;
    std::size_t heard = 0;
    dtmf::PressReports reports;
    const std::uint64_t before = bench::allocations();
    for (std::uint8_t event = 0; event < kDtmfDigits; ++event) {
      (*source)->begin(event, kDefaultDtmfLevel);
      for (std::uint16_t i = 0; i < 20; ++i) {
        std::uint32_t ticks = 0;
        const std::size_t bytes = (*source)->packet(20, i < 6 ? 20 : 0, out, ticks);
        ASSERT_GT(bytes, 0U) << facts.name;
        if (i == 3 && event % 4 == 0) {
          timestamp += ticks;  // lost
        }
        const HeardPacket packet{std::span(out).first(bytes), timestamp, 1, sequence++, 100};
        reports.clear();
        (*listener)->listen(packet, std::uint64_t{sequence} * 20, reports);
        const auto range = (*listener)->tone_in(packet);
        ASSERT_TRUE(range);
        (*listener)->silence(100, std::span(out).first(bytes), *range);
        (*source)->sent(std::span(out).first(bytes));
        timestamp += ticks;
        heard += reports.size();
      }
    }
    EXPECT_EQ(bench::allocations() - before, 0U) << facts.name;
    EXPECT_TRUE(heard > 16 || !carries_tones(facts.id)) << facts.name;
  }
}

}  // namespace
}  // namespace pollux::media::test
