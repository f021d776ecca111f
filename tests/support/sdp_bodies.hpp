// The SDP bodies of tests/vectors/sdp: one of each kind that is on the wires.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace pollux::sdp::test {

struct Body {
  std::string name;
  std::string text;
  std::string told;  // what describe() says of it, see told_of()
};

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// In order of their names.
inline std::vector<Body> all_bodies() {
  std::vector<Body> bodies;
  for (const auto& entry : std::filesystem::directory_iterator(POLLUX_VECTORS "/sdp")) {
    if (std::filesystem::path path = entry.path(); path.extension() == ".sdp") {
      const std::string text = read_file(path);
      bodies.push_back({path.stem(), text, read_file(path.replace_extension(".txt"))});
    }
  }
  std::sort(bodies.begin(), bodies.end(), [](const Body& a, const Body& b) { return a.name < b.name; });
  return bodies;
}

}  // namespace pollux::sdp::test
