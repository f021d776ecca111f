// RTCP of streams that leave rewritten: each party reads of its own SSRCs and sequence numbers.
#include "dataplane/base/byte_order.hpp"
#include "tests/component/call_fixture.hpp"

namespace pollux::testing {
namespace {

constexpr std::uint32_t kSsrcA = 0xaaaaaaaa;
constexpr std::uint32_t kSsrcB = 0xbbbbbbbb;
constexpr std::uint32_t kNobody = 0x12345678;

// Where things are in a compound that begins with an SR or an RR.
constexpr std::size_t kSenderSsrc = 4;
constexpr std::size_t kTimestamp = 16;
constexpr std::size_t kPackets = 20;
constexpr std::size_t kOctets = 24;
constexpr std::size_t kBlockAbout = 8;  // of an RR's first block
constexpr std::size_t kBlockHighest = 16;
constexpr std::size_t kSdesAfterReport = 32;  // after an RR with one block

Bytes words(std::initializer_list<std::uint32_t> values) {
  Bytes bytes(values.size() * 4);
  std::size_t at = 0;
  for (const std::uint32_t value : values) {
    store_be32(&bytes[at], value);
    at += 4;
  }
  return bytes;
}
Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}
std::uint32_t word(const Bytes& bytes, std::size_t at) {
  return at + 4 <= bytes.size() ? load_be32(&bytes[at]) : 0;
}

Bytes bye(std::uint32_t ssrc) {
  return words({0x81cb0001, ssrc});
}
// RFC 4585 §6.2.1: packet `lost`, and none of those after it.
Bytes nack(std::uint32_t sender, std::uint32_t media, std::uint16_t lost) {
  return words({0x81cd0003, sender, media, std::uint32_t{lost} << 16});
}
// RFC 4585 §6.3.1
Bytes picture_loss(std::uint32_t sender, std::uint32_t media) {
  return words({0x81ce0002, sender, media});
}

// An RTP header as it was heard.
struct Header {
  explicit Header(const Bytes& packet)
      : sequence(load_be16(&packet[2])), timestamp(load_be32(&packet[4])), ssrc(load_be32(&packet[8])) {}
  std::uint16_t sequence;
  std::uint32_t timestamp;
  std::uint32_t ssrc;
};

class RtcpTranslationTest : public CallTest {
 public:
  void begin(const SessionSpec& spec) {
    session = bed().add(spec);
    warm_up(1000);
  }
  // One packet of A's or B's with this sequence number, as the other hears it.
  Header say(const Party& from, const Party& to, std::uint16_t sequence, std::uint32_t ssrc) {
    bed().advance_ms(20);
    const Heard heard =
        relay(from, to, rtp({.sequence = sequence, .timestamp = sequence * 160U, .ssrc = ssrc}));
    EXPECT_EQ(heard.size(), 1U) << bed().describe();
    return Header(heard.empty() ? Bytes(12) : heard.front());
  }
  Header from_a(std::uint16_t sequence, std::uint32_t ssrc = kSsrcA) { return say(a, b, sequence, ssrc); }
  Header from_b(std::uint16_t sequence) { return say(b, a, sequence, kSsrcB); }
  // The one datagram that comes of it, or an empty one.
  Bytes control(const Party& from, const Party& to, const Bytes& datagram) {
    const Heard heard = relay(from, to, datagram);
    EXPECT_LE(heard.size(), 1U);
    return heard.empty() ? Bytes{} : heard.front();
  }
  Bytes control_from_a(const Bytes& datagram) { return control(a.next_port(), b.next_port(), datagram); }
  Bytes control_from_b(const Bytes& datagram) { return control(b.next_port(), a.next_port(), datagram); }

  SessionHandle session = 0;
};

TEST_F(RtcpTranslationTest, SenderReportsSpeakOfTheStreamThatWasSent) {
  begin(rewriting_call());
  from_a(1001);
  const Header heard = from_a(1002);
  const StreamStats sent = bed().stats(session).legs[1].rtp;
  const Bytes report = control_from_a(rtcp_sender_report(kSsrcA, 1002 * 160 + 40, 77, 7777));
  ASSERT_EQ(report.size(), rtcp_sender_report(0, 0, 0, 0).size());
  EXPECT_EQ(word(report, kSenderSsrc), heard.ssrc);
  EXPECT_EQ(word(report, 8), 0x12345678U);  // NTP is the source's
  EXPECT_EQ(word(report, 12), 0x9abcdef0U);
  EXPECT_EQ(word(report, kTimestamp), heard.timestamp + 40);
  EXPECT_EQ(word(report, kPackets), sent.tx_packets);
  EXPECT_EQ(word(report, kOctets), sent.tx_packets * 160);
  EXPECT_EQ(word(report, 28 + 4), heard.ssrc);  // SDES
}

TEST_F(RtcpTranslationTest, ReceiverReportsSpeakOfTheStreamThatCame) {
  begin(rewriting_call());
  const Header heard_by_b = from_a(1005);
  const Header heard_by_a = from_b(2001);
  const Bytes report = control_from_b(rtcp_receiver_report(kSsrcB, heard_by_b.ssrc, heard_by_b.sequence));
  ASSERT_EQ(report.size(), rtcp_receiver_report(0, 0, 0).size());
  EXPECT_EQ(word(report, kSenderSsrc), heard_by_a.ssrc);
  EXPECT_EQ(word(report, kBlockAbout), kSsrcA);
  EXPECT_EQ(word(report, kBlockHighest) & 0xffff, 1005U);
  EXPECT_EQ(word(report, kSdesAfterReport + 4), heard_by_a.ssrc);
}

TEST_F(RtcpTranslationTest, ByeNamesTheStreamThatEnds) {
  begin(rewriting_call());
  const Header heard = from_a(1001);
  const Bytes told = control_from_a(words({0x80c90001, kSsrcA}) + bye(kSsrcA));
  EXPECT_EQ(told, words({0x80c90001, heard.ssrc}) + bye(heard.ssrc));
}

TEST_F(RtcpTranslationTest, NacksAskForThePacketAsItsSenderNumberedIt) {
  begin(rewriting_call());
  from_a(1001);
  const Header lost = from_a(1002);
  from_a(1003);
  const Header heard_by_a = from_b(2001);
  EXPECT_EQ(control_from_b(nack(kSsrcB, lost.ssrc, lost.sequence)), nack(heard_by_a.ssrc, kSsrcA, 1002));
}

TEST_F(RtcpTranslationTest, FeedbackOnPayloadIsAddressed) {
  begin(rewriting_call());
  const Header heard_by_b = from_a(1001);
  const Header heard_by_a = from_b(2001);
  EXPECT_EQ(control_from_b(picture_loss(kSsrcB, heard_by_b.ssrc)), picture_loss(heard_by_a.ssrc, kSsrcA));
}

TEST_F(RtcpTranslationTest, StrangersSsrcsPassAsTheyAre) {
  begin(rewriting_call());
  from_a(1001);
  from_b(2001);
  for (const Bytes& datagram :
       {rtcp_receiver_report(kNobody, kNobody + 1, 5), words({0x80c90001, kNobody}) + bye(kNobody),
        nack(kNobody, kNobody + 1, 9), picture_loss(kNobody, kNobody + 1)}) {
    EXPECT_EQ(control_from_b(datagram), datagram);
  }
}

TEST_F(RtcpTranslationTest, OneDirectionRewrittenOnly) {
  SessionSpec spec = call();
  spec.legs[1].stream_mode = StreamMode::kRewrite;  // what B gets
  begin(spec);
  const Header heard_by_b = from_a(1001);
  ASSERT_EQ(from_b(2001).ssrc, kSsrcB);
  const Bytes of_b = control_from_b(rtcp_receiver_report(kSsrcB, heard_by_b.ssrc, heard_by_b.sequence));
  EXPECT_EQ(word(of_b, kSenderSsrc), kSsrcB);
  EXPECT_EQ(word(of_b, kBlockAbout), kSsrcA);
  const Bytes of_a = control_from_a(rtcp_receiver_report(kSsrcA, kSsrcB, 2001));
  EXPECT_EQ(word(of_a, kSenderSsrc), heard_by_b.ssrc);
  EXPECT_EQ(word(of_a, kBlockAbout), kSsrcB);
  EXPECT_EQ(word(of_a, kBlockHighest), 2001U);
}

TEST_F(RtcpTranslationTest, OnASharedPortToo) {
  SessionSpec spec = mux_call();
  spec.legs[0].stream_mode = spec.legs[1].stream_mode = StreamMode::kRewrite;
  begin(spec);
  const Header heard_by_b = from_a(1001);
  const Header heard_by_a = from_b(2001);
  const Bytes report = control(b, a, rtcp_receiver_report(kSsrcB, heard_by_b.ssrc, heard_by_b.sequence));
  EXPECT_EQ(word(report, kSenderSsrc), heard_by_a.ssrc);
  EXPECT_EQ(word(report, kBlockAbout), kSsrcA);
}

// After the source of a stream has changed, nothing is told to the new one of packets that weren't its own.
TEST_F(RtcpTranslationTest, WhatConcernsTheFormerSourceEndsHere) {
  begin(rewriting_call());
  const Header before = from_a(1001);
  const Header after = from_a(5000, 0xcccccccc);
  from_b(2001);
  ASSERT_EQ(after.ssrc, before.ssrc);

  const std::uint64_t drops = bed().drops(DropReason::stream_superseded);
  EXPECT_TRUE(control_from_b(nack(kSsrcB, before.ssrc, before.sequence)).empty());
  EXPECT_TRUE(control_from_a(rtcp_sender_report(kSsrcA, 1, 2, 3)).empty());
  EXPECT_EQ(bed().drops(DropReason::stream_superseded) - drops, 2U) << bed().describe();

  const Bytes old_news = control_from_b(rtcp_receiver_report(kSsrcB, before.ssrc, before.sequence));
  EXPECT_EQ(old_news.size() + 24, rtcp_receiver_report(0, 0, 0).size());  // without its block
  const Bytes news = control_from_b(rtcp_receiver_report(kSsrcB, after.ssrc, after.sequence));
  EXPECT_EQ(word(news, kBlockAbout), 0xccccccccU);
  EXPECT_EQ(word(news, kBlockHighest) & 0xffff, 5000U);
  EXPECT_EQ(control_from_b(nack(kSsrcB, after.ssrc, after.sequence)),
            nack(word(news, kSenderSsrc), 0xcccccccc, 5000));
}

// One report for two listeners, one of whom gets the stream as it came.
TEST_F(RtcpTranslationTest, EverySinkIsToldOfItsOwnStream) {
  SessionSpec spec = rewriting_call();
  spec.legs.push_back(bed_leg(2, 1, 30010, "198.51.100.9:6000"));
  spec.legs[0].sinks.push_back(2);
  begin(spec);
  const Party c{1, at("198.51.100.9:6000"), at("198.51.100.1:30010")};
  send(a, rtp({.sequence = 1001, .timestamp = 1001 * 160, .ssrc = kSsrcA}));
  bed().turn();
  std::uint32_t rewritten = 0;
  for (const UdpFrame& frame : bed().received_udp(1)) {
    const Header header(frame.payload);
    if (frame.destination == b.address) {
      rewritten = header.ssrc;
    } else {
      EXPECT_EQ(header.ssrc, kSsrcA);
    }
  }
  const Bytes report = rtcp_sender_report(kSsrcA, 1001 * 160, 2, 320);
  send(a.next_port(), report);
  bed().turn();
  const auto frames = bed().received_udp(1);
  ASSERT_EQ(frames.size(), 2U) << bed().describe();
  for (const UdpFrame& frame : frames) {
    if (frame.destination == b.next_port().address) {
      EXPECT_EQ(word(frame.payload, kSenderSsrc), rewritten);
    } else {
      EXPECT_EQ(frame.destination, c.next_port().address);
      EXPECT_EQ(frame.payload, report);
    }
  }
}

// Padding and unknown packet types come through a translation whole.
TEST_F(RtcpTranslationTest, WhatIsntKnownIsKept) {
  begin(rewriting_call());
  const Header heard = from_a(1001);
  Bytes unknown = words({0x80d20001, kSsrcA});             // packet type 210
  Bytes padded = words({0xa0c90002, kSsrcA, 0x00000004});  // RR with four bytes of padding
  EXPECT_EQ(control_from_a(words({0x80c90001, kSsrcA}) + unknown + padded),
            words({0x80c90001, heard.ssrc}) + unknown + words({0xa0c90002, heard.ssrc, 0x00000004}));
}

}  // namespace
}  // namespace pollux::testing
