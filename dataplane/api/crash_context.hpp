// Where on the packet's way a thread is: for the report of a crash.
#pragma once

#include <cstdint>

namespace pollux {

struct CrashContext {
  bool is_worker = false;    // the thread is one, and has handled packets
  std::uint16_t worker = 0;  // its index
  const char* stage = "";    // its name, or "none" between stages
};

// Of the calling thread. Async-signal-safe.
CrashContext crash_context() noexcept;

}  // namespace pollux
