#include "dataplane/rtp/party_view.hpp"

#include <algorithm>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/rtp/rtcp.hpp"

namespace pollux::rtp {

namespace {

constexpr std::size_t kHeaderLength = 8;       // with the sender's SSRC
constexpr std::size_t kSenderInfoLength = 20;  // of an SR
constexpr std::size_t kBlockLength = 24;
constexpr std::size_t kNtpMiddleOffset = 10;
constexpr std::uint32_t kLongestRoundTripUs = 60'000'000;

std::int32_t signed24(std::uint32_t value) {
  return static_cast<std::int32_t>(value << 8) >> 8;
}

ReportBlock read_block(const std::uint8_t* bytes) {
  const std::uint32_t losses = load_be32(bytes + 4);
  return {.fraction_lost = static_cast<std::uint8_t>(losses >> 24),
          .cumulative_lost = signed24(losses & 0xffffffU),
          .jitter_rtp_ticks = load_be32(bytes + 12),
          .last_sr = load_be32(bytes + 16),
          .delay_since_sr = load_be32(bytes + 20),
          .ssrc = load_be32(bytes)};
}

// Without `own` the first block is the one that counts.
ReportContents read(std::span<const std::uint8_t> compound, std::optional<std::uint32_t> own) {
  ReportContents contents;
  RtcpReader reader(compound);
  for (RtcpPacket packet; reader.next(packet);) {
    const bool sender = packet.type == static_cast<std::uint8_t>(RtcpType::kSr);
    if (!sender && packet.type != static_cast<std::uint8_t>(RtcpType::kRr)) {
      continue;
    }
    const std::uint8_t* const bytes = packet.bytes.data();
    const std::uint32_t author = load_be32(bytes + 4);
    if (own && author == *own) {
      continue;
    }
    if (sender && !contents.sr_ntp_middle) {
      contents.sr_ntp_middle = load_be32(bytes + kNtpMiddleOffset);
      contents.sr_ssrc = author;
    }
    const std::uint8_t* at = bytes + kHeaderLength + (sender ? kSenderInfoLength : 0);
    for (std::size_t i = 0; i < packet.count && !contents.block; ++i, at += kBlockLength) {
      if (!own || load_be32(at) == *own) {
        contents.block = read_block(at);
      }
    }
  }
  return contents;
}

}  // namespace

ReportContents read_reports(std::span<const std::uint8_t> compound) {
  return read(compound, std::nullopt);
}

ReportContents read_reports_to(std::uint32_t own, std::span<const std::uint8_t> compound) {
  return read(compound, own);
}

void PartyView::on_sr_sent(std::uint32_t ntp_middle, std::uint64_t now_us) {
  sent_[next_++ % kRemembered] = {ntp_middle, static_cast<std::uint32_t>(now_us)};
}

void PartyView::on_report(const ReportBlock& block, std::uint64_t now_us) {
  fraction_lost_ = block.fraction_lost;
  cumulative_lost_ = static_cast<std::uint32_t>(block.cumulative_lost);
  jitter_ = block.jitter_rtp_ticks;
  reported_us_ = now_us;
  if (block.last_sr == 0) {
    return;
  }
  for (const SentReport& sent : sent_) {
    if (sent.ntp_middle == block.last_sr) {
      const std::uint32_t away_us = static_cast<std::uint32_t>(now_us) - sent.sent_us;
      const std::uint64_t held_us = (std::uint64_t{block.delay_since_sr} * 1'000'000) >> 16;
      // The party's clock may run a little faster than ours: no less than nothing.
      const std::uint64_t round_trip_us = away_us > held_us ? away_us - held_us : 0;
      if (round_trip_us <= kLongestRoundTripUs) {
        round_trip_us_ = static_cast<std::uint32_t>(round_trip_us);
      }
      return;
    }
  }
}

}  // namespace pollux::rtp
