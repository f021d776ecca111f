// A receiver's statistics about one stream (RFC 3550 §6.4.1, A.1, A.3, A.8).
#pragma once

#include <cstdint>
#include <type_traits>

#include "dataplane/base/relaxed.hpp"
#include "dataplane/rtp/rtp_packet.hpp"

namespace pollux::rtp {

// What a report block says about the stream (RFC 3550 §6.4.1); SSRC, LSR and DLSR are the caller's.
struct ReceptionReport {
  std::uint8_t fraction_lost = 0;    // of 256, since the report before
  std::int32_t cumulative_lost = 0;  // clamped to 24 bits, signed
  std::uint32_t highest_sequence = 0;
  std::uint32_t jitter_rtp_ticks = 0;
};

// Written by: the worker; read by: any thread (each value is whole, no consistent cut between them). Only
// packets that the endpoint believes get here, so A.1's probation isn't needed.
struct Reception {
  // Sequence numbers further ahead or behind are a restart of the sender, once two in a row agree (A.1).
  static constexpr std::uint16_t kMaxDropout = 3000;
  static constexpr std::uint16_t kMaxMisorder = 100;

  // `arrival_rtp_ticks`: time of arrival by any clock in units of the stream's clock rate (A.8). True when
  // the packet begins a stream: the first one at all, or a new SSRC; counting then starts afresh.
  bool on_packet(const RtpHeader& header, std::uint32_t arrival_rtp_ticks) {
    const std::uint32_t transit = arrival_rtp_ticks - header.timestamp;
    if (started_.get() == 0 || header.ssrc != ssrc_.get()) [[unlikely]] {
      start(header, transit);
      return true;
    }
    const std::uint32_t highest = highest_.get();
    const auto ahead = static_cast<std::uint16_t>(header.sequence - static_cast<std::uint16_t>(highest));
    if (ahead < kMaxDropout) [[likely]] {
      highest_ = highest + ahead;  // the carry counts the cycles
    } else if (ahead <= 0x10000U - kMaxMisorder) {
      if (header.sequence != bad_sequence_.get()) {
        bad_sequence_ = (header.sequence + 1U) & 0xffffU;
        return false;
      }
      restart_sequence(header.sequence);
    }
    received_ = received_.get() + 1;
    const auto difference = static_cast<std::int32_t>(transit - transit_.get());
    transit_ = transit;
    const std::uint32_t magnitude =
        difference < 0 ? 0U - static_cast<std::uint32_t>(difference) : static_cast<std::uint32_t>(difference);
    const std::uint32_t jitter = jitter_x16_.get();
    jitter_x16_ = jitter + magnitude - ((jitter + 8) >> 4);
    return false;
  }

  bool started() const { return started_.get() != 0; }
  std::uint32_t ssrc() const { return ssrc_.get(); }
  std::uint32_t received() const { return received_.get(); }
  std::uint32_t highest_sequence() const { return highest_.get(); }  // extended: cycles << 16 | sequence
  std::uint32_t expected() const { return started() ? highest_.get() - base_.get() + 1 : 0; }
  // Expected minus received (A.3); negative with duplicates.
  std::int64_t lost() const { return std::int64_t{expected()} - std::int64_t{received()}; }
  std::uint32_t jitter() const { return jitter_x16_.get() >> 4; }  // RTP ticks

  // For the report to be sent now; begins the next interval of fraction_lost. Worker only.
  ReceptionReport report() {
    ReceptionReport result;
    const std::uint32_t now_expected = expected();
    const std::uint32_t now_received = received();
    const std::uint32_t expected_interval = now_expected - expected_prior_.get();
    const std::uint32_t received_interval = now_received - received_prior_.get();
    expected_prior_ = now_expected;
    received_prior_ = now_received;
    const std::int64_t lost_interval = std::int64_t{expected_interval} - std::int64_t{received_interval};
    if (expected_interval != 0 && lost_interval > 0) {
      const std::int64_t fraction = (lost_interval << 8) / expected_interval;
      result.fraction_lost = static_cast<std::uint8_t>(fraction > 255 ? 255 : fraction);
    }
    const std::int64_t total = lost();
    const std::int64_t clamped = total > 0x7fffff ? 0x7fffff : total < -0x800000 ? -0x800000 : total;
    result.cumulative_lost = static_cast<std::int32_t>(clamped);
    result.highest_sequence = highest_.get();
    result.jitter_rtp_ticks = jitter();
    return result;
  }

 private:
  static constexpr std::uint32_t kNoSequence = 0x10000;

  void start(const RtpHeader& header, std::uint32_t transit) {
    ssrc_ = header.ssrc;
    transit_ = transit;
    jitter_x16_ = 0;
    restart_sequence(header.sequence);
    received_ = 1;
    started_ = 1;
  }
  void restart_sequence(std::uint16_t sequence) {
    base_ = sequence;
    highest_ = sequence;
    bad_sequence_ = kNoSequence;
    received_ = 0;
    expected_prior_ = 0;
    received_prior_ = 0;
  }

  // The first six are touched by every packet.
  Relaxed<std::uint32_t> ssrc_;
  Relaxed<std::uint32_t> highest_;  // extended
  Relaxed<std::uint32_t> received_;
  Relaxed<std::uint32_t> transit_;
  Relaxed<std::uint32_t> jitter_x16_;
  Relaxed<std::uint32_t> started_;
  Relaxed<std::uint32_t> base_;
  Relaxed<std::uint32_t> bad_sequence_;
  Relaxed<std::uint32_t> expected_prior_;
  Relaxed<std::uint32_t> received_prior_;
};
static_assert(sizeof(Reception) == 40 && std::is_trivially_copyable_v<Reception>);

}  // namespace pollux::rtp
