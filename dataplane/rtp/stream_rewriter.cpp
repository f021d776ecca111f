#include "dataplane/rtp/stream_rewriter.hpp"

namespace pollux::rtp {

bool StreamRewriter::change_source(StreamSource source, const RtpHeader& header, std::uint32_t now_ms,
                                   std::uint32_t clock_rate, RewrittenHeader& out) {
  if (is_former(source) && now_ms - newest_ms_ < kAliveMs) {
    return false;
  }
  if ((flags_ & kStarted) != 0) {
    former_ = source_;
    flags_ |= kHasFormer;
  }
  source_ = source;
  splice(header, now_ms, clock_rate, out);
  return true;
}

// Falling far back is a straggler or the source's restart: only a second packet tells which (as RFC 3550 A.1
// does).
bool StreamRewriter::started_over(const RtpHeader& header, std::int32_t ahead, std::uint32_t now_ms,
                                  std::uint32_t clock_rate, RewrittenHeader& out) {
  if (ahead >= -kMaxMisorder) {
    return false;  // sent before the packet that made this the source
  }
  if ((flags_ & kHasBad) == 0 || header.sequence != bad_sequence_) {
    bad_sequence_ = static_cast<std::uint16_t>(header.sequence + 1);
    flags_ |= kHasBad;
    return false;
  }
  splice(header, now_ms, clock_rate, out);
  return true;
}

// Joins `header` to the end of what has gone out, as the first packet of a source.
void StreamRewriter::splice(const RtpHeader& header, std::uint32_t now_ms, std::uint32_t clock_rate,
                            RewrittenHeader& out) {
  const bool first_ever = (flags_ & kStarted) == 0;
  std::uint64_t ticks = 0;
  if (!first_ever) {
    // At least one tick, so that two sources never share a moment; less than half a circle, so that it stays
    // later.
    ticks = std::uint64_t{now_ms - newest_ms_} * clock_rate / 1000;
    ticks = ticks == 0 ? 1 : ticks > 0x7fffffff ? 0x7fffffff : ticks;
  }
  ++highest_out_;
  newest_timestamp_ += static_cast<std::uint32_t>(ticks);
  newest_ms_ = now_ms;
  first_out_ = highest_out_;
  offset_ = static_cast<std::uint16_t>(highest_out_ - header.sequence);
  cycles_ = 0;
  timestamp_offset_ = newest_timestamp_ - header.timestamp;
  flags_ = static_cast<std::uint16_t>((flags_ & kHasFormer) | kStarted | (first_ever ? kFirstSource : 0));
  out.ssrc = out_ssrc_;
  out.sequence = static_cast<std::uint16_t>(highest_out_);
  out.timestamp = newest_timestamp_;
  out.marker = true;
}

// What comes next from the source goes out next, and nothing before it any more.
void StreamRewriter::begin_run(std::uint32_t next_in) {
  first_out_ = highest_out_ + 1;
  offset_ = static_cast<std::uint16_t>(first_out_ - next_in);
  cycles_ = static_cast<std::uint16_t>(next_in >> 16);
  flags_ &= static_cast<std::uint16_t>(~(kFirstSource | kHasBad));
}

void StreamRewriter::insert(std::uint32_t timestamp, std::uint32_t now_ms, RewrittenHeader& out) {
  const std::uint32_t next_in = extended_in(highest_out_ + 1);
  if ((flags_ & kStarted) == 0) {
    source_ = {out_ssrc_, kOwn};
    flags_ |= kStarted;
    newest_timestamp_ = timestamp;
    newest_ms_ = now_ms;
  } else if (static_cast<std::int32_t>(timestamp - newest_timestamp_) > 0) {
    newest_timestamp_ = timestamp;
    newest_ms_ = now_ms;
  }
  ++highest_out_;
  begin_run(next_in);
  out.ssrc = out_ssrc_;
  out.sequence = static_cast<std::uint16_t>(highest_out_);
  out.timestamp = timestamp;
}

void StreamRewriter::leave_out(StreamSource source, const RtpHeader& header, std::uint32_t now_ms,
                               bool timed) {
  if ((flags_ & kStarted) == 0 || source != source_) {
    return;  // what follows it is joined to the stream anyway
  }
  const std::uint32_t extended =
      extend_sequence(highest_out_, static_cast<std::uint16_t>(header.sequence + offset_));
  if (static_cast<std::int32_t>(extended - highest_out_) <= 0) {
    return;
  }
  begin_run(extended_in(extended) + 1);
  const std::uint32_t timestamp = header.timestamp + timestamp_offset_;
  if (timed && static_cast<std::int32_t>(timestamp - newest_timestamp_) > 0) {
    newest_timestamp_ = timestamp;
    newest_ms_ = now_ms;
  }
}

std::uint32_t StreamRewriter::timestamp_at(std::uint32_t now_ms, std::uint32_t clock_rate,
                                           std::uint32_t least) const {
  if ((flags_ & kStarted) == 0) {
    return newest_timestamp_;
  }
  const std::uint64_t ticks = std::uint64_t{now_ms - newest_ms_} * clock_rate / 1000;
  return newest_timestamp_ +
         (ticks > 0x7fffffff ? 0x7fffffffU : static_cast<std::uint32_t>(ticks < least ? least : ticks));
}

void StreamRewriter::adopt(StreamSource source, std::uint16_t highest, std::uint32_t timestamp,
                           std::uint32_t now_ms) {
  source_ = source;
  out_ssrc_ = source.ssrc;
  highest_out_ = kFirstCycle | highest;
  first_out_ = kFirstCycle;
  offset_ = 0;
  cycles_ = 0;
  timestamp_offset_ = 0;
  newest_timestamp_ = timestamp;
  newest_ms_ = now_ms;
  flags_ = kStarted | kFirstSource;
}

}  // namespace pollux::rtp
