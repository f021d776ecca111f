#include "controlplane/cli/codec_parser.hpp"

#include <strings.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "controlplane/cli/value_parser.hpp"

namespace pollux::cli {

namespace {

struct StaticNumber {
  std::string_view name;
  std::uint32_t payload_type;
};

// RFC 3551 §6, at a clock rate of 8000.
constexpr StaticNumber kStaticNumbers[] = {{"PCMU", 0}, {"GSM", 3}, {"PCMA", 8},
                                           {"G722", 9}, {"CN", 13}, {"G729", 18}};

std::optional<std::uint32_t> static_number(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kStaticNumbers), std::end(kStaticNumbers), [name](const StaticNumber& number) {
        return number.name.size() == name.size() &&
               strncasecmp(number.name.data(), name.data(), name.size()) == 0;
      });
  return found == std::end(kStaticNumbers) ? std::nullopt : std::optional(found->payload_type);
}

}  // namespace

Parsed<v1::Codec> parse_codec(std::string_view text) {
  Parsed<v1::Codec> result;
  const auto semicolon = std::min(text.find(';'), text.size());
  const auto parts = split(text.substr(0, semicolon), '/');
  const auto colon = parts[0].find(':');
  const std::string_view name = parts[0].substr(0, colon);
  if (name.empty() || parts.size() > 3) {
    result.problems.push_back(
        "written NAME, NAME:PT or NAME:PT/RATE/CHANNELS, with ;FMTP behind, such as opus:96;useinbandfec=1");
    return result;
  }
  v1::Codec& codec = result.value;
  codec.set_encoding(std::string(name));
  const auto number =
      colon == std::string_view::npos ? static_number(name) : parse_number(parts[0].substr(colon + 1));
  if (!number && colon == std::string_view::npos) {
    result.problems.push_back("needs the payload type that the SDP gives it, such as " + std::string(name) +
                              ":96");
  } else if (!number || *number > 127 || (*number >= 64 && *number <= 95)) {
    result.problems.push_back("the payload type must be 0..63 or 96..127");
  } else {
    codec.set_payload_type(*number);
  }
  const auto rate = parts.size() > 1 ? parse_number(parts[1]) : std::optional<std::uint32_t>(0);
  const auto channels = parts.size() > 2 ? parse_number(parts[2]) : std::optional<std::uint32_t>(0);
  if (!rate || !channels) {
    result.problems.push_back("clock rate and channels are numbers, as in a=rtpmap: opus:96/48000/2");
    return result;
  }
  codec.set_clock_rate(*rate);
  codec.set_channels(*channels);
  codec.set_fmtp(std::string(text.substr(std::min(semicolon + 1, text.size()))));
  return result;
}

}  // namespace pollux::cli
