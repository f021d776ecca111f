// What stands for G.729 in a build with -Dg729=disabled: nothing of bcg729, and nothing can be made.
#include "dataplane/codec/g729.hpp"

namespace pollux::codec {

void G729Decoder::Free::operator()(bcg729DecoderChannelContextStruct_struct*) const {}
G729Decoder::G729Decoder() = default;
std::optional<Decoded> G729Decoder::decode(std::span<const std::uint8_t>, std::span<Sample>) {
  return std::nullopt;
}
void G729Decoder::conceal(std::span<Sample>) {}

void G729Encoder::Free::operator()(bcg729EncoderChannelContextStruct_struct*) const {}
G729Encoder::G729Encoder(bool) {}
Chunks G729Encoder::encode(std::span<const Sample>, std::span<std::uint8_t>) {
  return {};
}

}  // namespace pollux::codec
