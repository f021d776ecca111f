#include "dataplane/codec/g722.hpp"

#include <spandsp.h>
// What a band has learned isn't to be had otherwise.
#include <spandsp/private/g722.h>

#include <algorithm>
#include <array>

namespace pollux::codec {
namespace {
constexpr int kBitRate = 64'000;
}

void G722Raw::Free::operator()(g722_decode_state_s* state) const {
  g722_decode_free(state);
}

G722Raw::G722Raw() : state_(g722_decode_init(nullptr, kBitRate, 0)) {}

std::size_t G722Raw::decode(std::span<const std::uint8_t> payload, std::span<Sample> pcm) {
  return static_cast<std::size_t>(
      g722_decode(state_.get(), pcm.data(), payload.data(), static_cast<int>(payload.size())));
}

void G722Encoder::Free::operator()(g722_encode_state_s* state) const {
  g722_encode_free(state);
}

void G722Encoder::FreeFollower::operator()(g722_decode_state_s* state) const {
  g722_decode_free(state);
}

G722Encoder::G722Encoder(bool follows)
    : state_(g722_encode_init(nullptr, kBitRate, 0)),
      follower_(follows ? g722_decode_init(nullptr, kBitRate, 0) : nullptr),
      follows_(follows) {}

Chunks G722Encoder::encode(std::span<const Sample> pcm, std::span<std::uint8_t> out) {
  const int bytes = g722_encode(state_.get(), out.data(), pcm.data(), static_cast<int>(pcm.size()));
  return one_chunk(pcm.size(), static_cast<std::size_t>(bytes));
}

// Encoder and decoder learn the same from the same codewords, band by band; their filters differ.
void G722Encoder::follow(std::span<const std::uint8_t> payload) {
  if (follower_ == nullptr) {
    return;
  }
  std::array<Sample, kMostMs * 16> pcm;
  std::ranges::copy(state_->band, follower_->band);
  g722_decode(follower_.get(), pcm.data(), payload.data(), static_cast<int>(payload.size()));
  std::ranges::copy(follower_->band, state_->band);
}

}  // namespace pollux::codec
