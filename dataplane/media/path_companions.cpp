// What rides along with the audio: comfort noise (RFC 3389).
#include <algorithm>

#include "dataplane/media/path.hpp"

namespace pollux::media {

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
