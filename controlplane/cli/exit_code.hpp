// polluxctl's exit codes; scripts rely on them.
#pragma once

#include <array>

namespace pollux::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitCallFailed = 1;    // the node refused the call
inline constexpr int kExitUsage = 2;         // the command line (or the file it names) is wrong
inline constexpr int kExitUnreachable = 3;   // nobody answers at the target
inline constexpr int kExitSessionsLeft = 4;  // `node drain`: the deadline came, or Ctrl-C, before the end

struct ExitCodeText {
  int code;
  const char* meaning;
};

// For the help and the manual.
inline constexpr std::array<ExitCodeText, 5> kExitCodes{{
    {kExitOk, "done"},
    {kExitCallFailed, "the node refused the call, or a file can't be written: standard error says why"},
    {kExitUsage, "the command line, or a file it names, is wrong; nothing was sent"},
    {kExitUnreachable, "nobody answers at the target; standard error says how to check"},
    {kExitSessionsLeft, "node drain: sessions were left when the deadline came or Ctrl-C ended the wait"},
}};

}  // namespace pollux::cli
