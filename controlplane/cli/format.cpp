#include "controlplane/cli/format.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace pollux::cli {

namespace {

template <typename... Values>
std::string print(const char* format, Values... values) {
  char buffer[96];
  std::snprintf(buffer, sizeof buffer, format, values...);
  return buffer;
}

// Three significant digits and the SI prefix of the unit; exact below `exact_below`.
std::string scaled(double value, double exact_below, const char* unit) {
  static constexpr const char* kPrefixes[] = {"", "k", "M", "G", "T", "P", "E"};
  const bool has_unit = *unit != '\0';
  if (value < exact_below) {
    return print("%.0f%s%s", value, has_unit ? " " : "", unit);
  }
  unsigned prefix = 0;
  while (value >= 999.5 && prefix < 6) {
    value /= 1000;
    ++prefix;
  }
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return print("%.*f %s%s", decimals, value, kPrefixes[prefix], unit);
}

}  // namespace

std::string human_count(std::uint64_t value) {
  return scaled(static_cast<double>(value), 10'000, "");
}

std::string human_bytes(std::uint64_t bytes) {
  return scaled(static_cast<double>(bytes), 1000, "B");
}

std::string human_rate(double per_second) {
  return scaled(per_second, 10'000, "/s");
}

std::string human_percent(double share) {
  return print("%.2f %%", share * 100);
}

std::string decimal(double value, int decimals) {
  return print("%.*f", decimals, value);
}

std::string human_duration(double seconds) {
  if (seconds < 0.9995) {
    return print("%.0f ms", seconds < 0 ? 0.0 : seconds * 1000);
  }
  if (seconds < 9.95) {
    return print("%.1f s", seconds);
  }
  const auto whole = static_cast<long long>(seconds + 0.5);
  if (whole < 60) {
    return print("%lld s", whole);
  }
  if (whole < 3600) {
    return print("%lld min %02lld s", whole / 60, whole % 60);
  }
  if (whole < 86400) {
    return print("%lld h %02lld min", whole / 3600, whole / 60 % 60);
  }
  return print("%lld d %lld h", whole / 86400, whole / 3600 % 24);
}

std::string utc_time(const google::protobuf::Timestamp& time) {
  const std::time_t seconds = time.seconds();
  std::tm fields{};
  gmtime_r(&seconds, &fields);
  char date[32];
  std::strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", &fields);
  return print("%s.%03dZ", static_cast<const char*>(date), time.nanos() / 1'000'000);
}

std::string hex_ssrc(std::uint32_t ssrc) {
  return print("0x%08x", ssrc);
}

std::string address_text(const v1::SocketAddress& address) {
  const bool v6 = address.address().find(':') != std::string::npos;
  if (address.port() == 0) {
    return address.address();
  }
  return (v6 ? "[" + address.address() + "]" : address.address()) + ":" + std::to_string(address.port());
}

std::string printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f; },
      '?');
  return text;
}

double seconds_of(const google::protobuf::Duration& duration) {
  return static_cast<double>(duration.seconds()) + duration.nanos() * 1e-9;
}

double seconds_of(const google::protobuf::Timestamp& time) {
  return static_cast<double>(time.seconds()) + time.nanos() * 1e-9;
}

}  // namespace pollux::cli
