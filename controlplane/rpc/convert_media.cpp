#include "controlplane/rpc/convert_media.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

#include "controlplane/rpc/times.hpp"
#include "controlplane/sdp/codec_attribute.hpp"

namespace pollux::rpc {

namespace {

using control::LegField;
using control::Violations;

// Numbers too large for their type become the largest, which the rules refuse as well.
template <typename To>
To narrow(std::uint32_t value) {
  return static_cast<To>(std::min<std::uint32_t>(value, std::numeric_limits<To>::max()));
}

void read_list(const v1::LegSpec& from, const std::string& path, control::LegRequest& leg,
               Violations& violations) {
  const auto size = static_cast<std::size_t>(from.codecs_size());
  if (size > kMaxCodecs) {
    violations.push_back(
        {path + ".codecs", "at most " + std::to_string(kMaxCodecs) + " codecs, not " + std::to_string(size)});
  }
  for (std::size_t i = 0; i < std::min(size, kMaxCodecs); ++i) {
    const v1::Codec& codec = from.codecs(static_cast<int>(i));
    auto read = sdp::read_codec({codec.encoding(), codec.clock_rate(), codec.channels(), codec.fmtp()});
    if (read) {
      leg.codecs.push_back({*read, narrow<std::uint8_t>(codec.payload_type())});
    } else {
      const bool unknown = read.error().field == "encoding";
      violations.push_back(
          {path + ".codecs[" + std::to_string(i) + "]." + read.error().field,
           read.error().message + (unknown ? ", not " + control::shown(codec.encoding()) : "")});
    }
  }
}

SilencePolicy read_silence(int value, const std::string& field, Violations& violations) {
  if (value == v1::SILENCE_POLICY_NOTHING) {
    return SilencePolicy::kNothing;
  }
  if (value != v1::SILENCE_POLICY_UNSPECIFIED && value != v1::SILENCE_POLICY_COMFORT_NOISE) {
    violations.push_back({field, "unknown value " + std::to_string(value)});
  }
  return SilencePolicy::kComfortNoise;
}

void write_format(const CodecParams& params, double ptime_ms, v1::MediaFormat& message) {
  message.set_encoding(std::string(codec_facts(params.id).name));
  message.set_clock_rate(params.clock_rate);
  message.set_channels(sdp::rtpmap_channels(params));
  message.set_ptime_ms(ptime_ms);
}

void write_path(const MediaPathStats& path, v1::MediaPath& message) {
  message.set_worker(path.worker);
  write_format(path.in, path.in_ptime_ms, *message.mutable_received());
  write_format(path.out, path.out_ptime_ms, *message.mutable_sent());
  message.set_transcodes(path.transcodes);
  message.set_resampled_from_hz(path.resampled_from_hz);
  message.set_resampled_to_hz(path.resampled_to_hz);
  message.set_delay_ms(path.delay_ms);
  message.set_window_ms(path.window_ms);
  message.set_cpu_share(path.cpu_share);
  message.set_packets_in(path.packets_in);
  message.set_packets_out(path.packets_out);
  message.set_reordered(path.reordered);
  message.set_late(path.late);
  message.set_lost(path.lost);
  message.set_malformed(path.malformed);
  write_duration(std::chrono::microseconds(path.concealed_us), *message.mutable_concealed());
  write_duration(std::chrono::microseconds(path.noise_us), *message.mutable_noise());
  message.set_flushed(path.flushed);
}

}  // namespace

void read_codecs(const v1::LegSpec& from, control::LegFields fields, const std::string& path,
                 control::LegRequest& leg, Violations& violations) {
  if (fields.has(LegField::kCodecs)) {
    read_list(from, path, leg, violations);
  }
  if (fields.has(LegField::kPtime)) {
    leg.ptime_ms = narrow<std::uint16_t>(from.ptime_ms());
  }
  if (fields.has(LegField::kJitterWindow) && from.has_jitter_window_ms()) {
    leg.jitter_window_ms = narrow<std::uint16_t>(from.jitter_window_ms());
  }
  if (fields.has(LegField::kSilence)) {
    leg.silence = read_silence(from.silence(), path + ".silence", violations);
  }
  leg.dtx = fields.has(LegField::kDtx) && from.dtx();
  leg.rtcp_xr = fields.has(LegField::kRtcpXr) && from.rtcp_xr();
}

void write_codec(const CodecFormat& codec, v1::Codec& message) {
  message.set_payload_type(codec.payload_type);
  message.set_encoding(std::string(codec_facts(codec.params.id).name));
  message.set_clock_rate(codec.params.clock_rate);
  message.set_channels(sdp::rtpmap_channels(codec.params));
  message.set_fmtp(sdp::print_fmtp(codec.params));
}

void write_codecs(const control::LegRequest& leg, v1::LegSpec& message) {
  for (const CodecFormat& codec : leg.codecs) {
    write_codec(codec, *message.add_codecs());
  }
  message.set_ptime_ms(leg.ptime_ms);
  if (leg.jitter_window_ms) {
    message.set_jitter_window_ms(*leg.jitter_window_ms);
  }
  if (leg.silence == SilencePolicy::kNothing) {
    message.set_silence(v1::SILENCE_POLICY_NOTHING);
  } else if (!leg.codecs.empty()) {
    message.set_silence(v1::SILENCE_POLICY_COMFORT_NOISE);
  }
  message.set_dtx(leg.dtx);
  message.set_rtcp_xr(leg.rtcp_xr);
}

void write_paths(const control::LegView& leg, v1::LegState& message) {
  for (std::size_t i = 0; i < leg.stats.paths.size(); ++i) {
    v1::MediaPath& path = *message.add_paths();
    if (i < leg.path_sources.size()) {
      path.set_from_leg(leg.path_sources[i]);
    }
    write_path(leg.stats.paths[i], path);
  }
}

}  // namespace pollux::rpc
