#include "dataplane/codec/g726.hpp"

#include <spandsp.h>

#include <array>

namespace pollux::codec {
namespace {

int bit_rate(CodecId id) {
  switch (id) {
    case CodecId::kG726_16:
      return 16'000;
    case CodecId::kG726_24:
      return 24'000;
    case CodecId::kG726_40:
      return 40'000;
    default:
      return 32'000;
  }
}

}  // namespace

void G726Raw::Free::operator()(g726_state_s* state) const {
  g726_free(state);
}

// G726_PACKING_RIGHT: bits fill an octet from the right.
G726Raw::G726Raw(CodecId id)
    : state_(g726_init(nullptr, bit_rate(id), G726_ENCODING_LINEAR, G726_PACKING_RIGHT)) {}

std::size_t G726Raw::decode(std::span<const std::uint8_t> payload, std::span<Sample> pcm) {
  return static_cast<std::size_t>(
      g726_decode(state_.get(), pcm.data(), payload.data(), static_cast<int>(payload.size())));
}

std::size_t G726Raw::encode(std::span<const Sample> pcm, std::span<std::uint8_t> out) {
  return static_cast<std::size_t>(
      g726_encode(state_.get(), out.data(), pcm.data(), static_cast<int>(pcm.size())));
}

// Encoder and decoder learn from the same codewords, and have one state here.
void G726Encoder::follow(std::span<const std::uint8_t> payload) {
  std::array<Sample, kMostMs * 8> pcm;
  raw_.decode(payload, pcm);
}

}  // namespace pollux::codec
