#include "controlplane/cli/manual.hpp"

#include "controlplane/cli/exit_code.hpp"

namespace pollux::cli {

namespace {

constexpr const char* kHead = R"(.SH NAME
polluxctl \- the operator's view of a Pollux node
.SH SYNOPSIS
.B polluxctl
.RI [ OPTION \&...]
.I COMMAND
.RI [ ARGUMENT \&...]
.SH DESCRIPTION
.B polluxctl
asks a running
.BR polluxd (8)
over its gRPC door and prints the answer as text or JSON.
It needs nothing but the door: a unix socket, or an address with or without TLS.
.PP
Why is there no audio?
.B polluxctl session show
says for each direction what the counters mean, the likely cause, and what to do.
)";

constexpr const char* kTail = R"(.SH ENVIRONMENT
.TP
.B POLLUX_TARGET
The target where
.B \-\-target
isn't given.
.TP
.BR POLLUX_TLS_CA ", " POLLUX_TLS_CERT ", " POLLUX_TLS_KEY ", " POLLUX_TLS_SERVER_NAME
The same for the TLS options.
.TP
.B NO_COLOR
When set, no colours; they are only used on a terminal.
.SH FILES
.TP
.I /run/pollux/pollux.sock
The node's door where nothing else is said.
.SH EXAMPLES
.EX
polluxctl session list \-\-worst 10
polluxctl session show call\-1
polluxctl events \-\-follow
polluxctl capture call\-1 \-\-out call\-1.pcapng \-\-time 30s
polluxctl capture \-\-unmatched \-\-address 192.0.2.7 \-\-out \- | tshark \-r \-
polluxctl node drain \-\-deadline 10min \-\-end\-sessions
polluxctl completion bash > /etc/bash_completion.d/polluxctl
.EE
.SH SEE ALSO
.BR polluxd (8),
.BR tshark (1)
)";

// Text that troff prints as it is.
std::string escaped(const std::string& text) {
  std::string out;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) {
      out += "\\&";
    }
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
    line_begins = c == '\n';
  }
  return out;
}

std::string option_entry(const OptionText& option) {
  std::string out = ".TP\n.B ";
  const char* separator = "";
  for (const auto& name : option.names) {
    out += separator + escaped(name);
    separator = ", ";
  }
  if (!option.value.empty()) {
    out += " \\fI" + escaped(option.value) + "\\fR";
  }
  return out + "\n" + escaped(option.description) + ".\n";
}

std::string positional_words(const CommandText& command) {
  std::string out;
  for (const auto& positional : command.positionals) {
    const std::string word =
        positional.value.find('|') != std::string::npos ? positional.value : positional.names[0];
    out += positional.required ? " " : " [";
    out += "\\fI" + escaped(word) + "\\fR";
    out += positional.repeated ? " ..." : "";
    out += positional.required ? "" : "]";
  }
  return out;
}

std::string command_section(const CommandText& command) {
  std::string out = ".SS \"polluxctl " + escaped(command.path) + "\"\n";
  out += ".B polluxctl " + escaped(command.path) + positional_words(command);
  for (const auto& option : command.options) {
    out +=
        option.required ? " " + escaped(option.names.back()) + " \\fI" + escaped(option.value) + "\\fR" : "";
  }
  out += command.options.empty() ? "\n" : " [\\fIOPTION\\fR ...]\n";
  out += ".PP\n" + escaped(command.description) + ".\n";
  for (const auto& option : command.options) {
    out += option_entry(option);
  }
  if (!command.footer.empty()) {
    const std::size_t begin = command.footer.find_first_not_of('\n');
    out += ".PP\n.EX\n" + escaped(command.footer.substr(begin)) + "\n.EE\n";
  }
  return out;
}

}  // namespace

std::string manual_page(const CommandTree& tree) {
  std::string out =
      ".\\\" Made from polluxctl's own command line; not to be changed by hand.\n"
      ".TH POLLUXCTL 1 \"\" \"Pollux " POLLUX_VERSION "\" \"Pollux manual\"\n";
  out += kHead;
  out +=
      ".SH OPTIONS\nThey may stand before or behind the command.\n"
      "A \\fITIME\\fR is a number with ms, s, min or h; without a unit it means seconds.\n";
  for (const auto& option : tree.front().options) {
    out += option_entry(option);
  }
  out += ".SH COMMANDS\n";
  for (const auto& command : tree) {
    if (command.is_leaf()) {
      out += command_section(command);
    }
  }
  out += ".SH EXIT STATUS\n";
  for (const auto& [code, meaning] : kExitCodes) {
    out += ".TP\n.B " + std::to_string(code) + "\n" + escaped(meaning) + ".\n";
  }
  return out + kTail;
}

}  // namespace pollux::cli
