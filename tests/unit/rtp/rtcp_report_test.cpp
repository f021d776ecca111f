#include "dataplane/rtp/rtcp_report.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <vector>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/rtp/party_view.hpp"
#include "dataplane/rtp/rtcp.hpp"

namespace pollux::rtp {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes words(std::initializer_list<std::uint32_t> values) {
  Bytes bytes(values.size() * 4);
  std::size_t at = 0;
  for (const std::uint32_t value : values) {
    store_be32(&bytes[at], value);
    at += 4;
  }
  return bytes;
}

Bytes written(const OwnReport& report, std::size_t room = 512) {
  Bytes out(room, 0xee);
  out.resize(write_report(out, report));
  return out;
}

OwnReportBlock block_of(std::int32_t lost) {
  OwnReportBlock block;
  block.ssrc = 0x22222222;
  block.reception = {
      .fraction_lost = 3, .cumulative_lost = lost, .highest_sequence = 0x00020005, .jitter_rtp_ticks = 17};
  block.last_sr = 0x12345678;
  block.delay_since_sr = 65536;
  return block;
}

OwnReport empty_report() {
  OwnReport report;
  report.ssrc = 0x11111111;
  report.cname = "abcd";
  return report;
}

TEST(WriteReport, WithoutMediaIsAnEmptyReceiverReport) {
  EXPECT_EQ(written(empty_report()), words({0x80c90001, 0x11111111,                             // RR
                                            0x81ca0003, 0x11111111, 0x01046162, 0x63640000}));  // SDES
}

TEST(WriteReport, ASenderReportWithABlock) {
  OwnReport report = empty_report();
  report.sender = {.ntp = 0xe0001234'56780000, .rtp_timestamp = 1600, .packets = 10, .octets = 1600};
  report.block = block_of(300);
  EXPECT_EQ(written(report), words({0x81c8000c, 0x11111111, 0xe0001234, 0x56780000, 1600, 10, 1600,  // SR
                                    0x22222222, 0x0300012c, 0x00020005, 17, 0x12345678, 65536, 0x81ca0003,
                                    0x11111111, 0x01046162, 0x63640000}));
}

TEST(WriteReport, AReceiverReportWithABlock) {
  OwnReport report = empty_report();
  report.block = block_of(-1);
  EXPECT_EQ(written(report), words({0x81c90007, 0x11111111, 0x22222222, 0x03ffffff, 0x00020005, 17,
                                    0x12345678, 65536, 0x81ca0003, 0x11111111, 0x01046162, 0x63640000}));
}

TEST(WriteReport, ASenderReportWithoutABlock) {
  OwnReport report = empty_report();
  report.sender = {.ntp = 1, .rtp_timestamp = 2, .packets = 3, .octets = 4};
  report.metrics.emplace();                                                 // about nobody
  EXPECT_EQ(written(report), words({0x80c80006, 0x11111111, 0, 1, 2, 3, 4,  //
                                    0x81ca0003, 0x11111111, 0x01046162, 0x63640000}));
}

TEST(WriteReport, LossesAreClampedTo24Bits) {
  OwnReport report = empty_report();
  for (const auto& [lost, wire] : std::to_array<std::pair<std::int32_t, std::uint32_t>>(
           {{0x7fffff, 0x7fffff}, {0x800000, 0x7fffff}, {-0x800000, 0x800000}, {-0x800001, 0x800000}})) {
    report.block = block_of(lost);
    EXPECT_EQ(load_be32(&written(report)[12]), 0x03000000U | wire) << lost;
  }
}

// Another reading of the same bytes, for each length of the name and of the room.
TEST(WriteReport, FitsOrWritesNothing) {
  const std::string letters(300, 'x');
  OwnReport report = empty_report();
  report.sender.emplace();
  report.block = block_of(0);
  report.metrics.emplace();
  for (const std::size_t length : {0U, 1U, 5U, 6U, 7U, 16U, 255U, 300U}) {
    report.cname = std::string_view(letters).substr(0, length);
    const Bytes whole = written(report);
    EXPECT_TRUE(validate_rtcp(whole)) << length;
    RtcpReader reader(whole);
    RtcpPacket packet;
    std::vector<int> types;
    while (reader.next(packet)) {
      types.push_back(packet.type);
      if (packet.type == 202) {
        EXPECT_EQ(packet.bytes[9], std::min<std::size_t>(length, 255));
        EXPECT_EQ(packet.bytes.back(), 0);  // the items' end
      }
    }
    EXPECT_EQ(types, (std::vector<int>{200, 202, 207}));
    EXPECT_TRUE(written(report, whole.size() - 1).empty());
    EXPECT_EQ(written(report, whole.size()), whole);
  }
}

TEST(WriteReport, VoipMetricsAsTheirTableHasThem) {
  OwnReport report = empty_report();
  report.block = block_of(0);
  report.metrics = VoipMetrics{.loss_rate = 1,
                               .discard_rate = 2,
                               .burst_density = 3,
                               .gap_density = 4,
                               .burst_duration_ms = 0x0506,
                               .gap_duration_ms = 0x0708,
                               .round_trip_ms = 0x090a,
                               .end_system_delay_ms = 0x0b0c,
                               .r_factor = 93,
                               .mos_lq = 44,
                               .mos_cq = 43,
                               .adaptive_jitter_buffer = true,
                               .jitter_buffer_nominal_ms = 20,
                               .jitter_buffer_maximum_ms = 60};
  Bytes packet = written(report);
  packet.erase(packet.begin(), packet.end() - 44);
  EXPECT_EQ(packet, words({0x80cf000a, 0x11111111,              //
                           0x07000008, 0x22222222,              // block type 7, length 8
                           0x01020304, 0x05060708, 0x090a0b0c,  //
                           0x7f7f7f10,                          // levels unknown, Gmin 16
                           0x5d7f2c2b, 0x30000014, 0x003c003c}));
  report.metrics = VoipMetrics{};
  packet = written(report);
  packet.erase(packet.begin(), packet.end() - 44);
  EXPECT_EQ(packet, words({0x80cf000a, 0x11111111, 0x07000008, 0x22222222, 0, 0, 0, 0x7f7f7f10, 0x7f7f7f7f,
                           0x20000000, 0}));
}

TEST(VoipMetrics, LossesByTheirKind) {
  // 1000 packets of 20 ms: two bursts of 10 with 5 lost each, and 10 lost alone; 4 discarded.
  VoipMetrics metrics;
  set_losses(metrics, 1000, 20, 4, {.bursts = 2, .burst_packets = 20, .burst_lost = 10}, 20'000);
  EXPECT_EQ(metrics.loss_rate, 20 * 256 / 1000);
  EXPECT_EQ(metrics.discard_rate, 4 * 256 / 1000);
  EXPECT_EQ(metrics.burst_density, 128);
  EXPECT_EQ(metrics.gap_density, 10 * 256 / 980);
  EXPECT_EQ(metrics.burst_duration_ms, 10 * 20);
  EXPECT_EQ(metrics.gap_duration_ms, 980 * 20 / 3);
}

TEST(VoipMetrics, StayInTheirRange) {
  VoipMetrics metrics;
  set_losses(metrics, 0, 0, 0, {}, 0);
  EXPECT_EQ(metrics.loss_rate | metrics.gap_density | metrics.burst_density | metrics.gap_duration_ms, 0);
  set_losses(metrics, 10, 10, 10, {.bursts = 1, .burst_packets = 20, .burst_lost = 20}, 20'000);
  EXPECT_EQ(metrics.loss_rate, 255);
  EXPECT_EQ(metrics.burst_density, 255);
  EXPECT_EQ(metrics.gap_density, 0);
  set_losses(metrics, 100'000, 0, 0, {}, 20'000);
  EXPECT_EQ(metrics.gap_duration_ms, 0xffff);
}

TEST(Ntp, CountsFrom1900InFractionsOfASecond) {
  EXPECT_EQ(ntp_of(0), std::uint64_t{2'208'988'800} << 32);
  EXPECT_EQ(ntp_of(1'500'000'000), std::uint64_t{2'208'988'801} << 32 | 0x80000000U);
  EXPECT_EQ(ntp_of(999'999'999) & 0xffffffffU, 4294967291U);
  // Era 1 begins on 7 February 2036, 06:28:16 UTC.
  EXPECT_EQ(ntp_of(2'085'978'496'000'000'000) >> 32, 0U);
  EXPECT_EQ(ntp_middle(0x1234567890abcdef), 0x567890abU);
}

TEST(LastSenderReport, AnswersToTheSendersOnly) {
  LastSenderReport last;
  EXPECT_EQ(last.last_sr(0), 0U);
  EXPECT_EQ(last.delay_since_sr(0, 5'000'000), 0U);
  last.on_sr(7, 0x12345678, 1'000'000);
  EXPECT_EQ(last.last_sr(7), 0x12345678U);
  EXPECT_EQ(last.last_sr(8), 0U);
  EXPECT_EQ(last.delay_since_sr(7, 1'250'000), 16384U);
  EXPECT_EQ(last.delay_since_sr(8, 1'250'000), 0U);
}

TEST(LastSenderReport, StandsWhateverTheTimesAre) {
  LastSenderReport last;
  last.on_sr(7, 0, 1'000'000);  // a sender without a clock (RFC 3550 §6.4.1)
  EXPECT_EQ(last.last_sr(7), 0U);
  EXPECT_EQ(last.delay_since_sr(7, 2'000'000), 0U);
  last.on_sr(7, 1, 0);
  EXPECT_EQ(last.delay_since_sr(7, std::numeric_limits<std::uint64_t>::max()), 65535U << 16);
}

// The party's SR reaches us after `there_us`, our report about it is held for `held_us` and reaches the party
// after `back_us`: by RFC 3550 §6.4.1 it must find there + back.
TEST(LastSenderReport, LetsThePartyMeasureTheRoundTrip) {
  for (const auto& [there_us, held_us, back_us] : std::to_array<std::array<std::uint64_t, 3>>(
           {{10'000, 3'000'000, 30'000}, {0, 0, 0}, {150'000, 6'156'000, 150'000}, {333, 1, 777}})) {
    constexpr std::uint64_t kUnixNs = 1'700'000'000'123'456'789;
    const std::uint64_t sent = ntp_of(kUnixNs);
    LastSenderReport last;
    last.on_sr(7, ntp_middle(sent), 55'000'000);
    const std::uint32_t arrival = ntp_middle(ntp_of(kUnixNs + (there_us + held_us + back_us) * 1000));
    const std::uint32_t round_trip = arrival - last.delay_since_sr(7, 55'000'000 + held_us) - last.last_sr(7);
    EXPECT_NEAR(round_trip * 1000.0 / 65536, static_cast<double>(there_us + back_us) / 1000, 0.05);
  }
}

// 100 packets in an interval of which one is missing, read back as a party would.
TEST(WriteReport, TellsOnePercentOfLoss) {
  Reception reception;
  ReportMark mark;
  RtpHeader header;
  header.ssrc = 9;
  reception.begin(header, 0);
  for (std::uint16_t i = 1; i < 1000; ++i) {
    header.sequence = i;
    header.timestamp = i * 160U;
    if (i % 100 != 50) {
      reception.on_packet(header, i * 160U);
    }
  }
  OwnReport report = empty_report();
  report.block = OwnReportBlock{.ssrc = 9, .reception = reception.report(mark)};
  const ReportContents read = read_reports_to(9, written(report));
  ASSERT_TRUE(read.block);
  EXPECT_EQ(read.block->cumulative_lost, 10);
  EXPECT_EQ(read.block->fraction_lost, 2);  // 2/256: 1 % rounded down
  EXPECT_EQ(read.block->ssrc, 9U);
}

TEST(ReadReportsTo, LooksForTheBlockAboutUs) {
  const Bytes two = words({0x82c9000d, 0x33333333,              // RR with two blocks
                           0x44444444, 0x40000001, 1, 2, 3, 4,  //
                           0x11111111, 0x80000002, 5, 6, 7, 8});
  ASSERT_TRUE(validate_rtcp(two));
  const ReportContents read = read_reports_to(0x11111111, two);
  ASSERT_TRUE(read.block);
  EXPECT_EQ(read.block->fraction_lost, 0x80);
  EXPECT_EQ(read.block->last_sr, 7U);
  EXPECT_FALSE(read_reports_to(0x55555555, two).block);
  EXPECT_EQ(read_reports(two).block->fraction_lost, 0x40);
}

TEST(ReadReportsTo, OurOwnReportsComingBackSayNothing) {
  OwnReport report = empty_report();
  report.sender = {.ntp = 0x1234567890abcdef, .rtp_timestamp = 0, .packets = 0, .octets = 0};
  report.block = block_of(5);
  const ReportContents read = read_reports_to(report.ssrc, written(report));
  EXPECT_FALSE(read.sr_ntp_middle);
  EXPECT_FALSE(read.block);
  const ReportContents of_another = read_reports_to(0x22222222, written(report));
  EXPECT_EQ(of_another.sr_ntp_middle, 0x567890abU);
  EXPECT_EQ(of_another.sr_ssrc, report.ssrc);
}

// An SR that announces more blocks than it holds never gets here; one that says absurd things does.
TEST(ReadReportsTo, HostileReports) {
  Bytes sr = words({0x9fc80006, 1, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff});
  EXPECT_FALSE(validate_rtcp(sr));
  sr[0] = 0x80;
  ASSERT_TRUE(validate_rtcp(sr));
  const ReportContents read = read_reports_to(9, sr);
  EXPECT_EQ(read.sr_ntp_middle, 0xffffffffU);
  LastSenderReport last;
  last.on_sr(read.sr_ssrc, *read.sr_ntp_middle, 10);
  EXPECT_EQ(last.delay_since_sr(1, 5), 65535U << 16);  // a clock that went back
  PartyView party;
  party.on_sr_sent(0xffffffff, 10);
  party.on_report({.last_sr = 0xffffffff, .delay_since_sr = 0xffffffff, .ssrc = 9}, 20);
  EXPECT_EQ(party.round_trip_us(), 0U);
}

}  // namespace
}  // namespace pollux::rtp
