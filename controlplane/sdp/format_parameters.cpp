#include "controlplane/sdp/format_parameters.hpp"

#include <strings.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

namespace pollux::sdp {

namespace {

constexpr const char* kAllUsualEvents = "0-15";  // RFC 4733 §2.4.1: when the line says nothing

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

std::optional<std::uint32_t> number(std::string_view text, std::uint32_t least, std::uint32_t most) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && value >= least && value <= most ? std::optional(value) : std::nullopt;
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

// RFC 4733 §2.4.1: "0-15,66,70", numbers and ranges up.
bool valid_events(std::string_view list) {
  while (true) {
    const auto end = std::min(list.find(','), list.size());
    const std::string_view item = list.substr(0, end);
    const auto dash = std::min(item.find('-'), item.size());
    const auto first = number(item.substr(0, dash), 0, 255);
    const auto last = dash == item.size() ? first : number(item.substr(dash + 1), 0, 255);
    if (!first || !last || *first > *last) {
      return false;
    }
    if (end == list.size()) {
      return true;
    }
    list.remove_prefix(end + 1);
  }
}

std::string read_events(const std::vector<Parameter>& parameters, std::string& events) {
  for (const Parameter& parameter : parameters) {
    const bool named = parameter.value && same(parameter.name, "events");
    if (parameter.value && !named) {
      continue;
    }
    if (!events.empty()) {
      return "the list of events is there twice";
    }
    events = named ? *parameter.value : parameter.name;
    if (!valid_events(events)) {
      return "must list events as \"0-15,66\", each 0..255";
    }
  }
  if (events.empty()) {
    events = kAllUsualEvents;
  }
  return {};
}

}  // namespace

std::string read_format_parameters(std::string_view fmtp, CodecAttribute& codec) {
  const std::vector<Parameter> parameters = split(fmtp);
  switch (codec.params.id) {
    case CodecId::kG729:
      return read_g729(parameters, codec.params);
    case CodecId::kOpus:
      return read_opus(parameters, codec.params);
    case CodecId::kTelephoneEvent:
      return read_events(parameters, codec.events);
    default:
      return {};
  }
}

}  // namespace pollux::sdp
