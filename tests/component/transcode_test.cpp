// Calls whose parties speak different formats, or packets of different lengths.
#include <map>

#include "dataplane/codec/g711.hpp"
#include "dataplane/rtp/rtp_packet.hpp"
#include "tests/component/call_fixture.hpp"
#include "tests/support/codec_format.hpp"

namespace pollux::testing {
namespace {

using test::format;

const CodecFormat kPcmu = format(CodecId::kPcmu, 0);
const CodecFormat kPcma = format(CodecId::kPcma, 8);
const CodecFormat kG722 = format(CodecId::kG722, 9);
const CodecFormat kOpus = format(CodecId::kOpus, 96, 48000);

struct Packet {
  rtp::RtpHeader header;
  Bytes payload;
};

Packet parse_rtp(const Bytes& bytes) {
  Packet packet;
  EXPECT_TRUE(rtp::parse_rtp(bytes.data(), bytes.size(), packet.header));
  packet.payload.assign(bytes.begin() + packet.header.header_length, bytes.end());
  return packet;
}

// Numbers one higher each, one SSRC, timestamps by `ticks`.
void expect_unbroken(const std::vector<Packet>& packets, std::uint32_t ticks) {
  for (std::size_t i = 1; i < packets.size(); ++i) {
    EXPECT_EQ(packets[i].header.ssrc, packets[0].header.ssrc);
    EXPECT_EQ(packets[i].header.sequence, static_cast<std::uint16_t>(packets[0].header.sequence + i)) << i;
    EXPECT_EQ(packets[i].header.timestamp, packets[0].header.timestamp + i * ticks) << i;
    EXPECT_FALSE(packets[i].header.marker) << i;
  }
}

class TranscodeTest : public CallTest {
 public:
  SessionSpec spec_of(std::initializer_list<CodecFormat> a_formats,
                      std::initializer_list<CodecFormat> b_formats) {
    SessionSpec spec = call();
    set_codecs(spec.legs[0], a_formats);
    set_codecs(spec.legs[1], b_formats);
    spec.media_worker = media_worker_;
    return spec;
  }
  // Party a sends `count` packets of 20 ms in real time.
  std::vector<Packet> talk(std::uint16_t count) {
    std::vector<Packet> packets;
    for (std::uint16_t i = 0; i < count; ++i) {
      send(a, next());
      bed().turn();
      gather(packets);
      for (int ms = 0; ms < 20; ++ms) {
        bed().advance_ms(1);
        bed().turn_workers();
      }
      gather(packets);
    }
    return packets;
  }
  Bytes next() {
    const std::uint16_t number = sequence_++;
    return rtp({.payload_type = payload_type_, .sequence = number, .timestamp = number * 160U, .fill = 0x2a});
  }
  void gather(std::vector<Packet>& packets) {
    for (const Bytes& bytes : heard_by(b)) {
      packets.push_back(parse_rtp(bytes));
    }
  }
  void beside() {  // decoding and encoding by a worker of their own
    DataplaneConfig config = RingBed::two_ports(2);
    config.workers[0].roles = {.relay = true, .media = false};
    config.workers[1].roles = {.relay = false, .media = true};
    restart(config);
    media_worker_ = 1;
  }

  std::uint16_t media_worker_ = 0;
  std::uint16_t sequence_ = 100;
  std::uint8_t payload_type_ = 8;
};

TEST_F(TranscodeTest, ALawIsHeardAsULaw) {
  bed().add(spec_of({kPcma}, {kPcmu}));
  const auto heard = talk(20);
  ASSERT_EQ(heard.size(), 20U) << bed().describe();
  expect_unbroken(heard, 160);
  Bytes expected(160, 0x2a);
  codec::alaw_to_ulaw(expected);
  EXPECT_EQ(heard[7].payload, expected);
  EXPECT_EQ(heard[7].header.payload_type, 0);
  EXPECT_EQ(all_drops(), 0U) << bed().describe();
  EXPECT_EQ(bed().stage_packets("repacketize"), 20U);
  EXPECT_EQ(bed().stage_packets("transcode"), 0U);
}

TEST_F(TranscodeTest, PacketsOfAnotherLength) {
  SessionSpec spec = spec_of({kPcma}, {kPcma});
  spec.legs[1].ptime_ms = 40;
  bed().add(spec);
  const auto heard = talk(20);
  ASSERT_EQ(heard.size(), 10U) << bed().describe();
  expect_unbroken(heard, 320);
  EXPECT_EQ(heard[3].payload, Bytes(320, 0x2a));
}

TEST_F(TranscodeTest, ShorterPacketsComeInTheirOwnTime) {
  SessionSpec spec = spec_of({kPcma}, {kPcma});
  spec.legs[1].ptime_ms = 10;
  bed().add(spec);
  send(a, next());
  bed().turn();
  EXPECT_EQ(heard_by(b).size(), 1U);
  bed().advance_ms(9);
  bed().turn_workers();
  EXPECT_EQ(heard_by(b).size(), 0U);
  bed().advance_ms(2);
  bed().turn_workers();
  EXPECT_EQ(heard_by(b).size(), 1U);
}

TEST_F(TranscodeTest, OpusByTheSessionsOwnWorker) {
  bed().add(spec_of({kPcma}, {kOpus}));
  const auto heard = talk(50);
  ASSERT_EQ(heard.size(), 50U) << bed().describe();
  expect_unbroken(heard, 960);
  EXPECT_EQ(heard[9].header.payload_type, 96);
  EXPECT_EQ(bed().stage_packets("transcode"), 50U);
}

TEST_F(TranscodeTest, OpusByAWorkerOfItsOwn) {
  beside();
  bed().add(spec_of({kPcma}, {kOpus}));
  const auto heard = talk(50);
  ASSERT_EQ(heard.size(), 50U) << bed().describe();
  expect_unbroken(heard, 960);
  EXPECT_EQ(all_drops(), 0U) << bed().describe();
}

TEST_F(TranscodeTest, IntoTranscodingAndOutAgainWithoutLosingAPacket) {
  for (const bool own_worker : {false, true}) {
    if (own_worker) {
      beside();
    }
    sequence_ = 100;
    SessionSpec plain = spec_of({kPcma}, {kPcma});
    const SessionHandle session = bed().add(plain);
    auto heard = talk(10);
    bed().update(session, spec_of({kPcma}, {kG722}));
    auto more = talk(10);
    heard.insert(heard.end(), more.begin(), more.end());
    bed().update(session, plain);
    more = talk(10);
    heard.insert(heard.end(), more.begin(), more.end());
    ASSERT_EQ(heard.size(), 30U) << bed().describe();
    for (std::size_t i = 11; i < 30; ++i) {
      EXPECT_EQ(heard[i].header.ssrc, heard[10].header.ssrc) << i;
      EXPECT_EQ(heard[i].header.sequence, static_cast<std::uint16_t>(heard[i - 1].header.sequence + 1)) << i;
      EXPECT_NEAR(heard[i].header.timestamp - heard[i - 1].header.timestamp, 160, 20) << i;
    }
    EXPECT_EQ(heard[15].header.payload_type, 9);
    EXPECT_EQ(heard[25].header.payload_type, 8);
    EXPECT_EQ(all_drops(), 0U) << bed().describe();
  }
}

TEST_F(TranscodeTest, WhatComesWhileThePathIsBeingClosedWaits) {
  beside();
  SessionSpec plain = spec_of({kPcma}, {kPcma});
  const SessionHandle session = bed().add(spec_of({kPcma}, {kG722}));
  talk(5);
  ASSERT_TRUE(bed().dataplane().update_session(session, plain, 77));
  bed().turn_worker(0);  // has the order; the media worker doesn't know yet
  std::vector<Packet> heard;
  for (int i = 0; i < 5; ++i) {
    send(a, next());
    bed().turn_worker(0);
    gather(heard);
  }
  EXPECT_TRUE(heard.empty());
  bed().turn();
  gather(heard);
  ASSERT_EQ(heard.size(), 5U) << bed().describe();
  for (const Packet& packet : heard) {
    EXPECT_EQ(packet.header.payload_type, 8);
  }
  EXPECT_EQ(all_drops(), 0U) << bed().describe();
}

TEST_F(TranscodeTest, ASessionEndsInTheMiddleOfItsWork) {
  for (const bool own_worker : {false, true}) {
    if (own_worker) {
      beside();
    }
    SessionSpec spec = spec_of({kPcma}, {kG722});
    spec.legs[1].ptime_ms = 60;
    const SessionHandle session = bed().add(spec);
    send(a, next());
    send(a, next());
    bed().turn_worker(0);
    bed().remove(session);
    send(a, next());
    bed().turn();
    bed().received(0);
    bed().received(1);
    EXPECT_EQ(bed().drops(DropReason::no_endpoint), 1U) << bed().describe();
  }
}

TEST_F(TranscodeTest, AnUpdateOfOtherThingsLeavesThePathAlone) {
  SessionSpec spec = spec_of({kPcma}, {kOpus});
  const SessionHandle session = bed().add(spec);
  auto heard = talk(5);
  spec.legs[1].dscp = 10;
  bed().update(session, spec);
  const auto more = talk(5);
  heard.insert(heard.end(), more.begin(), more.end());
  ASSERT_EQ(heard.size(), 10U);
  expect_unbroken(heard, 960);
}

TEST_F(TranscodeTest, EachSideInItsOwnFormat) {
  bed().add(spec_of({kPcma, kPcmu}, {kPcmu, kOpus}));
  send(b, rtp({.payload_type = 96, .sequence = 1, .payload_length = 40, .fill = 0x08}));
  send(a, rtp({.payload_type = 0, .sequence = 1}));
  bed().turn();
  const Heard at_a = heard_by(a);
  ASSERT_EQ(at_a.size(), 1U) << bed().describe();
  EXPECT_EQ(parse_rtp(at_a[0]).header.payload_type, 8);
  const Heard at_b = heard_by(b);
  ASSERT_EQ(at_b.size(), 1U);
  EXPECT_EQ(parse_rtp(at_b[0]).header.payload_type, 0);
}

TEST_F(TranscodeTest, RelayedPacketsDontWaitForEncoders) {
  SessionSpec transcoded = spec_of({kPcma}, {kOpus});
  transcoded.legs[0].jitter_window_ms = 0;
  bed().add(transcoded);
  SessionSpec relayed = call();
  relayed.legs[0].local_rtp_port = 20100;
  relayed.legs[0].local_rtcp_port = 20101;
  relayed.legs[1].local_rtp_port = 30100;
  relayed.legs[1].local_rtcp_port = 30101;
  bed().add(relayed);
  Party other = a;
  other.relay.port = 20100;
  send(a, next());
  send(other, rtp({.sequence = 1}));
  bed().turn();
  bed().received(1);
  constexpr std::size_t kWaiting = 63;
  for (std::size_t i = 0; i < kWaiting; ++i) {
    send(a, next());
  }
  bed().turn_worker(0);  // 0.2 ms: a few of them
  send(other, rtp({.sequence = 2}));
  bed().turn_worker(0);
  ASSERT_LT(bed().stage_packets("transcode"), kWaiting) << "the encoder keeps up: nothing is shown";
  bed().turn_workers();
  std::size_t position = 0;
  std::size_t relayed_at = 0;
  for (const UdpFrame& frame : bed().received_udp(1)) {
    ++position;
    relayed_at = frame.source.port == 30100 ? position : relayed_at;
  }
  EXPECT_EQ(position, kWaiting + 1) << bed().describe();
  EXPECT_GT(relayed_at, 0U);
  EXPECT_LT(relayed_at, kWaiting) << "before the encoder was done";
}

TEST_F(TranscodeTest, TheStateTellsTheChain) {
  beside();
  const SessionHandle session = bed().add(spec_of({kPcma}, {kG722}));
  talk(20);
  const SessionStats stats = bed().stats(session);
  ASSERT_EQ(stats.legs[1].paths.size(), 1U);
  const MediaPathStats& path = stats.legs[1].paths[0];
  EXPECT_EQ(path.from_leg, 0);
  EXPECT_EQ(path.worker, 1);
  EXPECT_EQ(path.in.id, CodecId::kPcma);
  EXPECT_EQ(path.out.id, CodecId::kG722);
  EXPECT_TRUE(path.transcodes);
  EXPECT_EQ(path.resampled_from_hz, 8000U);
  EXPECT_EQ(path.resampled_to_hz, 16000U);
  EXPECT_DOUBLE_EQ(path.in_ptime_ms, 20);
  EXPECT_DOUBLE_EQ(path.out_ptime_ms, 20);
  EXPECT_EQ(path.packets_in, 20U);
  EXPECT_EQ(path.packets_out, 20U);
  EXPECT_LT(path.delay_ms, 10);
  EXPECT_EQ(stats.legs[0].paths.size(), 1U) << "and back";
}

TEST_F(TranscodeTest, CostsAreThoseOfTheCodecs) {
  const auto costs = bed().dataplane().codec_costs();
  std::map<CodecId, CodecCost> by_id;
  for (const CodecCost& cost : costs) {
    EXPECT_GT(cost.decode_share, 0) << codec_facts(cost.id).name;
    EXPECT_GT(cost.encode_share, 0) << codec_facts(cost.id).name;
    EXPECT_LT(cost.encode_share, 0.2) << codec_facts(cost.id).name;
    by_id[cost.id] = cost;
  }
  EXPECT_EQ(bed().dataplane().media_cost(spec_of({kPcma}, {kPcmu})), 0);
  EXPECT_EQ(bed().dataplane().media_cost(spec_of({kPcma, kG722}, {kG722, kPcma})), 0);
  EXPECT_DOUBLE_EQ(bed().dataplane().media_cost(spec_of({kPcma}, {kOpus})),
                   by_id[CodecId::kPcma].decode_share + by_id[CodecId::kOpus].encode_share +
                       by_id[CodecId::kOpus].decode_share + by_id[CodecId::kPcma].encode_share);
}

}  // namespace
}  // namespace pollux::testing
