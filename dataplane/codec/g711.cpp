#include "dataplane/codec/g711.hpp"

#include "dataplane/codec/g711_tables.hpp"

namespace pollux::codec {

void decode_g711(Law law, std::span<const std::uint8_t> bytes, std::span<Sample> pcm) {
  const auto& values = law == Law::kA ? detail::kAlawValues : detail::kUlawValues;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    pcm[i] = values[bytes[i]];
  }
}

void encode_g711(Law law, std::span<const Sample> pcm, std::span<std::uint8_t> bytes) {
  if (law == Law::kA) {
    for (std::size_t i = 0; i < pcm.size(); ++i) {
      bytes[i] = detail::alaw_octet(pcm[i]);
    }
    return;
  }
  for (std::size_t i = 0; i < pcm.size(); ++i) {
    bytes[i] = detail::ulaw_octet(pcm[i]);
  }
}

}  // namespace pollux::codec
