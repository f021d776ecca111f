// "IN IP4 192.0.2.1": where media goes, as c= and a=rtcp say it (RFC 8866 §5.7, RFC 3605).
#pragma once

#include <optional>
#include <string_view>

#include "controlplane/sdp/document.hpp"
#include "dataplane/base/ip_address.hpp"

namespace pollux::sdp {

struct Connection {
  bool ipv6 = false;
  std::optional<IpAddress> address;  // unset: 0.0.0.0 or ::
};

// `text`: the part of `line` that has it. Errors: SDP_MALFORMED, and SDP_UNSUPPORTED for a host name,
// multicast and an IPv4 address in IPv6 clothes.
Expected<Connection> read_connection(const Line& line, std::string_view text);

}  // namespace pollux::sdp
