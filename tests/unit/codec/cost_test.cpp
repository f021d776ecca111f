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

TEST(Cost, OfResampling) {
  EXPECT_EQ(resampling_share(8'000, 8'000), 0);
  EXPECT_GT(resampling_share(8'000, 48'000), 0);
  EXPECT_GE(resampling_share(24'000, 32'000), resampling_share(16'000, 8'000)) << "not measured: the dearest";
  EXPECT_LT(resampling_share(8'000, 16'000), 0.1);
}

}  // namespace
}  // namespace pollux::codec
