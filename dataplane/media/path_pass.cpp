// Packets that follow the one before without anything to be thought about.
#include "dataplane/codec/g711.hpp"
#include "dataplane/media/path.hpp"

namespace pollux::media {

// Of codecs whose payloads may hold any octets and last as long as they have.
void Path::note_usual(const FormatPlan& format, std::uint32_t ticks) {
  if (plan_.decodes || codec_facts(format.in.params.id).frame_samples != 1 || closing_ || flush_ ||
      surplus_ != 0 || format.in.params.clock_rate != format.out.params.clock_rate) {
    return;
  }
  usual_ = {.length = current_.payload_length,
            .payload_type = current_.payload_type,
            .out_payload_type = format.out.payload_type,
            .use = format.use,
            .queued = ptime_ms_ != 0,
            .ticks = static_cast<std::uint16_t>(ticks),
            .clock_rate = format.in.params.clock_rate};
}

// For more frames, without any having to go first.
bool Path::usual_has_room(std::uint64_t now_us) const {
  return !flush_ && (queue_ == kNone || (queue_ == audio_format_ && now_us < flush_due_us_ && !queue_full()));
}

// Pre: usual_has_room().
void Path::queue_usual(std::span<const std::uint8_t> payload, std::uint64_t now_us) {
  if (queue_ == kNone) {
    head_us_ = now_us;
    pace_due_us_ = now_us;
    queue_ = audio_format_;
  }
  states_[queue_].frames->append(payload);
  flush_due_us_ = now_us + in_packet_us_ + ptime_ms_ * 1000ULL;
}

Path::Passed Path::pass(const Input& input, std::uint64_t now_us, OutHeader& header) {
  if (input.payload_length != usual_.length || input.payload_length == 0 ||
      input.payload_type != usual_.payload_type || input.ssrc != ssrc_ || input.timestamp != in_next_ ||
      (usual_.queued && !usual_has_room(now_us))) {
    return Passed::kNo;
  }
  Held packet;
  packet.arrival_us = now_us;
  packet.timestamp = input.timestamp;
  packet.clock_rate = usual_.clock_rate;
  packet.sequence = input.sequence;
  const bool passes = window_.pass(packet);
  if (counters_.window_us.get() != window_.wait_us()) [[unlikely]] {
    counters_.window_us = window_.wait_us();
  }
  if (!passes) {
    return Passed::kNo;
  }
  counters_.packets_in = counters_.packets_in + 1;
  in_next_ += usual_.ticks;
  last_arrival_us_ = now_us;
  marker_ |= input.marker;
  const std::span<std::uint8_t> bytes(input.payload, input.payload_length);
  if (usual_.use != Use::kPass) {
    usual_.use == Use::kToUlaw ? codec::alaw_to_ulaw(bytes) : codec::ulaw_to_alaw(bytes);
  }
  if (usual_.queued) {
    queue_usual(bytes, now_us);
    return Passed::kQueued;
  }
  header = {out_head_, out_sequence_++, usual_.out_payload_type, marker_};
  marker_ = false;
  out_head_ += usual_.ticks;
  counters_.packets_out = counters_.packets_out + 1;
  if (counters_.delay_us.get() != 0) {
    note_delay(0);
  }
  return Passed::kForwarded;
}

}  // namespace pollux::media
