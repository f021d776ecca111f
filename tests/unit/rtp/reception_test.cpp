#include "dataplane/rtp/reception.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "dataplane/rtp/stream_quality.hpp"

namespace pollux::rtp {
namespace {

RtpHeader header(std::uint16_t sequence, std::uint32_t timestamp, std::uint32_t ssrc = 1) {
  RtpHeader result;
  result.sequence = sequence;
  result.timestamp = timestamp;
  result.ssrc = ssrc;
  return result;
}

// As a leg takes packets.
Arrival receive(Reception& reception, const RtpHeader& packet, std::uint32_t ticks, bool event = false) {
  StreamQuality quality;
  return receive(reception, quality, packet, ticks, event);
}

TEST(Reception, CountsAcrossTheWrap) {
  Reception reception;
  EXPECT_EQ(reception.expected(), 0U);
  EXPECT_EQ(reception.lost(), 0);
  for (std::uint32_t i = 0; i < 200'000; ++i) {
    const Arrival arrival =
        receive(reception, header(static_cast<std::uint16_t>(65530 + i), i * 160), i * 160);
    EXPECT_EQ(arrival, i == 0 ? Arrival::kNewStream : Arrival::kNext);
  }
  EXPECT_EQ(reception.received(), 200'000U);
  EXPECT_EQ(reception.lost(), 0);
  EXPECT_EQ(reception.highest_sequence(), 65530U + 199'999U);
  EXPECT_EQ(reception.jitter(), 0U);
}

TEST(Reception, LossDuplicatesAndReordering) {
  Reception reception;
  for (const std::uint16_t sequence : std::to_array<std::uint16_t>({100, 101, 104, 103, 107})) {
    receive(reception, header(sequence, 0), 0);
  }
  EXPECT_EQ(reception.expected(), 8U);
  EXPECT_EQ(reception.lost(), 3);
  for (int i = 0; i < 5; ++i) {
    receive(reception, header(107, 0), 0);
  }
  EXPECT_EQ(reception.lost(), -2);  // RFC 3550 §6.4.1: duplicates make it negative
}

TEST(Reception, FractionIsOfTheInterval) {
  Reception reception;
  ReportMark mark;
  for (std::uint16_t sequence = 0; sequence < 100; ++sequence) {
    if (sequence % 4 != 3) {
      receive(reception, header(sequence, 0), 0);
    }
  }
  receive(reception, header(99, 0), 0);
  ReceptionReport report = reception.report(mark);
  EXPECT_EQ(report.fraction_lost, 24 * 256 / 100);
  EXPECT_EQ(report.cumulative_lost, 24);
  EXPECT_EQ(report.highest_sequence, 99U);
  for (std::uint16_t sequence = 100; sequence < 200; ++sequence) {
    receive(reception, header(sequence, 0), 0);
  }
  report = reception.report(mark);
  EXPECT_EQ(report.fraction_lost, 0);
  EXPECT_EQ(report.cumulative_lost, 24);
  EXPECT_EQ(reception.report(mark).fraction_lost, 0);  // an interval without packets
}

// Neither a new SSRC nor a sender that begins anew is measured against what went before.
TEST(Reception, FractionOfAStreamThatBeginsIsItsOwn) {
  Reception reception;
  ReportMark mark;
  const auto half = [&](std::uint16_t first, std::uint32_t ssrc) {
    for (std::uint16_t i = 0; i < 20; i = static_cast<std::uint16_t>(i + 2)) {
      receive(reception, header(static_cast<std::uint16_t>(first + i), 0, ssrc), 0);
    }
    return reception.report(mark);
  };
  receive(reception, header(99, 0), 0);
  for (std::uint16_t i = 100; i < 1000; ++i) {
    receive(reception, header(i, 0), 0);
  }
  EXPECT_EQ(reception.report(mark).fraction_lost, 0);
  EXPECT_EQ(half(1000, 2).fraction_lost, 9 * 256 / 19);
  receive(reception, header(30000, 0, 2), 0);
  EXPECT_EQ(half(30001, 2).fraction_lost, 9 * 256 / 19);
}

TEST(Reception, FractionWithDuplicatesIsZeroAndTotalIsClamped) {
  Reception reception;
  ReportMark mark;
  receive(reception, header(0, 0), 0);
  receive(reception, header(0, 0), 0);
  receive(reception, header(1, 0), 0);
  ReceptionReport report = reception.report(mark);
  EXPECT_EQ(report.fraction_lost, 0);
  EXPECT_EQ(report.cumulative_lost, -1);
  std::uint16_t sequence = 1;
  for (int i = 0; i < 4000; ++i) {
    receive(reception, header(sequence = static_cast<std::uint16_t>(sequence + 2999), 0), 0);
  }
  report = reception.report(mark);
  EXPECT_EQ(report.cumulative_lost, 0x7fffff);
  EXPECT_EQ(report.fraction_lost, 255);
}

TEST(Reception, FarJumpCountsOnlyWhenTwoAgree) {
  Reception reception;
  receive(reception, header(10, 0), 0);
  receive(reception, header(30000, 0), 0);  // a stray packet
  receive(reception, header(11, 0), 0);
  EXPECT_EQ(reception.received(), 2U);
  EXPECT_EQ(reception.lost(), 0);
  receive(reception, header(40000, 0), 0);
  receive(reception, header(40001, 0), 0);  // the sender has started over
  EXPECT_EQ(reception.highest_sequence(), 40001U);
  EXPECT_EQ(reception.received(), 1U);
  EXPECT_EQ(reception.expected(), 1U);
}

TEST(Reception, NewSsrcStartsAfresh) {
  Reception reception;
  EXPECT_EQ(receive(reception, header(1, 0), 0), Arrival::kNewStream);
  EXPECT_EQ(receive(reception, header(9, 0), 5), Arrival::kAhead);
  EXPECT_EQ(reception.lost(), 7);
  EXPECT_EQ(receive(reception, header(5000, 99, 2), 0), Arrival::kNewStream);
  EXPECT_EQ(reception.ssrc(), 2U);
  EXPECT_EQ(reception.lost(), 0);
  EXPECT_EQ(reception.jitter(), 0U);
}

TEST(Reception, JumpsOfTheTimestampAreNoJitter) {
  Reception reception;
  std::uint32_t timestamp = 0;
  for (std::uint16_t i = 0; i < 100; ++i) {
    timestamp += i == 50 ? 0x40000000U : 160U;
    receive(reception, header(i, timestamp), i * 160U);
  }
  EXPECT_LT(reception.jitter(), 2U);
}

// A key is held for a second, its packets with the timestamp of its beginning, some beside audio.
TEST(Reception, EventsAreNoJitter) {
  Reception reception;
  std::uint16_t sequence = 0;
  for (std::uint32_t i = 0; i < 100; ++i) {
    if (i >= 30 && i < 80) {
      receive(reception, header(sequence++, 30 * 160), i * 160, true);
    }
    if (i < 30 || i >= 60) {
      receive(reception, header(sequence++, i * 160), i * 160);
    }
  }
  EXPECT_EQ(reception.jitter(), 0U);
  EXPECT_EQ(reception.received(), 120U);
  EXPECT_EQ(reception.lost(), 0);
  EXPECT_EQ(reception.timestamp_at(100 * 160), 100U * 160U);
}

// A.8 with the algorithm in floating point: J += (|D| - J) / 16.
TEST(Reception, JitterFollowsTheFormula) {
  Reception reception;
  double expected = 0;
  std::uint32_t last_transit = 0;
  for (std::uint32_t i = 0; i < 500; ++i) {
    const std::uint32_t sent = 0xffffff00U + i * 160;  // wraps on the way
    const std::uint32_t arrival = 5000 + i * 160 + (i * 7919) % 97;
    receive(reception, header(static_cast<std::uint16_t>(i), sent), arrival);
    const std::uint32_t transit = arrival - sent;
    if (i != 0) {
      const double difference =
          std::abs(static_cast<double>(static_cast<std::int32_t>(transit - last_transit)));
      expected += (difference - expected) / 16;
    }
    last_transit = transit;
  }
  EXPECT_GT(expected, 10);
  EXPECT_NEAR(static_cast<double>(reception.jitter()), expected, 1.5);
}

}  // namespace
}  // namespace pollux::rtp
