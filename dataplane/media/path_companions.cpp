// What rides along with the audio: events (RFC 4733) and comfort noise (RFC 3389).
#include <algorithm>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/base/sequence.hpp"
#include "dataplane/media/path.hpp"

namespace pollux::media {

namespace {

constexpr std::size_t kEventDurationOffset = 2;  // RFC 4733 §2.3

}  // namespace

// RFC 4733: the packets of an event carry the time of its beginning, and how long it has been going on.
bool Path::settle_event(std::uint64_t now_us, const FormatPlan& format, Step& step) {
  if (current_.payload_length < 4) {
    counters_.malformed = counters_.malformed + 1;
    discard(current_.token, Fate::kMalformed, step);
    return true;
  }
  const bool known = has_event_ && current_.timestamp == event_in_ && !resync_;
  if (!known && !flush_first()) {
    return false;
  }
  const std::int64_t distance = timestamp_distance(in_next_, current_.timestamp);
  const std::int64_t most = kLongestGapSeconds * format.in.params.clock_rate;
  if (!started_ || resync_ || (!known && (distance > most || distance < -most))) {
    resync(format.in.params.clock_rate, format.out.params.clock_rate);
  }
  if (!plan_.decodes) {
    leave_out(lost_);
  }
  lost_ = 0;
  const std::uint64_t in_clock = format.in.params.clock_rate;
  const std::uint64_t out_clock = format.out.params.clock_rate;
  if (!known) {
    // Its distance from the audio before it, on whatever clock that was; nothing is queued.
    const std::int64_t ahead = timestamp_distance(in_next_, current_.timestamp);
    const std::int64_t scaled =
        ahead * static_cast<std::int64_t>(out_clock) / static_cast<std::int64_t>(in_clock);
    has_event_ = true;
    event_in_ = current_.timestamp;
    event_out_ = out_head_ + static_cast<std::uint32_t>(scaled);
  }
  if (in_clock != out_clock) {
    std::uint8_t* const duration = current_.payload + kEventDurationOffset;
    const std::uint64_t ticks = load_be16(duration) * out_clock / in_clock;
    store_be16(duration, static_cast<std::uint16_t>(std::min<std::uint64_t>(ticks, 0xffff)));
  }
  const bool marker = marker_;
  marker_ = current_.marker;
  forward(now_us, format, event_out_, step);
  marker_ = marker;
  return true;
}

bool Path::settle_noise(std::uint64_t now_us, const FormatPlan& format, Step& step) {
  const std::int64_t gap = gap_before(format);
  if (!flush_first()) {
    return false;
  }
  const bool passes = format.out.payload_type != kNoPayloadType;
  const std::uint32_t out_clock = plan_.decodes ? plan_.encoded->params.clock_rate
                                  : passes      ? format.out.params.clock_rate
                                                : format.in.params.clock_rate;
  if (resync_) {
    resync(format.in.params.clock_rate, out_clock);
  } else if (gap > 0) {
    const auto missing = static_cast<std::uint64_t>(gap);
    const std::uint64_t covered = std::min(missing, surplus_);
    surplus_ -= covered;
    skip(missing - covered, format.in.params.clock_rate, out_clock);
  } else if (fill_due_us_ != kNever) {
    surplus_ += static_cast<std::uint64_t>(-gap);  // the noise was ahead
  }
  in_next_ = current_.timestamp;
  last_arrival_us_ = current_.arrival_us;
  if (!plan_.decodes && ptime_ms_ == 0) {
    leave_out(lost_);
  }
  lost_ = 0;
  marker_ = false;
  if (passes) {
    fill_due_us_ = kNever;
    forward(now_us, format, out_head_, step);
    marker_ = true;
    return true;
  }
  marker_ = true;
  const bool described = noise_ && noise_->describe({current_.payload, current_.payload_length});
  if (described && noise_wanted_) {
    noise_format_ = kNone;
    if (fill_due_us_ == kNever) {
      begin_silence(now_us);
    }
  }
  discard(current_.token, Fate::kUsed, step);
  return true;
}

}  // namespace pollux::media
