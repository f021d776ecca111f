// A small configuration that is right, and ways to spoil it.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "controlplane/config/config_loader.hpp"

namespace pollux::config {

// Lines are counted in the tests: line 1 is "workers:".
inline const std::string kGood =
    "workers:\n"                                    // 1
    "  - cpu: 1\n"                                  // 2
    "ports:\n"                                      // 3
    "  - name: left\n"                              // 4
    "    device: \"0000:3b:00.0\"\n"                // 5
    "    mtu: 1500\n"                               // 6
    "    interfaces:\n"                             // 7
    "      - vlan: 0\n"                             // 8
    "        addresses: [192.0.2.10/24]\n"          // 9
    "        gateways: [192.0.2.1]\n"               // 10
    "      - vlan: 7\n"                             // 11
    "        addresses: [\"2001:db8:7::10/64\"]\n"  // 12
    "networks:\n"                                   // 13
    "  - name: one\n"                               // 14
    "    addresses: [192.0.2.10]\n"                 // 15
    "    ports: 20000-29999\n"                      // 16
    "  - name: two\n"                               // 17
    "    addresses: [\"2001:db8:7::10\"]\n";        // 18

// kGood with `from` (which must be in it) replaced by `to`, and `more` after its end.
inline std::string changed(const std::string& from, const std::string& to, const std::string& more = "") {
  std::string text = kGood;
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from << " is not in the good file";
  return at == std::string::npos ? text : text.replace(at, from.size(), to) + more;
}

// Problems as "line: key: message", for short comparisons.
inline std::vector<std::string> lines_of(const std::vector<ConfigProblem>& problems) {
  std::vector<std::string> out;
  for (const ConfigProblem& problem : problems) {
    EXPECT_EQ(problem.file, "test.yaml");
    out.push_back(std::to_string(problem.line) + ": " + problem.key + ": " + problem.message);
  }
  return out;
}

inline std::vector<std::string> problems_of(const std::string& text) {
  const ConfigResult result = load_config_text(text, "test.yaml");
  EXPECT_EQ(result.config.has_value(), result.problems.empty());
  return lines_of(result.problems);
}

inline std::vector<std::string> warnings_of(const std::string& text) {
  const ConfigResult result = load_config_text(text, "test.yaml");
  EXPECT_TRUE(result.config.has_value()) << format_problems(result.problems);
  return lines_of(result.warnings);
}

using Lines = std::vector<std::string>;

}  // namespace pollux::config
