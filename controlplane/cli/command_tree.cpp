#include "controlplane/cli/command_tree.hpp"

#include <CLI/CLI.hpp>

namespace pollux::cli {

namespace {

OptionText option_text(const CLI::Option& option, bool positional) {
  OptionText text;
  if (positional) {
    text.names = {option.get_name(true, false)};
  } else {
    for (const auto& name : option.get_snames()) {
      text.names.push_back("-" + name);
    }
    for (const auto& name : option.get_lnames()) {
      text.names.push_back("--" + name);
    }
  }
  const bool flag = !positional && option.get_items_expected_max() == 0;
  text.value = flag ? "" : option.get_type_name();
  text.description = option.get_description();
  text.required = option.get_required();
  text.repeated = option.get_items_expected_max() > 1;
  return text;
}

void add(CommandTree& tree, const CLI::App& app, const std::string& path) {
  CommandText command;
  command.path = path;
  command.description = app.get_description();
  command.footer = app.get_footer();
  for (const CLI::Option* option : app.get_options()) {
    if (option == app.get_help_ptr() && !path.empty()) {
      continue;
    }
    if (option->nonpositional()) {
      command.options.push_back(option_text(*option, false));
    } else {
      command.positionals.push_back(option_text(*option, true));
    }
  }
  // A command without a group is hidden.
  const auto children =
      app.get_subcommands([](const CLI::App* child) { return !child->get_group().empty(); });
  for (const CLI::App* child : children) {
    command.children.push_back(child->get_name());
  }
  tree.push_back(std::move(command));
  for (const CLI::App* child : children) {
    add(tree, *child, (path.empty() ? "" : path + " ") + child->get_name());
  }
}

}  // namespace

CommandTree make_command_tree(const CLI::App& app) {
  CommandTree tree;
  add(tree, app, "");
  return tree;
}

}  // namespace pollux::cli
