// Audio packets with tones, in one format of a leg.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "dataplane/base/codec_params.hpp"
#include "dataplane/base/expected.hpp"
#include "dataplane/codec/codec.hpp"
#include "dataplane/dtmf/tone_generator.hpp"

namespace pollux::media {

// Made by the control thread with all the memory it needs; then one thread. Costs a packet's encoding: Opus
// is run narrow-band at the lowest complexity for it.
class ToneSource {
 public:
  static constexpr std::size_t kRoom = 1400;  // bytes that a packet may take at most

  // Errors: kUnavailable (CODEC_UNAVAILABLE: not in this build), kExhausted (MEMORY_EXHAUSTED). Any audio
  // format; whether it carries tones is the caller's business (carries_tones()).
  static Expected<std::unique_ptr<ToneSource>> make(const CodecParams& format);
  ~ToneSource();

  // An audio packet of the same format that has gone to the party from elsewhere. G.722 and G.726 only send
  // what has changed: without their last 100 ms, the party's decoder makes 50 ms of something else out of the
  // begin of a tone. Other formats don't need it (follows_audio()). Costs a copy.
  void sent(std::span<const std::uint8_t> payload);
  bool follows_audio() const { return follows_audio_; }

  // A new press. `event`: a digit, or dtmf::kBlockToneEvent.
  void begin(std::uint8_t event, std::uint8_t level);

  // The next packet: `tone_ms` of the tone, its end ramped down where that is less than `packet_ms`, then
  // silence. Where the packet before was tone to its end, silence begins with 5 ms in which it fades.
  // `packet_ms` is rounded down to what the codec's frames allow, at least one frame; `ticks` says how much
  // of the RTP clock the packet has. 0: nothing could be made.
  std::size_t packet(std::uint16_t packet_ms, std::uint16_t tone_ms, std::span<std::uint8_t> out,
                     std::uint32_t& ticks);

 private:
  static constexpr std::size_t kKeptPackets = 8;
  static constexpr std::size_t kKeptBytes = 480;  // 60 ms of G.722
  struct Kept {
    std::uint16_t bytes = 0;
    std::array<std::uint8_t, kKeptBytes> payload;
  };
  ToneSource(const CodecParams& format, std::uint32_t rate, codec::Encoder encoder);

  CodecParams format_;
  std::uint32_t rate_;  // of the PCM
  codec::Encoder encoder_;
  dtmf::ToneGenerator generator_;
  bool follows_audio_;
  // Payloads since the last press, as many as there is room for.
  std::array<Kept, kKeptPackets> kept_{};
  std::size_t kept_count_ = 0;
  std::size_t kept_next_ = 0;
  bool sounding_ = false;  // the packet before ended in the middle of the tone
};

}  // namespace pollux::media
