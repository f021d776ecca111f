// Puts the data plane together: EAL, devices, host thread, workers; and is the control plane's side of it.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "dataplane/api/dataplane.hpp"
#include "dataplane/io/device.hpp"
#include "dataplane/io/host_thread.hpp"
#include "dataplane/io/interface_table.hpp"
#include "dataplane/io/neighbour_table.hpp"
#include "dataplane/session/endpoint_pool.hpp"
#include "dataplane/session/endpoint_table.hpp"
#include "dataplane/session/port_ownership.hpp"
#include "dataplane/stages/context.hpp"
#include "dataplane/worker/leg_keys.hpp"
#include "dataplane/worker/session_builder.hpp"
#include "dataplane/worker/worker.hpp"

namespace pollux::worker {

// Who turns the workers' loops.
enum class Drive : std::uint8_t {
  kLcores,  // each its own EAL lcore
  kCaller,  // nobody: tests and benchmarks call worker(i).run_once()
};

// A DPDK ring with its owner.
struct RingDeleter {
  void operator()(rte_ring* ring) const;
};
using RingPtr = std::unique_ptr<rte_ring, RingDeleter>;

// A name of a ring or a pool that this process doesn't have yet. DPDK takes 25 characters of a pool's, so
// `kind` is short. Control thread only.
std::string unique_name(const char* kind);
RingPtr make_ring(const char* kind, unsigned size, unsigned flags);
tl::unexpected<Error> no_memory(const std::string& what);

class DataplaneImpl final : public Dataplane {
 public:
  // `steering`: for each port a test's device to steer, or nullptr; none: the devices themselves.
  static Expected<std::unique_ptr<DataplaneImpl>> create(const DataplaneConfig& config, Drive drive,
                                                         std::span<io::SteeringDevice* const> steering = {});
  ~DataplaneImpl() override;

  Expected<SessionHandle> add_session(const SessionSpec& spec, std::uint64_t token) override;
  Expected<void> update_session(SessionHandle session, const SessionSpec& spec, std::uint64_t token) override;
  Expected<void> remove_session(SessionHandle session, std::uint64_t token) override;
  std::size_t poll_events(std::span<Event> events) override;
  Expected<SessionStats> session_stats(SessionHandle session) const override;
  void set_learning(const LearningConfig& learning) override;
  void set_max_packets_per_second(std::uint32_t packets) override;
  Expected<void> inject_dtmf(SessionHandle session, const DtmfInjection& injection,
                             std::uint64_t token) override;
  Expected<CaptureId> start_capture(const CaptureSpec& spec) override;
  void stop_capture(CaptureId capture) override;
  std::size_t take_captured(std::vector<CapturedPacket>& packets, std::size_t most) override;
  double media_cost(const SessionSpec& spec) const override;
  std::span<const CodecCost> codec_costs() const override { return costs_; }
  std::uint16_t port_owner(const IpAddress& local, std::uint16_t udp_port) const override;
  std::span<const WorkerInfo> workers() const override { return worker_infos_; }
  NodeStats stats() const override;

  io::HostThread& host() { return *host_; }
  Worker& worker(std::uint16_t index) { return *parts_[index]->worker; }

 private:
  // Everything that one worker owns or is given.
  struct Part {
    stages::Context context;
    std::unique_ptr<session::EndpointTable> table;
    RingPtr commands;
    RingPtr completed;
    RingPtr events;
    RingPtr handoff;
    RingPtr to_media;    // stages::MediaWork for the paths that this worker runs
    RingPtr from_media;  // and from those of its sessions that others run
    RingPtr captured;
    std::unique_ptr<crypto::Engine> srtp;
    std::unique_ptr<Wakeup> wakeup;                // of a worker that waits to be woken
    std::unique_ptr<io::RxInterrupts> interrupts;  // likewise
    // control thread only
    // Commands posted and not yet completed, wherever they are: in a ring, or with a worker that waits for a
    // media path to close.
    std::unordered_map<session::SessionPlan*, std::unique_ptr<session::SessionPlan>> under_way;
    std::uint64_t events_taken = 0;                  // since the start
    session::SessionPlan* completed_next = nullptr;  // waits for the events raised before it
    std::unique_ptr<Worker> worker;
  };

  // A leg's former key is good until then, unless the leg got yet another key meanwhile.
  struct Overlap {
    std::uint64_t until_ms = 0;
    SessionHandle session = 0;
  };

  DataplaneImpl(const DataplaneConfig& config, Drive drive, std::span<io::SteeringDevice* const> steering);
  Expected<void> make_srtp();
  Expected<void> measure_codecs();
  Expected<void> open_devices();
  Expected<void> make_parts();
  Expected<void> share_tx_queues();
  std::vector<std::vector<io::RxQueue>> share_rx_queues() const;
  Expected<void> start_devices();
  Expected<void> open_rx_interrupts();
  void take_over_steering();
  Expected<void> start_host();
  Expected<void> start_workers();
  static void post(Part& part, std::unique_ptr<session::SessionPlan> plan);
  Event complete(session::SessionPlan& under_way);
  std::size_t poll_part(Part& part, std::span<Event> events);
  void forget_unlinked();
  std::size_t linked_sessions() const { return sessions_.size() - unlinked_.size(); }
  StreamStats stream_stats(const session::Endpoint& endpoint) const;
  void find_next_hop(std::uint16_t interface, const IpAddress& to, StreamStats& stats) const;
  ReceptionStats reception_stats(const session::Leg& leg) const;
  LegStats leg_stats(const session::Leg& leg, const LegSpec& spec) const;
  std::uint16_t port_index(std::uint16_t port_id) const { return port_index_[port_id]; }
  Expected<void> make_capture_slots();
  Expected<CaptureId> start_session_capture(const CaptureSpec& spec);
  Expected<CaptureId> start_unmatched_capture(const CaptureSpec& spec);
  static bool has_room(const Part& part);  // for one more command
  void retry_stopped_captures();
  void end_overlaps();
  void tell_time();  // to the workers
  bool forget_former(SessionRecord& record, std::size_t leg);
  void retire_keys(SessionRecord& record, const session::SessionPlan& plan);
  bool post_capture(SessionHandle session, const session::CaptureOrder& order);

  const DataplaneConfig config_;
  const Drive drive_;
  const std::vector<std::uint16_t> relays_;          // the workers that receive: with the role, or all
  const std::vector<io::SteeringDevice*> steering_;  // as given to create()
  rte_mempool* mempool_ = nullptr;
  rte_mempool* capture_mempool_ = nullptr;
  std::vector<std::unique_ptr<io::Device>> devices_;
  std::vector<std::uint16_t> port_index_;  // by DPDK port id: index into config_.ports
  io::InterfaceTable interfaces_;
  std::unique_ptr<io::NeighbourTable> neighbours_;
  session::PortOwnership ownership_;
  session::EndpointPool pool_;
  std::unique_ptr<crypto::Backend> srtp_;
  std::unique_ptr<KeyMaker> keys_;
  std::unique_ptr<SessionBuilder> builder_;
  std::vector<std::unique_ptr<Part>> parts_;
  std::vector<RingPtr> tx_rings_;
  RingPtr host_events_;
  std::unique_ptr<io::HostThread> host_;
  std::vector<WorkerInfo> worker_infos_;
  std::vector<CodecCost> costs_;
  bool launched_ = false;
  // Each that was ever in force, once: a worker may still look at a former one.
  std::vector<std::unique_ptr<const LearningConfig>> learning_;

  // control thread only
  std::unordered_map<SessionHandle, std::unique_ptr<SessionRecord>> sessions_;
  std::vector<SessionHandle> unlinked_;                    // freed by the next poll_events()
  std::unordered_map<CaptureId, SessionHandle> captures_;  // 0: of packets that reach no session
  std::deque<Overlap> overlaps_;                           // in the order in which they end
  std::vector<SessionHandle> captures_to_stop_;            // their workers had no room for it yet
  std::uint64_t time_told_tsc_ = 0;
  CaptureId last_capture_ = 0;
  SessionHandle next_handle_ = 1;
};

}  // namespace pollux::worker
