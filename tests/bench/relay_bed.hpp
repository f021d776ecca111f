// Two net_ring ports with a worker between them, N endpoints in calls of two, and packets for all of them.
#pragma once

#include <rte_mbuf.h>
#include <rte_ring.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/worker/dataplane_impl.hpp"

namespace pollux::bench {

// What a pass over the packets cost, by the time-stamp counter.
struct Cost {
  std::uint64_t packets = 0;
  std::uint64_t cycles = 0;
  std::uint64_t allocations = 0;
};

class RelayBed {
 public:
  // Packets in the rings at once: filled, then worked off, then drained.
  static constexpr std::uint32_t kRound = 1024;

  // `endpoints` is even, except 1: one leg then only receives and its packets return by the same port pair.
  explicit RelayBed(std::uint32_t endpoints);
  ~RelayBed();

  // Sends `packets` (a multiple of kRound) to the endpoints, in turn or at random, through the worker's real
  // loop. Only the loop is timed. Every packet must come out again: a loss ends the program.
  Cost relay(std::uint64_t packets);
  // What each stage has cost so far, by the worker's own samples.
  std::vector<StageStats> stages() const { return dataplane_->stats().workers[0].stages; }
  // The same rings with a loop that does nothing but swap addresses and ports and send: the floor.
  Cost swap_and_send(std::uint64_t packets);

 private:
  struct Stream {
    std::uint8_t frame[54];  // headers of a packet to this endpoint, RTP's included
    std::uint16_t sequence = 0;
    std::uint8_t port = 0;
  };

  void make_calls();
  void settle();
  void fill(std::uint32_t count);
  void write_frame(rte_mbuf& mbuf, Stream& stream) const;
  std::uint32_t drain();
  std::uint32_t run_until_idle();
  std::uint32_t swap_once(std::uint16_t port_id);

  std::uint32_t endpoints_;
  std::vector<rte_ring*> to_port_;
  std::vector<rte_ring*> from_port_;
  std::vector<std::uint16_t> port_ids_;
  rte_mempool* pool_ = nullptr;
  std::unique_ptr<worker::DataplaneImpl> dataplane_;
  std::vector<Stream> streams_;
  std::vector<std::uint32_t> order_;  // in which the streams are served
  std::size_t next_ = 0;
  std::vector<rte_mbuf*> buffers_;
};

}  // namespace pollux::bench
