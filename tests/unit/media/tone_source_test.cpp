// Tones through each codec that carries them, heard by the listener behind a decoder that has been busy with
// speech.
#include "dataplane/media/tone_source.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "dataplane/codec/payload.hpp"
#include "dataplane/media/tone_listener.hpp"
#include "tests/support/codec_format.hpp"
#include "tests/support/speech.hpp"

namespace pollux::media::test {
namespace {

using pollux::test::format;
using pollux::test::Pcm;
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint16_t kPacketMs = 20;
constexpr std::uint64_t kStartMs = 5000;

bool table() {
  return std::getenv("POLLUX_TABLE") != nullptr;
}

const std::vector<CodecFormat>& formats() {
  static const std::vector<CodecFormat> all = {
      format(CodecId::kPcmu, 0),          format(CodecId::kPcma, 8),
      format(CodecId::kL16, 96),          format(CodecId::kL16, 97, 16'000),
      format(CodecId::kL16, 98, 48'000),  format(CodecId::kG722, 9),
      format(CodecId::kG726_32, 99),      format(CodecId::kG726_40, 100),
      format(CodecId::kOpus, 111, 48'000)};
  return all;
}

std::string name_of(const CodecFormat& format) {
  return std::string(codec_facts(format.params.id).name) + "/" + std::to_string(format.params.clock_rate);
}

// A party that speaks, presses a key, and speaks again.
class Party {
 public:
  explicit Party(const CodecFormat& format)
      : format_(format),
        rate_(codec::pcm_rate(format.params, 16'000)),
        speech_(pollux::test::recorded_speech(rate_)),
        encoder_(codec::Encoder::make(format.params, rate_, 1)),
        source_(ToneSource::make(format.params)),
        listener_(ToneListener::make({&format, 1})) {}

  void speak(std::size_t packets) {
    const std::size_t samples = rate_ * kPacketMs / 1000;
    for (std::size_t i = 0; i < packets; ++i) {
      Bytes out(codec::kMostPayloadBytes);
      const auto pcm = std::span(speech_).subspan(at_, samples);
      at_ = at_ + 2 * samples <= speech_.size() ? at_ + samples : 0;
      const codec::Chunks chunks = encoder_->encode(pcm, out);
      out.resize(chunks[0].bytes);
      (*source_)->sent(out);
      send(out, format_.params.clock_rate * kPacketMs / 1000);
    }
  }
  // The time at which it begins.
  std::uint64_t press(std::uint8_t event, std::uint32_t ms) {
    const std::uint64_t began = now_ms();
    (*source_)->begin(event, kDefaultDtmfLevel);
    for (std::uint32_t done = 0; done <= ms;) {
      Bytes out(ToneSource::kRoom);
      std::uint32_t ticks = 0;
      const auto left = static_cast<std::uint16_t>(std::min<std::uint32_t>(ms - done, kPacketMs));
      out.resize((*source_)->packet(kPacketMs, left, out, ticks));
      EXPECT_FALSE(out.empty());
      EXPECT_EQ(codec::payload_ticks(format_.params, out), ticks);
      done += ticks * 1000 / format_.params.clock_rate;
      send(out, ticks);
    }
    return began;
  }
  const std::vector<dtmf::PressReport>& reports() const { return reports_; }

 private:
  std::uint64_t now_ms() const { return kStartMs + ticks_ * 1000 / format_.params.clock_rate; }
  void send(const Bytes& payload, std::uint32_t ticks) {
    dtmf::PressReports reports;
    const HeardPacket packet{payload, static_cast<std::uint32_t>(ticks_), 7, sequence_++,
                             format_.payload_type};
    ticks_ += ticks;
    (*listener_)->listen(packet, now_ms(), reports);
    for (const dtmf::PressReport& report : reports) {
      if (report.kind != dtmf::PressReport::Kind::kProgress) {
        reports_.push_back(report);
      }
    }
  }

  CodecFormat format_;
  std::uint32_t rate_;
  Pcm speech_;
  Expected<codec::Encoder> encoder_;
  Expected<std::unique_ptr<ToneSource>> source_;
  Expected<std::unique_ptr<ToneListener>> listener_;
  std::size_t at_ = 0;
  std::uint64_t ticks_ = 0;
  std::uint16_t sequence_ = 0;
  std::vector<dtmf::PressReport> reports_;
};

class ToneSourceFormats : public ::testing::TestWithParam<std::size_t> {};

TEST_P(ToneSourceFormats, IsHeardAmongSpeech) {
  const CodecFormat& format = formats()[GetParam()];
  for (const std::uint32_t ms : {50U, 100U}) {
    std::int64_t shortest = 1000;
    std::int64_t longest = -1000;
    std::int64_t early = 1000;
    std::int64_t late = -1000;
    for (std::uint8_t event = 0; event < kDtmfDigits; ++event) {
      Party party(format);
      party.speak(10 + event);
      const std::uint64_t began = party.press(event, ms);
      party.speak(20);
      const auto& reports = party.reports();
      ASSERT_EQ(reports.size(), 2U) << name_of(format) << " " << dtmf_letter(event) << " " << ms;
      EXPECT_EQ(reports[0].kind, dtmf::PressReport::Kind::kBegin);
      EXPECT_EQ(reports[0].event, event) << name_of(format);
      EXPECT_EQ(reports[1].kind, dtmf::PressReport::Kind::kEnd);
      EXPECT_NEAR(reports[0].volume, kDefaultDtmfLevel, 1) << name_of(format);
      const auto off = static_cast<std::int64_t>(reports[1].duration_ms) - ms;
      const auto lag = static_cast<std::int64_t>(reports[0].began_ms - began);
      shortest = std::min(shortest, off);
      longest = std::max(longest, off);
      early = std::min(early, lag);
      late = std::max(late, lag);
    }
    EXPECT_GE(shortest, -15) << name_of(format) << " " << ms;
    EXPECT_LE(longest, 15) << name_of(format) << " " << ms;
    EXPECT_GE(early, -7) << name_of(format) << " " << ms;
    EXPECT_LE(late, 15) << name_of(format) << " " << ms;  // codecs and resampling lag
    if (table()) {
      std::printf("%-14s %3u ms  length %+3d..%+3d ms  begins %+3d..%+3d ms\n", name_of(format).c_str(), ms,
                  static_cast<int>(shortest), static_cast<int>(longest), static_cast<int>(early),
                  static_cast<int>(late));
    }
  }
}

std::string test_name(const ::testing::TestParamInfo<std::size_t>& info) {
  std::string name = name_of(formats()[info.param]);
  std::ranges::replace_if(
      name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Formats, ToneSourceFormats, ::testing::Range(std::size_t{0}, formats().size()),
                         test_name);

}  // namespace
}  // namespace pollux::media::test
