// A YAML document as a tree that keeps what a reader needs to complain well: the line of every node, and
// repeated keys. The only file that knows yaml-cpp is yaml_tree.cpp.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace pollux::config {

struct YamlNode {
  enum class Kind {
    kNull,    // nothing after the colon, or "~"
    kScalar,  // `text`, quoted or not: the key's type decides how it is read
    kList,
    kMap,
    kBroken,  // already complained about
  };
  Kind kind = Kind::kNull;
  int line = 0;  // 1-based
  std::string text;
  std::vector<YamlNode> items;
  std::vector<std::pair<YamlNode, YamlNode>> entries;  // in the file's order, repeated keys included

  bool is(Kind wanted) const { return kind == wanted; }
};

struct YamlTree {
  struct Fault {
    int line = 0;
    std::string message;
  };
  YamlNode root;
  bool readable = true;       // false: syntax error, there is no tree to look at
  std::vector<Fault> faults;  // syntax error, or YAML that is refused (aliases, tags, a second document)
};

// Any bytes. Never throws but for lack of memory. Cost: linear, since aliases aren't followed.
YamlTree parse_yaml(const std::string& text);

}  // namespace pollux::config
