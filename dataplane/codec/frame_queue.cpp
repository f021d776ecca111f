#include "dataplane/codec/frame_queue.hpp"

#include <opus/opus.h>

#include <algorithm>
#include <cstring>

#include "dataplane/codec/payload.hpp"
#include "dataplane/codec/types.hpp"

namespace pollux::codec {
namespace {

constexpr std::size_t kMostFramesInPacket = 48;   // RFC 6716 §3.2.5
constexpr std::uint32_t kMostPacketTicks = 5760;  // 120 ms
constexpr unsigned kFrameCountBits = 3;           // of the TOC octet

}  // namespace

void FrameQueue::FreeJoiner::operator()(OpusRepacketizer* joiner) const {
  opus_repacketizer_destroy(joiner);
}

FrameQueue::Joiner FrameQueue::make_joiner() {
  return Joiner(opus_repacketizer_create());
}

void FrameQueue::clear() {
  used_ = ticks_ = opus_frames_ = 0;
  complete_ = false;
}

bool FrameQueue::append(std::span<const std::uint8_t> payload) {
  const auto ticks = payload_ticks(params_, payload);
  if (!ticks || complete_ || payload.size() > capacity_ - used_) {
    return false;
  }
  const std::uint32_t clock = params_.id == CodecId::kOpus ? 48'000 : params_.clock_rate;
  if ((ticks_ + *ticks) * std::uint64_t{1000} > std::uint64_t{clock} * kRoomMs) {
    return false;
  }
  if (params_.id == CodecId::kOpus) {
    return append_opus(payload);
  }
  std::memcpy(bytes_.get() + used_, payload.data(), payload.size());
  used_ += static_cast<std::uint32_t>(payload.size());
  ticks_ += *ticks;
  complete_ = used_ % frame_bytes_ != 0;  // only a SID frame is shorter
  return true;
}

FrameQueue::Taken FrameQueue::take(std::uint32_t most_ticks, std::span<std::uint8_t> out) {
  if (ticks_ == 0 || out.empty()) {
    return {};
  }
  if (params_.id == CodecId::kOpus) {
    return take_opus(most_ticks, out);
  }
  std::size_t frames = std::max(1U, std::min(most_ticks, ticks_) / frame_ticks_);
  std::size_t bytes = std::min<std::size_t>(frames * frame_bytes_, used_);  // the last frame may be a SID
  if (const std::size_t room = std::min<std::size_t>(out.size(), UINT16_MAX); bytes > room) {
    frames = room / frame_bytes_;
    bytes = frames * frame_bytes_;
  }
  if (frames == 0) {
    return {};
  }
  std::memcpy(out.data(), bytes_.get(), bytes);
  drop_front(bytes);
  const auto ticks = static_cast<std::uint32_t>(frames) * frame_ticks_;
  ticks_ -= ticks;
  complete_ = complete_ && ticks_ != 0;
  return {static_cast<std::uint16_t>(bytes), ticks};
}

void FrameQueue::drop_front(std::size_t bytes) {
  used_ -= static_cast<std::uint32_t>(bytes);
  std::memmove(bytes_.get(), bytes_.get() + bytes, used_);
}

// Pre: the payload is well formed. Its frames are kept as packets of one frame each (RFC 6716 §3.2.2): the
// TOC octet and what follows it.
bool FrameQueue::append_opus(std::span<const std::uint8_t> payload) {
  const unsigned char* frames[kMostFramesInPacket];
  opus_int16 sizes[kMostFramesInPacket];
  const auto length = static_cast<opus_int32>(payload.size());
  const int count = opus_packet_parse(payload.data(), length, nullptr, frames, sizes, nullptr);
  const auto toc = static_cast<std::uint8_t>(payload[0] & ~kFrameCountBits);
  if (count <= 0 || (opus_frames_ != 0 && bytes_[0] != toc)) {
    return false;
  }
  std::size_t needed = 0;
  for (int i = 0; i < count; ++i) {
    needed += 1 + static_cast<std::size_t>(sizes[i]);
  }
  if (needed > capacity_ - used_ || opus_frames_ + static_cast<std::size_t>(count) > opus_bytes_.size()) {
    return false;
  }
  frame_ticks_ = static_cast<std::uint32_t>(opus_packet_get_samples_per_frame(payload.data(), 48'000));
  for (int i = 0; i < count; ++i) {
    const auto size = static_cast<std::uint16_t>(sizes[i]);
    bytes_[used_] = toc;
    std::memcpy(bytes_.get() + used_ + 1, frames[i], size);
    used_ += 1U + size;
    opus_bytes_[opus_frames_++] = static_cast<std::uint16_t>(1 + size);
  }
  ticks_ += frame_ticks_ * static_cast<std::uint32_t>(count);
  return true;
}

FrameQueue::Taken FrameQueue::take_opus(std::uint32_t most_ticks, std::span<std::uint8_t> out) {
  const std::size_t most = std::max(1U, std::min(most_ticks, kMostPacketTicks) / frame_ticks_);
  opus_repacketizer_init(joiner_.get());
  std::size_t frames = 0;
  std::size_t bytes = 0;
  while (frames < most && frames < opus_frames_) {
    if (opus_repacketizer_cat(joiner_.get(), bytes_.get() + bytes, opus_bytes_[frames]) != OPUS_OK) {
      break;
    }
    bytes += opus_bytes_[frames++];
  }
  // As many as there is room for.
  const auto room = static_cast<opus_int32>(std::min<std::size_t>(out.size(), UINT16_MAX));
  opus_int32 made = -1;
  while (frames != 0 && (made = opus_repacketizer_out_range(joiner_.get(), 0, static_cast<int>(frames),
                                                            out.data(), room)) <= 0) {
    bytes -= opus_bytes_[--frames];
  }
  if (frames == 0) {
    return {};
  }
  drop_front(bytes);
  opus_frames_ = static_cast<std::uint16_t>(opus_frames_ - frames);
  std::memmove(opus_bytes_.data(), opus_bytes_.data() + frames, opus_frames_ * sizeof opus_bytes_[0]);
  const auto ticks = static_cast<std::uint32_t>(frames) * frame_ticks_;
  ticks_ -= ticks;
  return {static_cast<std::uint16_t>(made), ticks};
}

}  // namespace pollux::codec
