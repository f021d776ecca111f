// RTCP of our own, towards parties whose media is transcoded or re-packetized on its way.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>

#include "tests/component/rtcp_report_fixture.hpp"

namespace pollux::testing {
namespace {

// Exact: what a receiver has counted by itself when the report comes.
TEST_F(RtcpReportTest, SenderReportsTellOfTheStreamThatWasSent) {
  begin(transcoded(call()));
  talk(20'000);
  ASSERT_GE(by_b.reports.size(), 3U) << bed().describe();
  std::set<std::string> names;
  for (const Hearing* hearing : {&by_a, &by_b}) {
    const std::uint32_t party = hearing == &by_a ? kSsrcA : kSsrcB;
    for (const Report& report : hearing->reports) {
      EXPECT_EQ(report.type(), kSr);
      EXPECT_EQ(report.ssrc(), hearing->ssrc);
      EXPECT_EQ(report.word(5), report.rtp_before);
      EXPECT_EQ(report.word(6), report.octets_before);
      EXPECT_NEAR(static_cast<std::int32_t>(report.word(4) - report.rtp_timestamp),
                  static_cast<std::int32_t>((report.at_ms - report.rtp_ms) * 8), 16);
      EXPECT_EQ(report.blocks(), 1U);
      EXPECT_EQ(report.word(report.block()), party);
      EXPECT_EQ(report.word(report.sdes() + 1), report.ssrc());
      EXPECT_FALSE(report.has_extended());
      EXPECT_EQ(report.cname().size(), 16U);
      names.insert(report.cname());
    }
  }
  EXPECT_EQ(names.size(), 2U);  // one of each leg's own
  EXPECT_EQ(names.count("pollux"), 0U);
}

double unix_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

TEST_F(RtcpReportTest, WallClockTimeGoesOnWithRtpTime) {
  const double before_s = unix_seconds();
  restart(RingBed::two_ports());  // its own clock stands still from here on, but for talk()
  begin(transcoded(call()));
  talk(20'000);
  ASSERT_GE(by_b.reports.size(), 3U);
  const Report& first = by_b.reports.front();
  const Report& last = by_b.reports.back();
  const double passed_ms = static_cast<double>(last.at_ms - first.at_ms);
  EXPECT_NEAR(static_cast<double>(last.ntp() - first.ntp()) / 0x1p32 * 1000, passed_ms, 1);
  EXPECT_NEAR(static_cast<double>(last.word(4) - first.word(4)) / 8, passed_ms, 2);
  const double began_s =
      static_cast<double>(last.ntp()) / 0x1p32 - 2'208'988'800.0 - static_cast<double>(last.at_ms) / 1000;
  EXPECT_GE(began_s, before_s - 1);
  EXPECT_LE(began_s, unix_seconds() + 1);
}

TEST_F(RtcpReportTest, WhoIsSentNothingGetsReceiverReports) {
  session = bed().add(transcoded(call()));
  talk(13'000, true, false);
  ASSERT_GE(by_a.reports.size(), 2U);
  for (const Report& report : by_a.reports) {
    EXPECT_EQ(report.type(), kRr);
    EXPECT_EQ(report.word(report.block()), kSsrcA);
  }
  ASSERT_GE(by_b.reports.size(), 2U);
  for (const Report& report : by_b.reports) {
    EXPECT_EQ(report.type(), kSr);
    EXPECT_EQ(report.blocks(), 0U);  // B has said nothing
  }
  // Two more SRs when A has fallen silent, then RRs (RFC 3550 §6.4).
  forget();
  talk(40'000, false, false);
  ASSERT_GE(by_b.reports.size(), 5U);
  for (std::size_t i = 0; i < by_b.reports.size(); ++i) {
    EXPECT_EQ(by_b.reports[i].type(), i < 2 ? kSr : kRr) << i;
  }
}

TEST_F(RtcpReportTest, AnswerThePartysSenderReports) {
  begin(transcoded(call()));
  const Report before = next_for_a();
  EXPECT_EQ(before.word(before.block() + 4), 0U);  // A has sent none yet
  pass_ms(700);
  Bytes report = rtcp_sender_report(kSsrcA, 1000, 1, 160);
  store_be32(&report[8], 0xe0001234);
  store_be32(&report[12], 0x56780000);
  send(a.next_port(), report);
  bed().turn_workers();
  const std::uint64_t sent_ms = now_ms;
  const Report answer = next_for_a();
  EXPECT_EQ(answer.word(answer.block() + 4), 0x12345678U);
  EXPECT_NEAR(answer.word(answer.block() + 5) * 1000.0 / 65536, static_cast<double>(answer.at_ms - sent_ms),
              1);
  // One of another SSRC isn't about the stream that is reported on.
  send(a.next_port(), rtcp_sender_report(kSsrcA + 1, 1000, 1, 160));
  bed().turn_workers();
  const Report other = next_for_a();
  EXPECT_EQ(other.word(other.block() + 4), 0U);
  EXPECT_EQ(other.word(other.block() + 5), 0U);
}

TEST_F(RtcpReportTest, MeasureTheRoundTripByThePartysAnswer) {
  begin(transcoded(call()));
  const Report sent = next_for_a();
  ASSERT_EQ(sent.type(), kSr);
  pass_ms(50);
  Bytes answer = rtcp_receiver_report(kSsrcA, sent.ssrc(), 7);
  answer[12] = 64;  // a quarter lost
  store_be32(&answer[24], sent.ntp_middle());
  store_be32(&answer[28], 65536 / 50);  // held for 20 ms
  send(a.next_port(), answer);
  bed().turn_workers();
  const ReceptionStats reception = bed().stats(session).legs[0].reception;
  ASSERT_TRUE(reception.round_trip_us);
  EXPECT_NEAR(*reception.round_trip_us, 30'000, 1000);
  ASSERT_TRUE(reception.party_report);
  EXPECT_EQ(reception.party_report->fraction_lost, 64);
  // A report on somebody else's stream says nothing about ours.
  answer = rtcp_receiver_report(kSsrcA, sent.ssrc() + 1, 7);
  answer[12] = 99;
  send(a.next_port(), answer);
  bed().turn_workers();
  EXPECT_EQ(bed().stats(session).legs[0].reception.party_report->fraction_lost, 64);
}

TEST_F(RtcpReportTest, WhatThePartiesSayGoesNoFurther) {
  begin(transcoded(call()));
  const std::uint64_t drops = all_drops();
  const std::uint64_t taken = bed().stage_packets("rtcp");
  Bytes bye = rtcp_receiver_report(kSsrcA, kSsrcB, 7);
  const Bytes leaves{0x81, 203, 0, 1, 0xaa, 0xaa, 0xaa, 0xaa};
  bye.insert(bye.end(), leaves.begin(), leaves.end());
  for (const Bytes& said : {rtcp_sender_report(kSsrcA, 1, 1, 1), bye}) {
    send(a.next_port(), said);
  }
  send(b.next_port(), rtcp_receiver_report(kSsrcB, kSsrcA, 7));
  bed().turn_workers();
  gather();
  EXPECT_TRUE(by_a.reports.empty());
  EXPECT_TRUE(by_b.reports.empty());
  EXPECT_EQ(all_drops(), drops) << bed().describe();
  EXPECT_EQ(bed().stage_packets("rtcp"), taken + 3);
  EXPECT_EQ(bed().stats(session).legs[0].rtcp.rx_packets, 2U);
  // What isn't RTCP, or comes from elsewhere, is dropped as ever.
  send(a.next_port(), Bytes{0x9f, 200, 0, 6, 0, 0, 0, 1});
  bed().turn_workers();
  EXPECT_EQ(bed().drops(DropReason::rtcp_malformed), 1U);
}

TEST_F(RtcpReportTest, ComeByTheTimesOfTheRfc) {
  begin(transcoded(call()));
  for (int i = 0; i < 60'000; ++i) {  // 600 s
    pass_ms(10);
  }
  for (const Hearing* hearing : {&by_a, &by_b}) {
    ASSERT_GE(hearing->reports.size(), 100U);
    EXPECT_GE(hearing->reports[0].at_ms, 1020U);
    EXPECT_LE(hearing->reports[0].at_ms, 3090U);
    double sum = 0;
    double squares = 0;
    for (std::size_t i = 1; i < hearing->reports.size(); ++i) {
      const double ms = static_cast<double>(hearing->reports[i].at_ms - hearing->reports[i - 1].at_ms);
      EXPECT_GE(ms, 2040);
      EXPECT_LE(ms, 6170);
      sum += ms;
      squares += ms * ms;
    }
    const double count = static_cast<double>(hearing->reports.size() - 1);
    const double mean = sum / count;
    EXPECT_NEAR(mean, 5000, 400);
    EXPECT_NEAR(std::sqrt(squares / count - mean * mean), 895, 300);
  }
  std::size_t together = 0;
  for (std::size_t i = 0; i < 100; ++i) {
    together += by_a.reports[i].at_ms == by_b.reports[i].at_ms ? 1U : 0U;
  }
  EXPECT_LT(together, 20U);  // each has times of its own
}

TEST_F(RtcpReportTest, TellOnePercentOfLoss) {
  begin(transcoded(call()));
  for (int i = 0; i < 2000; ++i) {
    if (i % 100 == 50) {
      next_packet(a);  // never sent
    }
    talk(20, true, false);
  }
  ASSERT_GE(by_a.reports.size(), 5U);
  const Report& last = by_a.reports.back();
  const std::uint32_t losses = last.word(last.block() + 1);
  EXPECT_NEAR(losses & 0xffffff, 20, 3);
  EXPECT_NEAR(losses >> 24, 2.56, 3);
  EXPECT_EQ(last.word(last.block() + 2) & 0xffff, last.a_sequence);
}

TEST_F(RtcpReportTest, ExtendedReportsWhereTheyAreWished) {
  SessionSpec spec = transcoded(call());
  spec.legs[0].rtcp_xr = true;
  begin(spec);
  for (int i = 0; i < 500; ++i) {
    if (i % 100 == 20) {
      next_packet(a);  // two in a row are lost: a burst
      next_packet(a);
    }
    talk(20);
  }
  ASSERT_FALSE(by_a.reports.empty());
  const Report& report = by_a.reports.back();
  ASSERT_TRUE(report.has_extended());
  const std::size_t at = report.extended();
  EXPECT_EQ(report.word(at), 0x80cf000aU);
  EXPECT_EQ(report.word(at + 1), report.ssrc());
  EXPECT_EQ(report.word(at + 2), 0x07000008U);
  EXPECT_EQ(report.word(at + 3), kSsrcA);
  const ReceptionStats now = bed().stats(session).legs[0].reception;
  EXPECT_NEAR(report.word(at + 4) >> 24, static_cast<double>(now.lost() * 256 / now.expected), 1);
  EXPECT_EQ(report.word(at + 4) & 0xffff, 0xff00U);  // all that is lost is in bursts, and bursts are all lost
  EXPECT_EQ(report.word(at + 5) >> 16, 40U);         // each of 40 ms
  EXPECT_EQ(report.word(at + 7), 0x7f7f7f10U);
  const std::uint32_t quality = report.word(at + 8);
  EXPECT_NEAR(quality >> 24, 87, 4);  // R
  EXPECT_EQ(quality >> 16 & 0xff, 127U);
  EXPECT_NEAR(quality >> 8 & 0xff, 43, 2);  // MOS-LQ
  EXPECT_NEAR(quality & 0xff, 42, 2);       // MOS-CQ
  for (const Report& other : by_b.reports) {
    EXPECT_FALSE(other.has_extended());
  }
}

TEST_F(RtcpReportTest, CountOnlyRtpOnASharedPort) {
  begin(transcoded(mux_call()));
  talk(15'000);
  ASSERT_GE(by_b.reports.size(), 2U);
  for (const Report& report : by_b.reports) {
    EXPECT_EQ(report.word(5), report.rtp_before);
    EXPECT_EQ(report.word(6), report.octets_before);
  }
  forget();
  talk(40'000, false, false);
  ASSERT_GE(by_b.reports.size(), 5U);
  EXPECT_EQ(by_b.reports.back().type(), kRr);  // the reports themselves are no reason for SRs
}

TEST_F(RtcpReportTest, BeginAndEndWithThePath) {
  begin(transcoded(call()));
  talk(8'000);
  EXPECT_FALSE(by_a.reports.empty());
  bed().update(session, call());
  forget();
  talk(10'000);
  EXPECT_TRUE(by_a.reports.empty());
  send(a.next_port(), rtcp_receiver_report(kSsrcA, kSsrcB, 7));
  bed().turn_workers();
  gather();
  EXPECT_EQ(by_b.reports.size(), 1U);  // relayed again
  bed().update(session, transcoded(call()));
  forget();
  talk(8'000);
  EXPECT_FALSE(by_a.reports.empty());
  EXPECT_FALSE(by_b.reports.empty());
  bed().remove(session);
  gather();
  forget();
  talk(10'000);
  EXPECT_TRUE(by_a.reports.empty());
}

// B's packets are to be longer; what goes to A needs no path.
TEST_F(RtcpReportTest, APathOneWayIsEnough) {
  SessionSpec spec = transcoded(call());
  spec.legs[1].codecs = spec.legs[0].codecs;
  spec.legs[1].ptime_ms = 40;
  b_payload_type = 8;
  begin(spec);
  talk(10'000);
  for (const Hearing* hearing : {&by_a, &by_b}) {
    ASSERT_FALSE(hearing->reports.empty());
    EXPECT_NE(hearing->ssrc, hearing == &by_a ? kSsrcB : kSsrcA);
    for (const Report& report : hearing->reports) {
      EXPECT_EQ(report.type(), kSr);
      EXPECT_EQ(report.ssrc(), hearing->ssrc);
      EXPECT_EQ(report.word(5), report.rtp_before);
      EXPECT_EQ(report.word(6), report.octets_before);
    }
  }
}

// Relayed at first: what went out with A's SSRC isn't counted as ours.
TEST_F(RtcpReportTest, CountFromWhenTheStreamBecameOurs) {
  begin(call());
  talk(1'000);
  EXPECT_EQ(by_b.ssrc, kSsrcA);
  by_a = by_b = {};
  bed().update(session, transcoded(call()));
  talk(8'000);
  ASSERT_FALSE(by_b.reports.empty());
  for (const Report& report : by_b.reports) {
    EXPECT_EQ(report.word(5), report.rtp_before);
    EXPECT_EQ(report.word(6), report.octets_before);
  }
}

TEST_F(RtcpReportTest, PartiesWithoutAPathBetweenThemStillHearEachOther) {
  SessionSpec spec = transcoded(call());
  spec.legs.push_back(bed_leg(2, 1, 30010, "198.51.100.77:6000"));
  spec.legs[2].codecs.push_back(format(CodecId::kPcma));
  spec.legs[0].sinks.push_back(2);
  begin(spec);
  send(a.next_port(), rtcp_sender_report(kSsrcA, 1, 1, 1));
  bed().turn();
  std::vector<SocketAddress> heard;
  for (const UdpFrame& frame : bed().received_udp(1)) {
    heard.push_back(frame.destination);
  }
  EXPECT_EQ(heard, std::vector{at("198.51.100.77:6001")});
}

TEST_F(RtcpReportTest, TheSameNameSaysGoodbye) {
  begin(transcoded(call()));
  const Report report = next_for_a();
  forget();
  bed().remove(session);
  gather();
  ASSERT_EQ(by_a.reports.size(), 1U);
  const Report& bye = by_a.reports.front();
  EXPECT_EQ(bye.type(), kRr);
  EXPECT_EQ(bye.cname(), report.cname());
  EXPECT_EQ(bye.word(bye.extended()) >> 16 & 0xff, 203U);
  EXPECT_EQ(bye.word(bye.extended() + 1), report.ssrc());
}

TEST_F(RtcpReportTest, AreProtectedOrNotSent) {
  SessionSpec spec = transcoded(mux_call());
  spec.legs[0].srtp_receive = from_a;
  spec.legs[0].srtp_send = to_a;
  spec.legs[1].srtp_receive = from_b;  // and no key to send with
  session = bed().add(spec);
  send(a, a_says.seal(next_packet(a)));
  bed().turn();
  gather();
  for (int i = 0; i < 200; ++i) {
    send(a, a_says.seal(next_packet(a)));
    pass_ms(20);
  }
  const std::uint64_t no_key = bed().drops(DropReason::srtp_no_key);
  forget();
  for (int i = 0; i < 700; ++i) {
    pass_ms(10);
  }
  ASSERT_FALSE(by_a.reports.empty());
  const auto plain = a_hears.open_rtcp(by_a.reports.front().bytes);
  ASSERT_TRUE(plain);
  EXPECT_EQ((*plain)[1], kRr);
  EXPECT_EQ(load_be32(&(*plain)[8]), kSsrcA);
  EXPECT_TRUE(by_b.reports.empty());
  EXPECT_EQ(bed().drops(DropReason::srtp_no_key), no_key);
}

}  // namespace
}  // namespace pollux::testing
