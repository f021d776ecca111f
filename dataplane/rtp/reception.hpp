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

// What a stream's counts were at the report before, which fraction_lost is reckoned from. Kept apart: packets
// don't touch it.
struct ReportMark {
  std::uint32_t ssrc = 0;
  std::uint32_t base = 0;  // first sequence number
  std::uint32_t expected = 0;
  std::uint32_t received = 0;
};

// How a packet stands to those before it.
enum class Arrival : std::uint8_t {
  kNext,       // the next sequence number
  kAhead,      // a higher one: some are missing
  kLate,       // one that isn't the highest: out of order, or a duplicate
  kSuspect,    // far from the others: not counted, unless the next one agrees with it
  kNewStream,  // the first packet at all, or a new SSRC
  kRestart,    // agrees with the suspect before it: the sender has begun anew (A.1)
};

// Written by: the worker; read by: any thread (each value is whole, no consistent cut between them). Only
// packets that the endpoint believes get here, so A.1's probation isn't needed.
struct Reception {
  // Sequence numbers further ahead or behind are a restart of the sender, once two in a row agree (A.1).
  static constexpr std::uint16_t kMaxDropout = 3000;
  static constexpr std::uint16_t kMaxMisorder = 100;
  // A transit time that changes by more isn't the network's doing: the sender's timestamps or clock have
  // jumped. 8 s at 8 kHz, 1.4 s at 48 kHz.
  static constexpr std::uint32_t kTimestampJump = 65536;

  // `arrival_rtp_ticks`: time of arrival by any clock in units of the stream's clock rate (A.8). With
  // kNewStream and kRestart nothing is counted yet: the caller keeps what it wants of the former stream and
  // calls begin(). `event`: a telephone-event, whose packets repeat the timestamp of its beginning
  // (RFC 4733 §2.2.1), some beside the audio of the same time: of jitter they say nothing.
  Arrival on_packet(const RtpHeader& header, std::uint32_t arrival_rtp_ticks, bool event = false) {
    if (started_.get() == 0 || header.ssrc != ssrc_.get()) [[unlikely]] {
      return Arrival::kNewStream;
    }
    const std::uint32_t highest = highest_.get();
    const auto ahead = static_cast<std::uint16_t>(header.sequence - static_cast<std::uint16_t>(highest));
    Arrival arrival = Arrival::kNext;
    if (ahead == 1) [[likely]] {
      highest_ = highest + 1;  // the carry counts the cycles
    } else {
      arrival = jump(header.sequence, ahead);
      if (arrival == Arrival::kSuspect || arrival == Arrival::kRestart) {
        return arrival;
      }
    }
    received_ = received_.get() + 1;
    if (event) [[unlikely]] {
      return arrival;
    }
    const std::uint32_t transit = arrival_rtp_ticks - header.timestamp;
    const auto difference = static_cast<std::int32_t>(transit - transit_.get());
    transit_ = transit;
    const std::uint32_t magnitude =
        difference < 0 ? 0U - static_cast<std::uint32_t>(difference) : static_cast<std::uint32_t>(difference);
    if (magnitude < kTimestampJump) [[likely]] {
      const std::uint32_t jitter = jitter_x16_.get();
      jitter_x16_ = jitter + magnitude - ((jitter + 8) >> 4);
    }
    return arrival;
  }

  // Counts afresh, from this packet on.
  void begin(const RtpHeader& header, std::uint32_t arrival_rtp_ticks) {
    const bool same_stream = started_.get() != 0 && header.ssrc == ssrc_.get();
    jitter_x16_ = same_stream ? jitter_x16_.get() : 0;
    ssrc_ = header.ssrc;
    transit_ = arrival_rtp_ticks - header.timestamp;
    base_ = header.sequence;
    highest_ = header.sequence;
    bad_sequence_ = kNoSequence;
    received_ = 1;
    started_ = 1;
  }

  bool started() const { return started_.get() != 0; }
  std::uint32_t ssrc() const { return ssrc_.get(); }
  std::uint32_t received() const { return received_.get(); }
  std::uint32_t highest_sequence() const { return highest_.get(); }  // extended: cycles << 16 | sequence
  std::uint32_t expected() const { return started() ? highest_.get() - base_.get() + 1 : 0; }
  // Expected minus received (A.3); negative with duplicates.
  std::int64_t lost() const { return std::int64_t{expected()} - std::int64_t{received()}; }
  // What the stream's timestamps have come to at this time of arrival.
  std::uint32_t timestamp_at(std::uint32_t arrival_rtp_ticks) const {
    return arrival_rtp_ticks - transit_.get();
  }
  std::uint32_t jitter() const { return jitter_x16_.get() >> 4; }  // RTP ticks

  // For the report to be sent now; begins the next interval of fraction_lost at `mark`. Worker only.
  ReceptionReport report(ReportMark& mark) const {
    ReceptionReport result;
    const ReportMark now{ssrc_.get(), base_.get(), expected(), received()};
    const bool goes_on = mark.ssrc == now.ssrc && mark.base == now.base && mark.expected <= now.expected;
    const std::uint32_t expected_interval = now.expected - (goes_on ? mark.expected : 0);
    const std::uint32_t received_interval = now.received - (goes_on ? mark.received : 0);
    mark = now;
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

  Arrival jump(std::uint16_t sequence, std::uint16_t ahead) {
    if (ahead != 0 && ahead < kMaxDropout) {
      highest_ = highest_.get() + ahead;
      return Arrival::kAhead;
    }
    if (ahead != 0 && ahead <= 0x10000U - kMaxMisorder) {
      if (sequence == bad_sequence_.get()) {
        return Arrival::kRestart;
      }
      bad_sequence_ = (sequence + 1U) & 0xffffU;
      return Arrival::kSuspect;
    }
    return Arrival::kLate;
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
};
static_assert(sizeof(Reception) == 32 && std::is_trivially_copyable_v<Reception>);

}  // namespace pollux::rtp
