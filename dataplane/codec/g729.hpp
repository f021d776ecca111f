// G.729 with Annex B by bcg729: frames of 10 ms in 10 octets, SID frames of 2 octets (RFC 3551 §4.5.6). In a
// build with -Dg729=disabled neither can be made.
#pragma once

#include <memory>

#include "dataplane/codec/types.hpp"

struct bcg729DecoderChannelContextStruct_struct;
struct bcg729EncoderChannelContextStruct_struct;

namespace pollux::codec {

inline constexpr std::size_t kG729Samples = 80;
inline constexpr std::size_t kG729Bytes = 10;

class G729Decoder {
 public:
  G729Decoder();
  bool ok() const { return state_ != nullptr; }
  std::optional<Decoded> decode(std::span<const std::uint8_t> payload, std::span<Sample> pcm);
  void conceal(std::span<Sample> pcm);
  bool recover(std::span<const std::uint8_t>, std::span<Sample>) { return false; }
  // An erased frame after a SID frame is one that wasn't transmitted: the library goes on with its noise
  // (G.729 Annex B §4.4).
  void comfort_noise(std::span<Sample> pcm) { conceal(pcm); }
  std::uint32_t delay_samples() const { return 0; }

 private:
  struct Free {
    void operator()(bcg729DecoderChannelContextStruct_struct* state) const;
  };
  std::unique_ptr<bcg729DecoderChannelContextStruct_struct, Free> state_;
};
static_assert(DecoderType<G729Decoder>);

class G729Encoder {
 public:
  explicit G729Encoder(bool annexb);
  bool ok() const { return state_ != nullptr; }
  // With Annex B: a SID frame ends its payload, and frames that aren't transmitted end one as well.
  Chunks encode(std::span<const Sample> pcm, std::span<std::uint8_t> out);
  std::uint32_t delay_samples() const { return 40; }  // look-ahead of 5 ms

 private:
  struct Free {
    void operator()(bcg729EncoderChannelContextStruct_struct* state) const;
  };
  std::unique_ptr<bcg729EncoderChannelContextStruct_struct, Free> state_;
};
static_assert(EncoderType<G729Encoder>);

}  // namespace pollux::codec
