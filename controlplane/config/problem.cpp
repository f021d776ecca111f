#include "controlplane/config/problem.hpp"

namespace pollux::config {

std::string format_problems(std::span<const ConfigProblem> problems, Severity severity) {
  std::string out;
  for (const ConfigProblem& problem : problems) {
    out += problem.file;
    if (problem.line > 0) {
      out += ":" + std::to_string(problem.line);
    }
    out += problem.file.empty() && problem.line <= 0 ? "" : ": ";
    out += severity == Severity::kWarning ? "warning: " : "";
    out += problem.key.empty() ? "" : problem.key + ": ";
    out += problem.message + "\n";
  }
  return out;
}

std::string harmless(const std::string& text) {
  constexpr std::size_t kLongest = 60;  // bytes shown; enough to find the place, short enough for a line
  std::string out;
  for (const char letter : text.substr(0, kLongest)) {
    const auto code = static_cast<unsigned char>(letter);
    // Bytes above 127 may be cut-off UTF-8: a terminal shall not be trusted with them.
    out += code < 0x20 || code >= 0x7f ? '?' : letter;
  }
  return out + (text.size() > kLongest ? "..." : "");
}

std::string quoted(const std::string& text) {
  return "'" + harmless(text) + "'";
}

}  // namespace pollux::config
