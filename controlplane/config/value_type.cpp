#include "controlplane/config/value_type.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace pollux::config {

namespace {

bool all_digits(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

struct Measure {
  std::uint64_t value = 0;  // in the smallest unit
  bool known = false;       // number and unit were understood
  bool huge = false;        // understood, but beyond 64 bit
};

// "<digits><blank?><unit>"
Measure parse_measure(const std::string& text, std::span<const Unit> units) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::size_t rest = std::min(text.find_first_not_of(' ', digits), text.size());
  for (const Unit& unit : units) {
    if (digits == 0 || text.compare(rest, std::string::npos, unit.name) != 0) {
      continue;
    }
    std::uint64_t count = 0;
    const auto error = std::from_chars(text.data(), text.data() + digits, count).ec;
    const bool huge = error != std::errc{} || count > std::numeric_limits<std::uint64_t>::max() / unit.factor;
    return {huge ? 0 : count * unit.factor, true, huge};
  }
  return {};
}

std::string out_of_range(const std::string& text, const std::string& range) {
  return harmless(text) + " is out of range; allowed are " + range;
}

}  // namespace

bool expect_scalar(const YamlNode& node, const std::string& key, const std::string& what,
                   ReadContext& context) {
  switch (node.kind) {
    case YamlNode::Kind::kScalar:
      return true;
    case YamlNode::Kind::kBroken:
      context.refused(key);
      return false;
    case YamlNode::Kind::kNull:
      context.error(key, node.line, "has no value; must be " + what);
      return false;
    case YamlNode::Kind::kList:
      context.error(key, node.line, "must be " + what + ", not a list");
      return false;
    case YamlNode::Kind::kMap:
      context.error(key, node.line, "must be " + what + ", not a section");
      return false;
  }
  return false;
}

bool expect_list(const YamlNode& node, const std::string& key, std::size_t least, std::size_t most,
                 ReadContext& context) {
  const std::size_t size = node.items.size();
  if (node.is(YamlNode::Kind::kBroken)) {
    context.refused(key);
    return false;
  }
  if (!node.is(YamlNode::Kind::kList)) {
    context.error(key, node.line,
                  node.is(YamlNode::Kind::kNull) ? "has no value; must be a list"
                  : node.is(YamlNode::Kind::kScalar)
                      ? "must be a list, not the single value " + quoted(node.text)
                      : "must be a list, not a section");
    return false;
  }
  if (size < least || size > most) {
    context.error(key, node.line,
                  "has " + std::to_string(size) + " items; allowed are " + std::to_string(least) + ".." +
                      std::to_string(most));
    return false;
  }
  return true;
}

Parsed<std::uint64_t> parse_integer(const std::string& text, std::uint64_t least, std::uint64_t most,
                                    const std::string& unit) {
  const bool negative = text.starts_with('-');
  if (!all_digits(negative ? text.substr(1) : text)) {
    return tl::unexpected(quoted(text) + " is not a whole number");
  }
  std::uint64_t value = 0;
  const auto error = std::from_chars(text.data(), text.data() + text.size(), value).ec;
  if (negative || error != std::errc{} || value < least || value > most) {
    return tl::unexpected(out_of_range(
        text, std::to_string(least) + ".." + std::to_string(most) + (unit == kNoUnit ? "" : " " + unit)));
  }
  return value;
}

std::string enumerate(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    out += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  }
  return out;
}

std::string unknown_word(const std::string& text, const std::vector<std::string>& words) {
  const std::string near = nearest_word(text, words);
  return quoted(text) + " is not one of " + enumerate(words) +
         (near.empty() ? "" : ": did you mean '" + near + "'?");
}

std::string show_duration(std::chrono::milliseconds value) {
  const auto ms = value.count();
  if (ms % 1000 != 0) {
    return std::to_string(ms) + "ms";
  }
  const auto count = ms / 1000;  // people say 60s and 90s, but 2min
  return count >= 120 && count % 3600 == 0 ? std::to_string(count / 3600) + "h"
         : count >= 120 && count % 60 == 0 ? std::to_string(count / 60) + "min"
                                           : std::to_string(count) + "s";
}

ValueType<std::chrono::milliseconds> duration(std::chrono::milliseconds least,
                                              std::chrono::milliseconds most) {
  using std::chrono::milliseconds;
  const std::string range = show_duration(least) + ".." + show_duration(most);
  const auto parse = [=](const std::string& text) -> Parsed<milliseconds> {
    static constexpr Unit kUnits[] = {{"ms", 1}, {"s", 1000}, {"min", 60'000}, {"h", 3'600'000}};
    const Measure found = parse_measure(text, kUnits);
    if (!found.known) {
      const bool bare = all_digits(text);
      return tl::unexpected(quoted(text) + (bare ? " has no unit" : " is not a duration") +
                            "; write a whole number with ms, s, min or h, such as " +
                            (bare && text.size() < 10 ? text + "s" : "60s"));
    }
    if (found.huge || found.value < static_cast<std::uint64_t>(least.count()) ||
        found.value > static_cast<std::uint64_t>(most.count())) {
      return tl::unexpected(out_of_range(text, range));
    }
    return milliseconds(found.value);
  };
  return scalar<milliseconds>("time (ms, s, min, h)", range, "a duration such as 60s", parse, show_duration);
}

namespace {

// Memory in whole units, the smallest of which is `units[0]`. `units` must last.
ValueType<std::uint32_t> memory(std::span<const Unit> units, std::uint32_t least, std::uint32_t most,
                                std::function<std::string(const std::uint32_t&)> show) {
  const std::string names = std::string(units[0].name) + " or " + std::string(units[1].name);
  const std::string range = show(least) + ".." + show(most);
  const std::string sample = "256 " + std::string(units[0].name);
  const auto parse = [=](const std::string& text) -> Parsed<std::uint32_t> {
    const Measure found = parse_measure(text, units);
    if (!found.known) {
      return tl::unexpected(quoted(text) +
                            (all_digits(text) ? " has no unit" : " is not an amount of memory") +
                            "; write a whole number with " + names + ", such as " + sample);
    }
    if (found.huge || found.value < least || found.value > most) {
      return tl::unexpected(out_of_range(text, range));
    }
    return static_cast<std::uint32_t>(found.value);
  };
  return scalar<std::uint32_t>(
      "memory (" + std::string(units[0].name) + ", " + std::string(units[1].name) + ")", range,
      "an amount of memory such as " + sample, parse, std::move(show));
}

}  // namespace

ValueType<std::uint32_t> mebibytes(std::uint32_t least, std::uint32_t most) {
  static constexpr Unit kUnits[] = {{"MiB", 1}, {"GiB", 1024}};
  return memory(kUnits, least, most,
                [](const std::uint32_t& value) { return std::to_string(value) + " MiB"; });
}

ValueType<std::uint32_t> kibibytes(std::uint32_t least, std::uint32_t most) {
  static constexpr Unit kUnits[] = {{"KiB", 1}, {"MiB", 1024}};
  return memory(kUnits, least, most, [](const std::uint32_t& value) {
    return value % 1024 == 0 ? std::to_string(value / 1024) + " MiB" : std::to_string(value) + " KiB";
  });
}

ValueType<WorkerRoles> worker_roles() {
  const auto read = [](const YamlNode& node, const std::string& key, ReadContext& context,
                       WorkerRoles& target) {
    if (!expect_list(node, key, 1, 2, context)) {
      return;
    }
    WorkerRoles roles{.relay = false, .media = false};
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const YamlNode& item = node.items[i];
      const std::string at = item_key(key, i);
      if (!expect_scalar(item, at, "relay or media", context)) {
        continue;
      }
      bool* role = item.text == "relay" ? &roles.relay : item.text == "media" ? &roles.media : nullptr;
      if (role == nullptr) {
        context.error(at, item.line, unknown_word(item.text, {"relay", "media"}));
      } else if (*role) {
        context.error(at, item.line, quoted(item.text) + " is given twice");
      } else {
        *role = true;
      }
    }
    target = roles;
  };
  const auto show = [](const WorkerRoles& roles) {
    return std::string("[") + (roles.relay ? "relay" : "") + (roles.relay && roles.media ? ", " : "") +
           (roles.media ? "media" : "") + "]";
  };
  return {kNoUnit, "list of 1 to 2: relay, media", read, show};
}

}  // namespace pollux::config
