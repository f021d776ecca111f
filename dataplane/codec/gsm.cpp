#include "dataplane/codec/gsm.hpp"

#include <spandsp.h>

namespace pollux::codec {

void GsmRaw::Free::operator()(gsm0610_state_s* state) const {
  gsm0610_free(state);
}

GsmRaw::GsmRaw() : state_(gsm0610_init(nullptr, GSM0610_PACKING_VOIP)) {}

std::size_t GsmRaw::decode(std::span<const std::uint8_t> payload, std::span<Sample> pcm) {
  return static_cast<std::size_t>(
      gsm0610_decode(state_.get(), pcm.data(), payload.data(), static_cast<int>(payload.size())));
}

std::size_t GsmRaw::encode(std::span<const Sample> pcm, std::span<std::uint8_t> out) {
  return static_cast<std::size_t>(
      gsm0610_encode(state_.get(), out.data(), pcm.data(), static_cast<int>(pcm.size())));
}

}  // namespace pollux::codec
