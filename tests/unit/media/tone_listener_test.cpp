#include "dataplane/media/tone_listener.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/codec/g711.hpp"
#include "tests/support/codec_format.hpp"
#include "tests/unit/dtmf/tone_sound.hpp"

namespace pollux::media::test {
namespace {

using dtmf::PressReport;
using dtmf::test::add;
using dtmf::test::kMs;
using dtmf::test::Pcm;
using dtmf::test::Press;
using dtmf::test::sound_of;
using dtmf::test::to_pcm;
using pollux::test::format;
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint64_t kStartMs = 10'000;
constexpr std::uint32_t kFirstTimestamp = 0xffff'fc00;  // wraps soon
const CodecFormat kPcma = format(CodecId::kPcma, 8);
const CodecFormat kPcmu = format(CodecId::kPcmu, 0);
const CodecFormat kL16 = format(CodecId::kL16, 96);
const CodecFormat kEvents = format(CodecId::kTelephoneEvent, 101);

Bytes coded(const CodecFormat& format, std::span<const std::int16_t> pcm) {
  if (format.params.id == CodecId::kL16) {
    Bytes bytes(2 * pcm.size());
    for (std::size_t i = 0; i < pcm.size(); ++i) {
      store_be16(bytes.data() + 2 * i, static_cast<std::uint16_t>(pcm[i]));
    }
    return bytes;
  }
  Bytes bytes(pcm.size());
  codec::encode_g711(format.params.id == CodecId::kPcma ? codec::Law::kA : codec::Law::kMu, pcm, bytes);
  return bytes;
}

struct Packet {
  Bytes payload;
  HeardPacket header;  // without its payload
  std::uint64_t at_ms = 0;
  HeardPacket heard() const {
    HeardPacket packet = header;
    packet.payload = payload;
    return packet;
  }
};

std::vector<Packet> packets(const CodecFormat& format, std::span<const std::int16_t> pcm,
                            std::size_t ms = 20) {
  std::vector<Packet> all;
  const std::size_t length = ms * kMs;
  for (std::size_t at = 0; at + length <= pcm.size(); at += length) {
    const auto index = static_cast<std::uint32_t>(all.size());
    all.push_back({coded(format, pcm.subspan(at, length)),
                   {.payload = {},
                    .timestamp = kFirstTimestamp + static_cast<std::uint32_t>(at),
                    .ssrc = 5,
                    .sequence = static_cast<std::uint16_t>(65'530 + index),
                    .payload_type = format.payload_type},
                   kStartMs + (index + 1) * ms});
  }
  return all;
}

std::unique_ptr<ToneListener> listener(std::vector<CodecFormat> formats) {
  auto made = ToneListener::make(formats);
  EXPECT_TRUE(made);
  return std::move(*made);
}

void append(std::vector<PressReport>& all, const dtmf::PressReports& reports) {
  all.insert(all.end(), reports.begin(), reports.end());
}

std::vector<PressReport> listen(ToneListener& ear, const std::vector<Packet>& all) {
  std::vector<PressReport> heard;
  for (const Packet& packet : all) {
    dtmf::PressReports reports;
    ear.listen(packet.heard(), packet.at_ms, reports);
    append(heard, reports);
  }
  return heard;
}

std::string begun(const std::vector<PressReport>& reports) {
  std::string letters;
  for (const PressReport& report : reports) {
    if (report.kind == PressReport::Kind::kBegin) {
      letters += dtmf_letter(report.event);
    }
  }
  return letters;
}

std::size_t ended(const std::vector<PressReport>& reports) {
  return static_cast<std::size_t>(std::ranges::count(reports, PressReport::Kind::kEnd, &PressReport::kind));
}

TEST(ToneListener, ReportsAPressFromBeginToEnd) {
  for (const CodecFormat& format : {kPcma, kPcmu, kL16}) {
    auto ear = listener({format});
    const auto heard = listen(*ear, packets(format, sound_of({.event = 7, .from = 1000, .length = 1600})));
    ASSERT_GE(heard.size(), 3U);
    EXPECT_EQ(heard.front().kind, PressReport::Kind::kBegin);
    EXPECT_EQ(heard.back().kind, PressReport::Kind::kEnd);
    std::uint32_t known = 0;
    for (const PressReport& report : heard) {
      EXPECT_EQ(report.event, 7);
      EXPECT_EQ(report.volume, 10);
      EXPECT_FALSE(report.repaired);
      EXPECT_NEAR(static_cast<double>(report.began_ms), kStartMs + 125, 2);
      EXPECT_GE(report.duration_ms, known);
      EXPECT_LE(report.duration_ms, 202U);
      known = report.duration_ms;
    }
    EXPECT_NEAR(known, 200, 2);
    EXPECT_GT(heard.size(), 8U);  // it went on
    EXPECT_FALSE(ear->in_tone());
  }
}

// What is told to be known of a press never turns out to have been too much.
TEST(ToneListener, NeverTellsMoreThanItKnows) {
  for (std::size_t length = 320; length < 1300; length += 31) {
    for (std::size_t phase = 0; phase < 160; phase += 23) {
      auto ear = listener({kPcma});
      const auto heard = listen(*ear, packets(kPcma, sound_of({.from = 800 + phase, .length = length})));
      ASSERT_EQ(ended(heard), 1U);
      EXPECT_NEAR(heard.back().duration_ms, static_cast<double>(length) / kMs, 2);
    }
  }
}

TEST(ToneListener, PassesOverWhatIsNotItsOwn) {
  auto ear = listener({kPcma, kEvents});
  auto all = packets(kPcma, sound_of({.from = 800, .length = 800}));
  dtmf::PressReports reports;
  for (Packet& packet : all) {
    Packet other = packet;
    other.header.payload_type = 101;
    ear->listen(other.heard(), packet.at_ms, reports);
    EXPECT_FALSE(ear->tone_in(other.heard()));
    other.header.payload_type = 44;
    ear->listen(other.heard(), packet.at_ms, reports);
    EXPECT_FALSE(ear->tone_in(other.heard()));
    other.header.payload_type = 8;
    other.payload.clear();
    ear->listen(other.heard(), packet.at_ms, reports);
    EXPECT_FALSE(ear->tone_in(other.heard()));
    ear->listen(packet.heard(), packet.at_ms, reports);
    ear->listen(packet.heard(), packet.at_ms, reports);  // twice
  }
  EXPECT_EQ(begun({reports.begin(), reports.end()}), "5");
}

TEST(ToneListener, BearsLossAndReordering) {
  for (std::size_t from = 4; from < 16; ++from) {
    for (const std::size_t count : {1U, 2U, 3U}) {
      auto all = packets(kPcma, sound_of({.from = 800, .length = 2400}));
      auto late = all;
      all.erase(all.begin() + static_cast<std::ptrdiff_t>(from),
                all.begin() + static_cast<std::ptrdiff_t>(from + count));
      auto ear = listener({kPcma});
      const auto heard = listen(*ear, all);
      EXPECT_EQ(begun(heard), "5") << count << " from " << from;
      EXPECT_EQ(ended(heard), 1U);
      std::swap(late[from], late[from + 1]);
      auto other = listener({kPcma});
      const auto reordered = listen(*other, late);
      EXPECT_EQ(begun(reordered), "5") << from;
      EXPECT_EQ(ended(reordered), 1U);
    }
  }
}

TEST(ToneListener, BeginsAnewWithAnotherStream) {
  auto ear = listener({kPcma});
  auto all = packets(kPcma, sound_of({.from = 800, .length = 3200}));
  for (std::size_t i = 14; i < all.size(); ++i) {
    all[i].header.ssrc = 9;
    all[i].header.timestamp += 777'777;
  }
  const auto heard = listen(*ear, all);
  EXPECT_EQ(begun(heard), "55");
  EXPECT_EQ(ended(heard), 2U);
}

TEST(ToneListener, BeginsAnewBehindAJumpOfTheTimestamps) {
  for (const std::int32_t jump : {9000, 1'000'000, -1'000'000}) {
    auto ear = listener({kPcma});
    auto all = packets(kPcma, sound_of({.from = 800, .length = 4000}));
    for (std::size_t i = 14; i < all.size(); ++i) {
      all[i].header.timestamp += static_cast<std::uint32_t>(jump);
    }
    const auto heard = listen(*ear, all);
    EXPECT_EQ(begun(heard), "55") << jump;
    EXPECT_EQ(ended(heard), 2U);
  }
}

TEST(ToneListener, EndsAPressOfAPartyThatFallsSilent) {
  auto ear = listener({kPcma});
  auto all = packets(kPcma, sound_of({.from = 800, .length = 4000}));
  EXPECT_EQ(ear->due_ms(), ToneListener::kNever);
  all.resize(15);
  EXPECT_EQ(begun(listen(*ear, all)), "5");
  const std::uint64_t last_ms = all.back().at_ms;
  EXPECT_EQ(ear->due_ms(), last_ms + 200);
  dtmf::PressReports reports;
  ear->expire(last_ms + 199, reports);
  EXPECT_TRUE(reports.empty());
  EXPECT_TRUE(ear->in_tone());
  ear->expire(last_ms + 200, reports);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].kind, PressReport::Kind::kEnd);
  EXPECT_NEAR(reports[0].duration_ms, 200, 2);
  EXPECT_FALSE(ear->in_tone());
  EXPECT_EQ(ear->due_ms(), ToneListener::kNever);
}

TEST(ToneListener, SilencesInPlace) {
  auto ear = listener({kPcma, kPcmu, kL16, format(CodecId::kG722, 9)});
  Bytes payload(160, 1);
  EXPECT_TRUE(ear->silence(8, payload, {10, 20}));
  EXPECT_EQ(std::ranges::count(payload, 0xd5), 10);
  EXPECT_EQ(payload[9], 1);
  EXPECT_EQ(payload[10], 0xd5);
  EXPECT_EQ(payload[19], 0xd5);
  EXPECT_EQ(payload[20], 1);
  payload.assign(160, 1);
  EXPECT_TRUE(ear->silence(0, payload, {150, 400}));
  EXPECT_EQ(std::ranges::count(payload, 0xff), 10);
  payload.assign(160, 1);
  EXPECT_TRUE(ear->silence(96, payload, {4, 6}));
  EXPECT_EQ(std::ranges::count(payload, 0), 4);
  EXPECT_EQ(payload[7], 1);
  EXPECT_EQ(payload[8], 0);
  EXPECT_FALSE(ear->silence(9, payload, {0, 4}));
  EXPECT_FALSE(ear->silence(50, payload, {0, 4}));
}

TEST(ToneListener, NamesWhatItCannotDecode) {
  CodecFormat wide = kL16;
  wide.params.clock_rate = 96'000;
  EXPECT_FALSE(ToneListener::make({&wide, 1}));
  EXPECT_TRUE(ToneListener::make({&kEvents, 1}));
}

// What of the tone comes out at the far end when packets are held back for `guard_ms` and then silenced by
// what is known: samples before `from`, in which the tone begins, don't count.
struct Leak {
  std::size_t samples = 0;
  double energy = 0;
};
Leak leak(const CodecFormat& format, const Press& press, std::uint64_t guard_ms) {
  const Pcm pcm = sound_of(press);
  auto ear = listener({format});
  std::deque<Packet> held;
  Leak leaked;
  const Bytes quiet = coded(format, Pcm(1, 0));
  std::size_t at = 0;
  const auto release = [&](std::uint64_t now_ms) {
    while (!held.empty() && held.front().at_ms + guard_ms <= now_ms) {
      Packet& packet = held.front();
      const auto range = ear->tone_in(packet.heard());
      EXPECT_TRUE(range);
      EXPECT_TRUE(ear->silence(format.payload_type, packet.payload, *range));
      for (std::size_t i = 0; i < packet.payload.size() / quiet.size(); ++i, ++at) {
        const bool silent =
            std::equal(quiet.begin(), quiet.end(),
                       packet.payload.begin() + static_cast<std::ptrdiff_t>(i * quiet.size()));
        const bool tone = at >= press.from && at < press.from + press.length;
        if (tone && !(i >= range->first && i < range->last)) {
          ++leaked.samples;
          leaked.energy += static_cast<double>(pcm[at]) * pcm[at];
        }
        EXPECT_TRUE(silent || i < range->first || i >= range->last);
      }
      held.pop_front();
    }
  };
  std::uint64_t now_ms = 0;
  for (const Packet& packet : packets(format, pcm)) {
    now_ms = packet.at_ms;
    dtmf::PressReports reports;
    ear->listen(packet.heard(), now_ms, reports);
    held.push_back(packet);
    release(now_ms);
  }
  release(now_ms + guard_ms);
  return leaked;
}

TEST(ToneListener, LeaksNothingWithAGuardOfFortyMilliseconds) {
  for (const CodecFormat& format : {kPcma, kPcmu, kL16}) {
    for (std::uint8_t event = 0; event < kDtmfDigits; ++event) {
      for (std::size_t phase = 0; phase < 480; phase += format == kPcma ? 3U : 19U) {
        for (const double level : {-3.0, -10.0, -25.0}) {
          const Press press{
              .event = event, .low_dbm0 = level, .high_dbm0 = level, .from = 800 + phase, .length = 480};
          ASSERT_EQ(leak(format, press, 40).samples, 0U) << int{event} << " at " << phase << ", " << level;
        }
      }
    }
  }
}

// Without a guard the onset leaks: how much of it.
TEST(ToneListener, LeaksAnOnsetWithoutAGuard) {
  std::size_t most = 0;
  double sum = 0;
  unsigned presses = 0;
  double energy = 0;
  double all = 0;
  for (std::uint8_t event = 0; event < kDtmfDigits; ++event) {
    for (std::size_t phase = 0; phase < 480; phase += 7) {
      const Press press{.event = event, .from = 800 + phase, .length = 800};
      const Leak leaked = leak(kPcma, press, 0);
      most = std::max(most, leaked.samples);
      sum += static_cast<double>(leaked.samples);
      energy += leaked.energy;
      const Pcm pcm = sound_of(press);
      for (const std::int16_t sample : pcm) {
        all += static_cast<double>(sample) * sample;
      }
      ++presses;
    }
  }
  EXPECT_LE(most, 60 * kMs);
  EXPECT_GT(most, 0U);
  if (std::getenv("POLLUX_TABLE") != nullptr) {
    std::printf("without a guard %.1f ms of a tone leak, %.1f at most; of 100 ms %.1f dB\n",
                sum / presses / kMs, static_cast<double>(most) / kMs, 10 * std::log10(energy / all));
  }
}

// Audio before and after a press is left as it is, but for what surrounds it closely.
TEST(ToneListener, LeavesTheAudioAlone) {
  const Press press{.from = 1200, .length = 800};
  auto ear = listener({kPcma});
  const auto all = packets(kPcma, sound_of(press));
  listen(*ear, all);
  std::size_t first = 0;
  std::size_t last = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto range = ear->tone_in(all[i].heard());
    ASSERT_TRUE(range);
    if (range->empty()) {
      continue;
    }
    first = last == 0 ? i * 160 + range->first : first;
    last = i * 160 + range->last;
  }
  EXPECT_LE(first, press.from);
  EXPECT_GE(first + 15 * kMs, press.from);
  EXPECT_GE(last, press.from + press.length);
  EXPECT_LE(last, press.from + press.length + 10 * kMs);
}

}  // namespace
}  // namespace pollux::media::test
