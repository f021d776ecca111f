#include "controlplane/sdp/codec_attribute.hpp"

#include <strings.h>

#include <algorithm>

#include "controlplane/sdp/event_parameters.hpp"
#include "controlplane/sdp/format_parameters.hpp"

namespace pollux::sdp {

namespace {

tl::unexpected<Error> wrong(const char* field, std::string message) {
  return fail(ErrorCode::kInvalidArgument, "CODEC_INVALID", field, std::move(message));
}

const CodecFacts* find_codec(std::string_view encoding) {
  const auto found = std::find_if(kCodecs.begin(), kCodecs.end(), [encoding](const CodecFacts& facts) {
    return facts.name.size() == encoding.size() &&
           strncasecmp(facts.name.data(), encoding.data(), encoding.size()) == 0;
  });
  return found == kCodecs.end() ? nullptr : &*found;
}

bool any_rate(CodecId id) {
  return id == CodecId::kL16 || id == CodecId::kComfortNoise || id == CodecId::kTelephoneEvent ||
         id == CodecId::kRed;
}

bool rate_fits(CodecId id, std::uint32_t rate, std::uint32_t usual) {
  return rate == usual ||
         (any_rate(id) && (rate == 16000 || rate == 24000 || rate == 32000 || rate == 48000));
}

}  // namespace

Expected<CodecParams> read_codec(const CodecText& text) {
  const CodecFacts* const facts = find_codec(text.encoding);
  if (facts == nullptr) {
    return wrong("encoding", "must be one of " + known_encodings());
  }
  const std::string name(facts->name);
  CodecParams params;
  params.id = facts->id;
  const std::uint32_t usual = facts->id == CodecId::kOpus ? 48000 : 8000;
  params.clock_rate = text.clock_rate == 0 ? usual : text.clock_rate;
  if (!rate_fits(facts->id, params.clock_rate, usual)) {
    return wrong("clock_rate",
                 any_rate(facts->id)
                     ? "of " + name + " must be 8000, 16000, 24000, 32000 or 48000"
                     : "of " + name + " is always " + std::to_string(usual) +
                           (facts->id == CodecId::kG722 ? " in SDP (RFC 3551 section 4.5.2)" : ""));
  }
  const bool two = facts->id == CodecId::kL16 || facts->id == CodecId::kOpus;
  if (text.channels > (two ? 2U : 1U)) {
    return wrong("channels", "of " + name + (two ? " must be 1 or 2" : " must be 1"));
  }
  params.channels = facts->id == CodecId::kL16 && text.channels == 2 ? 2 : 1;
  if (text.fmtp.size() > kMaxFmtpBytes) {
    return wrong("fmtp", "must have at most " + std::to_string(kMaxFmtpBytes) + " bytes");
  }
  if (const std::string problem = read_format_parameters(text.fmtp, params); !problem.empty()) {
    return wrong("fmtp", problem);
  }
  return params;
}

std::string print_fmtp(const CodecParams& params) {
  std::string text;
  const auto add = [&text](bool said, const std::string& parameter) {
    if (said) {
      text += (text.empty() ? "" : ";") + parameter;
    }
  };
  switch (params.id) {
    case CodecId::kG729:
      add(!params.annexb, "annexb=no");
      break;
    case CodecId::kOpus:
      add(params.stereo, "stereo=1");
      add(params.inband_fec, "useinbandfec=1");
      add(params.dtx, "usedtx=1");
      add(params.constant_bit_rate, "cbr=1");
      add(params.max_average_bitrate != 0, "maxaveragebitrate=" + std::to_string(params.max_average_bitrate));
      add(params.max_playback_rate != CodecParams{}.max_playback_rate,
          "maxplaybackrate=" + std::to_string(params.max_playback_rate));
      break;
    case CodecId::kTelephoneEvent:
      return print_events(params.events);
    case CodecId::kRed:
      return print_redundancy(params);
    default:
      break;
  }
  return text;
}

std::uint32_t rtpmap_channels(const CodecParams& params) {
  return params.id == CodecId::kOpus ? 2 : params.channels;
}

std::string known_encodings() {
  std::string names;
  for (const CodecFacts& facts : kCodecs) {
    names += (names.empty() ? "" : ", ") + std::string(facts.name);
  }
  return names;
}

}  // namespace pollux::sdp
