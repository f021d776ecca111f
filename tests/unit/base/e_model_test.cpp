#include "dataplane/base/e_model.hpp"

#include <gtest/gtest.h>

namespace pollux {
namespace {

double r(const char* codec, double loss, double gap = 1, double delay = 0) {
  return r_factor(impairment_of(codec).value(), {.loss = loss, .mean_gap_packets = gap, .delay_ms = delay});
}

TEST(EModel, WithoutImpairmentIsTheDefault) {
  EXPECT_DOUBLE_EQ(r("PCMA", 0), 93.2);
  EXPECT_NEAR(mos_of(93.2), 4.41, 0.005);
}

TEST(EModel, NamesCompareWithoutCase) {
  EXPECT_TRUE(impairment_of("OPUS"));
  EXPECT_TRUE(impairment_of("g729"));
  EXPECT_FALSE(impairment_of("H264"));
  EXPECT_FALSE(impairment_of(""));
}

// Values of the formulas in G.107 7.4 and 7.5, worked out by hand.
TEST(EModel, LossCostsByTheCodecsRobustness) {
  EXPECT_NEAR(r("PCMU", 0.02), 93.2 - 95 * 2 / (2 + 25.1), 1e-9);
  EXPECT_NEAR(r("G729", 0.02), 93.2 - (10 + 85 * 2 / (2 + 19.0)), 1e-9);
  EXPECT_LT(r("L16", 0.02), r("PCMU", 0.02));
}

TEST(EModel, BurstsAreWorseThanSingleLosses) {
  EXPECT_NEAR(r("PCMA", 0.10, 4), 93.2 - 95 * 10 / (10 / (4 * 0.9) + 25.1), 1e-9);
  EXPECT_LT(r("PCMA", 0.10, 4), r("PCMA", 0.10, 1));
}

TEST(EModel, DelayCostsMoreAboveTheThreshold) {
  EXPECT_NEAR(r("PCMA", 0, 1, 100), 93.2 - 2.4, 1e-9);
  EXPECT_NEAR(r("PCMA", 0, 1, 277.3), 93.2 - 0.024 * 277.3 - 11, 1e-9);
}

TEST(EModel, StaysInRange) {
  for (double loss = 0; loss <= 1; loss += 0.05) {
    for (double delay = 0; delay < 3000; delay += 250) {
      const double value = r("GSM", loss, 50, delay);
      EXPECT_GE(value, 0);
      EXPECT_LE(value, 100);
      EXPECT_GE(mos_of(value), 1);
      EXPECT_LE(mos_of(value), 4.5);
    }
  }
  EXPECT_EQ(mos_of(-5), 1);
  EXPECT_EQ(mos_of(120), 4.5);
}

// G.107 Annex B's table: R of 50, 60, 70, 80, 90.
TEST(EModel, MosFollowsTheTable) {
  EXPECT_NEAR(mos_of(50), 2.58, 0.01);
  EXPECT_NEAR(mos_of(60), 3.10, 0.01);
  EXPECT_NEAR(mos_of(70), 3.60, 0.01);
  EXPECT_NEAR(mos_of(80), 4.03, 0.01);
  EXPECT_NEAR(mos_of(90), 4.34, 0.01);
}

}  // namespace
}  // namespace pollux
