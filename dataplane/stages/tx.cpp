#include "dataplane/stages/tx.hpp"

#include <rte_ethdev.h>

#include "dataplane/stages/forward_delay.hpp"

namespace pollux::stages {

namespace {

unsigned hand_over(Context& context, TxQueue& queue) {
  const StageTimer timer(context, Stage::tx, queue.count);
  if (queue.outbound != nullptr) {
    const unsigned taken = rte_ring_mp_enqueue_burst(
        queue.outbound, reinterpret_cast<void**>(queue.packets.data()), queue.count, nullptr);
    wake(context, queue.outbound_worker);
    return taken;
  }
  return rte_eth_tx_burst(queue.port_id, queue.queue, queue.packets.data(), queue.count);
}

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
  const unsigned sent = hand_over(context, queue);
  if (context.sample_cycles) [[unlikely]] {
    count_forward_delay(context, queue, sent);
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
