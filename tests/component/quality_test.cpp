// What a leg tells of the media it gets, and what becomes of the packets that end there.
#include "dataplane/base/byte_order.hpp"
#include "tests/component/call_fixture.hpp"

namespace pollux::testing {
namespace {

class QualityTest : public CallTest {
 public:
  void SetUp() override {
    session = bed().add(call());
    warm_up(1000);
  }
  void send_from_a(std::uint16_t sequence, std::uint8_t fill = 0x2a) {
    send(a, rtp({.sequence = sequence, .timestamp = sequence * 160U, .ssrc = 0xaaaaaaaa, .fill = fill}));
    bed().advance_ms(20);
    bed().turn_workers();
  }
  LegStats leg(std::size_t index) { return bed().stats(session).legs[index]; }
  std::uint64_t drops(std::size_t index, DropReason reason) {
    return leg(index).drops[static_cast<std::size_t>(reason)];
  }

  SessionHandle session = 0;
};

TEST_F(QualityTest, CountsLossReorderingAndDuplicates) {
  for (const std::uint16_t sequence :
       std::to_array<std::uint16_t>({1001, 1002, 1005, 1004, 1006, 1006, 1010})) {
    send_from_a(sequence);
  }
  const ReceptionStats reception = leg(0).reception;
  EXPECT_EQ(reception.expected, 11U);
  EXPECT_EQ(reception.lost(), 4U);
  EXPECT_EQ(reception.reordered, 1U);
  EXPECT_EQ(reception.duplicates, 1U);
  EXPECT_EQ(reception.gaps, 2U);
  EXPECT_EQ(reception.longest_gap_packets, 3U);
  EXPECT_EQ(leg(1).reception.lost(), 0U);
}

TEST_F(QualityTest, CountsGoOnOverSsrcChanges) {
  send_from_a(1002);
  send(a, rtp({.sequence = 5, .ssrc = 0xcccccccc}));
  send(a, rtp({.sequence = 7, .ssrc = 0xcccccccc}));
  bed().turn();
  const ReceptionStats reception = leg(0).reception;
  EXPECT_EQ(reception.expected, 6U);
  EXPECT_EQ(reception.lost(), 2U);
  EXPECT_EQ(reception.stream_changes, 1U);
}

TEST_F(QualityTest, TellsTalkFromSilence) {
  for (std::uint16_t i = 1; i <= 640; ++i) {
    send_from_a(static_cast<std::uint16_t>(1000 + i), i <= 320 ? 0x2a : 0xd5);  // A-law: loud, quiet
  }
  const ReceptionStats reception = leg(0).reception;
  EXPECT_EQ(reception.payload_type, 8);
  EXPECT_EQ(reception.ptime_rtp_ticks, 160U);
  EXPECT_NEAR(static_cast<double>(reception.talk_us), 6.4e6, 1.3e6);
  EXPECT_NEAR(static_cast<double>(reception.silence_us), 6.4e6, 1.3e6);
}

// An SR of A goes to B; B's report about it comes 50 ms later, of which B held it for 20.
TEST_F(QualityTest, MeasuresTheRoundTripToEachParty) {
  Bytes report = rtcp_sender_report(0xaaaaaaaa, 5, 1000 * 160, 1);
  store_be32(&report[8], 0xe0001234);  // NTP
  store_be32(&report[12], 0x56780000);
  send(a.next_port(), report);
  bed().turn();
  bed().advance_ms(50);
  Bytes answer = rtcp_receiver_report(0xbbbbbbbb, 0xaaaaaaaa, 1000);
  answer[12] = 64;  // a quarter lost
  store_be32(&answer[20], 24);
  store_be32(&answer[24], 0x12345678);
  store_be32(&answer[28], 65536 / 50);
  send(b.next_port(), answer);
  bed().turn();
  const ReceptionStats from_b = leg(1).reception;
  ASSERT_TRUE(from_b.round_trip_us);
  EXPECT_NEAR(*from_b.round_trip_us, 30'000, 100);
  ASSERT_TRUE(from_b.party_report);
  EXPECT_EQ(from_b.party_report->fraction_lost, 64);
  EXPECT_EQ(from_b.party_report->jitter_rtp_ticks, 24U);
  EXPECT_FALSE(leg(0).reception.round_trip_us);
}

TEST_F(QualityTest, DropsAreCountedAtTheLegTheyCameTo) {
  send(sprayer, rtp({.sequence = 1, .ssrc = 0xdddddddd}));
  send(a.next_port(), rtp({.sequence = 2}));  // RTP on the RTCP port
  send(a, Bytes{0x80});
  bed().turn();
  EXPECT_EQ(drops(0, DropReason::source_mismatch), 1U);
  EXPECT_EQ(drops(0, DropReason::rtp_on_rtcp_port), 1U);
  EXPECT_EQ(drops(0, DropReason::not_media) + drops(0, DropReason::rtp_malformed), 1U);
  for (const std::uint64_t count : leg(1).drops) {
    EXPECT_EQ(count, 0U);
  }
}

TEST_F(QualityTest, SaysWhetherTheNextHopAnswers) {
  EXPECT_EQ(leg(0).rtp.next_hop, NextHop::kResolved);
  EXPECT_EQ(leg(0).rtp.next_hop_address, a.address.ip);
  EXPECT_EQ(leg(0).port, 0);
  EXPECT_EQ(leg(1).port, 1);
  EXPECT_TRUE(leg(1).link_up);
  bed().remove(session);
  bed().set_answering(false);
  session = bed().add(
      two_legs(bed_leg(0, 0, 20002, "192.0.2.7:4000"), bed_leg(1, 1, 30002, "198.51.100.200:5000")));
  EXPECT_EQ(leg(1).rtp.next_hop, NextHop::kUnresolved);
  EXPECT_EQ(leg(1).rtp.next_hop_address, ip("198.51.100.200"));
}

}  // namespace
}  // namespace pollux::testing
