// What is wrong with a configuration file, told so that it can be found and mended.
#pragma once

#include <span>
#include <string>

namespace pollux::config {

struct ConfigProblem {
  std::string file;
  int line = 0;         // 1-based; 0: no line to point to (the file can't be read)
  std::string key;      // path of the key: "ports[0].interfaces[1].vlan"; empty: the file as a whole
  std::string message;  // one sentence without full stop: what is wrong, and what would be right
  friend bool operator==(const ConfigProblem&, const ConfigProblem&) = default;
};

enum class Severity { kError, kWarning };

// One line each, each with a line end:
// "pollux.yaml:12: ports[0].mtu: 70000 is out of range; allowed are 576..9216 bytes".
// Warnings have "warning: " before the key. Parts that aren't known are left out.
std::string format_problems(std::span<const ConfigProblem> problems, Severity severity = Severity::kError);

// Text from the file as a message may show it: control characters replaced, long text cut.
std::string harmless(const std::string& text);
// The same in quotes.
std::string quoted(const std::string& text);

}  // namespace pollux::config
