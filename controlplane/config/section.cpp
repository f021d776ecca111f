#include "controlplane/config/section.hpp"

#include <algorithm>

namespace pollux::config {

namespace {

std::string unknown_key(const std::string& name, const std::string& near,
                        const std::vector<std::string>& known) {
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
  std::vector<std::string> misspelt;
  for (const auto& [key, value] : node.entries) {
    if (!key.is(YamlNode::Kind::kScalar)) {
      if (!key.is(YamlNode::Kind::kBroken)) {
        context.error(path, key.line, "a key must be a single word");
      }
      continue;
    }
    const std::string at = child_key(path, harmless(key.text));
    if (std::find(known.begin(), known.end(), key.text) == known.end()) {
      const std::string near = nearest_word(key.text, known);
      context.error(at, key.line, unknown_key(key.text, near, known));
      if (!near.empty()) {
        misspelt.push_back(near);
      }
      continue;
    }
    if (const auto [first, fresh] = first_lines.emplace(key.text, key.line); !fresh) {
      context.error(at, key.line, "is given twice; first on line " + std::to_string(first->second));
      continue;
    }
    context.seen(at, value.line);
    found.emplace(key.text, &value);
  }
  for (const std::string& name : misspelt) {
    if (!found.contains(name)) {
      context.refused(child_key(path, name));  // that it is missing needn't be told as well
    }
  }
  return found;
}

}  // namespace pollux::config
