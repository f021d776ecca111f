// Key presses through a worker: each once, wherever it comes from and goes to.
#include <gmock/gmock.h>

#include <random>
#include <utility>

#include "tests/component/dtmf_fixture.hpp"

namespace pollux::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(DtmfTest, AnEventIsMadeAnewAmongRelayedAudio) {
  CodecFormat renumbered = kEvents;
  renumbered.payload_type = 99;
  add(spec_of({kPcma, kEvents}, {kPcma, renumbered}));
  Phone phone(kPcma, kEvents, by_events(), {{5, 200, 100}, {0, 400, 60}});
  talk(phone, 800);
  const auto events = ear().events();
  ASSERT_EQ(digits_of(events), "50") << bed().describe();
  EXPECT_DOUBLE_EQ(events[0].ms, 100);
  EXPECT_DOUBLE_EQ(events[1].ms, 60);
  EXPECT_NEAR(events[0].at_ms, 220, 1) << "with the first packet";
  EXPECT_EQ(reported(), "50");
  expect_clean();
  EXPECT_EQ(counted(0, DtmfWay::kRfc4733, DtmfCount::kSeen), 2U);
  EXPECT_EQ(counted(1, DtmfWay::kRfc4733, DtmfCount::kSent), 2U);
  // The source's SSRC: its receiver sees no break.
  rtp::RtpHeader header;
  ASSERT_TRUE(rtp::parse_rtp(heard_.back().data(), heard_.back().size(), header));
  EXPECT_EQ(header.ssrc, 0xaaaaaaaaU);
  EXPECT_EQ(bed().stage_packets("dtmf"), 12U) << "audio doesn't go there";
}

TEST_F(DtmfTest, AudioIsLeftOutDuringAnEventUnlessKept) {
  for (const bool keep : {false, true}) {
    SessionSpec spec = spec_of({kPcma, kEvents}, {kPcma, kEvents});
    spec.legs[1].dtmf.keep_audio = keep;
    add(spec);
    Phone phone(kPcma, kEvents, {.rfc4733 = true, .audio_in_events = true}, {{5, 200, 200}});
    talk(phone, 800);
    EXPECT_EQ(digits_of(ear().events()), "5");
    EXPECT_EQ(ear().audio_packets(), keep ? 40U : 30U);
    EXPECT_EQ(ear().complaints().empty(), !keep) << "kept audio lies across the event";
    EXPECT_EQ(bed().stats(session_).legs[0].reception.max_jitter_rtp_ticks, 0U) << "a key is no jitter";
    hang_up();
  }
}

TEST_F(DtmfTest, InjectedIntoSilence) {
  add(spec_of({kPcma, kEvents}, {kPcma, kEvents}));
  injects(1, {1, 2, 3}, false, 120, 80);
  EXPECT_THAT(ear().events(), SizeIs(1)) << "the first at once";
  wait_ms(800);
  const auto events = ear().events();
  ASSERT_EQ(digits_of(events), "123");
  EXPECT_DOUBLE_EQ(events[1].ms, 120);
  EXPECT_NEAR(events[1].at_ms - events[0].at_ms, 200, 1);
  EXPECT_NEAR(events[2].at_ms - events[1].at_ms, 200, 1);
  EXPECT_THAT(presses_, IsEmpty()) << "nobody pressed anything";
  // Audio that begins later joins the stream.
  Phone phone(kPcma, kEvents, {}, {});
  talk(phone, 100);
  EXPECT_EQ(ear().audio_packets(), 5U);
  expect_clean();
}

TEST_F(DtmfTest, InjectedOnHold) {
  SessionSpec spec = spec_of({kPcma, kEvents}, {kPcma, kEvents});
  spec.legs[1].direction = Direction::kSendOnly;
  add(spec);
  injects(1, {7});
  wait_ms(200);
  EXPECT_EQ(digits_of(ear().events()), "7");
  EXPECT_THAT(ear().complaints(), IsEmpty());
}

TEST_F(DtmfTest, InjectedAmongAudio) {
  add(spec_of({kPcma, kEvents}, {kPcma, kEvents}));
  Phone phone(kPcma, kEvents, {}, {});
  talk(phone, 200);
  injects(1, {1, 2});
  talk(phone, 600);
  EXPECT_EQ(digits_of(ear().events()), "12");
  EXPECT_EQ(ear().audio_packets(), 30U);
  expect_clean();
}

TEST_F(DtmfTest, AFullQueueRefusesAll) {
  add(spec_of({kPcma, kEvents}, {kPcma, kEvents}));
  for (int i = 0; i < 4; ++i) {
    injects(1, {1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6});
    EXPECT_FALSE(refused_);
  }
  injects(1, {1, 2});
  EXPECT_TRUE(refused_);
}

TEST_F(DtmfTest, TonesBecomeEventsAndAreCutOut) {
  SessionSpec spec = spec_of({kPcma}, {kPcma, kEvents});
  spec.legs[0].dtmf.tone_guard_ms = 40;
  add(spec);
  Phone phone(kPcma, std::nullopt, by_tones(), {{5, 203, 100}, {11, 417, 60}});
  talk(phone, 1000);
  const auto events = ear().events();
  ASSERT_EQ(digits_of(events), "5#") << bed().describe();
  EXPECT_NEAR(events[0].ms, 100, 15);
  EXPECT_NEAR(events[1].ms, 60, 15);
  EXPECT_THAT(ear().tones(), IsEmpty()) << "nothing is left of them";
  EXPECT_EQ(reported(), "5#");
  expect_clean();
}

TEST_F(DtmfTest, EventsBecomeTones) {
  add(spec_of({kPcma, kEvents}, {kPcmu}));
  Phone phone(kPcma, kEvents, by_events(), {{5, 200, 100}, {9, 400, 80}});
  talk(phone, 1000);
  const auto tones = ear().tones();
  ASSERT_EQ(digits_of(tones), "59") << bed().describe();
  EXPECT_NEAR(tones[0].ms, 100, 15);
  EXPECT_NEAR(tones[1].ms, 80, 15);
  EXPECT_THAT(ear().events(), IsEmpty());
  expect_clean();
}

TEST_F(DtmfTest, TonesPassWhereNobodyWantsAnythingElse) {
  add(spec_of({kPcma}, {kPcma}));
  Phone phone(kPcma, std::nullopt, by_tones(), {{5, 200, 100}});
  talk(phone, 600);
  EXPECT_EQ(digits_of(ear().tones()), "5");
  EXPECT_EQ(bed().stage_packets("dtmf"), 0U) << "and cost nothing";
  EXPECT_THAT(presses_, IsEmpty());
  expect_clean();
}

TEST_F(DtmfTest, AllThreeWaysAreOnePress) {
  SessionSpec spec = spec_of({kPcma, kEvents}, {kPcma, kEvents});
  spec.legs[0].dtmf.receive_in_band = DtmfReceive::kOn;
  spec.legs[0].dtmf.tone_guard_ms = 40;
  add(spec);
  Phone phone(kPcma, kEvents, {.in_band = true, .rfc4733 = true, .audio_in_events = true},
              {{5, 200, 100}, {5, 400, 100}});
  talk(phone, 340);
  injects(0, {5}, true, 100);
  talk(phone, 200);
  injects(0, {5}, true, 100);
  talk(phone, 600);
  EXPECT_EQ(digits_of(ear().events()), "55") << bed().describe();
  EXPECT_EQ(reported(), "55");
  EXPECT_THAT(ear().tones(), IsEmpty());
  EXPECT_EQ(counted(0, DtmfWay::kInBand, DtmfCount::kSeen), 2U);
  EXPECT_EQ(counted(0, DtmfWay::kRfc4733, DtmfCount::kSeen), 2U);
  EXPECT_EQ(counted(0, DtmfWay::kSipInfo, DtmfCount::kSeen), 2U);
  std::uint64_t merged = 0;
  for (std::size_t way = 0; way < kDtmfWayCount; ++way) {
    merged += counted(0, static_cast<DtmfWay>(way), DtmfCount::kMerged);
  }
  EXPECT_EQ(merged, 4U);
  expect_clean();
}

TEST_F(DtmfTest, ReportsComeWithin60Ms) {
  SessionSpec spec = spec_of({kPcma}, {kPcma, kEvents});
  add(spec);
  std::vector<KeyPress> presses;
  for (std::uint32_t i = 0; i < 100; ++i) {
    presses.push_back({static_cast<std::uint8_t>(i % 16), 200 + i * 203, 70});
  }
  Phone phone(kPcma, std::nullopt, by_tones(), presses);
  talk(phone, 21'000);
  std::vector<std::uint32_t> late;
  for (std::size_t i = 0; i < presses_.size(); ++i) {
    if (presses_[i].press.phase == DtmfPhase::kStart) {
      late.push_back(press_times_[i] - presses[late.size()].at_ms);
    }
  }
  ASSERT_THAT(late, SizeIs(100));
  std::ranges::sort(late);
  EXPECT_LE(late[98], 60U) << "p99";
}

// 5 % loss, packets out of order and twice: a press of which one packet is left is one press.
TEST_F(DtmfTest, AThousandDigitsOverABadNetwork) {
  add(spec_of({kPcma, kEvents}, {kPcma, kEvents}));
  std::mt19937 generator(4733);
  const auto random = [&] { return static_cast<std::uint32_t>(generator()); };
  const auto one_in = [&](unsigned n) { return random() % n == 0; };
  std::vector<KeyPress> presses;
  for (std::uint32_t at_ms = 200; presses.size() < 1000;) {
    const std::uint32_t ms = 40 + 20 * (random() % 5);
    presses.push_back({static_cast<std::uint8_t>(random() % 16), at_ms, ms});
    at_ms += ms + 60 + 20 * (random() % 5);
  }
  Phone phone(kPcma, kEvents, by_events(), presses);
  std::vector<bool> survived(presses.size());
  std::optional<Bytes> late;
  std::size_t lost = 0;
  while (phone.now_ms() < presses.back().at_ms + 500) {
    std::vector<Bytes> network;
    for (const Bytes& packet : phone.next()) {
      if (one_in(20)) {
        ++lost;
        continue;
      }
      rtp::RtpHeader header;
      ASSERT_TRUE(rtp::parse_rtp(packet.data(), packet.size(), header));
      if (header.payload_type == 101) {
        const std::uint32_t at_ms = (header.timestamp - 0x7fff0000) / 8;
        survived[static_cast<std::size_t>(std::ranges::find(presses, at_ms, &KeyPress::at_ms) -
                                          presses.begin())] = true;
      }
      if (!late && one_in(20)) {
        late = packet;
        continue;
      }
      network.push_back(packet);
      if (one_in(20)) {
        network.push_back(packet);
      }
      if (late) {
        network.push_back(*std::exchange(late, std::nullopt));
      }
    }
    wait_ms(20);
    say(network);
  }
  wait_ms(500);
  std::string expected;
  for (std::size_t i = 0; i < presses.size(); ++i) {
    expected += survived[i] ? std::string(1, dtmf_letter(presses[i].event)) : "";
  }
  EXPECT_GT(lost, 300U);
  EXPECT_EQ(digits_of(ear().events()), expected);
  EXPECT_EQ(reported(), expected);
  // Its own losses are told on, in the audio; what was made here has none.
  for (const std::string& complaint : ear().complaints()) {
    EXPECT_TRUE(complaint.starts_with("a jump in the sequence numbers") ||
                complaint.starts_with("a timestamp that goes back"))
        << complaint;
  }
}

TEST_F(DtmfTest, FaxTonesPassWhereTheyAreNegotiatedAndAreNoDigits) {
  CodecFormat fax = kEvents;
  fax.params.events[0] |= std::uint64_t{1} << 36;  // CNG
  add(spec_of({kPcma, fax}, {kPcma, fax}));
  Phone phone(kPcma, fax, by_events(), {{36, 200, 500}});
  talk(phone, 1000);
  ASSERT_THAT(ear().events(), SizeIs(1));
  EXPECT_EQ(ear().events()[0].event, 36);
  EXPECT_DOUBLE_EQ(ear().events()[0].ms, 500);
  EXPECT_THAT(presses_, IsEmpty());
  expect_clean();
}

TEST_F(DtmfTest, EventsThatArentNegotiatedGoNowhere) {
  add(spec_of({kPcma, kEvents}, {kPcma, kEvents}));
  Phone phone(kPcma, kEvents, by_events(), {{36, 200, 500}});
  talk(phone, 1000);
  EXPECT_THAT(ear().events(), IsEmpty());
  EXPECT_THAT(presses_, IsEmpty());
  EXPECT_EQ(counted(1, DtmfWay::kRfc4733, DtmfCount::kRefused), 1U);
  expect_clean();
}

TEST_F(DtmfTest, BlockedPressesAreReportedOnly) {
  for (const DtmfBlock block : {DtmfBlock::kDrop, DtmfBlock::kSilence, DtmfBlock::kTone}) {
    SessionSpec spec = spec_of({kPcma, kEvents}, {kPcma, kEvents});
    spec.legs[0].dtmf.block = block;
    add(spec);
    presses_.clear();
    Phone phone(kPcma, kEvents, by_events(), {{5, 200, 100}});
    talk(phone, 800);
    EXPECT_THAT(ear().events(), IsEmpty());
    EXPECT_EQ(reported(), "5");
    double energy = 0;
    for (const std::int16_t sample : ear().pcm()) {
      energy += static_cast<double>(sample) * sample;
    }
    EXPECT_EQ(energy > 1e9, block == DtmfBlock::kTone) << energy;
    EXPECT_THAT(ear().complaints(), IsEmpty());
    hang_up();
  }
}

TEST_F(DtmfTest, ABlockMayPutAnotherDigitInItsPlace) {
  SessionSpec spec = spec_of({kPcma, kEvents}, {kPcma, kEvents});
  spec.legs[0].dtmf.block = DtmfBlock::kRandom;
  add(spec);
  std::vector<KeyPress> presses;
  for (std::uint32_t i = 0; i < 20; ++i) {
    presses.push_back({5, 200 + i * 200, 100});
  }
  Phone phone(kPcma, kEvents, by_events(), presses);
  talk(phone, 5000);
  const std::string digits = digits_of(ear().events());
  EXPECT_THAT(digits, SizeIs(20));
  EXPECT_EQ(digits.find('5'), std::string::npos);
  EXPECT_NE(digits.find_first_not_of(digits[0]), std::string::npos) << digits;
  EXPECT_EQ(reported(), std::string(20, '5'));
  expect_clean();
}

TEST_F(DtmfTest, WhatTheSignallingHasToSendIsReported) {
  SessionSpec spec = spec_of({kPcma, kEvents}, {kG729});
  add(spec);
  injects(1, {1, 2}, false, 120, 80);
  ASSERT_THAT(presses_, SizeIs(1));
  EXPECT_EQ(presses_[0].press.phase, DtmfPhase::kStart);
  wait_ms(400);
  EXPECT_EQ(reported(true), "12");
  ASSERT_THAT(press_times_, SizeIs(4));
  EXPECT_EQ(press_times_[1] - press_times_[0], 120U);
  EXPECT_EQ(press_times_[2] - press_times_[0], 200U);
  EXPECT_EQ(presses_[1].press.duration_ms, 120U);
  EXPECT_EQ(counted(1, DtmfWay::kSipInfo, DtmfCount::kSent), 2U);
}

TEST_F(DtmfTest, ALegWithoutSinksReports) {
  SessionSpec spec = call();
  spec.legs.resize(1);
  spec.legs[0].sinks.clear();
  set_codecs(spec.legs[0], {kPcma, kEvents});
  spec.legs.push_back(bed_leg(1, 1, 30000, "198.51.100.9:5000"));
  set_codecs(spec.legs[1], {kPcma, kEvents});
  add(spec);
  Phone phone(kPcma, kEvents, by_events(), {{5, 200, 100}});
  talk(phone, 400);
  EXPECT_EQ(reported(), "5");
}

TEST_F(DtmfTest, RedundancyBringsBackWhatIsLost) {
  CodecFormat red = format(CodecId::kRed, 100);
  red.params.redundant_payload_type = 101;
  red.params.redundancy = 2;
  add(spec_of({kPcma, kEvents}, {kPcma, kEvents, red}));
  Phone phone(kPcma, kEvents, by_events(), {{1, 200, 60}, {2, 400, 60}, {3, 600, 60}});
  talk(phone, 800);
  // The third press's packets hold the first two.
  const Bytes& last = heard_.at(heard_.size() - 6);
  rtp::RtpHeader header;
  ASSERT_TRUE(rtp::parse_rtp(last.data(), last.size(), header));
  std::size_t with_all = 0;
  for (const Bytes& packet : heard_) {
    ASSERT_TRUE(rtp::parse_rtp(packet.data(), packet.size(), header));
    if (header.payload_type == 100 && packet.size() == 12 + 4 + 4 + 1 + 12U) {
      with_all +=
          packet[12] == (0x80 | 101) && packet[21] == 1 && packet[25] == 2 && packet[29] == 3 ? 1U : 0U;
    }
  }
  EXPECT_GE(with_all, 4U);
}

// RFC 2198: the press whose every packet was lost is told by those of the next one.
TEST_F(DtmfTest, ALostPressComesWithTheNextOne) {
  CodecFormat red = format(CodecId::kRed, 100);
  red.params.redundant_payload_type = 101;
  red.params.redundancy = 1;
  add(spec_of({kPcma, kEvents, red}, {kPcma, kEvents}));
  for (std::uint16_t i = 0; i < 4; ++i) {
    const bool end = i == 3;
    Bytes packet = rtp({.payload_type = 100,
                        .marker = i == 0,
                        .sequence = static_cast<std::uint16_t>(40 + i),
                        .timestamp = 8000,
                        .payload_length = 0});
    const std::uint32_t offset = 1600;  // the lost one began 200 ms before
    packet.insert(packet.end(), {0x80 | 101, static_cast<std::uint8_t>(offset >> 6),
                                 static_cast<std::uint8_t>((offset & 0x3f) << 2), 4, 101});
    packet.insert(packet.end(), {1, 0x8a, 0x03, 0x20});
    const std::uint16_t duration = static_cast<std::uint16_t>(160 * (i + 1));
    packet.insert(packet.end(),
                  {2, static_cast<std::uint8_t>(end ? 0x8a : 0x0a), static_cast<std::uint8_t>(duration >> 8),
                   static_cast<std::uint8_t>(duration)});
    say({packet});
    wait_ms(20);
  }
  wait_ms(500);
  EXPECT_EQ(digits_of(ear().events()), "12");
  EXPECT_EQ(reported(), "12");
  EXPECT_DOUBLE_EQ(ear().events()[0].ms, 100);
  EXPECT_DOUBLE_EQ(ear().events()[1].ms, 80);
  expect_clean();
}

}  // namespace
}  // namespace pollux::testing
