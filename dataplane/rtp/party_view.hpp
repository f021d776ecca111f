// What a party's own RTCP says: how it receives us, and how long the way to it is.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/relaxed.hpp"

namespace pollux::rtp {

// RFC 3550 §6.4.1.
struct ReportBlock {
  std::uint8_t fraction_lost = 0;  // of 256
  std::int32_t cumulative_lost = 0;
  std::uint32_t jitter_rtp_ticks = 0;
  std::uint32_t last_sr = 0;         // middle 32 bits of the NTP time of the last SR; 0: none yet
  std::uint32_t delay_since_sr = 0;  // 1/65536 s
  std::uint32_t ssrc = 0;            // whose stream it is about
};

// What of a compound packet concerns the way between sender and receiver.
struct ReportContents {
  std::optional<std::uint32_t> sr_ntp_middle;  // of its first SR: middle 32 bits of the NTP time
  std::uint32_t sr_ssrc = 0;                   // who sent that
  std::optional<ReportBlock> block;            // the first that counts, of its SRs and RRs
};

// Pre: validate_rtcp(compound).
ReportContents read_reports(std::span<const std::uint8_t> compound);
// The same for the one whose SSRC is `own`: of the blocks only one about that counts, and what comes back
// from oneself counts as nothing.
ReportContents read_reports_to(std::uint32_t own, std::span<const std::uint8_t> compound);

// Written by: the worker; read by: any thread (each value is whole).
class PartyView {
 public:
  // An SR goes to the party.
  void on_sr_sent(std::uint32_t ntp_middle, std::uint64_t now_us);
  // The party reports on what it receives.
  void on_report(const ReportBlock& block, std::uint64_t now_us);

  bool reported() const { return reported_us_.get() != 0; }
  std::uint64_t reported_us() const { return reported_us_.get(); }  // the caller's clock
  std::uint8_t fraction_lost() const { return fraction_lost_.get(); }
  std::int32_t cumulative_lost() const { return static_cast<std::int32_t>(cumulative_lost_.get()); }
  std::uint32_t jitter_rtp_ticks() const { return jitter_.get(); }
  // RFC 3550 §6.4.1, with the SRs' way from here to the party and back.
  std::optional<std::uint32_t> round_trip_us() const {
    const std::uint32_t value = round_trip_us_.get();
    return value == kUnknown ? std::nullopt : std::optional(value);
  }

 private:
  static constexpr std::uint32_t kUnknown = 0xffffffff;
  struct SentReport {
    std::uint32_t ntp_middle = 0;
    std::uint32_t sent_us = 0;  // the low half of the clock: two fit that are an hour apart at most
  };
  static constexpr unsigned kRemembered = 4;  // a report may cross the next SR on its way

  Relaxed<std::uint64_t> reported_us_;
  Relaxed<std::uint32_t> round_trip_us_{kUnknown};
  Relaxed<std::uint32_t> cumulative_lost_;
  Relaxed<std::uint32_t> jitter_;
  Relaxed<std::uint8_t> fraction_lost_;

  // worker only
  SentReport sent_[kRemembered];
  unsigned next_ = 0;
};

}  // namespace pollux::rtp
