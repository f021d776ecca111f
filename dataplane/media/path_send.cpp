// Packets out: when they are due, what they hold, which header they get.
#include <algorithm>
#include <cstring>

#include "dataplane/media/path.hpp"
#include "dataplane/media/scratch.hpp"

namespace pollux::media {

namespace {

// However short the packets are that come: noise and what is made up for must not go out sample by sample.
constexpr std::uint64_t kLeastPacketUs = 5'000;
constexpr int kToldLevelDb = 3;  // a change of the noise by less isn't worth a packet (RFC 3389 §4)
// How long less than a frame waits for the rest of it before it is filled up: some senders speak in bursts of
// a quarter of a second, and what fills a frame up shifts what follows.
constexpr std::uint64_t kRestWaitUs = 500'000;

}  // namespace

bool Path::queue_empty() const {
  return (!pcm_ || pcm_->empty()) && queue_ == kNone && next_chunk_ == chunks_.size() &&
         noise_payload_size_ == 0;
}

bool Path::queue_full() const {
  if (queue_ != kNone) {
    const codec::FrameQueue& frames = *states_[queue_].frames;
    return frames.complete() || frames.ticks() >= packet_ticks();
  }
  return pcm_ && !pcm_->empty() && pcm_->size() >= packet_samples();
}

std::uint32_t Path::samples_to_ticks(std::size_t samples) const {
  return static_cast<std::uint32_t>(std::uint64_t{samples} * plan_.encoded->params.clock_rate / pcm_rate_);
}

// Whole frames, as many as asked for or as the packets that come have, and as fit a packet.
std::size_t Path::packet_samples() const {
  const std::uint64_t wanted_us =
      ptime_ms_ != 0 ? ptime_ms_ * 1000ULL : std::max(in_packet_us_, kLeastPacketUs);
  const std::size_t most = std::min<std::size_t>(
      most_samples_, std::size_t{codec_facts(plan_.encoded->params.id).max_ptime_ms} * pcm_rate_ / 1000);
  std::size_t samples =
      std::min<std::size_t>(static_cast<std::size_t>(wanted_us * pcm_rate_ / 1'000'000), most);
  samples -= samples % frame_samples_;
  return std::max<std::size_t>(samples, frame_samples_);
}

std::uint32_t Path::packet_ticks() const {
  if (queue_ != kNone) {
    if (states_[queue_].packet_ticks != 0) {
      return states_[queue_].packet_ticks;
    }
    const CodecParams& out = plan_.formats[queue_].out.params;
    const std::uint32_t wanted = ptime_ms_ * out.clock_rate / 1000U;
    const std::uint32_t frame = states_[queue_].frames->frame_ticks();
    return std::max(wanted - (frame != 0 ? wanted % frame : 0), std::max<std::uint32_t>(frame, 1));
  }
  if (pcm_) {
    return samples_to_ticks(packet_samples());
  }
  return audio_format_ == kNone
             ? 160
             : static_cast<std::uint32_t>(in_packet_us_ * plan_.formats[audio_format_].out.params.clock_rate /
                                          1'000'000);
}

void Path::header_of(std::uint8_t payload_type, std::uint32_t timestamp, Step& step) {
  step.header = {timestamp, out_sequence_++, payload_type, marker_};
  marker_ = false;
  counters_.packets_out = counters_.packets_out + 1;
}

void Path::note_delay(std::uint64_t delay_us) {
  const auto now = static_cast<std::int64_t>(std::min<std::uint64_t>(delay_us, 10'000'000));
  const auto mean = static_cast<std::int64_t>(counters_.delay_us.get());
  counters_.delay_us = static_cast<std::uint32_t>(mean + (now - mean + 8) / 16);
}

// A packet of the queue has gone: when the next one may, and whether anything is left to be waited for.
void Path::sent(std::uint64_t now_us, std::uint64_t packet_us, bool short_one) {
  note_delay(now_us - std::min(now_us, head_us_));
  head_us_ += packet_us;
  pace_due_us_ += packet_us;
  counters_.out_packet_us = static_cast<std::uint32_t>(packet_us);
  counters_.flushed = counters_.flushed + (short_one ? 1U : 0U);
  if ((!pcm_ || pcm_->empty()) && queue_ == kNone) {
    flush_due_us_ = kNever;
    flush_ = noise_payload_size_ != 0;
  }
}

bool Path::emit(std::uint64_t now_us, std::span<std::uint8_t> room, Step& step) {
  step.kind = Step::Kind::kSend;
  step.token = nullptr;
  while (next_chunk_ < chunks_.size()) {
    if (emit_chunk(room, step)) {
      return true;
    }
  }
  const bool last = last_call(now_us);
  if (queue_ != kNone ? emit_frames(now_us, room, step)
                      : (pcm_ && !pcm_->empty() && emit_pcm(now_us, room, step))) {
    return true;
  }
  if (noise_payload_size_ != 0 && last) {
    const std::size_t size = std::exchange(noise_payload_size_, 0);
    flush_ = false;
    marker_ = false;
    emit_noise({noise_payload_.data(), size}, room, step);
    marker_ = true;
    return true;
  }
  if (flush_ && queue_empty()) {
    flush_ = false;
  }
  return false;
}

bool Path::emit_frames(std::uint64_t now_us, std::span<std::uint8_t> room, Step& step) {
  codec::FrameQueue& frames = *states_[queue_].frames;
  const bool full = queue_full();
  const bool last = last_call(now_us);
  if (!(full && (has_current_ || pace_due_us_ <= now_us)) && !last) {
    return false;
  }
  const FormatPlan& format = plan_.formats[queue_];
  const codec::FrameQueue::Taken taken = frames.take(packet_ticks(), room);
  const std::uint32_t timestamp = out_head_;
  out_head_ += taken.ticks;
  if (frames.ticks() == 0) {
    queue_ = kNone;
  }
  step.length = taken.bytes;
  header_of(format.out.payload_type, timestamp, step);
  sent(now_us, std::uint64_t{taken.ticks} * 1'000'000 / format.out.params.clock_rate, !full);
  return true;
}

bool Path::emit_pcm(std::uint64_t now_us, std::span<std::uint8_t> room, Step& step) {
  const std::size_t wanted = packet_samples();
  while (!pcm_->empty()) {
    const bool full = pcm_->size() >= wanted;
    const bool last = last_call(now_us);
    if (!(full && (has_current_ || pace_due_us_ <= now_us)) && !last) {
      return false;
    }
    std::size_t samples = std::min(wanted, pcm_->size());
    if (const std::size_t odd = samples % frame_samples_; odd != 0) {
      if (!flush_ && !closing_ && !std::exchange(resting_, true)) {
        flush_due_us_ = now_us + kRestWaitUs;  // what the frame lacks may only be late
        samples -= odd;
        if (samples == 0) {
          return false;
        }
      } else {
        // The codec's frame has to be filled up; the pause that follows, or a loss, is shorter by that.
        const std::size_t padding = frame_samples_ - odd;
        std::ranges::fill(pcm_->append(padding), Sample{0});
        samples += padding;
        surplus_ += std::uint64_t{padding} * in_clock_ / pcm_rate_;
      }
    }
    const std::span<const Sample> pcm = pcm_->take(samples);
    chunk_base_ = out_head_;
    out_head_ += samples_to_ticks(samples);
    chunks_.clear();
    next_chunk_ = chunk_offset_ = 0;
    const bool told = detector_ && judge_silence(pcm, room, step);
    if (!detector_ || (!told && !pausing_)) {
      chunks_ = encoder_->encode(pcm, {coded_.data(), kRoom});
    }
    sent(now_us, samples_to_us(samples), !full);
    if (told) {
      return true;
    }
    while (next_chunk_ < chunks_.size()) {
      if (emit_chunk(room, step)) {
        return true;
      }
    }
  }
  return false;
}

// One payload of those that encode() made. False: it is one that isn't sent.
bool Path::emit_chunk(std::span<std::uint8_t> room, Step& step) {
  const codec::Chunk& chunk = chunks_[next_chunk_++];
  const std::size_t at = chunk_offset_;
  chunk_offset_ += chunk.bytes;
  if (chunk.bytes == 0 || chunk.bytes > room.size()) {
    return false;
  }
  std::memcpy(room.data(), coded_.data() + at, chunk.bytes);
  step.kind = Step::Kind::kSend;
  step.length = chunk.bytes;
  // A pause is over with the first packet that holds sound: the receiver may adapt its play-out (RFC 3551
  // §4.1).
  const bool resumes = pausing_ && !chunk.silence;
  const bool begins = marker_ || resumes || chunk.offset_samples != 0;
  marker_ = begins && !chunk.silence;
  const bool wait = begins && chunk.silence;
  header_of(plan_.encoded->payload_type, chunk_base_ + samples_to_ticks(chunk.offset_samples), step);
  marker_ = wait;
  pausing_ = chunk.silence;
  return true;
}

bool Path::emit_noise(std::span<const std::uint8_t> payload, std::span<std::uint8_t> room, Step& step) {
  std::memcpy(room.data(), payload.data(), payload.size());
  step.kind = Step::Kind::kSend;
  step.length = static_cast<std::uint16_t>(payload.size());
  header_of(plan_.noise_payload_type, out_head_, step);
  return true;
}

// For codecs without a pause of their own. True: `step` is a CN packet; pausing_ says whether the sound is
// left out.
bool Path::judge_silence(std::span<const Sample> pcm, std::span<std::uint8_t> room, Step& step) {
  const bool was_pausing = std::exchange(pausing_, !detector_->talk(pcm));
  if (!pausing_) {
    marker_ |= was_pausing;
    return false;
  }
  const int change = detector_->level() - noise_level_;
  if (was_pausing && change > -kToldLevelDb && change < kToldLevelDb) {
    return false;
  }
  noise_level_ = detector_->level();
  const std::size_t size = detector_->describe(noise_payload_);
  std::memcpy(room.data(), noise_payload_.data(), size);
  step.kind = Step::Kind::kSend;
  step.length = static_cast<std::uint16_t>(size);
  const bool marker = std::exchange(marker_, false);
  header_of(plan_.noise_payload_type, chunk_base_, step);
  marker_ = marker;
  return true;
}

void Path::fill_with_noise() {
  const std::size_t samples = std::min(packet_samples(), pcm_->room());
  const std::uint64_t packet_us = samples_to_us(samples);
  if (noise_format_ != kNone && states_[noise_format_].decoder) {
    FormatState& state = states_[noise_format_];
    const std::size_t count = static_cast<std::size_t>(packet_us * state.rate / 1'000'000);
    const std::span<Sample> pcm(scratch.pcm.data(), count * channels_);
    state.decoder->comfort_noise(pcm);
    append_pcm(state, pcm);
  } else {
    noise_->generate(pcm_->append(samples));
  }
  in_next_ += static_cast<std::uint32_t>(packet_us * in_clock_ / 1'000'000);
  head_us_ = fill_due_us_;
  pace_due_us_ = fill_due_us_;
  fill_due_us_ += packet_us;
  last_arrival_us_ = std::max(last_arrival_us_, fill_due_us_ - std::min(fill_due_us_, in_packet_us_));
  counters_.noise_us = counters_.noise_us + packet_us;
}

}  // namespace pollux::media
