#include "controlplane/sdp/event_parameters.hpp"

#include <algorithm>
#include <optional>

#include "controlplane/sdp/text_number.hpp"

namespace pollux::sdp {

namespace {

constexpr std::uint32_t kMaxEvent = 255;
constexpr std::uint32_t kKnownEvents = 128;  // above: trunks (RFC 5244), nothing for a leg

bool has(const EventSet& events, std::uint32_t event) {
  return event < kKnownEvents && (events[event / 64] >> (event % 64) & 1U) != 0;
}

// The text up to the first `separator`, which goes with it.
std::optional<std::string_view> take_item(std::optional<std::string_view>& rest, char separator) {
  if (!rest) {
    return std::nullopt;
  }
  const auto end = rest->find(separator);
  const std::string_view item = rest->substr(0, end);
  rest = end == std::string_view::npos ? std::nullopt : std::optional(rest->substr(end + 1));
  return item;
}

}  // namespace

std::string read_events(std::string_view list, EventSet& events) {
  EventSet found{};
  std::optional<std::string_view> rest = list;
  while (const auto item = take_item(rest, ',')) {
    const auto dash = std::min(item->find('-'), item->size());
    const auto first = number(item->substr(0, dash), 0, kMaxEvent);
    const auto last = dash == item->size() ? first : number(item->substr(dash + 1), 0, kMaxEvent);
    if (!first || !last || *first > *last) {
      return "must list events as \"0-15,66\", each 0..255";
    }
    for (std::uint32_t event = *first; event <= std::min(*last, kKnownEvents - 1); ++event) {
      found[event / 64] |= std::uint64_t{1} << (event % 64);
    }
  }
  if (found == EventSet{}) {
    return "must list at least one of the events 0..127";
  }
  events = found;
  return {};
}

std::string print_events(const EventSet& events) {
  std::string text;
  for (std::uint32_t event = 0; event < kKnownEvents; ++event) {
    if (!has(events, event)) {
      continue;
    }
    const std::uint32_t first = event;
    while (has(events, event + 1)) {
      ++event;
    }
    text += (text.empty() ? "" : ",") + std::to_string(first) +
            (event > first ? "-" + std::to_string(event) : "");
  }
  return text;
}

std::string read_redundancy(std::string_view list, CodecParams& params) {
  const std::string written =
      "must be the payload type of telephone-event, once for each event in a packet: \"101/101/101\"";
  std::optional<std::string_view> rest = list;
  std::optional<std::uint32_t> payload_type;
  std::uint32_t blocks = 0;
  while (const auto item = take_item(rest, '/')) {
    const auto next = number(*item, 0, 127);
    if (!next) {
      return written;
    }
    if (payload_type && payload_type != next) {
      return "must name one payload type only, that of telephone-event: other formats aren't repeated";
    }
    payload_type = next;
    ++blocks;
  }
  if (blocks < 2 || blocks > kMaxRedundancy + 1U) {
    return written + ", 2.." + std::to_string(kMaxRedundancy + 1) + " times";
  }
  params.redundant_payload_type = static_cast<std::uint8_t>(*payload_type);
  params.redundancy = static_cast<std::uint8_t>(blocks - 1);
  return {};
}

std::string print_redundancy(const CodecParams& params) {
  const std::string payload_type = std::to_string(params.redundant_payload_type);
  std::string text = payload_type;
  for (int i = 0; i < params.redundancy; ++i) {
    text += "/" + payload_type;
  }
  return text;
}

}  // namespace pollux::sdp
