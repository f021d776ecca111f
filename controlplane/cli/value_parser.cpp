#include "controlplane/cli/value_parser.hpp"

#include <arpa/inet.h>

#include <charconv>
#include <cmath>

namespace pollux::cli {

namespace {

std::string quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

bool is_ip(int family, std::string_view text) {
  unsigned char bytes[16];
  return inet_pton(family, std::string(text).c_str(), bytes) == 1;
}

std::optional<double> milliseconds_per(std::string_view unit) {
  if (unit.empty() || unit == "s") {
    return 1000.0;
  }
  if (unit == "ms") {
    return 1.0;
  }
  if (unit == "m" || unit == "min") {
    return 60'000.0;
  }
  if (unit == "h") {
    return 3'600'000.0;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc{} || stop != end) {
    return std::nullopt;
  }
  return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(at + 1);
  }
}

Parsed<std::chrono::milliseconds> parse_duration(std::string_view text) {
  Parsed<std::chrono::milliseconds> result;
  if (text == "never") {
    return result;
  }
  const auto digits = text.find_first_not_of("0123456789.");
  const auto number = text.substr(0, digits);
  const auto scale = milliseconds_per(digits == std::string_view::npos ? "" : text.substr(digits));
  double value = 0;
  const char* const end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, value, std::chars_format::fixed);
  const double milliseconds = value * scale.value_or(0);
  if (number.empty() || error != std::errc{} || stop != end || !scale || milliseconds > 1e12) {
    result.problems.push_back("a time is a number with ms, s, min or h, such as 60s, or never; not " +
                              quoted(text));
    return result;
  }
  result.value = std::chrono::milliseconds(std::llround(milliseconds));
  return result;
}

Parsed<std::uint64_t> parse_bytes(std::string_view text) {
  Parsed<std::uint64_t> result;
  const auto digits = text.find_first_not_of("0123456789");
  const std::string_view unit = digits == std::string_view::npos ? std::string_view() : text.substr(digits);
  const auto number = parse_number(text.substr(0, digits));
  unsigned shift = 0;
  if (unit == "k" || unit == "K" || unit == "KiB") {
    shift = 10;
  } else if (unit == "M" || unit == "MiB") {
    shift = 20;
  } else if (unit == "G" || unit == "GiB") {
    shift = 30;
  } else if (!unit.empty()) {
    shift = 64;
  }
  if (!number || *number == 0 || shift == 64) {
    result.problems.push_back(quoted(text) + " is no number of bytes such as 65536, 500k, 64M or 1G");
    return result;
  }
  result.value = std::uint64_t{*number} << shift;
  return result;
}

Parsed<v1::SocketAddress> parse_socket_address(std::string_view text) {
  Parsed<v1::SocketAddress> result;
  const auto fail = [&](const std::string& why) {
    result.problems.push_back("an address is written 192.0.2.7:40000 or [2001:db8::7]:40000; in " +
                              quoted(text) + " " + why);
    return result;
  };
  const bool bracketed = !text.empty() && text.front() == '[';
  const auto colon = bracketed ? text.find("]:") : text.find(':');
  if (!bracketed && colon != std::string_view::npos && text.find(':', colon + 1) != std::string_view::npos) {
    return fail("the IPv6 address has no brackets");
  }
  if (colon == std::string_view::npos) {
    return fail("the port is missing");
  }
  const auto host = bracketed ? text.substr(1, colon - 1) : text.substr(0, colon);
  const auto port_text = text.substr(colon + (bracketed ? 2 : 1));
  if (!is_ip(bracketed ? AF_INET6 : AF_INET, host)) {
    return fail(quoted(host) + " is no " + (bracketed ? "IPv6" : "IPv4") +
                " address (names aren't looked up)");
  }
  const auto port = parse_number(port_text);
  if (!port || *port == 0 || *port > 65535) {
    return fail("the port must be 1..65535, not " + quoted(port_text));
  }
  result.value.set_address(std::string(host));
  result.value.set_port(*port);
  return result;
}

Parsed<std::pair<std::string, std::string>> parse_label(std::string_view text) {
  Parsed<std::pair<std::string, std::string>> result;
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    result.problems.push_back("a label is written key=value, not " + quoted(text));
    return result;
  }
  result.value = {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
  return result;
}

google::protobuf::Duration to_proto(std::chrono::milliseconds duration) {
  google::protobuf::Duration result;
  result.set_seconds(duration.count() / 1000);
  result.set_nanos(static_cast<std::int32_t>(duration.count() % 1000) * 1'000'000);
  return result;
}

}  // namespace pollux::cli
