#include "dataplane/stages/rx.hpp"

#include <rte_ethdev.h>

#include "dataplane/stages/forward_delay.hpp"

namespace pollux::stages {

std::uint16_t receive(Context& context, std::uint16_t port_id, std::uint16_t queue, rte_mbuf** mbufs) {
  const std::uint64_t start = context.sample_cycles ? rte_rdtsc() : 0;
  const std::uint16_t count = rte_eth_rx_burst(port_id, queue, mbufs, kBatch);
  if (count != 0) {  // empty polls are counted by the loop
    StageCounters& counters = context.counters.stage(Stage::rx);
    counters.packets.add(count);
    counters.batches.add(1);
    if (start != 0) {
      counters.sampled_packets.add(count);
      const std::uint64_t end = rte_rdtsc();
      counters.sampled_cycles.add(end - start);
      set_arrival(context, end);
    }
  }
  return count;
}

}  // namespace pollux::stages
