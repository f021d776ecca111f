#include "dataplane/codec/l16.hpp"

#include "dataplane/base/byte_order.hpp"

namespace pollux::codec {
namespace {

Sample load(const std::uint8_t* at) {
  return static_cast<Sample>(load_be16(at));
}
void store(std::uint8_t* at, Sample sample) {
  store_be16(at, static_cast<std::uint16_t>(sample));
}
Sample mean(Sample left, Sample right) {
  return static_cast<Sample>((left + right) / 2);
}

}  // namespace

std::size_t L16Raw::decode(std::span<const std::uint8_t> payload, std::span<Sample> pcm) const {
  const std::size_t samples = payload.size() / (2U * wire_channels);
  const std::uint8_t* at = payload.data();
  if (wire_channels == pcm_channels) {
    for (std::size_t i = 0; i < samples * wire_channels; ++i) {
      pcm[i] = load(at + 2 * i);
    }
  } else if (wire_channels == 2) {
    for (std::size_t i = 0; i < samples; ++i) {
      pcm[i] = mean(load(at + 4 * i), load(at + 4 * i + 2));
    }
  } else {
    for (std::size_t i = 0; i < samples; ++i) {
      pcm[2 * i] = pcm[2 * i + 1] = load(at + 2 * i);
    }
  }
  return samples;
}

std::size_t L16Raw::encode(std::span<const Sample> pcm, std::span<std::uint8_t> out) const {
  const std::size_t samples = pcm.size() / pcm_channels;
  std::uint8_t* at = out.data();
  if (wire_channels == pcm_channels) {
    for (std::size_t i = 0; i < pcm.size(); ++i) {
      store(at + 2 * i, pcm[i]);
    }
  } else if (wire_channels == 1) {
    for (std::size_t i = 0; i < samples; ++i) {
      store(at + 2 * i, mean(pcm[2 * i], pcm[2 * i + 1]));
    }
  } else {
    for (std::size_t i = 0; i < samples; ++i) {
      store(at + 4 * i, pcm[i]);
      store(at + 4 * i + 2, pcm[i]);
    }
  }
  return samples * 2 * wire_channels;
}

}  // namespace pollux::codec
