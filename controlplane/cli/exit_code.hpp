// polluxctl's exit codes; scripts rely on them.
#pragma once

namespace pollux::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitCallFailed = 1;   // the node refused the call
inline constexpr int kExitUsage = 2;        // the command line (or the file it names) is wrong
inline constexpr int kExitUnreachable = 3;  // nobody answers at the target

}  // namespace pollux::cli
