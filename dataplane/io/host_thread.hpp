// The ordinary thread beside the workers: ARP, ND, ICMP, frames whose next hop is unknown, link state.
#pragma once

#include <sched.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "dataplane/api/event.hpp"
#include "dataplane/api/stats.hpp"
#include "dataplane/base/counter.hpp"
#include "dataplane/base/expected.hpp"
#include "dataplane/base/wakeup.hpp"
#include "dataplane/io/host_stack.hpp"
#include "dataplane/io/interface_table.hpp"
#include "dataplane/io/neighbour_table.hpp"

struct rte_mbuf;
struct rte_mempool;
struct rte_ring;

namespace pollux::io {

// VLAN id of a received frame: where the device left its tag (see device.hpp). 0: untagged.
// Pre: the first segment holds the Ethernet header, if the frame has one.
std::uint16_t frame_vlan(const rte_mbuf* frame);

// What is given to the host thread. Neither pings from anywhere nor a link full of questions may crowd out
// the answers of the next hops that calls wait for.
enum class PuntKind : std::uint8_t {
  kAnswer,     // ARP, ND: about a neighbour that is known or sought. Has a ring of its own
  kNeighbour,  // other ARP and ND: from the link itself
  kOther,      // gets half of kNeighbour's room
};

// It reaches devices only through worker 0's transmit queues, so that no queue has two users.
//
// The pool's ring should be "ring_mt_rts" or "ring_mt_hts" (rte_pktmbuf_pool_create_by_ops): this thread can
// be preempted while it takes a buffer, and the default ring would make every worker wait for it.
class HostThread : private FrameSink {
 public:
  // Called on the host thread: kPortUp, kPortDown (`port`), kDuplicateAddress (`port`, `to`). The first state
  // of a link is reported too. Must not block.
  using EventHandler = std::function<void(const Event&)>;

  struct Options {
    std::uint16_t workers = 1;
    cpu_set_t cpus{};  // where it may run
    HostStackOptions stack;
    std::uint64_t link_poll_ms = 100;
    Wakeup* wakeup = nullptr;  // worker 0's, if it waits to be woken
  };

  // Starts the thread. `interfaces`, `neighbours` and `pool` outlive it. `port_ids` as
  // DataplaneConfig::ports.
  static Expected<std::unique_ptr<HostThread>> start(const InterfaceTable& interfaces,
                                                     NeighbourTable& neighbours,
                                                     std::span<const std::uint16_t> port_ids,
                                                     rte_mempool* pool, const Options& options,
                                                     EventHandler on_event);
  ~HostThread() override;  // stops
  HostThread(const HostThread&) = delete;
  HostThread& operator=(const HostThread&) = delete;

  // -- called by workers, wait-free --
  // A received frame (ARP, ICMP, ICMPv6) as the device left it: Ethernet header first, one segment. False:
  // the ring is full, the caller keeps the mbuf. Post otherwise: the mbuf belongs to the host thread.
  bool punt(std::uint16_t worker, rte_mbuf* frame, PuntKind kind = PuntKind::kNeighbour);
  // A complete IP frame, VLAN tag included, whose destination MAC is to be filled in; frame->port is the
  // outgoing DPDK port. It comes back through take_transmit() once the next hop is known.
  bool punt_unresolved(std::uint16_t worker, rte_mbuf* frame);
  // Worker 0 only. Complete frames to send on their `port`. Take them before a batch is received: frames that
  // waited for the next hop then leave before later ones of the same stream.
  unsigned take_transmit(rte_mbuf** frames, unsigned max);

  // Ends the thread and frees every frame it holds. Workers must have stopped calling. Idempotent.
  void stop();

  HostStats stats() const;  // any thread
  // Turns of the loop so far, any thread: what was given before a turn began has been looked at when it ends.
  std::uint64_t turns() const { return turns_.get(); }

 private:
  enum class Link : std::uint8_t { kUnknown, kDown, kUp };
  struct WorkerRings {
    rte_ring* answers = nullptr;
    rte_ring* received = nullptr;
    rte_ring* unresolved = nullptr;
  };

  HostThread(const InterfaceTable& interfaces, NeighbourTable& neighbours,
             std::span<const std::uint16_t> port_ids, rte_mempool* pool, const Options& options,
             EventHandler on_event);
  Expected<void> make_rings();
  void free_rings();
  void run();
  bool turn();
  void take_received(rte_mbuf* frame);
  void take_unresolved(rte_mbuf* frame);
  void poll_links(std::uint64_t now_ms);
  void report(EventType type, std::uint16_t port, const IpAddress& address) const;
  void drop(DropReason reason) { drops_[static_cast<std::size_t>(reason)].add(1); }
  void transmit(std::uint16_t interface, rte_mbuf* frame);
  // FrameSink
  void send(std::uint16_t interface, std::span<const std::uint8_t> frame) override;
  void release(std::uint16_t interface, const Frame& frame) override;
  void discard(const Frame& frame) override;

  const InterfaceTable& interfaces_;
  std::vector<std::uint16_t> port_ids_;
  std::vector<Link> links_;
  rte_mempool* pool_;
  Options options_;
  EventHandler on_event_;
  std::vector<WorkerRings> rings_;
  rte_ring* transmit_ = nullptr;
  std::uint64_t next_link_poll_ms_ = 0;
  std::array<Counter, kDropReasonCount> drops_;  // besides the stack's own; written by: host; read by: any
  HostStack stack_;
  Counter turns_;
  std::atomic<bool> stopping_{false};  // written by: stop(); read by: host
  std::thread thread_;
};

}  // namespace pollux::io
