#include "dataplane/rtp/rtcp_report.hpp"

#include <algorithm>
#include <cstring>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/rtp/rtcp.hpp"

namespace pollux::rtp {

namespace {

constexpr std::size_t kHeader = 8;  // with the author's SSRC
constexpr std::size_t kSenderInfo = 20;
constexpr std::size_t kReportBlock = 24;
constexpr std::size_t kVoipMetrics = 36;
constexpr std::uint64_t kSecondsFrom1900To1970 = 2'208'988'800;

void write_header(std::uint8_t* at, std::size_t count, RtcpType type, std::size_t length,
                  std::uint32_t ssrc) {
  at[0] = static_cast<std::uint8_t>(0x80U | count);
  at[1] = static_cast<std::uint8_t>(type);
  store_be16(at + 2, static_cast<std::uint16_t>(length / 4 - 1));
  store_be32(at + 4, ssrc);
}

void write_sender_info(std::uint8_t* at, const SenderInfo& info) {
  store_be32(at, static_cast<std::uint32_t>(info.ntp >> 32));
  store_be32(at + 4, static_cast<std::uint32_t>(info.ntp));
  store_be32(at + 8, info.rtp_timestamp);
  store_be32(at + 12, info.packets);
  store_be32(at + 16, info.octets);
}

void write_block(std::uint8_t* at, const OwnReportBlock& block) {
  const std::int32_t lost = std::clamp(block.reception.cumulative_lost, -0x800000, 0x7fffff);
  store_be32(at, block.ssrc);
  store_be32(at + 4, std::uint32_t{block.reception.fraction_lost} << 24 |
                         (static_cast<std::uint32_t>(lost) & 0xffffffU));
  store_be32(at + 8, block.reception.highest_sequence);
  store_be32(at + 12, block.reception.jitter_rtp_ticks);
  store_be32(at + 16, block.last_sr);
  store_be32(at + 20, block.delay_since_sr);
}

// RFC 3611 §4.7.
void write_metrics(std::uint8_t* at, const VoipMetrics& metrics, std::uint32_t ssrc) {
  constexpr std::uint8_t kBlockType = 7;
  constexpr std::uint8_t kAdaptive = 3;
  constexpr std::uint8_t kNonAdaptive = 2;
  std::memset(at, 0, kVoipMetrics);
  at[0] = kBlockType;
  store_be16(at + 2, kVoipMetrics / 4 - 1);
  store_be32(at + 4, ssrc);
  at[8] = metrics.loss_rate;
  at[9] = metrics.discard_rate;
  at[10] = metrics.burst_density;
  at[11] = metrics.gap_density;
  store_be16(at + 12, metrics.burst_duration_ms);
  store_be16(at + 14, metrics.gap_duration_ms);
  store_be16(at + 16, metrics.round_trip_ms);
  store_be16(at + 18, metrics.end_system_delay_ms);
  // Levels of signal and noise, echo return loss: nobody measures them here.
  at[20] = at[21] = at[22] = VoipMetrics::kUnavailable;
  at[23] = LossBursts::kGmin;
  at[24] = metrics.r_factor;
  at[25] = VoipMetrics::kUnavailable;  // R factor of another network's part of the way
  at[26] = metrics.mos_lq;
  at[27] = metrics.mos_cq;
  at[28] = static_cast<std::uint8_t>((metrics.adaptive_jitter_buffer ? kAdaptive : kNonAdaptive) << 4);
  store_be16(at + 30, metrics.jitter_buffer_nominal_ms);
  store_be16(at + 32, metrics.jitter_buffer_maximum_ms);
  store_be16(at + 34, metrics.jitter_buffer_maximum_ms);
}

std::uint8_t rate_of(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? std::uint8_t{0}
                    : static_cast<std::uint8_t>(std::min<std::uint64_t>(part * 256 / whole, 255));
}

std::uint16_t milliseconds(std::uint64_t packets, std::uint64_t parts, std::uint32_t ptime_us) {
  return static_cast<std::uint16_t>(
      std::min<std::uint64_t>(parts == 0 ? 0 : packets * ptime_us / parts / 1000, 0xffff));
}

}  // namespace

std::uint64_t ntp_of(std::uint64_t unix_ns) {
  constexpr std::uint64_t kNanoseconds = 1'000'000'000;
  const std::uint64_t seconds = unix_ns / kNanoseconds + kSecondsFrom1900To1970;
  return seconds << 32 | ((unix_ns % kNanoseconds) << 32) / kNanoseconds;
}

std::uint32_t LastSenderReport::delay_since_sr(std::uint32_t ssrc, std::uint64_t now_us) const {
  if (last_sr(ssrc) == 0) {
    return 0;
  }
  constexpr std::uint64_t kLongestUs = 65535'000'000;  // more doesn't fit
  return static_cast<std::uint32_t>((std::min(now_us - arrived_us_, kLongestUs) << 16) / 1'000'000);
}

void set_losses(VoipMetrics& metrics, std::uint64_t expected, std::uint64_t lost, std::uint64_t discarded,
                const LossBursts::Totals& bursts, std::uint32_t ptime_us) {
  metrics.loss_rate = rate_of(lost, expected);
  metrics.discard_rate = rate_of(discarded, expected);
  metrics.burst_density = rate_of(bursts.burst_lost, bursts.burst_packets);
  metrics.burst_duration_ms = milliseconds(bursts.burst_packets, bursts.bursts, ptime_us);
  const std::uint64_t gap_packets = expected - std::min<std::uint64_t>(expected, bursts.burst_packets);
  const std::uint64_t gap_lost = lost - std::min<std::uint64_t>(lost, bursts.burst_lost);
  metrics.gap_density = rate_of(gap_lost, gap_packets);
  // A stream begins with a gap, and each burst ends one.
  metrics.gap_duration_ms = milliseconds(gap_packets, std::uint64_t{bursts.bursts} + 1, ptime_us);
}

std::size_t write_report(std::span<std::uint8_t> out, const OwnReport& report) {
  const std::string_view cname = report.cname.substr(0, 255);
  const std::size_t blocks = report.block ? 1 : 0;
  const std::size_t first = kHeader + (report.sender ? kSenderInfo : 0) + blocks * kReportBlock;
  const std::size_t sdes = kHeader + ((2 + cname.size()) | 3) + 1;  // at least one octet 0 ends the items
  const std::size_t extended = report.block && report.metrics ? kHeader + kVoipMetrics : 0;
  if (out.size() < first + sdes + extended) {
    return 0;
  }
  std::uint8_t* at = out.data();
  write_header(at, blocks, report.sender ? RtcpType::kSr : RtcpType::kRr, first, report.ssrc);
  if (report.sender) {
    write_sender_info(at + kHeader, *report.sender);
  }
  if (report.block) {
    write_block(at + first - kReportBlock, *report.block);
  }
  at += first;

  constexpr std::uint8_t kCname = 1;
  std::memset(at, 0, sdes);
  write_header(at, 1, RtcpType::kSdes, sdes, report.ssrc);
  at[kHeader] = kCname;
  at[kHeader + 1] = static_cast<std::uint8_t>(cname.size());
  std::copy(cname.begin(), cname.end(), at + kHeader + 2);
  at += sdes;

  if (extended != 0) {
    write_header(at, 0, RtcpType::kXr, extended, report.ssrc);
    write_metrics(at + kHeader, *report.metrics, report.block->ssrc);
  }
  return first + sdes + extended;
}

}  // namespace pollux::rtp
