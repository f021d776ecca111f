#include "controlplane/session/stream_quality.hpp"

#include <algorithm>

#include "dataplane/base/e_model.hpp"

namespace pollux::control {

namespace {

double milliseconds_of(std::uint32_t rtp_ticks, std::uint32_t clock_rate) {
  return clock_rate == 0 ? 0 : rtp_ticks * 1000.0 / clock_rate;
}

// RFC 3551 §6, those that telephony uses.
const char* static_encoding(std::uint8_t payload_type) {
  switch (payload_type) {
    case 0:
      return "PCMU";
    case 3:
      return "GSM";
    case 4:
      return "G723";
    case 8:
      return "PCMA";
    case 9:
      return "G722";
    case 10:
    case 11:
      return "L16";
    case 15:
      return "G728";
    case 18:
      return "G729";
    default:
      return "";
  }
}

// Mouth to ear as far as this node can tell: half the round trip to the talker, a packet's worth of media,
// and a receiver's buffer that rides out twice the jitter.
double one_way_delay_ms(const ReceptionStats& stats) {
  return stats.round_trip_us.value_or(0) / 2000.0 + milliseconds_of(stats.ptime_rtp_ticks, stats.clock_rate) +
         2 * milliseconds_of(stats.jitter_rtp_ticks, stats.clock_rate);
}

}  // namespace

std::string encoding_of(const LegRequest& leg, std::uint8_t payload_type) {
  for (const CodecFormat& codec : leg.codecs) {
    if (codec.payload_type == payload_type) {
      return std::string(codec_facts(codec.params.id).name);
    }
  }
  const auto said = std::ranges::find(leg.encodings, payload_type, &NamedPayloadType::payload_type);
  return said != leg.encodings.end() ? said->encoding : static_encoding(payload_type);
}

std::optional<double> r_factor_between(const std::string& encoding, const LossCounts& before,
                                       const ReceptionStats& now) {
  const auto impairment = impairment_of(encoding);
  const std::uint64_t expected = now.expected - before.expected;
  if (!impairment || now.expected < before.expected || expected < kFewestPackets) {
    return std::nullopt;
  }
  // What was missing at the first look and came afterwards counts for the second.
  const double lost = std::max(0.0, static_cast<double>(now.lost()) - static_cast<double>(before.lost));
  // A reordered packet made a gap as well, but wasn't lost.
  const double gaps =
      static_cast<double>(now.gaps - before.gaps) - static_cast<double>(now.reordered - before.reordered);
  const ReceptionQuality reception{.loss = lost / static_cast<double>(expected),
                                   .mean_gap_packets = gaps >= 1 ? std::max(1.0, lost / gaps) : 1,
                                   .delay_ms = one_way_delay_ms(now)};
  return r_factor(*impairment, reception);
}

std::optional<StreamQuality> quality_of(const LegRequest& request, const LegStats& stats,
                                        std::optional<double> lowest_r) {
  const ReceptionStats& counts = stats.reception;
  if (counts.expected == 0) {
    return std::nullopt;
  }
  StreamQuality quality;
  quality.counts = counts;
  quality.codec = encoding_of(request, counts.payload_type);
  quality.jitter_ms = milliseconds_of(counts.jitter_rtp_ticks, counts.clock_rate);
  quality.max_jitter_ms = milliseconds_of(counts.max_jitter_rtp_ticks, counts.clock_rate);
  quality.ptime_ms = milliseconds_of(counts.ptime_rtp_ticks, counts.clock_rate);
  quality.talk = std::chrono::milliseconds(counts.talk_us / 1000);
  quality.silence = std::chrono::milliseconds(counts.silence_us / 1000);
  quality.r_factor = r_factor_between(quality.codec, {}, counts);
  if (quality.r_factor) {
    quality.mos = mos_of(*quality.r_factor);
    quality.lowest_mos = mos_of(std::min(*quality.r_factor, lowest_r.value_or(*quality.r_factor)));
  }
  return quality;
}

}  // namespace pollux::control
