// Types of values that a configuration key may hold: how each is read, checked, shown and described.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "controlplane/config/node_config.hpp"
#include "controlplane/config/read_context.hpp"
#include "controlplane/config/yaml_tree.hpp"

namespace pollux::config {

inline const std::string kNoUnit = "none";  // as the documentation says it

template <typename T>
struct ValueType {
  std::string unit;   // "bytes"
  std::string range;  // "576..9216", "poll, pause or sleep": as the documentation says it
  // Complains to the context under `key` about what doesn't fit; the target then keeps its value.
  std::function<void(const YamlNode& node, const std::string& key, ReadContext& context, T& target)> read;
  std::function<std::string(const T&)> show;  // as the file would say it
};

// A value, or the sentence that says why the text isn't one.
template <typename T>
using Parsed = tl::expected<T, std::string>;

// False, and an error told, unless the node is a single value. `what` is "a whole number".
bool expect_scalar(const YamlNode& node, const std::string& key, const std::string& what,
                   ReadContext& context);
// The same for a list of `least` to `most` items.
bool expect_list(const YamlNode& node, const std::string& key, std::size_t least, std::size_t most,
                 ReadContext& context);

template <typename T>
ValueType<T> scalar(std::string unit, std::string range, std::string what,
                    std::function<Parsed<T>(const std::string&)> parse,
                    std::function<std::string(const T&)> show) {
  const auto read = [what = std::move(what), parse = std::move(parse)](
                        const YamlNode& node, const std::string& key, ReadContext& context, T& target) {
    if (!expect_scalar(node, key, what, context)) {
      return;
    }
    if (auto value = parse(node.text)) {
      target = std::move(*value);
    } else {
      context.error(key, node.line, value.error());
    }
  };
  return {std::move(unit), std::move(range), read, std::move(show)};
}

// Decimal digits only: no sign, fraction, exponent or other base.
Parsed<std::uint64_t> parse_integer(const std::string& text, std::uint64_t least, std::uint64_t most,
                                    const std::string& unit);

template <typename T>
ValueType<T> integer(std::uint64_t least, std::uint64_t most, const std::string& unit = kNoUnit) {
  return scalar<T>(
      unit, std::to_string(least) + ".." + std::to_string(most), "a whole number",
      [=](const std::string& text) {
        return parse_integer(text, least, most, unit).map([](std::uint64_t value) {
          return static_cast<T>(value);
        });
      },
      [](const T& value) { return std::to_string(value); });
}

// "a, b or c"
std::string enumerate(const std::vector<std::string>& words);
std::string unknown_word(const std::string& text, const std::vector<std::string>& words);

// One of some words, each standing for a value.
template <typename T>
ValueType<T> word(std::vector<std::pair<std::string, T>> meanings) {
  std::vector<std::string> words;
  for (const auto& meaning : meanings) {
    words.push_back(meaning.first);
  }
  const auto parse = [meanings, words](const std::string& text) -> Parsed<T> {
    for (const auto& [name, value] : meanings) {
      if (name == text) {
        return value;
      }
    }
    return tl::unexpected(unknown_word(text, words));
  };
  const auto show = [meanings](const T& wanted) {
    for (const auto& [name, value] : meanings) {
      if (value == wanted) {
        return name;
      }
    }
    return std::string();
  };
  return scalar<T>(kNoUnit, enumerate(words), "one of " + enumerate(words), parse, show);
}

// Durations have a unit: "200ms", "60s", "5min", "2h". Bounds and result in milliseconds.
ValueType<std::chrono::milliseconds> duration(std::chrono::milliseconds least,
                                              std::chrono::milliseconds most);
std::string show_duration(std::chrono::milliseconds value);

// Memory: "256 MiB", "2 GiB"; the result counts MiB.
ValueType<std::uint32_t> mebibytes(std::uint32_t least, std::uint32_t most);

// The same in smaller steps: "64 KiB", "1 MiB"; the result counts KiB.
ValueType<std::uint32_t> kibibytes(std::uint32_t least, std::uint32_t most);

// Letters, digits, '_', '-' and '.': names that appear in commands, metrics and file names.
ValueType<std::string> name_text();
// Any printable text of `least` to `most` bytes.
ValueType<std::string> any_text(std::string range, std::size_t least, std::size_t most);
// Absolute path that fits a unix socket's address, or nothing at all.
ValueType<std::string> socket_path();
// Absolute path of a file, or nothing at all.
ValueType<std::string> file_path();
// The same, but never nothing.
ValueType<std::string> absolute_path();
// Octal permissions: "0660".
ValueType<std::uint32_t> file_mode();

ValueType<IpPrefix> interface_address();  // unicast, with prefix length: "198.51.100.10/24"
ValueType<IpAddress> host_address();      // unicast: "198.51.100.1"
ValueType<SocketAddress> socket_address();

struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
};
// "20000-59999": first even, last odd, 1024 at least.
ValueType<PortRange> port_range();

ValueType<WorkerRoles> worker_roles();  // a list of words

// A faulty item keeps its place, so that indices are those of the file.
template <typename T>
ValueType<std::vector<T>> list_of(ValueType<T> item, std::size_t least, std::size_t most) {
  const auto read = [item, least, most](const YamlNode& node, const std::string& key, ReadContext& context,
                                        std::vector<T>& target) {
    if (!expect_list(node, key, least, most, context)) {
      return;
    }
    target.assign(node.items.size(), T{});
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const std::string at = item_key(key, i);
      context.seen(at, node.items[i].line);
      item.read(node.items[i], at, context, target[i]);
    }
  };
  const auto show = [item](const std::vector<T>& values) {
    std::string out;
    for (const T& value : values) {
      out += (out.empty() ? "" : ", ") + item.show(value);
    }
    return "[" + out + "]";
  };
  return {item.unit, "list of " + std::to_string(least) + " to " + std::to_string(most) + ": " + item.range,
          read, show};
}

}  // namespace pollux::config
