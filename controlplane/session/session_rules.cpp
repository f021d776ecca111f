#include "controlplane/session/session_rules.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "controlplane/session/codec_rules.hpp"
#include "controlplane/session/dtmf_rules.hpp"
#include "controlplane/session/srtp_rules.hpp"

namespace pollux::control {

namespace {

using namespace std::chrono_literals;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool all_of_set(std::string_view text, std::string_view extra) {
  return std::all_of(text.begin(), text.end(), [extra](char c) {
    return is_alphanumeric(c) || extra.find(c) != std::string_view::npos;
  });
}

std::string network_names(std::span<const config::NetworkConfig> networks) {
  std::string names;
  for (const auto& network : networks) {
    names += (names.empty() ? "" : ", ") + network.name;
  }
  return names.empty() ? "none" : names;
}

std::string_view family_name(AddressFamily family) {
  return family == AddressFamily::kIpv4 ? "IPv4" : "IPv6";
}

// The checks of one leg; collects into one list.
class LegCheck {
 public:
  LegCheck(const LegRequest& leg, std::string path, Violations& violations)
      : leg_(leg), path_(std::move(path)), violations_(violations) {}

  void id(std::set<std::string_view>& seen) {
    if (!valid_leg_id(leg_.id)) {
      add("leg_id", "must be 1..32 characters of [A-Za-z0-9_-], not " + shown(leg_.id));
    } else if (!seen.insert(leg_.id).second) {
      add("leg_id", "another leg is called " + shown(leg_.id) + " already: leg ids are unique in a session");
    }
  }

  void network(std::span<const config::NetworkConfig> networks) {
    const auto* network = find_network(networks, leg_.network);
    if (network == nullptr) {
      add("network", (leg_.network.empty() ? "must be set, the node has several networks"
                                           : "unknown network " + shown(leg_.network)) +
                         "; there are: " + network_names(networks));
      return;
    }
    const auto has_family = [this](const IpAddress& address) { return address.family() == leg_.family; };
    if (leg_.family && std::none_of(network->addresses.begin(), network->addresses.end(), has_family)) {
      add("family", "network " + shown(network->name) + " has no " + std::string(family_name(*leg_.family)) +
                        " address");
    }
  }

  void remote(const char* field, const std::optional<SocketAddress>& remote) {
    if (!remote) {
      return;
    }
    const std::string address_field = std::string(field) + ".address";
    static constexpr std::uint8_t kBroadcast[4] = {255, 255, 255, 255};
    if (remote->ip.is_unspecified()) {
      add(address_field,
          "is the unspecified address; leave " + std::string(field) + " unset until it is known");
    } else if (remote->ip.is_multicast() || remote->ip == IpAddress::from_v4_bytes(kBroadcast)) {
      add(address_field, "is a multicast or broadcast address; media goes to one party");
    } else if (remote->ip.is_loopback()) {
      add(address_field, "is a loopback address, which no other host has");
    } else if (leg_.family && remote->ip.family() != *leg_.family) {
      add(address_field, "is " + std::string(family_name(remote->ip.family())) +
                             ", but the leg's local address is " + std::string(family_name(*leg_.family)));
    }
    if (remote->port == 0) {
      add(std::string(field) + ".port", "must be 1..65535");
    }
  }

  void rtcp_port() {
    if (leg_.remote_rtp && leg_.remote_rtp->port == 65535 && !leg_.remote_rtcp && !leg_.rtcp_mux) {
      add("remote_rtp.port", "65535 leaves no port above it for RTCP: set remote_rtcp or rtcp_mux");
    }
  }

  void payload_types() {
    if (leg_.payload_types.size() > kMaxPayloadTypes) {
      add("payload_types", "at most " + std::to_string(kMaxPayloadTypes) + " mappings");
    }
    std::array<bool, 256> wire_seen{};
    std::array<bool, 256> common_seen{};
    for (std::size_t i = 0; i < std::min(leg_.payload_types.size(), kMaxPayloadTypes); ++i) {
      const PayloadTypeMapping& mapping = leg_.payload_types[i];
      const std::string at = "payload_types[" + std::to_string(i) + "].";
      if (mapping.wire > 127 || (mapping.wire >= 64 && mapping.wire <= 95)) {
        add(at + "wire", "must be 0..63 or 96..127, not " + std::to_string(mapping.wire) +
                             " (64..95 can't be told from RTCP, RFC 5761 section 4)");
      } else if (std::exchange(wire_seen[mapping.wire], true)) {
        add(at + "wire", std::to_string(mapping.wire) + " is mapped twice");
      }
      if (mapping.common > 127) {
        add(at + "common", "must be 0..127, not " + std::to_string(mapping.common));
      } else if (std::exchange(common_seen[mapping.common], true)) {
        add(at + "common", std::to_string(mapping.common) + " is mapped twice");
      }
      if (mapping.clock_rate != 0 && (mapping.clock_rate < 1000 || mapping.clock_rate > 192000)) {
        add(at + "clock_rate", "must be 1000..192000 Hz, or 0 for the format's usual one");
      }
    }
  }

  void sinks(const SessionRequest& request) {
    if (leg_.sinks.size() > kMaxLegs) {
      add("sinks", "at most " + std::to_string(kMaxLegs) + " sinks");
    }
    for (std::size_t i = 0; i < std::min(leg_.sinks.size(), kMaxLegs); ++i) {
      const std::string& sink = leg_.sinks[i];
      const std::string at = "sinks[" + std::to_string(i) + "]";
      const auto named = [&sink](const LegRequest& other) { return other.id == sink; };
      const auto first = leg_.sinks.begin();
      if (sink == leg_.id) {
        add(at, "a leg can't be its own sink");
      } else if (std::none_of(request.legs.begin(), request.legs.end(), named)) {
        add(at, "the session has no leg " + shown(sink));
      } else if (std::find(first, first + static_cast<std::ptrdiff_t>(i), sink) !=
                 first + static_cast<std::ptrdiff_t>(i)) {
        add(at, "leg " + shown(sink) + " is named twice");
      }
    }
  }

  void dscp() {
    if (leg_.dscp && *leg_.dscp > 63) {
      add("dscp", "must be 0..63");
    }
  }

 private:
  void add(const std::string& field, std::string description) {
    violations_.push_back({path_ + "." + field, std::move(description)});
  }

  const LegRequest& leg_;
  std::string path_;
  Violations& violations_;
};

void check_labels(const SessionRequest& request, Violations& violations) {
  if (request.labels.size() > kMaxLabels) {
    violations.push_back({"spec.labels", "at most " + std::to_string(kMaxLabels) + " labels, not " +
                                             std::to_string(request.labels.size())});
  }
  std::size_t looked_at = 0;
  for (const auto& [key, value] : request.labels) {
    if (++looked_at > kMaxLabels) {
      break;
    }
    if (key.empty() || key.size() > kMaxLabelBytes) {
      violations.push_back({"spec.labels", "label " + shown(key) + ": the name must have 1..256 bytes"});
    }
    if (value.size() > kMaxLabelBytes) {
      violations.push_back(
          {"spec.labels", "label " + shown(key) + ": the value must have at most 256 bytes"});
    }
  }
}

}  // namespace

bool valid_session_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxSessionIdLength && all_of_set(id, "._:@-");
}

bool valid_leg_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxLegIdLength && all_of_set(id, "_-");
}

std::string shown(std::string_view text) {
  static constexpr std::size_t kShown = 64;
  std::string result = "\"";
  for (const char c : text.substr(0, kShown)) {
    result += c >= 0x20 && c < 0x7f ? c : '?';
  }
  return result + (text.size() > kShown ? "...\"" : "\"");
}

const config::NetworkConfig* find_network(std::span<const config::NetworkConfig> networks,
                                          std::string_view name) {
  const auto found = std::find_if(networks.begin(), networks.end(),
                                  [name](const auto& network) { return network.name == name; });
  return found == networks.end() ? nullptr : &*found;
}

void resolve_defaults(SessionRequest& request, const NodeDefaults& defaults, SinkDefault sinks) {
  for (LegRequest& leg : request.legs) {
    if (leg.network.empty() && defaults.networks.size() == 1) {
      leg.network = defaults.networks.front().name;
    }
    if (!leg.family) {
      leg.family = leg.remote_rtp ? leg.remote_rtp->ip.family() : AddressFamily::kIpv4;
    }
    const auto* network = find_network(defaults.networks, leg.network);
    if (!leg.dscp && network != nullptr) {
      leg.dscp = network->dscp;
    }
    if (!leg.jitter_window_ms && !leg.codecs.empty()) {
      leg.jitter_window_ms = defaults.jitter_window_ms;
    }
  }
  if (!request.media_timeout) {
    request.media_timeout = defaults.media_timeout;
  }
  auto& legs = request.legs;
  if (sinks == SinkDefault::kEachOther && legs.size() == 2 && legs[0].sinks.empty() &&
      legs[1].sinks.empty()) {
    legs[0].sinks = {legs[1].id};
    legs[1].sinks = {legs[0].id};
  }
}

void check_session(const SessionRequest& request, const NodeDefaults& defaults, const LegPath& leg_path,
                   Violations& violations, const SessionRequest* before) {
  if (request.legs.empty() || request.legs.size() > kMaxLegs) {
    violations.push_back(
        {"spec.legs", "a session has 1..16 legs, not " + std::to_string(request.legs.size())});
  }
  std::set<std::string_view> ids;
  for (std::size_t i = 0; i < std::min(request.legs.size(), kMaxLegs); ++i) {
    LegCheck check(request.legs[i], leg_path(i), violations);
    check.id(ids);
    check.network(defaults.networks);
    check.remote("remote_rtp", request.legs[i].remote_rtp);
    check.remote("remote_rtcp", request.legs[i].remote_rtcp);
    check.rtcp_port();
    check.payload_types();
    check.dscp();
    check.sinks(request);
  }
  check_codecs(request, defaults.codecs, leg_path, violations);
  check_dtmf(request, leg_path, violations);
  check_srtp(request, defaults.allow_null_cipher, before, leg_path, violations);
  // The operator's own default needs no leave.
  if (request.media_timeout && *request.media_timeout != defaults.media_timeout &&
      *request.media_timeout != 0ms && (*request.media_timeout < 1s || *request.media_timeout > 24h)) {
    violations.push_back({"spec.media_timeout", "must be 0 (never) or 1 s..24 h"});
  }
  check_labels(request, violations);
}

}  // namespace pollux::control
