// Small values as people type them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controlplane/cli/parsed.hpp"
#include "google/protobuf/duration.pb.h"
#include "pollux/v1/session.pb.h"

namespace pollux::cli {

// Decimal digits only.
std::optional<std::uint32_t> parse_number(std::string_view text);

// "500ms", "60s", "60" (seconds), "1.5s", "5min", "5m", "1h"; "0" and "never" are zero.
Parsed<std::chrono::milliseconds> parse_duration(std::string_view text);

// "65536", "500k", "64M", "64MiB", "1G": powers of 1024.
Parsed<std::uint64_t> parse_bytes(std::string_view text);

// "192.0.2.7:40000" or "[2001:db8::7]:40000".
Parsed<v1::SocketAddress> parse_socket_address(std::string_view text);

// "key=value"; the value may be empty and may contain '='.
Parsed<std::pair<std::string, std::string>> parse_label(std::string_view text);

// Splits at every `separator`; "" gives one empty part.
std::vector<std::string_view> split(std::string_view text, char separator);

google::protobuf::Duration to_proto(std::chrono::milliseconds duration);

// A word that a value may be, and what it means.
template <typename T>
struct Word {
  std::string_view text;
  T value;
};

template <typename T>
std::optional<T> find_word(std::span<const Word<T>> words, std::string_view text) {
  for (const Word<T>& word : words) {
    if (word.text == text) {
      return word.value;
    }
  }
  return std::nullopt;
}

}  // namespace pollux::cli
