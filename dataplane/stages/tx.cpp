#include "dataplane/stages/tx.hpp"

#include <rte_ethdev.h>

namespace pollux::stages {

namespace {

bool send_for_others(Context& context, TxQueue& queue) {
  if (queue.inbound == nullptr) {
    return false;
  }
  const unsigned room = kBatch - queue.count;
  queue.count = static_cast<std::uint16_t>(
      queue.count + rte_ring_sc_dequeue_burst(
                        queue.inbound, reinterpret_cast<void**>(&queue.packets[queue.count]), room, nullptr));
  if (queue.count == 0) {
    return false;
  }
  flush_tx(context, queue);
  return true;
}

}  // namespace

void flush_tx(Context& context, TxQueue& queue) {
  const StageTimer timer(context, Stage::tx, queue.count);
  unsigned sent = 0;
  if (queue.outbound != nullptr) {
    sent = rte_ring_mp_enqueue_burst(queue.outbound, reinterpret_cast<void**>(queue.packets.data()),
                                     queue.count, nullptr);
  } else {
    sent = rte_eth_tx_burst(queue.port_id, queue.queue, queue.packets.data(), queue.count);
  }
  for (unsigned i = sent; i < queue.count; ++i) {
    drop(context, queue.packets[i], DropReason::tx_full);
  }
  queue.count = 0;
}

bool flush_all_tx(Context& context) {
  bool sent = false;
  for (TxQueue& queue : context.tx) {
    if (queue.count != 0) {
      flush_tx(context, queue);
      sent = true;
    }
    sent |= send_for_others(context, queue);
  }
  return sent;
}

}  // namespace pollux::stages
