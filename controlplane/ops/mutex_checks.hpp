// What the libraries' locks check.
#pragma once

namespace pollux::ops {

// Debian builds Abseil without NDEBUG: each lock that gRPC takes is then written into a graph of all locks in
// which cycles are looked for. Switches that off for the process. Call it before threads use gRPC.
void switch_off_mutex_checks();

}  // namespace pollux::ops
