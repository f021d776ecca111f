// Key presses while calls change, and against parties that make trouble.
#include <gmock/gmock.h>

#include "tests/component/dtmf_fixture.hpp"

namespace pollux::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

// The clock of what really goes out counts, not that of the first format in the list.
TEST_F(DtmfTest, AnEventTakesTheClockOfTheAudioThatIsSent) {
  add(spec_of({kPcma, kEvents}, {kOpus, kPcma, kWideEvents, kEvents}));
  Phone phone(kPcma, kEvents, {}, {});
  talk(phone, 400);
  injects(1, {5});
  talk(phone, 400);
  rtp::RtpHeader header;
  std::size_t events = 0;
  for (const Bytes& packet : heard_) {
    ASSERT_TRUE(rtp::parse_rtp(packet.data(), packet.size(), header));
    events += header.payload_type == 101 ? 1U : 0U;
    EXPECT_NE(header.payload_type, 110);
  }
  EXPECT_GE(events, 5U);
  EXPECT_EQ(ear().audio_packets(), 35U) << "only the press's own time is left out";
  expect_clean();
}

// A source whose timestamps stood still while it was silent: audio isn't kept out for as long.
TEST_F(DtmfTest, AudioComesBackWhateverItsTimestampsSay) {
  add(spec_of({kPcma, kEvents}, {kPcma, kEvents}));
  Phone phone(kPcma, kEvents, {}, {});
  talk(phone, 200);
  wait_ms(30'000);
  injects(1, {5});
  wait_ms(300);
  talk(phone, 400);
  EXPECT_GE(ear().audio_packets(), 10U + 18U);
  EXPECT_EQ(digits_of(ear().events()), "5");
  expect_clean();
}

TEST_F(DtmfTest, APressEndsWithTheLegOfItsParty) {
  SessionSpec spec = spec_of({kPcma, kEvents}, {kPcma, kEvents});
  add(spec);
  Phone phone(kPcma, kEvents, by_events(), {{5, 200, 4000}});
  talk(phone, 400);
  SessionSpec alone = spec;
  alone.legs.erase(alone.legs.begin());
  alone.legs[0].sinks.clear();
  bed().update(session_, alone);
  wait_ms(300);
  EXPECT_EQ(reported(), "5");
  EXPECT_THAT(ear().complaints(), IsEmpty());
  const auto events = ear().events();
  ASSERT_EQ(digits_of(events), "5");
  EXPECT_LE(events[0].ms, 300);
  injects(1, {7});  // nothing is in its way
  wait_ms(200);
  EXPECT_EQ(digits_of(ear().events()), "57");
}

TEST_F(DtmfTest, QueuedDigitsDontLeaveInAFormatThatIsGone) {
  SessionSpec spec = spec_of({kPcma, kEvents}, {kPcma, kEvents});
  add(spec);
  injects(1, {1, 2, 3, 4, 5, 6});
  wait_ms(250);
  set_codecs(spec.legs[1], {kPcma});
  bed().update(session_, spec);
  wait_ms(1000);
  for (const Bytes& packet : heard_) {
    EXPECT_EQ(packet[1] & 0x7f, 101);
  }
  EXPECT_GE(counted(1, DtmfWay::kSipInfo, DtmfCount::kRefused), 4U);
}

// Two parties' streams side by side to a third: a press of one doesn't take the other's place.
TEST_F(DtmfTest, APressLeavesStreamsSideBySideAlone) {
  SessionSpec spec = spec_of({kPcma, kEvents}, {kPcma, kEvents});
  spec.legs.push_back(bed_leg(2, 0, 20100, "192.0.2.8:4100"));
  set_codecs(spec.legs[2], {kPcma, kEvents});
  spec.legs[1].sinks.clear();
  spec.legs[2].sinks.push_back(1);
  add(spec);
  const Party c{0, at("192.0.2.8:4100"), at("192.0.2.1:20100")};
  Phone phone(kPcma, kEvents, by_events(), {{5, 200, 100}});
  std::size_t of_c = 0;
  for (std::uint16_t i = 0; i < 50; ++i) {
    talk(phone, 20);
    send(c, rtp({.sequence = i, .timestamp = i * 160U, .ssrc = 0xcccccccc}));
    bed().turn_workers();
    hear();
  }
  rtp::RtpHeader header;
  std::size_t of_a = 0;
  for (const Bytes& packet : heard_) {
    ASSERT_TRUE(rtp::parse_rtp(packet.data(), packet.size(), header));
    of_c += header.ssrc == 0xcccccccc ? 1U : 0U;
    of_a += header.ssrc == 0xaaaaaaaa ? 1U : 0U;
  }
  EXPECT_EQ(digits_of(ear().events()), "5");
  EXPECT_GE(of_c, 44U) << "but for the press itself";
  EXPECT_GE(of_a, 44U);
}

// One small packet may tell of many presses; nobody presses so many, nor so long.
TEST_F(DtmfTest, APartyCantFillTheWorldWithPresses) {
  add(spec_of({kPcma, kEvents}, {kPcma, kEvents}));
  for (std::uint16_t i = 0; i < 200; ++i) {
    Bytes packet = rtp({.payload_type = 101,
                        .marker = true,
                        .sequence = i,
                        .timestamp = i * 1'100'000U,
                        .ssrc = 0xaaaaaaaa,
                        .payload_length = 0});
    for (std::uint8_t k = 0; k < 16; ++k) {
      packet.insert(packet.end(), {static_cast<std::uint8_t>((k + i) % 16), 0x8a, 0xff, 0xff});
    }
    say({packet});
    wait_ms(10);
  }
  EXPECT_LE(presses_.size(), 2U * (20 + 2000 / 60 + 1));
  EXPECT_GE(counted(0, DtmfWay::kRfc4733, DtmfCount::kRefused), 3000U);
}

// Presses that the signalling brought come one after another, as they were pressed.
TEST_F(DtmfTest, AStringBySipInfoKeepsItsPace) {
  add(spec_of({kPcma, kEvents}, {kPcma, kEvents}));
  injects(0, {1, 1, 2}, true, 120, 80);
  wait_ms(1000);
  EXPECT_EQ(digits_of(ear().events()), "112");
  ASSERT_THAT(press_times_, SizeIs(6));
  EXPECT_NEAR(press_times_[2] - press_times_[0], 200, 2);
  EXPECT_NEAR(press_times_[4] - press_times_[2], 200, 2);
  EXPECT_EQ(reported(), "112");
}

TEST_F(DtmfTest, PressesBySipInfoAreNeverShorterNorCloserThanFingersMakeThem) {
  add(spec_of({kPcma, kEvents}, {kPcma, kEvents}));
  injects(0, {1, 2}, true, 1, 1);
  wait_ms(600);
  EXPECT_EQ(digits_of(ear().events()), "12");
  ASSERT_THAT(press_times_, SizeIs(4));
  EXPECT_NEAR(press_times_[1] - press_times_[0], kMinPressMs, 2);
  EXPECT_NEAR(press_times_[2] - press_times_[0], kMinPressMs + kMinGapMs, 2);
}

TEST_F(DtmfTest, NobodysKeysReachAPartyOnHold) {
  SessionSpec spec = spec_of({kPcma, kEvents}, {kPcma, kEvents});
  spec.legs[1].direction = Direction::kSendOnly;
  add(spec);
  Phone phone(kPcma, kEvents, by_events(), {{5, 200, 100}});
  talk(phone, 600);
  EXPECT_THAT(ear().events(), IsEmpty());
  EXPECT_EQ(reported(), "5");
}

TEST_F(DtmfTest, TonesInG722FollowTheAudioBeforeThem) {
  const CodecFormat g722 = format(CodecId::kG722, 9);
  add(spec_of({g722, kEvents}, {g722}));
  Phone phone(g722, kEvents, by_events(), {{1, 200, 50}, {5, 400, 50}, {9, 600, 50}, {15, 800, 50}});
  talk(phone, 1200);
  EXPECT_EQ(digits_of(ear().tones()), "159D");
  expect_clean();
}

TEST_F(DtmfTest, UpdatesInMidPressLeaveItWhole) {
  SessionSpec spec = spec_of({kPcma, kEvents}, {kPcma, kEvents});
  add(spec);
  Phone phone(kPcma, kEvents, by_events(), {{5, 200, 400}});
  talk(phone, 300);
  spec.legs[1].dscp = 46;
  bed().update(session_, spec);
  talk(phone, 600);
  const auto events = ear().events();
  ASSERT_EQ(digits_of(events), "5");
  EXPECT_DOUBLE_EQ(events[0].ms, 400);
  expect_clean();
}

TEST_F(DtmfTest, AGuardComesAndGoesWithUpdates) {
  SessionSpec spec = spec_of({kPcma}, {kPcma, kEvents});
  spec.legs[0].dtmf.tone_guard_ms = 0;
  add(spec);
  Phone phone(kPcma, std::nullopt, by_tones(),
              {{1, 200, 100}, {2, 600, 100}, {3, 1000, 100}, {4, 1800, 100}});
  talk(phone, 400);
  for (const std::uint16_t guard_ms : std::initializer_list<std::uint16_t>{40, 0}) {
    spec.legs[0].dtmf.tone_guard_ms = guard_ms;
    bed().update(session_, spec);
    talk(phone, 400);
  }
  const SharedList<CodecFormat> codecs[] = {spec.legs[0].codecs, spec.legs[1].codecs};
  spec.legs[0].codecs.clear();
  spec.legs[1].codecs.clear();
  bed().update(session_, spec);
  talk(phone, 200);
  spec.legs[0].codecs = codecs[0];
  spec.legs[1].codecs = codecs[1];
  spec.legs[0].dtmf.tone_guard_ms = 40;
  bed().update(session_, spec);
  talk(phone, 800);
  EXPECT_EQ(digits_of(ear().events()), "1234") << bed().describe();
  EXPECT_EQ(reported(), "1234");
}

TEST_F(DtmfTest, RemovingACallInMidPressLeavesNothing) {
  SessionSpec spec = spec_of({kPcma}, {kPcma, kEvents});
  spec.legs[0].dtmf.tone_guard_ms = 100;
  add(spec);
  Phone phone(kPcma, std::nullopt, by_tones(), {{5, 100, 400}});
  talk(phone, 300);
  hang_up();  // TearDown looks for packet buffers
}

}  // namespace
}  // namespace pollux::testing
