// What the host stack counts.
#pragma once

#include <array>

#include "dataplane/api/stats.hpp"
#include "dataplane/base/counter.hpp"

namespace pollux::io {

// Written by: host thread; read by: any.
struct HostCounters {
  Counter arp_received;
  Counter arp_sent;
  Counter nd_received;
  Counter nd_sent;
  Counter echo_answered;
  Counter neighbours_added;
  Counter neighbours_removed;
  Counter neighbours_failed;
  std::array<Counter, kDropReasonCount> drops;

  void drop(DropReason reason) { drops[static_cast<std::size_t>(reason)].add(1); }
};

}  // namespace pollux::io
