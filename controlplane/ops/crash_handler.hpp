// What a crash leaves behind: a backtrace in the log that names the worker and the stage.
#pragma once

#include "dataplane/api/crash_context.hpp"

namespace pollux::ops {

// From now on SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT write who crashed and where, to stderr and to the
// log file, and then do what they always do: end the process with a core. `where` is asked on the thread that
// crashed and must be async-signal-safe. Only the thread that calls this survives an overflow of its stack
// long enough to tell. To be called after set_up_logging().
void install_crash_handler(CrashContext (*where)() noexcept);

}  // namespace pollux::ops
