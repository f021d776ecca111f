// Signals are taken by one thread that waits for them, never by a handler.
#pragma once

#include <chrono>

namespace pollux::ops {

// Blocks SIGTERM, SIGINT and SIGHUP and ignores SIGPIPE in the calling thread and all that it makes later. To
// be called before any other thread exists.
void block_signals();

// Waits for one of the blocked signals; its number, or 0 when none came in time.
int wait_for_signal(std::chrono::milliseconds limit);

}  // namespace pollux::ops
