// Whether a device port has a link, as far as anybody knows.
#pragma once

#include <cstdint>

namespace pollux::io {

// What the driver says; for a port on a kernel interface (net_af_packet, whose driver says "up" once and for
// all) what the kernel says as well. Takes some system calls: for the host and control threads.
bool link_is_up(std::uint16_t port_id);

// The kernel's interface is up and its cable carries. False when there is no such interface (any more).
bool kernel_interface_runs(unsigned if_index);

}  // namespace pollux::io
