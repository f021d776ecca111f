// A packet in its turn: where it lies on the time line, and what is made of it.
#include <algorithm>
#include <cmath>

#include "dataplane/base/sequence.hpp"
#include "dataplane/codec/g711.hpp"
#include "dataplane/media/path.hpp"
#include "dataplane/media/scratch.hpp"

namespace pollux::media {

constinit thread_local Scratch scratch;

namespace {

constexpr std::uint64_t kInterruptionUs = 1'000'000;  // hold, not loss: nothing is made up for it
constexpr std::uint32_t kMostMissing = 2'000;         // RFC 3550 A.1: 3000 and more are a new beginning

std::uint64_t ticks_to_us(std::uint64_t ticks, std::uint32_t clock_rate) {
  return ticks * 1'000'000 / clock_rate;
}

// RFC 3389 §3.1: -dBov, 127 for silence.
std::uint8_t level_of(std::span<const std::int16_t> pcm) {
  double energy = 0;
  for (const std::int16_t sample : pcm) {
    energy += static_cast<double>(sample) * sample;
  }
  const double ratio =
      energy / static_cast<double>(std::max<std::size_t>(pcm.size(), 1)) / (32768.0 * 32768.0);
  return ratio <= 0 ? std::uint8_t{127}
                    : static_cast<std::uint8_t>(std::clamp(-10 * std::log10(ratio), 0.0, 127.0));
}

}  // namespace

bool Path::settle(std::uint64_t now_us, Step& step) {
  if (current_.payload_type == kTakenOut) {
    discard(current_.token, Fate::kUsed, step);
    return true;
  }
  const std::uint8_t index = format_of_[current_.payload_type];
  if (index == kNone || plan_.formats[index].use == Use::kUnmapped) {
    discard(current_.token, Fate::kUnmapped, step);
    return true;
  }
  const FormatPlan& format = plan_.formats[index];
  switch (format.use) {
    case Use::kNoise:
      return settle_noise(now_us, format, step);
    default:
      return settle_audio(now_us, index, step);
  }
}

// True: nothing is queued any more.
bool Path::flush_first() {
  flush_ = !queue_empty();
  return !flush_;
}

// Time goes on by what has really passed: the timestamps before and after have nothing to do with each other.
void Path::resync(std::uint32_t in_clock, std::uint32_t out_clock) {
  if (started_ && current_.arrival_us > last_arrival_us_ + in_packet_us_) {
    const std::uint64_t passed_us = current_.arrival_us - last_arrival_us_ - in_packet_us_;
    skip_remainder_ = 0;  // of another clock
    skip(passed_us * in_clock / 1'000'000, in_clock, out_clock);
  }
  in_next_ = current_.timestamp;
  in_clock_ = in_clock;
  surplus_ = 0;
  lost_ = 0;
  resync_ = false;
  started_ = true;
  marker_ = true;
}

// Media missing before the packet, in its clock. Negative or beyond reason: the time line is broken.
std::int64_t Path::gap_before(const FormatPlan& format) {
  const std::uint32_t clock_rate = format.in.params.clock_rate;
  if (!started_ || clock_rate != in_clock_) {
    resync_ = true;
  }
  if (resync_) {
    return 0;
  }
  const std::int64_t gap = timestamp_distance(in_next_, current_.timestamp);
  const std::int64_t most = kLongestGapSeconds * clock_rate;
  if (gap > most || gap < -most) {
    resync_ = true;
    return 0;
  }
  return gap;
}

// False: the party has sent more media than time has passed for.
bool Path::spend(std::uint64_t now_us, std::uint64_t media_us) {
  credit_us_ = std::min(credit_us_ + (now_us - credited_us_), kMostCreditUs);
  credited_us_ = now_us;
  if (media_us > credit_us_) {
    return false;
  }
  credit_us_ -= media_us;
  return true;
}

void Path::skip(std::uint64_t ticks, std::uint32_t in_clock, std::uint32_t out_clock) {
  const std::uint64_t scaled = ticks * out_clock + skip_remainder_;
  out_head_ += static_cast<std::uint32_t>(scaled / in_clock);
  skip_remainder_ = scaled % in_clock;
}

// Sequence numbers of packets that never come. Of more than so many no receiver makes a loss.
void Path::leave_out(std::uint32_t packets) {
  out_sequence_ = static_cast<std::uint16_t>(out_sequence_ + std::min(packets, kMostMissing));
}

// A gap that nothing is put into. Pre: nothing is queued.
void Path::bridge(std::int64_t gap, const FormatPlan& format) {
  auto missing = static_cast<std::uint64_t>(std::max<std::int64_t>(gap, 0));
  const std::uint64_t covered = std::min(missing, surplus_);
  surplus_ -= covered;
  missing -= covered;
  if (missing != 0) {
    const std::uint32_t before = out_head_;
    skip(missing, format.in.params.clock_rate, format.out.params.clock_rate);
    if (lost_ == 0) {
      marker_ = true;
    } else {
      // As many numbers as packets would have filled the gap.
      const std::uint32_t packet = std::max<std::uint32_t>(packet_ticks(), 1);
      const std::uint32_t packets = std::max<std::uint32_t>((out_head_ - before + packet / 2) / packet, 1);
      const bool in_place = ptime_ms_ == 0 && format.use != Use::kTranscode;
      leave_out(in_place ? lost_ : packets);
    }
  }
  if (gap < 0 && fill_due_us_ != kNever) {
    surplus_ += static_cast<std::uint64_t>(-gap);
  }
  in_next_ = current_.timestamp;
  lost_ = 0;
}

bool Path::settle_audio(std::uint64_t now_us, std::size_t index, Step& step) {
  const FormatPlan& format = plan_.formats[index];
  const std::span<const std::uint8_t> payload(current_.payload, current_.payload_length);
  const auto ticks = codec::payload_ticks(format.in.params, payload);
  if (!ticks) {
    counters_.malformed = counters_.malformed + 1;
    ++lost_;  // what it should have held is missing
    discard(current_.token, Fate::kMalformed, step);
    return true;
  }
  const std::uint64_t media_us = ticks_to_us(*ticks, format.in.params.clock_rate);
  if (format.use == Use::kTranscode && !paid_) {
    if (!spend(now_us, media_us)) {
      discard(current_.token, Fate::kTooFast, step);
      return true;
    }
    paid_ = true;
  }
  std::int64_t gap = gap_before(format);
  const bool other_queue = queue_ != (states_[index].frames ? static_cast<std::uint8_t>(index) : kNone) ||
                           (format.use != Use::kTranscode && pcm_ && !pcm_->empty());
  if ((resync_ || other_queue) && !flush_first()) {
    return false;
  }
  if (resync_) {
    resync(format.in.params.clock_rate, format.out.params.clock_rate);
    gap = 0;
  }
  // Where a pause is in the gap as well, its beginning has long been played.
  const std::uint64_t packet_us = std::max(in_packet_us_, ticks_to_us(*ticks, format.in.params.clock_rate));
  const bool paused = gap > 0 && ticks_to_us(static_cast<std::uint64_t>(gap), format.in.params.clock_rate) >=
                                     (std::uint64_t{lost_} + 1) * packet_us;
  if (gap > 0 && lost_ != 0 && !paused && format.use == Use::kTranscode && !concealed_) {
    concealed_ = true;
    const auto covered =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(surplus_, static_cast<std::uint64_t>(gap)));
    surplus_ -= covered;
    in_next_ += covered;
    const auto missing = static_cast<std::uint32_t>(gap) - covered;
    const std::uint64_t missing_us = ticks_to_us(missing, format.in.params.clock_rate);
    if (missing != 0 && missing_us <= kInterruptionUs &&
        spend(now_us, std::min<std::uint64_t>(missing_us, kMaxConcealMs * 1000))) {
      conceal(index, missing);
    }
    gap = timestamp_distance(in_next_, current_.timestamp);
  }
  if (gap > static_cast<std::int64_t>(surplus_) && !flush_first()) {
    return false;
  }
  if (gap != 0 || lost_ != 0) {
    bridge(gap, format);
  }
  marker_ |= current_.marker;
  audio_format_ = static_cast<std::uint8_t>(index);
  counters_.format = audio_format_;
  fill_due_us_ = kNever;
  in_packet_us_ = std::max<std::uint64_t>(media_us, 1);
  counters_.in_packet_us = static_cast<std::uint32_t>(in_packet_us_);
  if (format.use == Use::kTranscode) {
    return decode(now_us, index, *ticks, step);
  }
  if (format.use != Use::kPass) {
    const std::span<std::uint8_t> bytes(current_.payload, current_.payload_length);
    format.use == Use::kToUlaw ? codec::alaw_to_ulaw(bytes) : codec::ulaw_to_alaw(bytes);
  }
  if (states_[index].frames) {
    return queue_frames(now_us, index, *ticks, step);
  }
  const std::uint32_t timestamp = out_head_;
  skip(*ticks, format.in.params.clock_rate, format.out.params.clock_rate);
  came(*ticks, format.in.params.clock_rate);
  counters_.out_packet_us = static_cast<std::uint32_t>(in_packet_us_);
  note_usual(format, *ticks);
  return forward(now_us, format, timestamp, step);
}

void Path::came(std::uint32_t ticks, std::uint32_t clock_rate) {
  in_next_ = current_.timestamp + ticks;
  in_clock_ = clock_rate;
  last_arrival_us_ = current_.arrival_us;
}

bool Path::forward(std::uint64_t now_us, const FormatPlan& format, std::uint32_t timestamp, Step& step) {
  step.kind = Step::Kind::kForward;
  step.token = current_.token;
  step.length = current_.payload_length;
  header_of(format.out.payload_type, timestamp, step);
  note_delay(now_us - current_.arrival_us);
  return true;
}

// Noise goes out from then on, unless the receiver was told of the pause.
void Path::begin_silence(std::uint64_t due_us) {
  if (encoder_ && noise_wanted_ && plan_.noise_payload_type == kNoPayloadType) {
    fill_due_us_ = due_us + ticks_to_us(surplus_, in_clock_);
  }
}

void Path::append_pcm(FormatState& state, std::span<const Sample> pcm) {
  std::span<const Sample> samples = pcm;
  if (state.resampler) {
    const std::size_t made = state.resampler->process(pcm, scratch.resampled);
    samples = {scratch.resampled.data(), made * channels_};
  }
  const std::size_t count = std::min(samples.size() / channels_, pcm_->room());
  std::copy_n(samples.begin(), count * channels_, pcm_->append(count).begin());
}

// Makes up for what was lost before current_: the last piece from what current_ knows of it (in-band FEC),
// where there is such a thing.
void Path::conceal(std::size_t index, std::uint32_t gap) {
  const FormatPlan& format = plan_.formats[index];
  FormatState& state = states_[index];
  const std::uint32_t clock_rate = format.in.params.clock_rate;
  const std::uint32_t ticks = std::min(gap, clock_rate * kMaxConcealMs / 1000);
  std::size_t samples = static_cast<std::size_t>(std::uint64_t{ticks} * state.rate / clock_rate);
  samples -= samples % codec::frame_samples(format.in.params, state.rate);
  const auto piece = static_cast<std::size_t>(in_packet_us_ * state.rate / 1'000'000);
  const std::span<Sample> pcm(scratch.pcm.data(), samples * channels_);
  const std::span<const std::uint8_t> payload(current_.payload, current_.payload_length);
  const std::size_t last = std::min(piece, samples);
  state.decoder->conceal(pcm.first((samples - last) * channels_));
  if (!state.decoder->recover(payload, pcm.last(last * channels_))) {
    state.decoder->conceal(pcm.last(last * channels_));
  }
  if (queue_empty()) {
    head_us_ = current_.arrival_us;
  }
  append_pcm(state, pcm);
  in_next_ += static_cast<std::uint32_t>(std::uint64_t{samples} * clock_rate / state.rate);
  counters_.concealed_us = counters_.concealed_us + std::uint64_t{samples} * 1'000'000 / state.rate;
  if (in_next_ == current_.timestamp) {
    lost_ = 0;
  }
}

bool Path::decode(std::uint64_t now_us, std::size_t index, std::uint32_t ticks, Step& step) {
  const FormatPlan& format = plan_.formats[index];
  FormatState& state = states_[index];
  const auto decoded = state.decoder->decode({current_.payload, current_.payload_length}, scratch.pcm);
  if (!decoded) {
    counters_.malformed = counters_.malformed + 1;
    ++lost_;
    if (!pcm_->empty()) {
      flush_due_us_ = now_us + in_packet_us_;
    }
    discard(current_.token, Fate::kMalformed, step);
    return true;
  }
  if (queue_empty()) {
    head_us_ = current_.arrival_us;
    pace_due_us_ = now_us;
  }
  append_pcm(state, {scratch.pcm.data(), decoded->samples * channels_});
  resting_ = false;
  came(ticks, format.in.params.clock_rate);
  // Resampling may have kept all of a tiny packet.
  flush_due_us_ = pcm_->empty() ? kNever : now_us + in_packet_us_ + samples_to_us(packet_samples());
  if (decoded->silence) {
    noise_format_ = static_cast<std::uint8_t>(index);
    if (plan_.noise_payload_type != kNoPayloadType) {
      const std::size_t tail = std::min<std::size_t>(decoded->samples, state.rate / 100);
      noise_payload_[0] =
          level_of({scratch.pcm.data() + (decoded->samples - tail) * channels_, tail * channels_});
      noise_payload_size_ = 1;
      flush_ = true;
    } else {
      begin_silence(now_us + in_packet_us_);
    }
    marker_ |= !noise_wanted_;
  }
  discard(current_.token, Fate::kUsed, step);
  return true;
}

bool Path::queue_frames(std::uint64_t now_us, std::size_t index, std::uint32_t ticks, Step& step) {
  codec::FrameQueue& frames = *states_[index].frames;
  const bool was_empty = queue_empty();
  if (!frames.append({current_.payload, current_.payload_length})) {
    // What is queued was coded in another way (Opus), or ends a packet (G.729). G.711 always finds room.
    if (!was_empty) {
      flush_ = true;
      return false;
    }
    counters_.malformed = counters_.malformed + 1;
    discard(current_.token, Fate::kMalformed, step);
    return true;
  }
  if (was_empty) {
    head_us_ = current_.arrival_us;
    pace_due_us_ = now_us;
  }
  queue_ = static_cast<std::uint8_t>(index);
  came(ticks, plan_.formats[index].in.params.clock_rate);
  note_usual(plan_.formats[index], ticks);
  flush_due_us_ = now_us + in_packet_us_ + ptime_ms_ * 1000ULL;
  discard(current_.token, Fate::kUsed, step);
  return true;
}

}  // namespace pollux::media
