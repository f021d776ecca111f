// Value types that are text with rules: names, paths, addresses, port ranges.
#include <algorithm>
#include <array>
#include <charconv>

#include "controlplane/config/value_type.hpp"

namespace pollux::config {

namespace {

constexpr std::size_t kLongestName = 32;
constexpr std::size_t kLongestPath = 4095;       // PATH_MAX less its final NUL
constexpr std::size_t kLongestSocketPath = 107;  // sun_path less its final NUL (unix(7))

std::string show_text(const std::string& text) {
  return text.empty() ? "\"\"" : text;
}

bool printable(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char letter) {
    const auto code = static_cast<unsigned char>(letter);
    return code >= 0x20 && code < 0x7f;
  });
}

// Why no host can have this address; empty when one can.
std::string not_unicast(const IpAddress& address) {
  const bool broadcast = address == IpAddress::v4(be32(0xffffffffU));
  return address.is_unspecified() ? "is the unspecified address; a host's own is needed"
         : address.is_multicast() ? "is a multicast address; a host's own is needed"
         : address.is_loopback()  ? "is a loopback address; none can be reached on a port"
         : broadcast              ? "is the broadcast address; a host's own is needed"
                                  : "";
}

// All host bits of a prefix are `bit`.
bool host_bits_are(const IpPrefix& prefix, bool bit) {
  const std::size_t first = prefix.length + (prefix.address.is_v4() ? 96U : 0U);
  for (std::size_t i = first; i < 128; ++i) {
    if (((prefix.address.bytes()[i / 8] >> (7 - i % 8) & 1) != 0) != bit) {
      return false;
    }
  }
  return true;
}

Parsed<IpPrefix> parse_interface_address(const std::string& text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) {
    return tl::unexpected(quoted(text) +
                          " is not an IP address with prefix length, such as 198.51.100.10/24");
  }
  const bool v4 = address->is_v4();
  if (slash == std::string::npos) {
    return tl::unexpected(quoted(text) + " has no prefix length; write for example " + text +
                          (v4 ? "/24" : "/64"));
  }
  const auto length = parse_integer(text.substr(slash + 1), 1, v4 ? 32 : 128, kNoUnit);
  if (!length) {
    return tl::unexpected("prefix length " + harmless(text.substr(slash + 1)) + " of " +
                          address->to_string() + " is out of range; allowed are " +
                          (v4 ? "1..32 for IPv4" : "1..128 for IPv6"));
  }
  const IpPrefix prefix{*address, static_cast<std::uint8_t>(*length)};
  if (const std::string reason = not_unicast(*address); !reason.empty()) {
    return tl::unexpected(quoted(text) + " " + reason);
  }
  // RFC 3021 lets both addresses of a /31 be hosts, RFC 6164 those of a /127.
  const bool has_reserved = prefix.length < (v4 ? 31 : 127);
  if (has_reserved && host_bits_are(prefix, false)) {
    return tl::unexpected(quoted(text) + " names the subnet itself; a host's address in it is needed");
  }
  if (v4 && has_reserved && host_bits_are(prefix, true)) {
    return tl::unexpected(quoted(text) + " is the subnet's broadcast address; a host's own is needed");
  }
  return prefix;
}

Parsed<IpAddress> parse_host_address(const std::string& text) {
  const auto address = IpAddress::parse(text);
  if (!address) {
    return tl::unexpected(quoted(text) +
                          " is not an IP address (without prefix length), such as 198.51.100.1");
  }
  if (const std::string reason = not_unicast(*address); !reason.empty()) {
    return tl::unexpected(quoted(text) + " " + reason);
  }
  return *address;
}

Parsed<SocketAddress> parse_socket_address(const std::string& text) {
  const auto address = SocketAddress::parse(text);
  if (!address) {
    return tl::unexpected(quoted(text) + " is not ADDRESS:PORT, such as 127.0.0.1:7711 or [::1]:7711");
  }
  if (address->port == 0) {
    return tl::unexpected<std::string>("port 0 is out of range; allowed are 1..65535");
  }
  if (address->ip.is_multicast()) {
    return tl::unexpected(quoted(text) + " is a multicast address; nothing can listen there");
  }
  return *address;
}

Parsed<PortRange> parse_port_range(const std::string& text) {
  const auto dash = text.find('-');
  if (dash == std::string::npos || dash == 0 || dash + 1 == text.size() ||
      text.find_first_not_of("0123456789-") != std::string::npos ||
      text.find('-', dash + 1) != std::string::npos) {
    return tl::unexpected(quoted(text) + " is not FIRST-LAST, such as 20000-59999");
  }
  const auto first = parse_integer(text.substr(0, dash), 1024, 65535, kNoUnit);
  const auto last = parse_integer(text.substr(dash + 1), 1024, 65535, kNoUnit);
  if (!first || !last) {
    return tl::unexpected("port " + (first ? last : first).error());
  }
  if (*first >= *last) {
    return tl::unexpected("first port " + std::to_string(*first) + " must be below last port " +
                          std::to_string(*last));
  }
  if (*first % 2 != 0) {
    return tl::unexpected("first port " + std::to_string(*first) +
                          " must be even: RTP takes even ports, RTCP the "
                          "odd ones above");
  }
  if (*last % 2 == 0) {
    return tl::unexpected("last port " + std::to_string(*last) +
                          " must be odd: RTP takes even ports, RTCP the odd "
                          "ones above");
  }
  return PortRange{static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*last)};
}

Parsed<std::uint32_t> parse_file_mode(const std::string& text) {
  std::uint32_t mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (text.size() != 4 || text[0] != '0' || error != std::errc{} || end != text.data() + text.size()) {
    return tl::unexpected(quoted(text) +
                          " is not a file mode; write four octal digits, 0000..0777, such as 0660");
  }
  return mode;
}

}  // namespace

ValueType<std::string> name_text() {
  const auto parse = [](const std::string& text) -> Parsed<std::string> {
    const bool good = std::all_of(text.begin(), text.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
             c == '-' || c == '.';
    });
    if (!good || text.empty() || text.size() > kLongestName) {
      return tl::unexpected(quoted(text) + " is not a name: 1..32 letters, digits, '_', '-' or '.'");
    }
    return text;
  };
  return scalar<std::string>(kNoUnit, "1..32 letters, digits, '_', '-' or '.'", "a name", parse, show_text);
}

ValueType<std::string> any_text(std::string range, std::size_t least, std::size_t most) {
  const auto parse = [least, most](const std::string& text) -> Parsed<std::string> {
    if (text.size() < least || text.size() > most) {
      return tl::unexpected("is " + std::to_string(text.size()) + " bytes long; allowed are " +
                            std::to_string(least) + ".." + std::to_string(most));
    }
    if (!printable(text)) {
      return tl::unexpected(quoted(text) + " has characters that are not printable ASCII");
    }
    return text;
  };
  return scalar<std::string>(kNoUnit, std::move(range), "text", parse, show_text);
}

ValueType<std::string> socket_path() {
  const auto parse = [](const std::string& text) -> Parsed<std::string> {
    if (!text.empty() && (text[0] != '/' || text.back() == '/' || !printable(text))) {
      return tl::unexpected(quoted(text) + " is not an absolute path of a file");
    }
    if (text.size() > kLongestSocketPath) {
      return tl::unexpected("is " + std::to_string(text.size()) +
                            " bytes long; a unix socket's path may have " +
                            std::to_string(kLongestSocketPath));
    }
    return text;
  };
  return scalar<std::string>(kNoUnit, "absolute path of up to 107 bytes; \"\": none", "a path", parse,
                             show_text);
}

ValueType<std::string> file_path() {
  const auto parse = [](const std::string& text) -> Parsed<std::string> {
    if (!text.empty() && (text[0] != '/' || text.back() == '/' || !printable(text))) {
      return tl::unexpected(quoted(text) + " is not an absolute path of a file");
    }
    if (text.size() > kLongestPath) {
      return tl::unexpected("is " + std::to_string(text.size()) + " bytes long; a path may have " +
                            std::to_string(kLongestPath));
    }
    return text;
  };
  return scalar<std::string>(kNoUnit, "absolute path; \"\": none", "a path", parse, show_text);
}

ValueType<std::string> absolute_path() {
  constexpr std::size_t kLongest = 255;
  const auto parse = [](const std::string& text) -> Parsed<std::string> {
    if (text.empty() || text[0] != '/' || text.back() == '/' || text.size() > kLongest || !printable(text)) {
      return tl::unexpected(quoted(text) + " is not an absolute path of a file of up to " +
                            std::to_string(kLongest) + " bytes");
    }
    return text;
  };
  return scalar<std::string>(kNoUnit, "absolute path of up to 255 bytes", "a path", parse, show_text);
}

ValueType<std::uint32_t> file_mode() {
  const auto show = [](const std::uint32_t& mode) {
    std::string out = "0000";
    for (std::uint32_t left = mode, at = 3; at > 0; --at, left /= 8) {
      out[at] = static_cast<char>('0' + left % 8);
    }
    return out;
  };
  return scalar<std::uint32_t>("octal file mode", "0000..0777", "a file mode such as 0660", parse_file_mode,
                               show);
}

ValueType<IpPrefix> interface_address() {
  return scalar<IpPrefix>(kNoUnit, "unicast IPv4/1..32 or IPv6/1..128", "an address such as 198.51.100.10/24",
                          parse_interface_address, [](const IpPrefix& value) { return value.to_string(); });
}

ValueType<IpAddress> host_address() {
  return scalar<IpAddress>(kNoUnit, "unicast IPv4 or IPv6 address", "an address such as 198.51.100.1",
                           parse_host_address, [](const IpAddress& value) { return value.to_string(); });
}

ValueType<SocketAddress> socket_address() {
  return scalar<SocketAddress>(kNoUnit, "IPv4:1..65535 or [IPv6]:1..65535",
                               "ADDRESS:PORT such as 127.0.0.1:7711", parse_socket_address,
                               [](const SocketAddress& value) { return value.to_string(); });
}

ValueType<PortRange> port_range() {
  return scalar<PortRange>(
      "UDP ports", "1024..65535, first even, last odd", "a range such as 20000-59999", parse_port_range,
      [](const PortRange& value) { return std::to_string(value.first) + "-" + std::to_string(value.last); });
}

}  // namespace pollux::config
