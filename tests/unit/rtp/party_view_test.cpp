#include "dataplane/rtp/party_view.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/rtp/rtcp.hpp"

namespace pollux::rtp {
namespace {

void put32(std::vector<std::uint8_t>& to, std::uint32_t value) {
  to.resize(to.size() + 4);
  store_be32(&to[to.size() - 4], value);
}

// An SR (with sender info) or RR with the blocks' middle words given.
std::vector<std::uint8_t> report(bool sender, const std::vector<ReportBlock>& blocks) {
  std::vector<std::uint8_t> bytes;
  const std::size_t words = (sender ? 7 : 2) + 6 * blocks.size();
  put32(bytes, 0x80000000U | static_cast<std::uint32_t>(blocks.size()) << 24 | (sender ? 200U : 201U) << 16 |
                   static_cast<std::uint32_t>(words - 1));
  put32(bytes, 0x11111111);
  if (sender) {
    for (const std::uint32_t word : {0xaaaa1234U, 0x5678bbbbU, 0U, 0U, 0U}) {
      put32(bytes, word);
    }
  }
  for (const ReportBlock& block : blocks) {
    put32(bytes, 0x22222222);
    put32(bytes, std::uint32_t{block.fraction_lost} << 24 |
                     (static_cast<std::uint32_t>(block.cumulative_lost) & 0xffffffU));
    put32(bytes, 0);
    put32(bytes, block.jitter_rtp_ticks);
    put32(bytes, block.last_sr);
    put32(bytes, block.delay_since_sr);
  }
  return bytes;
}

TEST(ReadReports, FindsTheSendersTimeAndTheFirstBlock) {
  const auto compound = report(true, {{64, -3, 17, 5, 6}, {1, 1, 1, 1, 1}});
  ASSERT_TRUE(validate_rtcp(compound));
  const ReportContents contents = read_reports(compound);
  EXPECT_EQ(contents.sr_ntp_middle, 0x12345678U);
  ASSERT_TRUE(contents.block);
  EXPECT_EQ(contents.block->fraction_lost, 64);
  EXPECT_EQ(contents.block->cumulative_lost, -3);
  EXPECT_EQ(contents.block->jitter_rtp_ticks, 17U);
  EXPECT_EQ(contents.block->last_sr, 5U);
  EXPECT_EQ(contents.block->delay_since_sr, 6U);
}

TEST(ReadReports, AnEmptyReceiverReportSaysNothing) {
  const auto compound = report(false, {});
  ASSERT_TRUE(validate_rtcp(compound));
  const ReportContents contents = read_reports(compound);
  EXPECT_FALSE(contents.sr_ntp_middle);
  EXPECT_FALSE(contents.block);
}

TEST(PartyView, RoundTripIsTheTimeAwayLessTheTimeHeld) {
  PartyView view;
  EXPECT_FALSE(view.round_trip_us());
  EXPECT_FALSE(view.reported());
  view.on_sr_sent(0x12345678, 1'000'000);
  view.on_report({10, 5, 80, 0x12345678, 0x8000}, 1'620'000);  // held for half a second
  EXPECT_EQ(view.round_trip_us(), 120'000U);
  EXPECT_TRUE(view.reported());
  EXPECT_EQ(view.fraction_lost(), 10);
  EXPECT_EQ(view.cumulative_lost(), 5);
  EXPECT_EQ(view.jitter_rtp_ticks(), 80U);
}

TEST(PartyView, ForeignForgottenAndImpossibleReportsTellNoRoundTrip) {
  PartyView view;
  view.on_sr_sent(1, 1000);
  view.on_report({0, 0, 0, 99, 0}, 2000);
  EXPECT_FALSE(view.round_trip_us());
  view.on_report({0, 0, 0, 0, 0}, 2000);  // no SR came there yet
  EXPECT_FALSE(view.round_trip_us());
  view.on_report({0, 0, 0, 1, 0xffffffff}, 5000);  // held longer than it was away
  EXPECT_EQ(view.round_trip_us(), 0U);
  for (std::uint32_t ntp = 2; ntp < 6; ++ntp) {
    view.on_sr_sent(ntp, 10'000 * ntp);
  }
  view.on_report({0, 0, 0, 1, 0}, 90'000);
  EXPECT_EQ(view.round_trip_us(), 0U);  // pushed out by later ones
  view.on_report({0, 0, 0, 5, 0}, 90'000);
  EXPECT_EQ(view.round_trip_us(), 40'000U);
}

TEST(PartyView, LossIsSigned) {
  PartyView view;
  view.on_report({0, -7, 0, 0, 0}, 1);
  EXPECT_EQ(view.cumulative_lost(), -7);
}

}  // namespace
}  // namespace pollux::rtp
