// RTCP reports of our own (RFC 3550 §6.4, RFC 3611 §4.7): what they say, and writing them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "dataplane/rtp/loss_bursts.hpp"
#include "dataplane/rtp/reception.hpp"

namespace pollux::rtp {

// 64-bit NTP time stamp (RFC 3550 §4) of a time since 1970.
std::uint64_t ntp_of(std::uint64_t unix_ns);
// Its middle 32 bits, by which reports refer to it.
constexpr std::uint32_t ntp_middle(std::uint64_t ntp) {
  return static_cast<std::uint32_t>(ntp >> 16);
}

// What a report block answers to a party's last SR. `now_us`: any clock, the same in both.
class LastSenderReport {
 public:
  void on_sr(std::uint32_t ssrc, std::uint32_t middle, std::uint64_t now_us) {
    ssrc_ = ssrc;
    middle_ = middle;
    arrived_us_ = now_us;
  }
  // Both 0 where no SR came from `ssrc` (RFC 3550 §6.4.1), or one without a time.
  std::uint32_t last_sr(std::uint32_t ssrc) const { return ssrc == ssrc_ ? middle_ : 0; }
  std::uint32_t delay_since_sr(std::uint32_t ssrc, std::uint64_t now_us) const;  // 1/65536 s

 private:
  std::uint32_t ssrc_ = 0;
  std::uint32_t middle_ = 0;  // 0: none
  std::uint64_t arrived_us_ = 0;
};

// RFC 3550 §6.4.1, of an SR.
struct SenderInfo {
  std::uint64_t ntp = 0;
  std::uint32_t rtp_timestamp = 0;
  std::uint32_t packets = 0;
  std::uint32_t octets = 0;  // of payload
};

// A report block: how the party's stream is received.
struct OwnReportBlock {
  std::uint32_t ssrc = 0;
  ReceptionReport reception;
  std::uint32_t last_sr = 0;
  std::uint32_t delay_since_sr = 0;
};

// RFC 3611 §4.7, in the wire's units. The values here are those for what isn't known.
struct VoipMetrics {
  static constexpr std::uint8_t kUnavailable = 127;

  std::uint8_t loss_rate = 0;  // of 256
  std::uint8_t discard_rate = 0;
  std::uint8_t burst_density = 0;
  std::uint8_t gap_density = 0;
  std::uint16_t burst_duration_ms = 0;
  std::uint16_t gap_duration_ms = 0;
  std::uint16_t round_trip_ms = 0;
  std::uint16_t end_system_delay_ms = 0;
  std::uint8_t r_factor = kUnavailable;  // 0..100
  std::uint8_t mos_lq = kUnavailable;    // 10..50
  std::uint8_t mos_cq = kUnavailable;
  bool adaptive_jitter_buffer = false;
  std::uint16_t jitter_buffer_nominal_ms = 0;
  std::uint16_t jitter_buffer_maximum_ms = 0;
};

// Fills in the rates, densities and durations: of `expected` packets `lost` never came and `discarded` came
// too late to be used; `ptime_us` of media in each, 0: not known. Of several bursts or gaps the mean is told.
void set_losses(VoipMetrics& metrics, std::uint64_t expected, std::uint64_t lost, std::uint64_t discarded,
                const LossBursts::Totals& bursts, std::uint32_t ptime_us);

struct OwnReport {
  std::uint32_t ssrc = 0;            // of ours
  std::optional<SenderInfo> sender;  // set: an SR, else an RR
  std::optional<OwnReportBlock> block;
  std::optional<VoipMetrics> metrics;  // about block's SSRC; left out where there is no block
  std::string_view cname;              // up to 255 bytes
};

// Writes the compound SR or RR, SDES (CNAME) and XR; its length. 0, and nothing of use written, when `out` is
// too small.
std::size_t write_report(std::span<std::uint8_t> out, const OwnReport& report);

}  // namespace pollux::rtp
