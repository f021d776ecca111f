// Payloads of one format cut and joined to other lengths, without a look at the sound.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "dataplane/base/codec_params.hpp"
#include "dataplane/base/expected.hpp"
#include "dataplane/codec/storage.hpp"

struct OpusRepacketizer;

namespace pollux::codec {

// Frames in the order of their media time, room for 240 ms. Made and destroyed by the control thread, used by
// one worker, which copies each frame twice.
class FrameQueue {
 public:
  static constexpr std::uint32_t kRoomMs = 240;

  static Expected<FrameQueue> make(const CodecParams& params);
  FrameQueue(FrameQueue&&) noexcept = default;
  FrameQueue& operator=(FrameQueue&&) noexcept = default;
  ~FrameQueue() = default;

  // False, and nothing changed: malformed (payload_ticks()), or it can't lie behind what is inside, which has
  // to be taken first: no room; G.729: behind a SID frame; Opus: of another mode, bandwidth, frame length or
  // number of channels. An empty queue takes any payload that is well formed.
  bool append(std::span<const std::uint8_t> payload);

  // RTP ticks of media inside.
  std::uint32_t ticks() const { return ticks_; }

  struct Taken {
    std::uint16_t bytes = 0;
    std::uint32_t ticks = 0;
  };
  // One payload of at most `most_ticks` of media, from the front: whole frames, at least one if there is any
  // and `out` has room for it. Opus: never more than 120 ms, the most it has packets for.
  Taken take(std::uint32_t most_ticks, std::span<std::uint8_t> out);

  // What is inside has to go, though it may be short: it ends with a SID frame, behind which nothing may
  // come.
  bool complete() const { return complete_; }

  // What take() cuts by: RTP ticks of a frame (Opus: of those inside) or of the least whole number of octets.
  std::uint32_t frame_ticks() const { return frame_ticks_; }

  void clear();

 private:
  struct FreeJoiner {
    void operator()(OpusRepacketizer* joiner) const;
  };
  using Joiner = std::unique_ptr<OpusRepacketizer, FreeJoiner>;
  static constexpr std::size_t kMostOpusFrames = kRoomMs * 2 / 5;

  explicit FrameQueue(const CodecParams& params) : params_(params) {}
  static Joiner make_joiner();
  bool append_opus(std::span<const std::uint8_t> payload);
  Taken take_opus(std::uint32_t most_ticks, std::span<std::uint8_t> out);
  void drop_front(std::size_t bytes);

  CodecParams params_;
  Storage bytes_;  // Opus: each frame as a packet of its own
  Joiner joiner_;  // Opus only
  std::uint32_t capacity_ = 0;
  std::uint32_t used_ = 0;
  std::uint32_t ticks_ = 0;
  std::uint32_t frame_ticks_ = 0;
  std::uint32_t frame_bytes_ = 0;  // Opus: 0
  bool complete_ = false;
  std::uint16_t opus_frames_ = 0;
  std::array<std::uint16_t, kMostOpusFrames> opus_bytes_{};  // of each packet
};

}  // namespace pollux::codec
