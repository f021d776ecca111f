#include "dataplane/rtp/loss_bursts.hpp"

#include <gtest/gtest.h>

namespace pollux::rtp {
namespace {

void expect(const LossBursts& bursts, std::uint32_t count, std::uint32_t packets, std::uint32_t lost) {
  const LossBursts::Totals totals = bursts.totals();
  EXPECT_EQ(totals.bursts, count);
  EXPECT_EQ(totals.burst_packets, packets);
  EXPECT_EQ(totals.burst_lost, lost);
}

TEST(LossBursts, LonePacketsAreNoBurst) {
  LossBursts bursts;
  bursts.on_missing(100, 1);
  bursts.on_missing(117, 1);  // 16 received between them
  expect(bursts, 0, 0, 0);
}

TEST(LossBursts, FewerThanGminBetweenLossesMakeABurst) {
  LossBursts bursts;
  bursts.on_missing(100, 1);
  bursts.on_missing(116, 1);  // 15 received between them
  expect(bursts, 1, 17, 2);
}

TEST(LossBursts, ARunIsABurst) {
  LossBursts bursts;
  bursts.on_missing(100, 3);
  expect(bursts, 1, 3, 3);
  bursts.on_missing(105, 1);
  expect(bursts, 1, 6, 4);
  bursts.on_missing(200, 2);
  expect(bursts, 2, 8, 6);
}

TEST(LossBursts, WhatComesLateWasNotLost) {
  LossBursts bursts;
  bursts.on_missing(100, 2);
  bursts.on_found(101);
  bursts.on_found(102);  // never was missing
  expect(bursts, 0, 0, 0);
  bursts.on_missing(104, 2);
  expect(bursts, 1, 6, 3);
}

TEST(LossBursts, StreamsStandApart) {
  LossBursts bursts;
  bursts.on_missing(100, 1);
  bursts.close();
  bursts.on_missing(101, 1);
  expect(bursts, 0, 0, 0);
  bursts.on_missing(0xfffffffe, 4);  // over the end of numbers
  bursts.on_missing(3, 1);
  expect(bursts, 1, 6, 5);
}

}  // namespace
}  // namespace pollux::rtp
