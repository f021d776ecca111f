#include "controlplane/sdp/format_list.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "controlplane/sdp/codec_attribute.hpp"
#include "controlplane/sdp/text_number.hpp"
#include "controlplane/sdp/words.hpp"

namespace pollux::sdp {

namespace {

constexpr std::uint32_t kMaxPayloadType = 127;
constexpr std::uint32_t kMaxClockRate = 10'000'000;
constexpr std::uint32_t kMaxChannels = 255;
constexpr std::uint8_t kFirstFreePayloadType = 35;  // RFC 3551 §6
constexpr std::uint8_t kFirstRtcpType = 64;         // RFC 5761 §4: can't be told from RTCP
constexpr std::uint8_t kLastRtcpType = 95;

// RFC 3551 §6, tables 4 and 5; and 2, which was G726-32 before and still means it where it is used.
struct StaticType {
  std::uint8_t payload_type;
  std::string_view encoding;
  std::uint32_t clock_rate;
  std::uint32_t channels = 1;
};
constexpr auto kStaticTypes = std::to_array<StaticType>({
    {0, "PCMU", 8000},   {2, "G726-32", 8000}, {3, "GSM", 8000},   {4, "G723", 8000},   {5, "DVI4", 8000},
    {6, "DVI4", 16000},  {7, "LPC", 8000},     {8, "PCMA", 8000},  {9, "G722", 8000},   {10, "L16", 44100, 2},
    {11, "L16", 44100},  {12, "QCELP", 8000},  {13, "CN", 8000},   {14, "MPA", 90000},  {15, "G728", 8000},
    {16, "DVI4", 11025}, {17, "DVI4", 22050},  {18, "G729", 8000}, {25, "CelB", 90000}, {26, "JPEG", 90000},
    {28, "nv", 90000},   {31, "H261", 90000},  {32, "MPV", 90000}, {33, "MP2T", 90000}, {34, "H263", 90000},
});

bool is_known(std::string_view encoding) {
  return std::any_of(kCodecs.begin(), kCodecs.end(),
                     [encoding](const CodecFacts& facts) { return same_word(facts.name, encoding); });
}

// The numbers that the codec lists of a leg allow it to have.
bool may_be(std::uint8_t payload_type, const CodecParams& params) {
  if (payload_type < kFirstFreePayloadType) {
    return codec_facts(params.id).static_payload_type == payload_type && params.clock_rate == 8000;
  }
  return payload_type < kFirstRtcpType || payload_type > kLastRtcpType;
}

void name_static(Format& format) {
  for (const StaticType& type : kStaticTypes) {
    if (type.payload_type == format.payload_type) {
      format.encoding = type.encoding;
      format.clock_rate = type.clock_rate;
      format.channels = type.channels;
    }
  }
}

tl::unexpected<Error> malformed(const Line& line, std::string_view what) {
  return line_error(kSdpMalformed, line, what);
}

}  // namespace

Format* FormatList::find(std::uint32_t payload_type) {
  const std::uint8_t index = index_[payload_type];
  return index == kNone ? nullptr : &formats_[index];
}

Expected<void> FormatList::read_numbers(const Line& line, std::string_view formats) {
  formats_.reserve(16);
  while (true) {
    const std::string_view word = take_word(formats);
    if (word.empty()) {
      return {};
    }
    const auto payload_type = number(word, 0, kMaxPayloadType);
    if (!payload_type) {
      return malformed(line, "the formats of RTP are payload types, 0..127");
    }
    if (find(*payload_type) != nullptr) {
      continue;
    }
    if (formats_.size() == kMaxFormats) {
      return line_error(kSdpUnsupported, line,
                        "has more than " + std::to_string(kMaxFormats) + " formats; offer fewer");
    }
    index_[*payload_type] = static_cast<std::uint8_t>(formats_.size());
    formats_.emplace_back().payload_type = static_cast<std::uint8_t>(*payload_type);
  }
}

Expected<void> FormatList::read_rtpmap(const Line& line) {
  std::string_view rest = line.attribute_value();
  const auto payload_type = number(take_word(rest), 0, kMaxPayloadType);
  if (!payload_type) {
    return malformed(line, "behind rtpmap: must stand a payload type, 0..127");
  }
  const std::string_view map = take_word(rest);
  const auto slash = std::min(map.find('/'), map.size());
  const std::string_view encoding = map.substr(0, slash);
  std::string_view numbers = map.substr(std::min(slash + 1, map.size()));
  if (encoding.empty() || numbers.empty() || !trim(rest).empty()) {
    return malformed(line,
                     "behind the payload type must stand a name, a slash and the clock rate, as in "
                     "a=rtpmap:96 opus/48000/2");
  }
  const auto second = std::min(numbers.find('/'), numbers.size());
  const auto clock_rate = number(numbers.substr(0, second), 1, kMaxClockRate);
  if (!clock_rate) {
    return malformed(line, "the clock rate must be 1.." + std::to_string(kMaxClockRate));
  }
  const auto channels =
      second == numbers.size() ? std::optional(1U) : number(numbers.substr(second + 1), 1, kMaxChannels);
  if (!channels) {
    return malformed(line, "the number of channels must be 1.." + std::to_string(kMaxChannels));
  }
  Format* const format = find(*payload_type);
  if (format == nullptr) {
    return {};
  }
  if (!format->encoding.empty()) {
    return same_word(format->encoding, encoding) && format->clock_rate == *clock_rate &&
                   format->channels == *channels
               ? Expected<void>{}
               : malformed(line, "says something else than the rtpmap before it; a payload type has one");
  }
  format->encoding = encoding;
  format->clock_rate = *clock_rate;
  format->channels = *channels;
  return {};
}

Expected<void> FormatList::read_fmtp(const Line& line) {
  std::string_view rest = line.attribute_value();
  const std::string_view word = take_word(rest);
  const auto payload_type = number(word, 0, kMaxPayloadType);
  if (!payload_type) {
    return malformed(line, "behind fmtp: must stand a payload type, 0..127");
  }
  if (Format* const format = find(*payload_type); format != nullptr) {
    const std::string_view parameters = trim(rest);
    format->fmtp += format->fmtp.empty() || parameters.empty() ? "" : ";";
    format->fmtp += parameters;
  }
  return {};
}

std::vector<Format> FormatList::take(bool audio) {
  for (Format& format : formats_) {
    if (format.encoding.empty()) {
      name_static(format);
    }
    if (!audio || !is_known(format.encoding)) {
      continue;
    }
    const auto params = read_codec({format.encoding, format.clock_rate, format.channels, format.fmtp});
    if (params && may_be(format.payload_type, *params)) {
      format.params = *params;
    }
  }
  return std::move(formats_);
}

}  // namespace pollux::sdp
