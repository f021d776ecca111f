#include "controlplane/sdp/session_parameters.hpp"

#include <algorithm>

namespace pollux::sdp {

namespace {

Failure unknown(const std::string& field, std::size_t at) {
  return refuse(kCryptoParameterUnsupported, field, at,
                "an unknown session parameter without - before it forbids to use this line");
}

}  // namespace

Expected<void> SessionParameters::read(const Part& part) {
  const std::string field = "session_parameters[" + std::to_string(names_.size()) + "]";
  if (names_.size() == kMaxSessionParameters) {
    return malformed("session_parameters", part.at, "has more than 32 session parameters");
  }
  const bool optional = part.text.front() == '-';
  const Part bare = part.from(optional ? 1 : 0);
  const auto equals = bare.text.find('=');
  const std::string_view name = bare.text.substr(0, equals);
  if (name.empty() || name.front() == '-') {
    return malformed(field, part.at, "a session parameter begins with its name, after one - at the most");
  }
  if (std::find(names_.begin(), names_.end(), name) != names_.end()) {
    return malformed(field, part.at, "this session parameter was there before");
  }
  names_.push_back(name);
  if (optional) {
    attribute_.optional_parameters.emplace_back(part.text);
    return {};
  }
  if (equals == std::string_view::npos) {
    return flag(name, part.at, field);
  }
  return valued(name, bare.from(equals + 1), part.at, field);
}

bool* SessionParameters::flag_named(std::string_view name) {
  return name == "UNENCRYPTED_SRTP"       ? &attribute_.unencrypted_srtp
         : name == "UNENCRYPTED_SRTCP"    ? &attribute_.unencrypted_srtcp
         : name == "UNAUTHENTICATED_SRTP" ? &attribute_.unauthenticated_srtp
                                          : nullptr;
}

Expected<void> SessionParameters::flag(std::string_view name, std::size_t at, const std::string& field) {
  if (name == "KDR" || name == "WSH" || name == "FEC_ORDER" || name == "FEC_KEY") {
    return malformed(field, at, "this session parameter needs = and a value");
  }
  bool* const set = flag_named(name);
  if (set == nullptr) {
    return unknown(field, at);
  }
  *set = true;
  return {};
}

Expected<void> SessionParameters::valued(std::string_view name, const Part& value, std::size_t at,
                                         const std::string& field) {
  if (name == "KDR") {
    const auto rate = number(value.text, 0, 24);
    if (!rate) {
      return malformed("kdr", value.at, "KDR must be 0 to 24");
    }
    attribute_.kdr = static_cast<std::uint8_t>(*rate);
  } else if (name == "WSH") {
    const auto packets = number(value.text, 64, UINT32_MAX);
    if (!packets) {
      return malformed("wsh", value.at, "WSH must be a number of packets, at least 64");
    }
    attribute_.wsh = static_cast<std::uint32_t>(*packets);
  } else if (name == "FEC_ORDER") {
    if (value.text != "FEC_SRTP" && value.text != "SRTP_FEC") {
      return malformed("fec_order", value.at, "FEC_ORDER must be FEC_SRTP or SRTP_FEC");
    }
    attribute_.fec_order = value.text;
  } else if (name == "FEC_KEY") {
    if (value.text.empty()) {
      return malformed("fec_key", value.at, "FEC_KEY needs a key");
    }
    attribute_.fec_key = SecretText(value.text);
  } else if (flag_named(name) != nullptr) {
    return malformed(field, at, "this session parameter takes no value");
  } else {
    return unknown(field, at);
  }
  return {};
}

}  // namespace pollux::sdp
