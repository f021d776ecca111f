#include "controlplane/sdp/connection_line.hpp"

#include "controlplane/sdp/words.hpp"

namespace pollux::sdp {

namespace {

constexpr std::string_view kDigitsAndDots = "0123456789.";

// What isn't an address: a name, or one that is misspelt.
tl::unexpected<Error> no_address(const Line& line, std::string_view text, bool ipv6) {
  const bool numeric = text.find_first_not_of(kDigitsAndDots) == std::string_view::npos ||
                       text.find(':') != std::string_view::npos;
  if (numeric) {
    return line_error(kSdpMalformed, line, ipv6 ? "that is no IPv6 address" : "that is no IPv4 address");
  }
  return line_error(kSdpUnsupported, line, "host names can't be used; write the IP address");
}

}  // namespace

Expected<Connection> read_connection(const Line& line, std::string_view text) {
  const std::string_view network = take_word(text);
  const std::string_view family = take_word(text);
  const std::string_view written = take_word(text);
  Connection connection;
  connection.ipv6 = same_word(family, "IP6");
  if (!same_word(network, "IN") || (!connection.ipv6 && !same_word(family, "IP4"))) {
    return line_error(kSdpMalformed, line, "an address is written as IN IP4 192.0.2.1 or IN IP6 2001:db8::1");
  }
  if (written.empty() || !trim(text).empty()) {
    return line_error(kSdpMalformed, line, "one address must stand behind IN and IP4 or IP6");
  }
  const auto slash = written.find('/');
  const std::string_view host = written.substr(0, slash);
  const auto address = IpAddress::parse(host);
  const bool v6_text = host.find(':') != std::string_view::npos;
  if (!address || v6_text != connection.ipv6) {
    return address ? tl::unexpected(line_error(kSdpMalformed, line,
                                               v6_text ? "an IPv6 address stands behind IP6, not IP4"
                                                       : "an IPv4 address stands behind IP4, not IP6"))
                   : no_address(line, host, connection.ipv6);
  }
  if (address->is_multicast()) {
    return line_error(kSdpUnsupported, line,
                      "multicast can't be relayed; only an address of one host can be used");
  }
  if (slash != std::string_view::npos) {
    return line_error(kSdpMalformed, line, "only a multicast address has a slash; write the address alone");
  }
  if (address->is_unspecified()) {
    return connection;
  }
  if (connection.ipv6 && address->is_v4()) {
    return line_error(kSdpUnsupported, line, "write an IPv4 address behind IP4, not mapped into IPv6");
  }
  connection.address = address;
  return connection;
}

}  // namespace pollux::sdp
