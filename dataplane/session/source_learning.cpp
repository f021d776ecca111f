#include "dataplane/session/source_learning.hpp"

#include <algorithm>

#include "dataplane/base/sequence.hpp"

namespace pollux::session {

namespace {

constexpr std::uint32_t kReportIntervalMs = 1000;
// A timestamp may run ahead or fall back by what the fastest clock in use (96 kHz) makes of the time since
// the packet before, and of so much jitter and packet loss.
constexpr std::int64_t kTimestampTicksPerMs = 96;
constexpr std::int64_t kTimestampSlackMs = 200;

bool usable(const std::optional<SocketAddress>& address) {
  return address && address->port != 0 && !address->ip.is_unspecified();
}

std::uint8_t needed_packets(const LearningConfig& config) {
  return static_cast<std::uint8_t>(std::clamp<std::uint32_t>(config.probation_packets, 2, 250));
}

bool timestamp_plausible(std::uint32_t last, std::uint32_t now, std::uint32_t elapsed_ms) {
  const std::int64_t moved = timestamp_distance(last, now);
  const std::int64_t limit = (std::int64_t{elapsed_ms} + kTimestampSlackMs) * kTimestampTicksPerMs;
  return moved <= limit && moved >= -limit;
}

bool report_due(bool& reported, std::uint32_t& reported_ms, std::uint32_t now_ms) {
  if (reported && now_ms - reported_ms < kReportIntervalMs) {
    return false;
  }
  reported = true;
  reported_ms = now_ms;
  return true;
}

}  // namespace

SourceLearning::SourceLearning(LearningMode mode, SourcePolicy policy,
                               const std::optional<SocketAddress>& signalled, std::uint32_t now_ms)
    : mode_(mode), policy_(policy) {
  begin(signalled, now_ms);
}

void SourceLearning::begin(const std::optional<SocketAddress>& signalled, std::uint32_t now_ms) {
  has_signalled_ = usable(signalled);
  signalled_ = has_signalled_ ? PackedAddress(*signalled) : PackedAddress();
  candidates_ = {};
  confirmed_ = false;
  delay_over_ = false;
  start_ms_ = now_ms;
}

bool SourceLearning::update(LearningMode mode, SourcePolicy policy,
                            const std::optional<SocketAddress>& signalled, std::uint32_t now_ms) {
  mode_ = mode;
  policy_ = policy;
  const bool given = usable(signalled);
  const PackedAddress remote = given ? PackedAddress(*signalled) : PackedAddress();
  const bool moved = given != has_signalled_ || remote != signalled_;
  const bool settled = confirmed_ && given && believed_ == remote;
  if (settled || (!moved && !(mode == LearningMode::kOff && confirmed_))) {
    has_signalled_ = given;
    signalled_ = remote;
    return false;
  }
  // Where the media came from until now usually goes on for a moment: it must not be taken for the new party.
  // Not so when this is the first address signalled, or the same host.
  has_former_ = confirmed_ && has_signalled_ && !(given && remote.same_ip(believed_));
  former_ = believed_;
  begin(signalled, now_ms);
  return true;
}

bool SourceLearning::in_delay(std::uint32_t now_ms, const LearningConfig& config) {
  if (mode_ != LearningMode::kDelayed || delay_over_) {
    return false;
  }
  delay_over_ = now_ms - start_ms_ >= config.delayed_ms;  // remembered: the clock wraps
  return !delay_over_;
}

bool SourceLearning::should_report(std::uint32_t now_ms) {
  return report_due(reported_, reported_ms_, now_ms);
}

SourceVerdict SourceLearning::on_packet(const SocketAddress& source, const rtp::RtpHeader& header,
                                        std::uint32_t now_ms, std::uint32_t believed_silent_ms,
                                        const LearningConfig& config) {
  const PackedAddress packed(source);
  if (!confirmed_) {
    return unconfirmed(packed, header, now_ms, config);
  }
  return packed == believed_ ? SourceVerdict::kAccept
                             : mismatch(packed, header, now_ms, believed_silent_ms, config);
}

SourceVerdict SourceLearning::unconfirmed(const PackedAddress& source, const rtp::RtpHeader& header,
                                          std::uint32_t now_ms, const LearningConfig& config) {
  if (is_signalled(source) || mode_ == LearningMode::kImmediate) {
    return learn(source, now_ms);
  }
  if (mode_ == LearningMode::kOff) {
    return policy_ == SourcePolicy::kAcceptAny ? SourceVerdict::kAccept
           : has_signalled_                    ? SourceVerdict::kDropMismatch
                                               : SourceVerdict::kDropUnproven;
  }
  if (!in_delay(now_ms, config) && prove(source, header, now_ms, config)) {
    return learn(source, now_ms);
  }
  return SourceVerdict::kDropUnproven;
}

SourceVerdict SourceLearning::mismatch(const PackedAddress& source, const rtp::RtpHeader& header,
                                       std::uint32_t now_ms, std::uint32_t believed_silent_ms,
                                       const LearningConfig& config) {
  const SourceVerdict unchanged =
      policy_ == SourcePolicy::kAcceptAny ? SourceVerdict::kAccept : SourceVerdict::kDropMismatch;
  if (mode_ == LearningMode::kOff || in_delay(now_ms, config)) {
    return unchanged;
  }
  // The signalled address beats one that was merely learned, whatever the policy: else who was first with a
  // good forgery would keep the call. It has to prove itself, because one packet with a forged source is
  // easy.
  const bool rightful = is_signalled(source);
  const bool successor =
      policy_ == SourcePolicy::kMediaHandover && believed_silent_ms >= config.handover_silence_ms;
  if (!rightful && !successor) {
    return unchanged;
  }
  // Nobody earns credit while the believed source talks: a successor's run lies within its silence.
  if (Candidate* candidate = find(source);
      candidate != nullptr && !rightful && now_ms - candidate->first_ms > believed_silent_ms) {
    candidate->count = 0;
  }
  if (prove(source, header, now_ms, config) && now_ms - changed_ms_ >= config.min_change_interval_ms) {
    return learn(source, now_ms);
  }
  return unchanged;
}

SourceVerdict SourceLearning::learn(const PackedAddress& source, std::uint32_t now_ms) {
  believed_ = source;
  confirmed_ = true;
  has_former_ = false;
  changed_ms_ = now_ms;
  candidates_ = {};
  return SourceVerdict::kAcceptAndLearn;
}

void SourceLearning::start_run(Candidate& candidate, const rtp::RtpHeader& header, std::uint32_t now_ms) {
  candidate.ssrc = header.ssrc;
  candidate.last_sequence = header.sequence;
  candidate.last_timestamp = header.timestamp;
  candidate.first_ms = now_ms;
  candidate.last_ms = now_ms;
  candidate.counted_ago = 0;
  candidate.count = 1;
}

// A packet counts when time has passed and the timestamp knows it: a burst, a frozen timestamp (also that of
// an RFC 4733 event, or a video frame's further packets) keep the run alive, but prove nothing.
void SourceLearning::continue_run(Candidate& candidate, const rtp::RtpHeader& header, std::uint32_t now_ms) {
  const std::uint32_t ago = candidate.counted_ago + (now_ms - candidate.last_ms);
  const bool advanced = timestamp_distance(candidate.last_timestamp, header.timestamp) > 0;
  const bool counts = advanced && ago >= kMinSpacingMs;
  candidate.counted_ago = counts ? std::uint16_t{0} : static_cast<std::uint16_t>(std::min(ago, 0xffffU));
  if (counts && candidate.count != 0xff) {
    ++candidate.count;
  }
  if (advanced) {
    candidate.last_timestamp = header.timestamp;
  }
  candidate.last_sequence = header.sequence;
  candidate.last_ms = now_ms;
}

bool SourceLearning::prove(const PackedAddress& source, const rtp::RtpHeader& header, std::uint32_t now_ms,
                           const LearningConfig& config) {
  Candidate* candidate = find(source);
  if (candidate == nullptr) {
    candidate = slot_for(source, now_ms);
    if (candidate != nullptr) {
      candidate->address = source;
      start_run(*candidate, header, now_ms);
    }
    return false;
  }
  const std::uint32_t elapsed = now_ms - candidate->last_ms;
  const std::int16_t step = sequence_distance(candidate->last_sequence, header.sequence);
  const bool same_run = header.ssrc == candidate->ssrc && elapsed <= kRunTimeoutMs;
  if (same_run && step <= 0 && step >= -kMaxSequenceStep) {
    return false;  // a repeat or a straggler: neither counts nor harms
  }
  if (!same_run || step <= 0 || step > kMaxSequenceStep ||
      !timestamp_plausible(candidate->last_timestamp, header.timestamp, elapsed)) {
    start_run(*candidate, header, now_ms);
    return false;
  }
  continue_run(*candidate, header, now_ms);
  const std::uint8_t needed = needed_packets(config);
  const std::uint32_t spread_ms = (needed - 2U) * kSpreadMsPerPacket;
  return candidate->count >= needed && candidate->last_ms - candidate->first_ms >= spread_ms &&
         !must_wait(*candidate, now_ms);
}

bool SourceLearning::must_wait(const Candidate& candidate, std::uint32_t now_ms) const {
  if (has_former_ && candidate.address == former_ && now_ms - start_ms_ < kFormerHoldMs) {
    return true;
  }
  if (now_ms - candidate.first_ms >= kMaxWaitMs) {
    return false;
  }
  const Rank own = rank(candidate.address);
  return std::any_of(candidates_.begin(), candidates_.end(), [&](const Candidate& other) {
    return other.count >= 2 && now_ms - other.last_ms < kAliveMs && rank(other.address) > own;
  });
}

SourceLearning::Candidate* SourceLearning::find(const PackedAddress& source) {
  const auto found = std::find_if(candidates_.begin(), candidates_.end(), [&](const Candidate& candidate) {
    return candidate.count != 0 && candidate.address == source;
  });
  return found != candidates_.end() ? &*found : nullptr;
}

// One host gets two slots at the most, so that changing its port doesn't crowd out others. A slot is taken
// from who has fallen silent, or has made no progress in kSlotHoldMs, or less in common with what was
// signalled; never from who is on the way to prove itself.
SourceLearning::Candidate* SourceLearning::slot_for(const PackedAddress& source, std::uint32_t now_ms) {
  const auto same_host = [&](const Candidate& candidate) {
    return candidate.count != 0 && candidate.address.same_ip(source);
  };
  const bool host_full = std::count_if(candidates_.begin(), candidates_.end(), same_host) >= 2;
  const Rank own = rank(source);
  Candidate* victim = nullptr;
  for (Candidate& candidate : candidates_) {
    if (host_full && !same_host(candidate)) {
      continue;
    }
    if (candidate.count == 0) {
      return &candidate;
    }
    const bool silent = now_ms - candidate.last_ms >= kAliveMs;
    const bool idle =
        candidate.count < 2 && (now_ms - candidate.first_ms >= kSlotHoldMs || rank(candidate.address) < own);
    if ((silent || idle) && (victim == nullptr || rank(candidate.address) < rank(victim->address))) {
      victim = &candidate;
    }
  }
  return victim;
}

SourceLearning::Rank SourceLearning::rank(const PackedAddress& source) const {
  if (!has_signalled_) {
    return Rank::kNone;
  }
  if (source.same_ip(signalled_)) {
    return source.port() == signalled_.port() ? Rank::kSignalled : Rank::kSameIp;
  }
  return source.port() == signalled_.port() ? Rank::kSamePort : Rank::kNone;
}

RtcpSourceLearning::RtcpSourceLearning(const std::optional<SocketAddress>& signalled, bool mux)
    : has_signalled_(usable(signalled)), mux_(mux) {
  signalled_ = has_signalled_ ? PackedAddress(*signalled) : PackedAddress();
}

bool RtcpSourceLearning::update(const std::optional<SocketAddress>& signalled, bool mux) {
  const bool given = usable(signalled);
  const PackedAddress remote = given ? PackedAddress(*signalled) : PackedAddress();
  const bool moved = given != has_signalled_ || remote != signalled_ || mux != mux_;
  has_signalled_ = given;
  signalled_ = remote;
  mux_ = mux;
  confirmed_ = confirmed_ && !moved;
  return moved;
}

std::optional<SocketAddress> RtcpSourceLearning::destination() const {
  if (confirmed_) {
    return believed();
  }
  return has_signalled_ ? std::optional(signalled_.unpack()) : std::nullopt;
}

bool RtcpSourceLearning::should_report(std::uint32_t now_ms) {
  return report_due(reported_, reported_ms_, now_ms);
}

SourceVerdict RtcpSourceLearning::on_packet(const SocketAddress& source, std::uint32_t sender_ssrc,
                                            SourceLearning& rtp, const std::optional<std::uint32_t>& rtp_ssrc,
                                            std::uint32_t now_ms, const LearningConfig& config) {
  const PackedAddress packed(source);
  if (mux_) {
    return with_mux(packed, rtp);
  }
  if (confirmed_ && packed == believed_) {
    return SourceVerdict::kAccept;
  }
  const bool signalled = has_signalled_ && packed == signalled_;
  // The host that the RTP comes from, knowing the SSRC that it sends with: the same party behind another
  // port.
  const bool knows_ssrc = rtp_ssrc == sender_ssrc;
  const bool companion = knows_ssrc && rtp.mode() != LearningMode::kOff && !rtp.in_delay(now_ms, config) &&
                         rtp.confirmed() && rtp.believed().ip == source.ip;
  const bool successor =
      (signalled && knows_ssrc) || (companion && rtp.policy() == SourcePolicy::kMediaHandover);
  if (confirmed_ ? successor && now_ms - changed_ms_ >= config.min_change_interval_ms
                 : signalled || companion) {
    return learn(packed, now_ms);
  }
  const bool any =
      rtp.policy() == SourcePolicy::kAcceptAny && (confirmed_ || rtp.mode() == LearningMode::kOff);
  return any          ? SourceVerdict::kAccept
         : confirmed_ ? SourceVerdict::kDropMismatch
                      : SourceVerdict::kDropUnproven;
}

SourceVerdict RtcpSourceLearning::with_mux(const PackedAddress& source, const SourceLearning& rtp) const {
  const std::optional<SocketAddress> expected = rtp.destination();
  if (expected && PackedAddress(*expected) == source) {
    return SourceVerdict::kAccept;
  }
  if (rtp.policy() == SourcePolicy::kAcceptAny && (rtp.confirmed() || rtp.mode() == LearningMode::kOff)) {
    return SourceVerdict::kAccept;
  }
  return rtp.confirmed() ? SourceVerdict::kDropMismatch : SourceVerdict::kDropUnproven;
}

SourceVerdict RtcpSourceLearning::learn(const PackedAddress& source, std::uint32_t now_ms) {
  believed_ = source;
  confirmed_ = true;
  changed_ms_ = now_ms;
  return SourceVerdict::kAcceptAndLearn;
}

}  // namespace pollux::session
