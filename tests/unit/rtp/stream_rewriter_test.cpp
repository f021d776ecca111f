#include "dataplane/rtp/stream_rewriter.hpp"

#include <gtest/gtest.h>

namespace pollux::rtp {
namespace {

constexpr std::uint32_t kRate = 8000;
constexpr StreamSource kA{0xaaaa, 1};
constexpr StreamSource kB{0xbbbb, 2};

RtpHeader header(std::uint16_t sequence, std::uint32_t timestamp, bool marker = false) {
  RtpHeader result;
  result.sequence = sequence;
  result.timestamp = timestamp;
  result.marker = marker;
  return result;
}

struct Rewriter : testing::Test {
  StreamRewriter rewriter{0x0ffcafe0, 0xffff, 1'000'000};
  RewrittenHeader out;
  bool map(StreamSource source, std::uint16_t sequence, std::uint32_t timestamp, std::uint32_t now_ms) {
    return rewriter.map(source, header(sequence, timestamp), now_ms, kRate, out);
  }
};

TEST_F(Rewriter, StartsFromTheSeeds) {
  EXPECT_FALSE(rewriter.has_source());
  ASSERT_TRUE(map(kA, 60000, 55, 0));
  EXPECT_EQ(out.ssrc, 0x0ffcafe0U);
  EXPECT_EQ(out.sequence, 0x7fff);  // below 2^15
  EXPECT_EQ(out.timestamp, 1'000'000U);
  EXPECT_TRUE(out.marker);
  EXPECT_EQ(rewriter.source(), kA);
}

TEST_F(Rewriter, KeepsWhatTheSourceDid) {
  ASSERT_TRUE(map(kA, 65534, 0, 0));
  const std::uint16_t base = out.sequence;
  const auto expect = [&](std::uint16_t sequence, std::uint32_t timestamp, int ahead) {
    ASSERT_TRUE(map(kA, sequence, timestamp, 5));
    EXPECT_EQ(out.sequence, static_cast<std::uint16_t>(base + ahead));
    EXPECT_EQ(out.timestamp, 1'000'000 + timestamp);
    EXPECT_FALSE(out.marker);
  };
  expect(65535, 160, 1);
  expect(3, 800, 5);            // a gap over the wrap
  expect(1, 480, 3);            // reordered
  expect(3, 800, 5);            // a duplicate
  expect(65533, 0U - 160, -1);  // before the very first packet: nothing is in its way
  ASSERT_TRUE(rewriter.map(kA, header(4, 960, true), 6, kRate, out));
  EXPECT_TRUE(out.marker);
}

TEST_F(Rewriter, SilenceOfTheSameSourceKeepsItsTimestamp) {
  ASSERT_TRUE(map(kA, 1, 0, 0));
  ASSERT_TRUE(map(kA, 2, 160, 60'000));
  EXPECT_EQ(out.timestamp, 1'000'160U);
}

TEST_F(Rewriter, ChangeGoesOnByOneAndByRealTime) {
  ASSERT_TRUE(map(kA, 1, 0, 100));
  ASSERT_TRUE(map(kA, 2, 160, 120));
  const std::uint16_t last = out.sequence;
  ASSERT_TRUE(map(kB, 40000, 0x80000000U, 150));
  EXPECT_EQ(out.sequence, static_cast<std::uint16_t>(last + 1));
  EXPECT_EQ(out.timestamp, 1'000'160U + 30 * 8);
  EXPECT_TRUE(out.marker);
  EXPECT_EQ(out.ssrc, 0x0ffcafe0U);
  ASSERT_TRUE(map(kB, 40001, 0x80000000U + 160, 170));
  EXPECT_EQ(out.sequence, static_cast<std::uint16_t>(last + 2));
  EXPECT_EQ(out.timestamp, 1'000'160U + 30 * 8 + 160);
  EXPECT_FALSE(out.marker);
}

TEST_F(Rewriter, ChangeFollowsTheHighestPacketNotTheLast) {
  ASSERT_TRUE(map(kA, 1, 0, 0));
  ASSERT_TRUE(map(kA, 5, 640, 80));
  const std::uint16_t highest = out.sequence;
  ASSERT_TRUE(map(kA, 3, 320, 81));
  ASSERT_TRUE(map(kB, 7, 7, 90));
  EXPECT_EQ(out.sequence, static_cast<std::uint16_t>(highest + 1));
  EXPECT_EQ(out.timestamp, 1'000'640U + 80);
}

TEST_F(Rewriter, ChangeWithinTheSameMillisecondMovesOn) {
  ASSERT_TRUE(map(kA, 1, 0, 0xffffffff));
  ASSERT_TRUE(map(kB, 1, 0, 0xffffffff));
  EXPECT_EQ(out.timestamp, 1'000'001U);
}

TEST_F(Rewriter, ClockMayWrapBetweenTwoSources) {
  ASSERT_TRUE(map(kA, 1, 0, 0xfffffff0));
  ASSERT_TRUE(map(kB, 1, 0, 16));
  EXPECT_EQ(out.timestamp, 1'000'000U + 32 * 8);
}

TEST_F(Rewriter, YearLongSilenceIsNoStepBack) {
  ASSERT_TRUE(map(kA, 1, 0, 0));
  ASSERT_TRUE(map(kB, 1, 0, 4'000'000'000U));
  EXPECT_EQ(out.timestamp, 1'000'000U + 0x7fffffffU);
}

TEST_F(Rewriter, StragglersOfTheFormerSourceAreRefused) {
  ASSERT_TRUE(map(kA, 10, 0, 0));
  ASSERT_TRUE(map(kB, 20, 0, 20));
  EXPECT_FALSE(map(kA, 9, 0, 21));
  EXPECT_FALSE(map(kA, 11, 160, 22));
  EXPECT_EQ(rewriter.source(), kB);
  EXPECT_TRUE(rewriter.is_former(kA));
  ASSERT_TRUE(map(kB, 21, 160, 40));
  EXPECT_FALSE(map(kA, 12, 320, 41));
}

TEST_F(Rewriter, FormerSourceComesBackWhenTheOtherIsSilent) {
  ASSERT_TRUE(map(kA, 10, 0, 0));
  ASSERT_TRUE(map(kB, 20, 0, 20));
  const std::uint16_t last = out.sequence;
  EXPECT_FALSE(map(kA, 11, 160, 20 + StreamRewriter::kAliveMs - 1));
  ASSERT_TRUE(map(kA, 12, 320, 20 + StreamRewriter::kAliveMs));
  EXPECT_EQ(out.sequence, static_cast<std::uint16_t>(last + 1));
  EXPECT_TRUE(out.marker);
}

TEST_F(Rewriter, PacketsFromBeforeTheNewSourcesFirstAreRefused) {
  ASSERT_TRUE(map(kA, 10, 0, 0));
  ASSERT_TRUE(map(kB, 20, 0, 20));
  EXPECT_FALSE(map(kB, 19, 0U - 160, 21));  // its number belongs to kA's packet
  ASSERT_TRUE(map(kB, 21, 160, 40));
}

TEST_F(Rewriter, SameSsrcFromAnotherLegIsAnotherSource) {
  ASSERT_TRUE(map({7, 1}, 10, 0, 0));
  ASSERT_TRUE(map({7, 2}, 500, 0, 20));
  EXPECT_EQ(out.timestamp, 1'000'160U);
  EXPECT_TRUE(out.marker);
}

TEST_F(Rewriter, SourceThatStartsOverIsJoinedOn) {
  ASSERT_TRUE(map(kA, 20000, 500'000, 0));
  const std::uint16_t last = out.sequence;
  EXPECT_FALSE(map(kA, 100, 0, 20));  // might be a stray packet
  ASSERT_TRUE(map(kA, 101, 160, 40));
  EXPECT_EQ(out.sequence, static_cast<std::uint16_t>(last + 1));
  EXPECT_EQ(out.timestamp, 1'000'000U + 320);
  EXPECT_TRUE(out.marker);
  ASSERT_TRUE(map(kA, 102, 320, 60));
  EXPECT_EQ(out.sequence, static_cast<std::uint16_t>(last + 2));
}

TEST_F(Rewriter, OneStrayPacketFarBehindChangesNothing) {
  ASSERT_TRUE(map(kA, 20000, 0, 0));
  const std::uint16_t base = out.sequence;
  EXPECT_FALSE(map(kA, 100, 0, 20));
  ASSERT_TRUE(map(kA, 20001, 160, 20));
  EXPECT_EQ(out.sequence, static_cast<std::uint16_t>(base + 1));
  EXPECT_FALSE(map(kA, 101, 0, 40));  // not in a row with the other stray one
}

TEST_F(Rewriter, ReportsAreMappedBack) {
  ASSERT_TRUE(map(kA, 65000, 10, 0));
  std::uint32_t in = 0;
  ASSERT_TRUE(rewriter.sequence_to_source(out.sequence, in));
  EXPECT_EQ(in, 65000U);
  EXPECT_EQ(rewriter.timestamp_from_source(170), 1'000'160U);
  for (std::uint32_t i = 1; i <= 70'000; ++i) {
    ASSERT_TRUE(map(kA, static_cast<std::uint16_t>(65000 + i), 10 + 160 * i, i));
  }
  ASSERT_TRUE(rewriter.sequence_to_source(out.sequence, in));
  EXPECT_EQ(in, 65000U + 70'000U);  // with the source's cycles
  ASSERT_TRUE(rewriter.sequence_to_source(static_cast<std::uint16_t>(out.sequence - 50), in));
  EXPECT_EQ(in, 65000U + 69'950U);
  const std::uint16_t before = out.sequence;
  ASSERT_TRUE(map(kB, 3, 0, 80'000));
  EXPECT_FALSE(rewriter.sequence_to_source(before, in));  // that one was kA's
  ASSERT_TRUE(rewriter.sequence_to_source(out.sequence, in));
  EXPECT_EQ(in, 3U);
}

TEST_F(Rewriter, InsertedPacketsLeaveNoGap) {
  ASSERT_TRUE(map(kA, 65534, 0, 0));
  const std::uint16_t base = out.sequence;
  rewriter.insert(1'000'160, 20, out);
  EXPECT_EQ(out.ssrc, 0x0ffcafe0U);
  EXPECT_EQ(out.sequence, static_cast<std::uint16_t>(base + 1));
  EXPECT_EQ(out.timestamp, 1'000'160U);
  rewriter.insert(1'000'160, 40, out);
  EXPECT_EQ(out.sequence, static_cast<std::uint16_t>(base + 2));
  ASSERT_TRUE(map(kA, 65535, 160, 41));
  EXPECT_EQ(out.sequence, static_cast<std::uint16_t>(base + 3));
  EXPECT_EQ(out.timestamp, 1'000'160U);
  ASSERT_TRUE(map(kA, 1, 480, 60));  // its own loss stays one, over the wrap
  EXPECT_EQ(out.sequence, static_cast<std::uint16_t>(base + 5));
  EXPECT_FALSE(map(kA, 65534, 0, 61));  // its place has been taken
}

TEST_F(Rewriter, WhatIsLeftOutLeavesNoGap) {
  ASSERT_TRUE(map(kA, 10, 0, 0));
  const std::uint16_t base = out.sequence;
  rewriter.leave_out(kA, header(11, 160), 20, true);
  rewriter.leave_out(kA, header(13, 480), 60, true);  // 12 is missing: who cares
  rewriter.leave_out(kA, header(12, 320), 61, true);
  rewriter.leave_out(kB, header(99, 320), 61, true);  // another one's
  ASSERT_TRUE(map(kA, 14, 640, 80));
  EXPECT_EQ(out.sequence, static_cast<std::uint16_t>(base + 1));
  EXPECT_EQ(out.timestamp, 1'000'640U);
  EXPECT_FALSE(map(kA, 12, 320, 81));
  ASSERT_TRUE(map(kA, 16, 960, 120));
  EXPECT_EQ(out.sequence, static_cast<std::uint16_t>(base + 3));
}

TEST_F(Rewriter, AnInsertedPacketMayBeginTheStream) {
  const std::uint32_t now = rewriter.timestamp_at(500, kRate, 160);
  EXPECT_EQ(now, 1'000'000U);
  rewriter.insert(now, 500, out);
  EXPECT_EQ(out.sequence, 0x7fff);
  EXPECT_EQ(rewriter.timestamp_at(600, kRate, 160), 1'000'800U);
  EXPECT_EQ(rewriter.timestamp_at(501, kRate, 160), 1'000'160U);
  ASSERT_TRUE(map(kA, 7, 55, 700));  // joins without a jump
  EXPECT_EQ(out.sequence, 0x8000);
  EXPECT_EQ(out.timestamp, 1'001'600U);
  EXPECT_TRUE(out.marker);
  ASSERT_TRUE(map(kA, 8, 215, 720));
  EXPECT_EQ(out.timestamp, 1'001'760U);
}

TEST_F(Rewriter, AdoptsAStreamAsItGoesOn) {
  rewriter.adopt(kA, 499, 90'000, 1'000);
  EXPECT_EQ(rewriter.out_ssrc(), kA.ssrc);
  ASSERT_TRUE(map(kA, 500, 90'160, 1'020));
  EXPECT_EQ(out.ssrc, kA.ssrc);
  EXPECT_EQ(out.sequence, 500);
  EXPECT_EQ(out.timestamp, 90'160U);
  EXPECT_FALSE(out.marker);
  ASSERT_TRUE(map(kA, 498, 89'840, 1'021));  // a late one
  EXPECT_EQ(out.sequence, 498);
  rewriter.insert(90'320, 1'040, out);
  EXPECT_EQ(out.sequence, 501);
  ASSERT_TRUE(map(kA, 501, 90'320, 1'041));
  EXPECT_EQ(out.sequence, 502);
}

// RTCP about what goes out is told to the source in its own numbers, through insertions and over the wrap.
TEST_F(Rewriter, ReportsReachTheSourceInItsNumbers) {
  std::uint32_t in = 0;
  ASSERT_TRUE(map(kA, 65534, 0, 0));
  ASSERT_TRUE(map(kA, 0, 320, 40));
  rewriter.insert(1'000'480, 60, out);
  ASSERT_TRUE(map(kA, 1, 480, 61));
  ASSERT_TRUE(rewriter.sequence_to_source(out.sequence, in));
  EXPECT_EQ(in, 0x10001U);
  EXPECT_FALSE(rewriter.sequence_to_source(static_cast<std::uint16_t>(out.sequence - 1), in));
  rewriter.leave_out(kA, header(2, 640), 80, true);
  ASSERT_TRUE(map(kA, 3, 800, 100));
  ASSERT_TRUE(rewriter.sequence_to_source(out.sequence, in));
  EXPECT_EQ(in, 0x10003U);
}

}  // namespace
}  // namespace pollux::rtp
