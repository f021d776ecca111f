#include "dataplane/codec/g729.hpp"

#include <gtest/gtest.h>

extern "C" {
#include <bcg729/decoder.h>
#include <bcg729/encoder.h>
}

#include <memory>

#include "dataplane/codec/codec.hpp"
#include "tests/unit/codec/speech.hpp"

namespace pollux::codec {
namespace {

using LibraryEncoder =
    std::unique_ptr<bcg729EncoderChannelContextStruct, void (*)(bcg729EncoderChannelContextStruct*)>;
using LibraryDecoder =
    std::unique_ptr<bcg729DecoderChannelContextStruct, void (*)(bcg729DecoderChannelContextStruct*)>;

LibraryEncoder library_encoder(bool vad) {
  return {initBcg729EncoderChannel(vad ? 1 : 0), closeBcg729EncoderChannel};
}
LibraryDecoder library_decoder() {
  return {initBcg729DecoderChannel(), closeBcg729DecoderChannel};
}

// Faint noise, from which the library learns what silence is; talk; noise that changes, so that there are
// several SID frames; talk again.
Pcm with_pause() {
  Pcm pcm = white_noise(8'000, 400, 10);
  const Pcm talk = speech(8'000, 600);
  pcm.insert(pcm.end(), talk.begin(), talk.end());
  for (const double level : {10.0, 14.0, 6.0}) {
    const Pcm noise = white_noise(8'000, 600, level);
    pcm.insert(pcm.end(), noise.begin(), noise.end());
  }
  const Pcm more = speech(8'000, 600);
  pcm.insert(pcm.end(), more.begin(), more.end());
  return pcm;
}

struct Frame {
  Bytes bytes;  // empty: not transmitted
};
std::vector<Frame> library_frames(const Pcm& pcm, bool vad) {
  const auto encoder = library_encoder(vad);
  std::vector<Frame> frames;
  for (std::size_t at = 0; at + kG729Samples <= pcm.size(); at += kG729Samples) {
    std::uint8_t bytes[kG729Bytes];
    std::uint8_t length = 0;
    bcg729Encoder(encoder.get(), pcm.data() + at, bytes, &length);
    frames.push_back({Bytes(bytes, bytes + length)});
  }
  return frames;
}

TEST(G729, FramesAreTheLibrarysWithAndWithoutDtx) {
  const Pcm pcm = with_pause();
  for (const bool dtx : {false, true}) {
    const auto frames = library_frames(pcm, dtx);
    for (const std::size_t per_packet : {1U, 2U, 3U, 6U, 12U}) {
      auto encoder = Encoder::make(params_of(CodecId::kG729), 8'000, 1, {.dtx = dtx});
      const std::size_t length = per_packet * kG729Samples;
      Bytes out(kMostPayloadBytes);
      std::size_t sids = 0;
      std::size_t left_out = 0;
      for (std::size_t at = 0; at + length <= pcm.size(); at += length) {
        const Chunks chunks = encoder->encode(std::span(pcm).subspan(at, length), out);
        std::size_t next = 0;  // frame of the packet
        std::size_t used = 0;
        for (const Chunk& chunk : chunks) {
          // What lies between chunks wasn't transmitted.
          for (; next * kG729Samples < chunk.offset_samples; ++next, ++left_out) {
            ASSERT_TRUE(frames[at / kG729Samples + next].bytes.empty());
          }
          Bytes expected;
          for (std::size_t i = 0; i < chunk.samples / kG729Samples; ++i, ++next) {
            const Bytes& frame = frames[at / kG729Samples + next].bytes;
            ASSERT_FALSE(frame.empty());
            ASSERT_EQ(frame.size() == 2, chunk.silence && i + 1 == chunk.samples / kG729Samples);
            expected.insert(expected.end(), frame.begin(), frame.end());
          }
          ASSERT_EQ(Bytes(out.begin() + static_cast<std::ptrdiff_t>(used),
                          out.begin() + static_cast<std::ptrdiff_t>(used + chunk.bytes)),
                    expected);
          used += chunk.bytes;
          sids += chunk.silence ? 1U : 0U;
        }
        for (; next < per_packet; ++next, ++left_out) {
          ASSERT_TRUE(frames[at / kG729Samples + next].bytes.empty());
        }
      }
      EXPECT_EQ(sids > 1, dtx) << per_packet;
      EXPECT_EQ(left_out > 50, dtx) << per_packet;
    }
  }
}

TEST(G729, DtxNeedsAnnexB) {
  CodecParams params = params_of(CodecId::kG729);
  params.annexb = false;
  auto encoder = Encoder::make(params, 8'000, 1, {.dtx = true});
  Bytes out(kMostPayloadBytes);
  const Pcm pcm = with_pause();
  for (std::size_t at = 0; at + 160 <= pcm.size(); at += 160) {
    const Chunks chunks = encoder->encode(std::span(pcm).subspan(at, 160), out);
    ASSERT_EQ(chunks.size(), 1U);
    ASSERT_EQ(chunks[0].bytes, 20);
  }
}

// Payloads of one to six frames with or without a SID frame, untransmitted and lost frames between.
TEST(G729, DecodesAsTheLibraryDoes) {
  const auto frames = library_frames(with_pause(), true);
  auto decoder = Decoder::make(params_of(CodecId::kG729), 8'000, 1);
  const auto library = library_decoder();
  Bytes payload;
  Pcm expected;
  Pcm heard(kMostPcmSamples);
  const auto library_decodes = [&](const Bytes& frame, bool erased) {
    Sample pcm[kG729Samples];
    bcg729Decoder(library.get(), erased ? nullptr : frame.data(), static_cast<std::uint8_t>(frame.size()),
                  erased ? 1 : 0, frame.size() == 2 ? 1 : 0, 0, pcm);
    expected.insert(expected.end(), pcm, pcm + kG729Samples);
  };
  const auto flush = [&](bool silence) {
    if (!payload.empty()) {
      const auto decoded = decoder->decode(payload, heard);
      ASSERT_TRUE(decoded);
      ASSERT_EQ(decoded->samples, expected.size());
      ASSERT_EQ(decoded->silence, silence);
      ASSERT_TRUE(std::equal(expected.begin(), expected.end(), heard.begin()));
    }
    payload.clear();
    expected.clear();
  };
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const Bytes& frame = frames[i].bytes;
    if (frame.empty() || i % 37 == 0) {
      flush(false);
      library_decodes({}, true);
      const auto hole = std::span(heard).first(kG729Samples);
      frame.empty() ? decoder->comfort_noise(hole) : decoder->conceal(hole);
      ASSERT_TRUE(std::equal(expected.begin(), expected.end(), hole.begin())) << i;
      expected.clear();
      continue;
    }
    library_decodes(frame, false);
    payload.insert(payload.end(), frame.begin(), frame.end());
    if (frame.size() == 2 || i % 6 == 5) {
      flush(frame.size() == 2);
    }
  }
}

TEST(G729, NoiseGoesOnAtTheLevelOfTheSid) {
  const Pcm noise = white_noise(8'000, 1000, 10);
  auto encoder = Encoder::make(params_of(CodecId::kG729), 8'000, 1, {.dtx = true});
  auto decoder = Decoder::make(params_of(CodecId::kG729), 8'000, 1);
  Bytes out(kMostPayloadBytes);
  Pcm heard(kMostPcmSamples);
  bool silent = false;
  for (std::size_t at = 0; at + 160 <= noise.size(); at += 160) {
    for (const Chunk& chunk : encoder->encode(std::span(noise).subspan(at, 160), out)) {
      silent = decoder->decode(std::span(out).first(chunk.bytes), heard)->silence;
    }
  }
  ASSERT_TRUE(silent);
  Pcm after(4000);
  for (std::size_t at = 0; at < after.size(); at += 800) {
    decoder->comfort_noise(std::span(after).subspan(at, 800));
  }
  EXPECT_NEAR(dbov(after), dbov(noise), 4);
}

}  // namespace
}  // namespace pollux::codec
