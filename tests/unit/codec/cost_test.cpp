#include "dataplane/codec/cost.hpp"

#include <gtest/gtest.h>

#include "dataplane/codec/payload.hpp"

namespace pollux::codec {
namespace {

TEST(Cost, OfEachCodecOfThisBuild) {
  const auto costs = measure_costs();
  std::size_t available = 0;
  for (const CodecFacts& facts : kCodecs) {
    available += codec_available(facts.id) ? 1U : 0U;
  }
  ASSERT_EQ(costs.size(), available);
  double g711 = 0;
  double opus = 0;
  for (const CodecCost& cost : costs) {
    EXPECT_GT(cost.decode_share, 0) << codec_facts(cost.id).name;
    EXPECT_GT(cost.encode_share, 0) << codec_facts(cost.id).name;
    RecordProperty(std::string(codec_facts(cost.id).name).append("_decode_ppm"),
                   static_cast<int>(cost.decode_share * 1e6));
    RecordProperty(std::string(codec_facts(cost.id).name).append("_encode_ppm"),
                   static_cast<int>(cost.encode_share * 1e6));
    g711 = cost.id == CodecId::kPcma ? cost.encode_share : g711;
    opus = cost.id == CodecId::kOpus ? cost.encode_share : opus;
  }
  EXPECT_GT(opus, 10 * g711);  // whatever the machine
}

}  // namespace
}  // namespace pollux::codec
