#include "dataplane/codec/g729.hpp"

extern "C" {  // its headers don't say so
#include <bcg729/decoder.h>
#include <bcg729/encoder.h>
}

#include <algorithm>
#include <array>

namespace pollux::codec {
namespace {
constexpr std::uint8_t kSidBytes = 2;
}

void G729Decoder::Free::operator()(bcg729DecoderChannelContextStruct_struct* state) const {
  closeBcg729DecoderChannel(state);
}

G729Decoder::G729Decoder() : state_(initBcg729DecoderChannel()) {}

std::optional<Decoded> G729Decoder::decode(std::span<const std::uint8_t> payload, std::span<Sample> pcm) {
  std::size_t samples = 0;
  bool sid = false;
  while (!payload.empty()) {
    sid = payload.size() == kSidBytes;
    const auto frame = payload.first(sid ? kSidBytes : kG729Bytes);
    bcg729Decoder(state_.get(), frame.data(), static_cast<std::uint8_t>(frame.size()), 0, sid ? 1 : 0, 0,
                  pcm.data() + samples);
    payload = payload.subspan(frame.size());
    samples += kG729Samples;
  }
  return Decoded{samples, sid};
}

void G729Decoder::conceal(std::span<Sample> pcm) {
  std::array<Sample, kG729Samples> frame;
  while (!pcm.empty()) {
    bcg729Decoder(state_.get(), nullptr, 0, 1, 0, 0, frame.data());
    const std::size_t count = std::min(frame.size(), pcm.size());
    std::copy_n(frame.begin(), count, pcm.begin());
    pcm = pcm.subspan(count);
  }
}

void G729Encoder::Free::operator()(bcg729EncoderChannelContextStruct_struct* state) const {
  closeBcg729EncoderChannel(state);
}

G729Encoder::G729Encoder(bool annexb) : state_(initBcg729EncoderChannel(annexb ? 1 : 0)) {}

Chunks G729Encoder::encode(std::span<const Sample> pcm, std::span<std::uint8_t> out) {
  Chunks chunks;
  Chunk chunk;
  const auto close = [&] {
    if (chunk.bytes != 0) {
      chunks.push_back(chunk);
    }
    chunk = {};
  };
  std::size_t used = 0;
  for (std::size_t at = 0; at < pcm.size(); at += kG729Samples) {
    std::uint8_t bytes = 0;
    bcg729Encoder(state_.get(), pcm.data() + at, out.data() + used, &bytes);
    if (bytes == 0) {
      close();
      continue;
    }
    if (chunk.bytes == 0) {
      chunk.offset_samples = static_cast<std::uint16_t>(at);
    }
    chunk.samples = static_cast<std::uint16_t>(chunk.samples + kG729Samples);
    chunk.bytes = static_cast<std::uint16_t>(chunk.bytes + bytes);
    used += bytes;
    if (bytes == kSidBytes) {
      chunk.silence = true;
      close();
    }
  }
  close();
  return chunks;
}

}  // namespace pollux::codec
