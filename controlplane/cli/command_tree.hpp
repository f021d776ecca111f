// The command line as data: what completion, manual and the summary of --help are made from.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace pollux::cli {

struct OptionText {
  std::vector<std::string> names;  // "-o", "--output"; of a positional its name
  std::string value;               // "FILE", "table|json"; empty: a flag
  std::string description;
  bool required = false;
  bool repeated = false;
};

struct CommandText {
  std::string path;  // "session list"; empty: polluxctl itself
  std::string description;
  std::string footer;
  std::vector<OptionText> options;  // without --help; of polluxctl itself: those of every command
  std::vector<OptionText> positionals;
  std::vector<std::string> children;  // their last words

  bool is_leaf() const { return children.empty(); }
};

using CommandTree = std::vector<CommandText>;  // parents before their children

CommandTree make_command_tree(const CLI::App& app);

}  // namespace pollux::cli
