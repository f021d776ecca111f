#include "controlplane/config/section.hpp"

#include <algorithm>

namespace pollux::config {

namespace {

std::string unknown_key(const std::string& name, const std::vector<std::string>& known) {
  const std::string near = nearest_word(name, known);
  if (!near.empty()) {
    return "unknown key " + quoted(name) + ": did you mean '" + near + "'?";
  }
  return "unknown key " + quoted(name) + "; the keys here are " + enumerate(known);
}

}  // namespace

std::map<std::string, const YamlNode*> section_entries(const YamlNode& node, const std::string& path,
                                                       const std::vector<std::string>& known,
                                                       ReadContext& context) {
  std::map<std::string, const YamlNode*> found;
  std::map<std::string, int> first_lines;
  for (const auto& [key, value] : node.entries) {
    if (!key.is(YamlNode::Kind::kScalar)) {
      if (!key.is(YamlNode::Kind::kBroken)) {
        context.error(path, key.line, "a key must be a single word");
      }
      continue;
    }
    const std::string shown = quoted(key.text);  // a path goes to the terminal as well
    const std::string at = child_key(path, shown.substr(1, shown.size() - 2));
    if (std::find(known.begin(), known.end(), key.text) == known.end()) {
      context.error(at, key.line, unknown_key(key.text, known));
      continue;
    }
    if (const auto [first, fresh] = first_lines.emplace(key.text, key.line); !fresh) {
      context.error(at, key.line, "is given twice; first on line " + std::to_string(first->second));
      continue;
    }
    context.seen(at, value.line);
    found.emplace(key.text, &value);
  }
  return found;
}

}  // namespace pollux::config
