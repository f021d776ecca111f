// What a receiver learns about a stream beyond RFC 3550's report: order, gaps, talk. Looked at only when
// something is out of order, and in two of 64 packets: a look costs a miss of the cache or two.
#pragma once

#include <cstdint>

#include "dataplane/base/relaxed.hpp"
#include "dataplane/rtp/loss_bursts.hpp"
#include "dataplane/rtp/reception.hpp"
#include "dataplane/rtp/rtp_packet.hpp"

namespace pollux::rtp {

// Packets of a stream that are looked at closely: two in a row, which tell how much media a packet holds.
constexpr bool is_sampled(std::uint32_t received) {
  constexpr std::uint32_t kEvery = 64;
  return (received - 1) % kEvery < 2;
}

// True when the packet holds sound: G.711 (static payload types 0 and 8) above -45 dBm0 on average over the
// packet, anything else unless it is comfort noise (RFC 3389) or too short for a frame with sound (SID of
// G.729, DTX of Opus, RFC 4733 events). `payload` is RTP's.
bool has_sound(std::uint8_t payload_type, const std::uint8_t* payload, std::uint16_t length);

// Over all SSRCs of one leg. Written by: the worker; read by: any thread (each value is whole).
class StreamQuality {
 public:
  // The stream that `reception` has counted so far, if any, is over: it is about to begin() afresh, with a
  // new SSRC or the same one.
  void stream_ends(const Reception& reception, bool new_ssrc);

  // A packet of a running stream that didn't simply come next. `highest_before`: extended sequence number
  // before it came. Pre: `reception` has taken it.
  void on_arrival(Arrival arrival, const RtpHeader& header, std::uint32_t highest_before);

  // A sampled packet. `sound`: has_sound().
  void on_sample(const RtpHeader& header, bool sound, std::uint32_t clock_rate, const Reception& reception);

  std::uint64_t expected(const Reception& now) const { return expected_before_.get() + now.expected(); }
  // Without duplicates.
  std::uint64_t received(const Reception& now) const {
    return received_before_.get() + (now.started() ? now.received() : 0) - duplicates_.get();
  }
  std::uint64_t reordered() const { return reordered_.get(); }
  std::uint64_t duplicates() const { return duplicates_.get(); }
  std::uint64_t gaps() const { return gaps_.get(); }
  std::uint32_t longest_gap_packets() const { return longest_gap_.get(); }
  std::uint32_t stream_changes() const { return stream_changes_.get(); }
  std::uint32_t max_jitter_rtp_ticks() const { return max_jitter_.get(); }
  std::uint32_t ptime_rtp_ticks() const { return ptime_.get(); }  // 0: not known yet
  std::uint64_t talk_us() const { return talk_us_.get(); }
  std::uint64_t silence_us() const { return silence_us_.get(); }
  std::uint8_t payload_type() const {
    return payload_type_.get();
  }  // on the wire, of the last sample of a codec
  LossBursts::Totals bursts() const { return bursts_.totals(); }  // worker only
  std::uint32_t clock_rate() const { return clock_rate_.get(); }  // Hz; 0: no sample yet

 private:
  __extension__ using Mask = unsigned __int128;
  static constexpr std::uint32_t kMaskBits = 128;  // more than Reception::kMaxMisorder

  void went_ahead(std::uint32_t highest_before, std::uint32_t highest);
  void came_late(std::uint32_t sequence, std::uint32_t highest);
  void shift_missing(std::uint32_t highest);
  void credit(const RtpHeader& header, bool sound, std::uint32_t clock_rate);

  Relaxed<std::uint64_t> expected_before_;  // of the streams before the present one
  Relaxed<std::uint64_t> received_before_;
  Relaxed<std::uint64_t> duplicates_;
  Relaxed<std::uint64_t> reordered_;
  Relaxed<std::uint64_t> gaps_;
  Relaxed<std::uint64_t> talk_us_;
  Relaxed<std::uint64_t> silence_us_;
  Relaxed<std::uint32_t> longest_gap_;
  Relaxed<std::uint32_t> stream_changes_;
  Relaxed<std::uint32_t> max_jitter_;
  Relaxed<std::uint32_t> ptime_;
  Relaxed<std::uint32_t> clock_rate_;
  Relaxed<std::uint8_t> payload_type_;

  // worker only
  Mask missing_ = 0;                // bit n: sequence number missing_base_ - 1 - n hasn't come
  std::uint32_t missing_base_ = 0;  // extended
  LossBursts bursts_;
  std::uint32_t sample_timestamp_ = 0;
  std::uint16_t sample_sequence_ = 0;
  bool sampled_ = false;  // the two above are of the present stream
};

// What receive() does with everything but the next packet of a stream.
void receive_out_of_order(Reception& reception, StreamQuality& quality, Arrival arrival,
                          const RtpHeader& header, std::uint32_t arrival_rtp_ticks,
                          std::uint32_t highest_before);

// Takes a packet of a leg. In the usual case nothing of `quality` is touched.
inline Arrival receive(Reception& reception, StreamQuality& quality, const RtpHeader& header,
                       std::uint32_t arrival_rtp_ticks, bool event = false) {
  const std::uint32_t highest_before = reception.highest_sequence();
  const Arrival arrival = reception.on_packet(header, arrival_rtp_ticks, event);
  if (arrival != Arrival::kNext) [[unlikely]] {
    receive_out_of_order(reception, quality, arrival, header, arrival_rtp_ticks, highest_before);
  }
  return arrival;
}

}  // namespace pollux::rtp
