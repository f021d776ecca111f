// The keys of Pollux's configuration file.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "controlplane/config/node_config.hpp"
#include "controlplane/config/section.hpp"

namespace pollux::config {

// Built once, never changed: any thread may read it.
const Section<NodeConfig>& node_schema();

// Every key, in the order of the example file.
std::vector<KeyInfo> known_keys();

// Path of every key ("ports[0].mtu") -> its value as the file would say it, defaults included.
std::map<std::string, std::string> shown_values(const NodeConfig& config);

// "unit: bytes; default: 1500; range: 576..9216; change: restart": how the example file and the documentation
// tell the facts of a key.
std::string key_facts(const KeyInfo& key);

// The table of keys in docs/configuration.md, as Markdown.
std::string key_table();

}  // namespace pollux::config
