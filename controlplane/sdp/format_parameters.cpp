#include "controlplane/sdp/format_parameters.hpp"

#include <strings.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "controlplane/sdp/event_parameters.hpp"
#include "controlplane/sdp/text_number.hpp"

namespace pollux::sdp {

namespace {

struct Parameter {
  std::string_view name;
  std::optional<std::string_view> value;  // none: there was no "="
};

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<Parameter> split(std::string_view fmtp) {
  std::vector<Parameter> parameters;
  while (!fmtp.empty()) {
    const auto end = std::min(fmtp.find(';'), fmtp.size());
    const std::string_view part = trim(fmtp.substr(0, end));
    fmtp.remove_prefix(std::min(end + 1, fmtp.size()));
    if (part.empty()) {
      continue;
    }
    const auto equals = part.find('=');
    parameters.push_back(equals == std::string_view::npos
                             ? Parameter{part, std::nullopt}
                             : Parameter{trim(part.substr(0, equals)), trim(part.substr(equals + 1))});
  }
  return parameters;
}

std::string twice(std::string_view name) {
  return std::string(name) + " is there twice";
}

std::string read_g729(const std::vector<Parameter>& parameters, CodecParams& params) {
  bool seen = false;
  for (const Parameter& parameter : parameters) {
    if (!same(parameter.name, "annexb")) {
      continue;
    }
    if (std::exchange(seen, true)) {
      return twice("annexb");
    }
    const std::string_view value = parameter.value.value_or("");
    if (!same(value, "yes") && !same(value, "no")) {
      return "annexb must be yes or no";
    }
    params.annexb = same(value, "yes");
  }
  return {};
}

std::string read_opus(const std::vector<Parameter>& parameters, CodecParams& params) {
  const auto flags = std::to_array<std::pair<const char*, bool*>>({{"stereo", &params.stereo},
                                                                   {"useinbandfec", &params.inband_fec},
                                                                   {"usedtx", &params.dtx},
                                                                   {"cbr", &params.constant_bit_rate}});
  struct Range {
    const char* name;
    std::uint32_t* value;
    std::uint32_t least, most;
  };
  const auto ranges = std::to_array<Range>({{"maxaveragebitrate", &params.max_average_bitrate, 6000, 510000},
                                            {"maxplaybackrate", &params.max_playback_rate, 8000, 48000}});
  std::vector<const char*> seen;
  const auto again = [&seen](const char* name) {
    const bool before = std::find(seen.begin(), seen.end(), name) != seen.end();
    seen.push_back(name);
    return before;
  };
  for (const Parameter& parameter : parameters) {
    const std::string_view text = parameter.value.value_or("");
    for (const auto& [name, flag] : flags) {
      if (same(parameter.name, name)) {
        const auto value = number(text, 0, 1);
        if (!value || again(name)) {
          return value ? twice(name) : std::string(name) + " must be 0 or 1";
        }
        *flag = *value == 1;
      }
    }
    for (const Range& range : ranges) {
      if (same(parameter.name, range.name)) {
        const auto value = number(text, range.least, range.most);
        if (!value || again(range.name)) {
          return value ? twice(range.name)
                       : std::string(range.name) + " must be " + std::to_string(range.least) + ".." +
                             std::to_string(range.most);
        }
        *range.value = *value;
      }
    }
  }
  return {};
}

std::string read_telephone_event(const std::vector<Parameter>& parameters, CodecParams& params) {
  std::optional<std::string_view> list;
  for (const Parameter& parameter : parameters) {
    const bool named = parameter.value && same(parameter.name, "events");
    if (parameter.value && !named) {
      continue;
    }
    if (list) {
      return "the list of events is there twice";
    }
    list = named ? *parameter.value : parameter.name;
  }
  return list ? read_events(*list, params.events) : "";
}

// RFC 2198 §5: the payload types stand there without a name.
std::string read_red(const std::vector<Parameter>& parameters, CodecParams& params) {
  std::optional<std::string_view> list;
  for (const Parameter& parameter : parameters) {
    if (!parameter.value && std::exchange(list, parameter.name)) {
      return "the list of payload types is there twice";
    }
  }
  return read_redundancy(list.value_or(""), params);
}

}  // namespace

std::string read_format_parameters(std::string_view fmtp, CodecParams& params) {
  const std::vector<Parameter> parameters = split(fmtp);
  switch (params.id) {
    case CodecId::kG729:
      return read_g729(parameters, params);
    case CodecId::kOpus:
      return read_opus(parameters, params);
    case CodecId::kTelephoneEvent:
      return read_telephone_event(parameters, params);
    case CodecId::kRed:
      return read_red(parameters, params);
    default:
      return {};
  }
}

}  // namespace pollux::sdp
