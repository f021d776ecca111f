// Hands packets to the device.
#pragma once

#include "dataplane/stages/context.hpp"

namespace pollux::stages {

// Sends what has been gathered for a port; what the device doesn't take is dropped as tx_full.
void flush_tx(Context& context, TxQueue& queue);

// Gathers a complete frame for the port; full batches go at once, the rest with flush_all_tx().
inline void enqueue_tx(Context& context, std::uint16_t port_id, rte_mbuf* mbuf) {
  TxQueue& queue = context.tx[port_id];
  queue.packets[queue.count++] = mbuf;
  if (queue.count == kBatch) {
    flush_tx(context, queue);
  }
}

// At the end of each loop. Also sends what workers without a queue of their own gave to this one. True: there
// was something to send.
bool flush_all_tx(Context& context);

}  // namespace pollux::stages
