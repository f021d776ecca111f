// polluxctl from the command line to the exit code, everything from outside handed in.
#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "controlplane/cli/arguments.hpp"
#include "controlplane/cli/style.hpp"

namespace pollux::cli {

// What main() has and tests replace.
struct Environment {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  ArgumentDefaults defaults;
  Style style;                                           // of `out`
  bool terminal = false;                                 // `out` is one: it may be cleared
  bool err_terminal = false;                             // `err` is one: a line of it may be overwritten
  std::function<double()> now_seconds;                   // since 1970
  std::function<bool(std::chrono::milliseconds)> pause;  // false: don't go on
  // Commands that have to end in order call the first once; from then on the second tells of Ctrl-C. Empty:
  // nothing interrupts.
  std::function<void()> catch_interrupt;
  std::function<bool()> interrupted;
  // `events` without --follow has read the node's log when nothing comes for so long.
  std::chrono::milliseconds quiet_time{500};
};

// `arguments` without the program's name. Returns the exit code (exit_code.hpp).
int run(const std::vector<std::string>& arguments, const Environment& environment);

}  // namespace pollux::cli
