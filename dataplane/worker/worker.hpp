// One poll-mode worker: takes packets from its queues through the stages to the devices, carries out
// commands.
#pragma once

#include <rte_ring.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/api/dataplane_config.hpp"
#include "dataplane/io/rx_interrupts.hpp"
#include "dataplane/session/session_plan.hpp"
#include "dataplane/session/timing_wheel.hpp"
#include "dataplane/stages/context.hpp"

namespace pollux::worker {

// Rings towards and from control; the capacity of `completed` is at least that of `commands`, and control
// keeps no more commands under way than fit, so returning a plan can't fail.
struct Mailbox {
  rte_ring* commands = nullptr;   // session::SessionPlan*, one producer (control), one consumer (worker)
  rte_ring* completed = nullptr;  // session::SessionPlan*, the other way
};

class Worker {
 public:
  // Everything in `context` is set by the caller; see stages::Context.
  Worker(stages::Context& context, const WorkerConfig& config, Mailbox mailbox,
         std::vector<io::RxQueue> rx_queues, std::uint32_t commands_per_loop, bool send_bye,
         std::uint64_t now_tsc, double cycles_per_ms, std::uint64_t random_seed);

  // Before run(), for IdleMode::kInterrupt; outlives it.
  void wait_for(io::RxInterrupts& interrupts) { interrupts_ = &interrupts; }
  const std::vector<io::RxQueue>& rx_queues() const { return rx_queues_; }

  // Loops until stop() is called. Thread: the worker's lcore.
  void run();
  void stop() { stopping_.store(true, std::memory_order_relaxed); }

  // run() has returned, and all that it did is visible to the caller.
  bool ended() const { return ended_.load(std::memory_order_acquire); }

  // One turn of the loop, with the time given: how tests and benchmarks drive a worker. True: there was work.
  bool run_once(std::uint64_t now_tsc);

  const stages::Context& context() const { return context_; }

 private:
  bool poll_queues();
  bool poll_handoff();
  void process(std::uint16_t port_id, rte_mbuf** mbufs, std::uint16_t count);
  bool take_commands();
  void carry_out(session::SessionPlan& plan);
  void finish(session::SessionPlan& plan);
  void retire(session::Leg& leg);
  void see_to_closed();
  void release_held(session::MediaRoute& route, const session::SessionPlan& plan);
  void expire(session::Timer& timer);
  void time_reports(session::Session& session);
  void report(session::Leg& leg);
  void check_media(session::Session& session);

  stages::Context& context_;
  const WorkerConfig config_;
  const Mailbox mailbox_;
  const std::vector<io::RxQueue> rx_queues_;
  io::RxInterrupts* interrupts_ = nullptr;
  const std::uint32_t commands_per_loop_;
  const bool send_bye_;
  const double cycles_per_ms_;
  const std::uint64_t start_tsc_;
  std::uint64_t loop_count_ = 0;
  XorShift random_;  // of the times of reports
  session::TimingWheel wheel_;
  stages::MediaBatch rtp_;
  stages::MediaBatch rtcp_;
  std::atomic<bool> stopping_{false};  // written by: control; read by: worker
  std::atomic<bool> ended_{false};     // written by: worker; read by: control
};

}  // namespace pollux::worker
