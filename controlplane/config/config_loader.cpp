#include "controlplane/config/config_loader.hpp"

#include <cerrno>
#include <cstring>
#include <exception>
#include <fstream>

#include "controlplane/config/node_schema.hpp"
#include "controlplane/config/semantic_check.hpp"
#include "controlplane/config/yaml_tree.hpp"

namespace pollux::config {

namespace {

ConfigResult failed(const std::string& name, std::string message) {
  ConfigResult result;
  result.file = name;
  result.problems.push_back({name, 0, "", std::move(message)});
  return result;
}

ConfigResult load(const std::string& text, const std::string& name) {
  if (text.size() > kLongestConfigFile) {
    return failed(
        name, "is longer than " + std::to_string(kLongestConfigFile) + " bytes; this is no configuration");
  }
  const YamlTree tree = parse_yaml(text);
  ReadContext context(name);
  for (const YamlTree::Fault& fault : tree.faults) {
    context.error("", fault.line, fault.message);
  }
  NodeConfig config;
  if (tree.readable) {
    context.seen("", tree.root.line);
    node_schema().read(tree.root, "", context, config);
    check_meaning(config, context);
  }
  ConfigResult result;
  result.file = name;
  result.problems = context.take_errors();
  result.warnings = context.take_warnings();
  result.key_lines = context.take_lines();
  if (result.problems.empty()) {
    result.config = std::move(config);
  }
  return result;
}

}  // namespace

ConfigResult load_config_text(const std::string& text, const std::string& name) {
  try {
    return load(text, name);
  } catch (const std::exception& error) {  // lack of memory, or a fault of the YAML library
    return failed(name, std::string("cannot be read: ") + error.what());
  }
}

ConfigResult load_config_file(const std::string& path) {
  std::string text;
  {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    std::string chunk(65536, '\0');
    while (file && text.size() <= kLongestConfigFile) {
      file.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
      text.append(chunk, 0, static_cast<std::size_t>(file.gcount()));
    }
    if (!file.is_open() || file.bad()) {
      return failed(path, std::string("cannot be read: ") + std::strerror(errno != 0 ? errno : EIO));
    }
  }
  return load_config_text(text, path);
}

}  // namespace pollux::config
