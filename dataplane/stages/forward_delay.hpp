// How long packets are with a worker: forward_delay, in loops that are sampled.
//
// It begins when rte_eth_rx_burst() returns with the packet and ends when rte_eth_tx_burst() takes over what
// is sent because of it, or the ring of the worker that has the device's queue does. A packet that another
// worker passed on is with us from the beginning of the loop in which that one received it.
//
// Not in it: the time in the device's queue before (WorkerCounters::loop_time says how long that may be) and
// after. What a path holds back (jitter window, packets that are being filled) leaves because of a later
// packet, whose delay is counted: the time it was held is MediaPathStats::delay_ms. Packets that leave by a
// timer, from a media worker, or because the host thread found their next hop have no delay here.
#pragma once

#include "dataplane/stages/context.hpp"

namespace pollux::stages {

// From here on what is gathered for devices leaves because of packets that came at `tsc`; 0: of none.
// Pre: the loop is sampled.
void set_arrival(Context& context, std::uint64_t tsc);

// The same for packets that another worker passed on, the first of which has this mark.
void set_passed_arrival(Context& context, std::uint32_t mark);

// What a packet that is passed on carries in rte_mbuf::hash.usr, which means nothing to anybody else here.
// Enough for 0.8 s at 2.6 GHz.
inline std::uint32_t arrival_mark(const Context& context) {
  return static_cast<std::uint32_t>(context.now_tsc);
}

// Counts the first `sent` packets of the queue, which have just been taken over.
// Pre: the loop is sampled, and the queue is about to be emptied.
void count_forward_delay(Context& context, TxQueue& queue, unsigned sent);

}  // namespace pollux::stages
