#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

#include "controlplane/rpc/convert.hpp"
#include "controlplane/rpc/convert_dtmf.hpp"
#include "controlplane/rpc/convert_media.hpp"
#include "controlplane/rpc/convert_srtp.hpp"
#include "controlplane/rpc/field_mask.hpp"
#include "controlplane/rpc/read_enum.hpp"

namespace pollux::rpc {

namespace {

using control::LegField;
using control::Violations;

std::optional<SocketAddress> read_address(const v1::SocketAddress& message, const std::string& field,
                                          Violations& violations) {
  const auto ip = IpAddress::parse(message.address());
  const bool port_ok = message.port() >= 1 && message.port() <= 65535;
  if (!ip) {
    violations.push_back({field + ".address", "must be an IPv4 or IPv6 address as text, not " +
                                                  control::shown(message.address())});
  }
  if (!port_ok) {
    violations.push_back({field + ".port", "must be 1..65535, not " + std::to_string(message.port())});
  }
  if (!ip) {
    return std::nullopt;
  }
  // With a wrong port the address is checked all the same; the request is refused anyway.
  return SocketAddress{*ip, port_ok ? static_cast<std::uint16_t>(message.port()) : std::uint16_t{1}};
}

template <typename Repeated>
int bounded_size(const Repeated& items, std::size_t limit, const std::string& field, const char* what,
                 Violations& violations) {
  const auto size = static_cast<std::size_t>(items.size());
  if (size > limit) {
    violations.push_back(
        {field, "at most " + std::to_string(limit) + " " + what + ", not " + std::to_string(size)});
  }
  return static_cast<int>(std::min(size, limit));
}

bool valid_encoding(const std::string& name) {
  constexpr std::size_t kLongest = 32;
  return name.size() <= kLongest && std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
         });
}

void read_payload_types(const v1::LegSpec& from, const std::string& path, control::LegRequest& leg,
                        Violations& violations) {
  const std::string field = path + ".payload_types";
  const int count = bounded_size(from.payload_types(), kMaxPayloadTypes, field, "mappings", violations);
  for (int i = 0; i < count; ++i) {
    const auto& mapping = from.payload_types(i);
    // Numbers too large for their type become the largest, which the rules refuse as well.
    const auto narrow = [](std::uint32_t value) { return static_cast<std::uint8_t>(std::min(value, 255U)); };
    leg.payload_types.push_back({narrow(mapping.wire()), narrow(mapping.common()), mapping.clock_rate()});
    if (!valid_encoding(mapping.encoding())) {
      violations.push_back({field + "[" + std::to_string(i) + "].encoding", "at most 32 of [A-Za-z0-9._-]"});
    } else if (!mapping.encoding().empty()) {
      leg.encodings.push_back({narrow(mapping.wire()), mapping.encoding()});
    }
  }
}

void read_media(const v1::LegSpec& from, control::LegFields fields, const std::string& path,
                control::LegRequest& leg, Violations& violations) {
  if (fields.has(LegField::kDirection)) {
    leg.direction = read_enum<Direction>(from.direction(), Direction::kSendRecv,
                                         {{v1::DIRECTION_SENDRECV, Direction::kSendRecv},
                                          {v1::DIRECTION_SENDONLY, Direction::kSendOnly},
                                          {v1::DIRECTION_RECVONLY, Direction::kRecvOnly},
                                          {v1::DIRECTION_INACTIVE, Direction::kInactive}},
                                         path + ".direction", violations);
  }
  if (fields.has(LegField::kLearning)) {
    leg.learning = read_learning(from.learning(), path + ".learning", violations);
  }
  if (fields.has(LegField::kSourcePolicy)) {
    leg.source_policy = read_source_policy(from.source_policy(), path + ".source_policy", violations);
  }
  if (fields.has(LegField::kStreamMode)) {
    leg.stream_mode = read_enum<StreamMode>(
        from.stream_mode(), StreamMode::kPreserve,
        {{v1::STREAM_MODE_PRESERVE, StreamMode::kPreserve}, {v1::STREAM_MODE_REWRITE, StreamMode::kRewrite}},
        path + ".stream_mode", violations);
  }
  if (fields.has(LegField::kPayloadTypes)) {
    read_payload_types(from, path, leg, violations);
  }
  if (fields.has(LegField::kDscp) && from.has_dscp()) {
    leg.dscp = static_cast<std::uint8_t>(std::min(from.dscp(), 255U));
  }
  if (fields.has(LegField::kSinks)) {
    const int count = bounded_size(from.sinks(), kMaxLegs, path + ".sinks", "sinks", violations);
    leg.sinks = SharedList(std::vector<std::string>(from.sinks().begin(), from.sinks().begin() + count));
  }
}

void read_keys(const v1::LegSpec& from, control::LegFields fields, const std::string& path,
               control::LegRequest& leg, Violations& violations) {
  if (fields.has(LegField::kSrtpReceive) && from.has_srtp_receive()) {
    leg.srtp_receive = read_srtp_params(from.srtp_receive(), path + ".srtp_receive", violations);
  }
  if (fields.has(LegField::kSrtpSend) && from.has_srtp_send()) {
    leg.srtp_send = read_srtp_params(from.srtp_send(), path + ".srtp_send", violations);
  }
  leg.srtp_passthrough = fields.has(LegField::kSrtpPassthrough) && from.srtp_passthrough();
}

std::optional<std::chrono::milliseconds> read_timeout(const v1::SessionSpec& spec, Violations& violations) {
  return spec.has_media_timeout() ? read_media_timeout(spec.media_timeout(), "spec.media_timeout", violations)
                                  : std::nullopt;
}

int leg_count(const v1::SessionSpec& spec, Violations& violations) {
  return bounded_size(spec.legs(), kMaxLegs, "spec.legs", "legs", violations);
}

std::string leg_path(int index) {
  return "spec.legs[" + std::to_string(index) + "]";
}

// The legs of the request that the mask names, in the order in which it does.
void read_leg_patches(const v1::SessionSpec& spec, int legs, const UpdateMask& mask,
                      control::SessionPatch& patch, Violations& violations) {
  for (const LegMask& leg : mask.legs) {
    const auto begin = spec.legs().begin();
    const auto end = begin + legs;
    const auto found =
        std::find_if(begin, end, [&leg](const auto& in_spec) { return in_spec.leg_id() == leg.leg_id; });
    control::LegPatch leg_patch{leg.leg_id, {}, leg.whole, leg.fields, std::nullopt};
    if (found != end) {
      leg_patch.path = leg_path(static_cast<int>(found - begin));
      leg_patch.values =
          read_leg(*found, leg.whole ? control::LegFields::all() : leg.fields, leg_patch.path, violations);
    } else if (!leg.whole) {
      violations.push_back({"update_mask", "names fields of leg " + control::shown(leg.leg_id) +
                                               ", which isn't in spec.legs"});
    }
    patch.legs.push_back(std::move(leg_patch));
  }
  std::set<std::string_view> seen;
  for (int i = 0; i < legs; ++i) {
    if (!seen.insert(spec.legs(i).leg_id()).second) {
      violations.push_back({leg_path(i) + ".leg_id", "another leg has this id already"});
    }
  }
}

}  // namespace

control::LegRequest read_leg(const v1::LegSpec& from, control::LegFields fields, const std::string& path,
                             Violations& violations) {
  control::LegRequest leg;
  leg.id = from.leg_id();
  if (fields.has(LegField::kNetwork)) {
    leg.network = from.network();
  }
  if (fields.has(LegField::kFamily)) {
    leg.family = read_family(from.family(), path + ".family", violations);
  }
  if (fields.has(LegField::kRemoteRtp) && from.has_remote_rtp()) {
    leg.remote_rtp = read_address(from.remote_rtp(), path + ".remote_rtp", violations);
  }
  if (fields.has(LegField::kRemoteRtcp) && from.has_remote_rtcp()) {
    leg.remote_rtcp = read_address(from.remote_rtcp(), path + ".remote_rtcp", violations);
  }
  leg.rtcp_mux = fields.has(LegField::kRtcpMux) && from.rtcp_mux();
  read_media(from, fields, path, leg, violations);
  read_keys(from, fields, path, leg, violations);
  read_codecs(from, fields, path, leg, violations);
  read_dtmf(from, fields, path, leg, violations);
  return leg;
}

LearningMode read_learning(int value, const std::string& field, Violations& violations) {
  return read_enum<LearningMode>(value, LearningMode::kHeuristic,
                                 {{v1::LEARNING_MODE_OFF, LearningMode::kOff},
                                  {v1::LEARNING_MODE_IMMEDIATE, LearningMode::kImmediate},
                                  {v1::LEARNING_MODE_DELAYED, LearningMode::kDelayed},
                                  {v1::LEARNING_MODE_HEURISTIC, LearningMode::kHeuristic}},
                                 field, violations);
}

SourcePolicy read_source_policy(int value, const std::string& field, Violations& violations) {
  return read_enum<SourcePolicy>(value, SourcePolicy::kStrictSource,
                                 {{v1::SOURCE_POLICY_STRICT_SOURCE, SourcePolicy::kStrictSource},
                                  {v1::SOURCE_POLICY_MEDIA_HANDOVER, SourcePolicy::kMediaHandover},
                                  {v1::SOURCE_POLICY_ACCEPT_ANY, SourcePolicy::kAcceptAny}},
                                 field, violations);
}

std::optional<AddressFamily> read_family(int value, const std::string& field, Violations& violations) {
  return read_enum<std::optional<AddressFamily>>(
      value, std::nullopt,
      {{v1::ADDRESS_FAMILY_IPV4, AddressFamily::kIpv4}, {v1::ADDRESS_FAMILY_IPV6, AddressFamily::kIpv6}},
      field, violations);
}

std::optional<std::chrono::milliseconds> read_media_timeout(const google::protobuf::Duration& duration,
                                                            const std::string& field,
                                                            Violations& violations) {
  static constexpr std::int64_t kDaySeconds = 86400;
  const std::int64_t seconds = duration.seconds();
  const std::int64_t nanos = duration.nanos();
  const bool zero = seconds == 0 && nanos == 0;
  const bool in_range = seconds >= 1 && seconds <= kDaySeconds && nanos >= 0 && nanos < 1000000000 &&
                        (seconds < kDaySeconds || nanos == 0);
  if (!zero && !in_range) {
    violations.push_back({field, "must be 0 (never) or 1 s..24 h"});
    return std::nullopt;
  }
  return std::chrono::milliseconds(seconds * 1000 + nanos / 1000000);
}

void check_session_id(const std::string& id, Violations& violations) {
  if (!control::valid_session_id(id)) {
    violations.push_back(
        {"session_id", "must be 1..128 characters of [A-Za-z0-9._:@-], not " + control::shown(id)});
  }
}

control::SessionRequest read_create(const v1::CreateRequest& request, const control::NodeDefaults& defaults,
                                    Violations& violations) {
  check_session_id(request.session_id(), violations);
  const v1::SessionSpec& spec = request.spec();
  control::SessionRequest result;
  const int legs = leg_count(spec, violations);
  for (int i = 0; i < legs; ++i) {
    result.legs.push_back(read_leg(spec.legs(i), control::LegFields::all(), leg_path(i), violations));
  }
  result.media_timeout = read_timeout(spec, violations);
  result.labels.insert(spec.labels().begin(), spec.labels().end());
  control::resolve_defaults(result, defaults, control::SinkDefault::kEachOther);
  control::check_session(
      result, defaults, [](std::size_t leg) { return leg_path(static_cast<int>(leg)); }, violations);
  return result;
}

control::SessionPatch read_update(const v1::UpdateRequest& request, Violations& violations) {
  check_session_id(request.session_id(), violations);
  const v1::SessionSpec& spec = request.spec();
  const UpdateMask mask = parse_update_mask(request.update_mask(), violations);
  control::SessionPatch patch;
  patch.all_legs = mask.all_legs;
  const int legs = leg_count(spec, violations);
  if (mask.all_legs) {
    for (int i = 0; i < legs; ++i) {
      patch.legs.push_back({spec.legs(i).leg_id(), leg_path(i), true, control::LegFields::all(),
                            read_leg(spec.legs(i), control::LegFields::all(), leg_path(i), violations)});
    }
  } else {
    read_leg_patches(spec, legs, mask, patch, violations);
  }
  patch.set_media_timeout = mask.media_timeout;
  if (mask.media_timeout) {
    patch.media_timeout = read_timeout(spec, violations);
  }
  patch.set_labels = mask.labels;
  if (mask.labels) {
    patch.labels.insert(spec.labels().begin(), spec.labels().end());
  }
  return patch;
}

}  // namespace pollux::rpc
