// Reads the files of tests/vectors/srtp: "[section]", "name = hex", lines that go on begin with a blank, "#".
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "tests/support/srtp_packets.hpp"

namespace pollux::crypto::test {

using VectorSection = std::map<std::string, Bytes>;
using VectorFile = std::map<std::string, VectorSection>;

inline void append_hex(const std::string& text, Bytes& out) {
  std::string digits;
  for (const char letter : text) {
    if (letter != ' ') {
      digits += letter;
    }
  }
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    out.push_back(static_cast<std::uint8_t>(std::stoul(digits.substr(i, 2), nullptr, 16)));
  }
}

// A file that can't be read, or holds nothing, ends the program: a test of no vectors would pass.
inline VectorFile read_vectors(const std::string& name) {
  const std::string path = std::string(POLLUX_VECTORS) + "/srtp/" + name;
  std::ifstream file(path);
  VectorFile sections;
  VectorSection* section = nullptr;
  Bytes* value = nullptr;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') {
      continue;
    }
    if (line[0] == '[') {
      section = &sections[line.substr(1, line.size() - 2)];
    } else if (line[0] == ' ' && value != nullptr) {
      append_hex(line, *value);
    } else if (const std::size_t equals = line.find(" = "); section != nullptr && equals != line.npos) {
      value = &(*section)[line.substr(0, equals)];
      append_hex(line.substr(equals + 3), *value);
    }
  }
  if (sections.empty()) {
    std::fprintf(stderr, "no vectors in %s\n", path.c_str());
    std::abort();
  }
  return sections;
}

}  // namespace pollux::crypto::test
