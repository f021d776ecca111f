#include "controlplane/cli/completion.hpp"

#include <algorithm>

namespace pollux::cli {

namespace {

// Ids of the first sessions, for arguments that name one.
constexpr const char* kSessionIds =
    "polluxctl --timeout 1s -o json session list --limit 200 2>/dev/null |\n"
    "    sed -n 's/^ *\"sessionId\": \"\\(.*\\)\",*$/\\1/p'";

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) {
    out += (out.empty() ? "" : " ") + word;
  }
  return out;
}

// "table|json" → "table json"; empty when the value isn't one of a few words.
std::string choices(const OptionText& option) {
  std::string words = option.value;
  if (words.find('|') == std::string::npos) {
    return "";
  }
  std::replace(words.begin(), words.end(), '|', ' ');
  return words;
}

std::string option_names(const CommandText& command) {
  std::string out;
  for (const auto& option : command.options) {
    out += (out.empty() ? "" : " ") + join(option.names);
  }
  return out;
}

// In single quotes for a shell.
std::string quoted(std::string text) {
  for (std::size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 4) {
    text.replace(at, 1, "'\\''");
  }
  return "'" + text + "'";
}

// Shell words for "option NAME of command PATH takes a value": a pattern of `case "$path $word"`.
std::string value_patterns(const CommandText& command, const OptionText& option) {
  std::string out;
  for (const auto& name : option.names) {
    const std::string path = command.path.empty() ? "*" : quoted(command.path);
    out += (out.empty() ? "" : " | ") + path + "' " + name + "'";
  }
  return out;
}

// What completes a value, in bash: a list of words, files, or nothing.
std::string bash_reply(const OptionText& value) {
  if (const std::string words = choices(value); !words.empty()) {
    return "COMPREPLY=($(compgen -W " + quoted(words) + " -- \"$cur\"))";
  }
  if (value.value == "FILE") {
    return "COMPREPLY=($(compgen -f -- \"$cur\"))";
  }
  if (value.value == "SESSION") {
    return "COMPREPLY=($(compgen -W \"$(_polluxctl_sessions)\" -- \"$cur\"))";
  }
  return "COMPREPLY=()";
}

// The commands' paths, and the options that take a value: what is needed to find the command in the words.
std::string find_path(const CommandTree& tree) {
  std::string out = "    case \"$path $word\" in\n";
  for (const auto& command : tree) {
    for (const auto& option : command.options) {
      if (!option.value.empty()) {
        out += "      " + value_patterns(command, option) + ") skip=1 ;;\n";
      }
    }
  }
  for (const auto& command : tree) {
    if (!command.path.empty()) {
      const auto space = command.path.rfind(' ');
      const std::string parent = space == std::string::npos ? "" : command.path.substr(0, space);
      const std::string name = space == std::string::npos ? command.path : command.path.substr(space + 1);
      out += "      " + quoted(parent + " " + name) + ") path=" + quoted(command.path) + " ;;\n";
    }
  }
  return out + "    esac\n";
}

std::string bash_script(const CommandTree& tree) {
  std::string out =
      "# bash completion of polluxctl, made by: polluxctl completion bash\n"
      "_polluxctl_sessions() {\n  " +
      std::string(kSessionIds) +
      "\n}\n\n"
      "_polluxctl() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} path='' word skip='' i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    word=${COMP_WORDS[i]}\n"
      "    if [ -n \"$skip\" ]; then skip=''; continue; fi\n" +
      find_path(tree) +
      "  done\n"
      "  if [ -n \"$skip\" ]; then\n"
      "    case \"$path $prev\" in\n";
  for (const auto& command : tree) {
    for (const auto& option : command.options) {
      if (!option.value.empty()) {
        out += "      " + value_patterns(command, option) + ") " + bash_reply(option) + " ;;\n";
      }
    }
  }
  out += "    esac\n    return\n  fi\n  case \"$path\" in\n";
  const std::string global = option_names(tree.front());
  for (const auto& command : tree) {
    const std::string own = command.path.empty() ? "" : option_names(command);
    out += "    " + quoted(command.path) + ")\n";
    out += "      if [[ $cur == -* ]]; then\n        COMPREPLY=($(compgen -W " +
           quoted(own + (own.empty() ? "" : " ") + global) + " -- \"$cur\"))\n      else\n        ";
    if (!command.children.empty()) {
      out += "COMPREPLY=($(compgen -W " + quoted(join(command.children)) + " -- \"$cur\"))";
    } else {
      out += command.positionals.empty() ? "COMPREPLY=()" : bash_reply(command.positionals.front());
    }
    out += "\n      fi ;;\n";
  }
  return out + "  esac\n}\ncomplete -F _polluxctl polluxctl\n";
}

std::string zsh_value(const OptionText& value) {
  if (const std::string words = choices(value); !words.empty()) {
    return "compadd -- " + words;
  }
  if (value.value == "FILE") {
    return "_files";
  }
  if (value.value == "SESSION") {
    return "compadd -- ${(f)\"$(_polluxctl_sessions)\"}";
  }
  return "_message " + quoted(value.value);
}

// "name:description" for _describe, in which a colon in the name would end it.
std::string zsh_item(const std::string& name, const std::string& description) {
  return quoted(name + ":" + description);
}

std::string zsh_options(const CommandText& command) {
  std::string out;
  for (const auto& option : command.options) {
    for (const auto& name : option.names) {
      out += " " + zsh_item(name, option.description);
    }
  }
  return out;
}

std::string zsh_script(const CommandTree& tree) {
  std::string out =
      "#compdef polluxctl\n# zsh completion of polluxctl, made by: polluxctl completion zsh\n"
      "_polluxctl_sessions() {\n  " +
      std::string(kSessionIds) +
      "\n}\n\n"
      "_polluxctl() {\n"
      "  local cur=${words[CURRENT]} prev=${words[CURRENT-1]} path_='' word skip='' i\n"
      "  local -a commands options\n"
      "  for ((i = 2; i < CURRENT; i++)); do\n"
      "    word=${words[i]}\n"
      "    if [ -n \"$skip\" ]; then skip=''; continue; fi\n";
  // zsh ties `path` to PATH.
  const auto renamed = [](std::string text) {
    for (std::size_t at = 0; (at = text.find("$path", at)) != std::string::npos; at += 6) {
      text.insert(at + 5, "_");
    }
    for (std::size_t at = 0; (at = text.find(" path=", at)) != std::string::npos; at += 7) {
      text.insert(at + 5, "_");
    }
    return text;
  };
  out += renamed(find_path(tree)) +
         "  done\n"
         "  if [ -n \"$skip\" ]; then\n"
         "    case \"$path_ $prev\" in\n";
  for (const auto& command : tree) {
    for (const auto& option : command.options) {
      if (!option.value.empty()) {
        out += "      " + value_patterns(command, option) + ") " + zsh_value(option) + " ;;\n";
      }
    }
  }
  out += "    esac\n    return\n  fi\n  case \"$path_\" in\n";
  const std::string global = zsh_options(tree.front());
  for (const auto& command : tree) {
    out += "    " + quoted(command.path) + ")\n      options=(" +
           (command.path.empty() ? "" : zsh_options(command)) + global + ")\n      commands=(";
    for (const auto& child : command.children) {
      const std::string path = (command.path.empty() ? "" : command.path + " ") + child;
      const auto it = std::find_if(tree.begin(), tree.end(), [&](const auto& c) { return c.path == path; });
      out += " " + zsh_item(child, it == tree.end() ? "" : it->description);
    }
    out += ")\n      if [[ $cur == -* ]]; then _describe option options\n      ";
    if (!command.children.empty()) {
      out += "else _describe command commands; fi ;;\n";
    } else if (!command.positionals.empty()) {
      out += "else " + zsh_value(command.positionals.front()) + "; fi ;;\n";
    } else {
      out += "fi ;;\n";
    }
  }
  return out +
         "  esac\n}\n"
         "if [ \"$funcstack[1]\" = _polluxctl ]; then _polluxctl \"$@\"; else compdef _polluxctl polluxctl; "
         "fi\n";
}

// fish quotes within single quotes by a backslash.
std::string fish_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    out += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  }
  return out + "'";
}

std::string fish_value(const OptionText& value) {
  if (const std::string words = choices(value); !words.empty()) {
    return " -x -a " + fish_quoted(words);
  }
  if (value.value == "FILE") {
    return " -r -F";
  }
  return value.value == "SESSION" ? " -x -a '(__polluxctl_sessions)'" : " -x";
}

std::string fish_script(const CommandTree& tree) {
  std::string out =
      "# fish completion of polluxctl, made by: polluxctl completion fish\n"
      "function __polluxctl_sessions\n  " +
      std::string(kSessionIds) +
      "\nend\n\n"
      "# True when the words so far lead to the command named.\n"
      "function __polluxctl_at\n"
      "  set -l path ''\n  set -l skip 0\n"
      "  for word in (commandline -opc)[2..-1]\n"
      "    if test $skip = 1\n      set skip 0\n      continue\n    end\n"
      "    switch \"$path $word\"\n";
  for (const auto& command : tree) {
    for (const auto& option : command.options) {
      for (const auto& name : option.value.empty() ? std::vector<std::string>{} : option.names) {
        out += "      case " + fish_quoted((command.path.empty() ? "*" : command.path) + " " + name) +
               "\n        set skip 1\n";
      }
    }
  }
  for (const auto& command : tree) {
    if (!command.path.empty()) {
      const auto space = command.path.rfind(' ');
      const std::string words = space == std::string::npos ? " " + command.path : command.path;
      out += "      case " + fish_quoted(words) + "\n        set path " + fish_quoted(command.path) + "\n";
    }
  }
  out += "    end\n  end\n  test \"$path\" = \"$argv[1]\"\nend\n\ncomplete -c polluxctl -f\n";
  for (const auto& command : tree) {
    const std::string at =
        command.path.empty() ? "" : " -n " + fish_quoted("__polluxctl_at " + fish_quoted(command.path));
    for (const auto& option : command.options) {
      out += "complete -c polluxctl" + at;
      for (const auto& name : option.names) {
        out += name.rfind("--", 0) == 0 ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      out +=
          (option.value.empty() ? "" : fish_value(option)) + " -d " + fish_quoted(option.description) + "\n";
    }
    for (const auto& positional : command.positionals) {
      out += "complete -c polluxctl" + at + fish_value(positional) + "\n";
    }
    const std::string here = " -n " + fish_quoted("__polluxctl_at " + fish_quoted(command.path));
    for (const auto& child : command.children) {
      const std::string path = (command.path.empty() ? "" : command.path + " ") + child;
      const auto it = std::find_if(tree.begin(), tree.end(), [&](const auto& c) { return c.path == path; });
      out += "complete -c polluxctl" + here + " -a " + child + " -d " +
             fish_quoted(it == tree.end() ? "" : it->description) + "\n";
    }
  }
  return out;
}

}  // namespace

std::string completion_script(const std::string& shell, const CommandTree& tree) {
  return shell == "bash" ? bash_script(tree) : shell == "zsh" ? zsh_script(tree) : fish_script(tree);
}

}  // namespace pollux::cli
