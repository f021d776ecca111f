// Two net_ring ports with a worker between them, N endpoints in calls of two, and packets for all of them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "dataplane/worker/dataplane_impl.hpp"
#include "tests/bench/bench_net.hpp"
#include "tests/bench/sealer.hpp"

namespace pollux::bench {

// What a pass over the packets cost, by the time-stamp counter. A round in which the kernel gave the CPU to
// somebody else says nothing about the relay: it isn't counted, as long as half of the rounds are left.
struct Cost {
  std::uint64_t packets = 0;
  std::uint64_t cycles = 0;
  std::uint64_t allocations = 0;
  std::uint64_t rounds = 0;
  std::uint64_t rounds_left_out = 0;

  void add(std::uint64_t round_cycles, std::uint64_t round_packets, bool preempted);
};

// What the legs speak. With SRTP on either side packets go one way, from the parties of side 0 to those of
// side 1.
struct BedKind {
  std::optional<SrtpSuite> from;  // of what side 0 sends
  std::optional<SrtpSuite> to;    // of what side 1 gets
  bool one_way = false;           // without SRTP too
  std::uint32_t at_once = 0;      // packets that the worker finds in its queue; 0: all of a round
  SrtpBackend backend = SrtpBackend::kIpsecMb;

  std::uint32_t max_packets_per_second = 0;  // as DataplaneConfig; 0: as far off as can be

  bool srtp() const { return from || to; }
};

class RelayBed {
 public:
  // Packets in the rings at once: filled, then worked off, then drained.
  static constexpr std::uint32_t kRound = 1024;

  // `endpoints` is even, except 1: one leg then only receives and its packets return by the same port pair.
  // `pair`: of ports, another one for a bed that exists at the same time.
  explicit RelayBed(std::uint32_t endpoints, const BedKind& kind = {}, unsigned pair = 0);
  ~RelayBed();

  // Sends `packets` (a multiple of kRound) to the endpoints, in turn or at random, through the worker's real
  // loop. Only the loop is timed. Every packet must come out again: a loss ends the program.
  Cost relay(std::uint64_t packets);
  // From now on each packet is followed by a frame, written by `flood`, in the queue of side 0; none: no
  // more. Frames of a flood may come out again or not.
  using Flood = std::function<void(rte_mbuf& mbuf)>;
  void set_flood(Flood flood) { flood_ = std::move(flood); }
  // A call beside the others, by ports above theirs: the stream of its party on side 0.
  Stream add_call();
  // Of the first call: the stream of its party on side 0 as it stands, and our address for it.
  const Stream& first_stream() const { return streams_.front(); }
  static SocketAddress first_local_end();
  // What each stage has cost so far, by the worker's own samples.
  std::vector<StageStats> stages() const { return dataplane_->stats().workers[0].stages; }
  // The same rings with a loop that does nothing but swap addresses and ports and send: the floor.
  Cost swap_and_send(std::uint64_t packets);
  // Whoever calls its control functions is the control thread; the worker is driven by this bed alone.
  Dataplane& dataplane() { return *dataplane_; }
  const std::vector<SessionHandle>& sessions() const { return sessions_; }
  // Until the worker has carried out what it was told.
  void settle_commands() { run_until_idle(); }

 private:
  void make_calls();
  void settle();
  SessionSpec call_spec(std::uint32_t call);
  std::uint64_t timed(std::uint32_t count);
  void fill(std::uint32_t count);
  std::uint32_t drain();
  std::uint32_t run_until_idle();
  std::uint32_t swap_once(std::uint16_t port_id);

  std::uint32_t endpoints_;
  BedKind kind_;
  DataplaneConfig config_;
  RingPorts ports_;
  std::unique_ptr<worker::DataplaneImpl> dataplane_;
  std::vector<SessionHandle> sessions_;
  std::vector<Stream> streams_;
  std::unique_ptr<Sealer> sealer_;    // of the streams, in the same order; nullptr: plain
  std::vector<std::uint32_t> order_;  // in which the streams are served
  std::size_t next_ = 0;
  Flood flood_;
};

}  // namespace pollux::bench
