// What the stages of one worker share.
#pragma once

#include <rte_mbuf.h>
#include <rte_ring.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "dataplane/api/dataplane_config.hpp"
#include "dataplane/api/event.hpp"
#include "dataplane/base/wakeup.hpp"
#include "dataplane/base/xorshift.hpp"
#include "dataplane/crypto/backend.hpp"
#include "dataplane/io/host_thread.hpp"
#include "dataplane/io/interface_table.hpp"
#include "dataplane/io/neighbour_table.hpp"
#include "dataplane/rtp/rtp_packet.hpp"
#include "dataplane/session/clocks.hpp"
#include "dataplane/session/endpoint_pool.hpp"
#include "dataplane/session/endpoint_table.hpp"
#include "dataplane/session/media_route.hpp"
#include "dataplane/session/port_ownership.hpp"
#include "dataplane/session/session.hpp"
#include "dataplane/stages/capture.hpp"
#include "dataplane/stages/stage.hpp"

namespace pollux::stages {

__extension__ using Wide = unsigned __int128;

inline constexpr std::uint64_t kSampleEvery = 16;  // loops; cost is measured in one of so many
static_assert(kMostDevices == RTE_MAX_ETHPORTS);
inline constexpr std::uint16_t kBatch = 64;  // packets at most that go from stage to stage together

// One packet on its way through the media stages. The payload is UDP's.
struct MediaPacket {
  rte_mbuf* mbuf = nullptr;
  session::Endpoint* endpoint = nullptr;  // until rtp_receive: where it arrived; then: where it leaves
  std::uint8_t* payload = nullptr;
  std::uint16_t payload_length = 0;
  std::uint8_t ip_offset = 0;  // of the IP header from the start of the frame
  bool v6 = false;
  bool checksum_unknown = false;        // the received UDP check sum means nothing (any more)
  bool opaque = false;                  // SRTP that nobody here has a key of
  std::uint8_t payload_type = 0;        // it leaves with
  std::uint8_t clock = 0;               // index into session::kClockRates
  rtp::RtpHeader header;                // valid after rtp_receive, as received
  session::Endpoint* source = nullptr;  // valid after rtp_receive: where it arrived
};

// A list of packets between two stages. It owns their mbufs: each is passed on or dropped exactly once.
struct MediaBatch {
  std::array<MediaPacket, kBatch> packets;
  std::uint16_t count = 0;

  MediaPacket& add() { return packets[count++]; }
  bool full() const { return count == kBatch; }
};

// Packets gathered for one device port until the end of the loop. Written and read by one worker.
struct TxQueue {
  std::array<rte_mbuf*, kBatch> packets;
  std::uint16_t count = 0;
  std::uint16_t port_id = 0;
  std::uint16_t queue = 0;
  rte_ring* outbound = nullptr;  // set: this worker has no queue here and hands over to the one that has:
  std::uint16_t outbound_worker = 0;
  rte_ring* inbound = nullptr;  // set: others hand over to this worker
  // In loops that are sampled; see forward_delay.hpp. The first `dated` packets have it.
  std::array<std::uint64_t, kBatch> arrival_tsc;
  std::uint16_t dated = 0;
};

// In rte_mbuf::packet_type, which nothing else here reads: what a media packet's buffer holds.
inline constexpr std::uint32_t kUnframed = 0xffff'0000;  // begins with RTP: no headers for a capture to show
inline constexpr std::uint32_t kTakenOut = 0xfffd'0000;  // as kUnframed, and only its number counts any more
inline constexpr std::uint32_t kRefused = 0xfffe'0000;   // a path refused it: the low half is the DropReason

// What stages know of a device port.
struct PortTraits {
  std::uint64_t mac = 0;  // the six bytes in the low end of a word
  // The driver hands over UDP check sums that a local kernel hasn't finished (net_af_packet, net_af_xdp on
  // veth): they mean nothing, and outgoing ones are made from scratch.
  bool partial_checksums = false;
};

// Packets gathered for another worker.
struct HandoffBuffer {
  std::array<rte_mbuf*, kBatch> packets;
  std::uint16_t count = 0;
  rte_ring* ring = nullptr;  // many producers; consumer: the worker it is for
};

// What the stages of SRTP hand to the engine; kept, so that no batch has to begin with making it anew.
struct SrtpScratch {
  std::array<crypto::SrtpJob, kBatch> jobs;
  std::array<rte_mbuf*, kBatch> copies;  // for captures; nullptr: none
};

// A packet for a route's path, or from it: the RTP packet lies at the start of the mbuf. Between workers it
// goes by ring, by value. Without an mbuf: the order to close the path, or the answer that it is closed.
struct MediaWork {
  rte_mbuf* mbuf = nullptr;
  session::MediaRoute* route = nullptr;
};

// What the stages repacketize and transcode keep from call to call.
struct MediaStages {
  static constexpr std::uint16_t kMostWork = 2 * kBatch;
  std::array<MediaWork, kMostWork> work;  // gathered by rtp_receive
  std::uint16_t work_count = 0;
  MediaBatch made;            // what paths of this worker's sessions have sent, on its way to rtp_send
  rte_mbuf* spare = nullptr;  // the next packet is written here
  session::MediaRoute* closed = nullptr;       // paths that have come back closed, for the worker to see to
  session::MediaRoute* close_later = nullptr;  // whose media worker had no room for the order
  session::MediaRoute* answer_later =
      nullptr;         // closed ones whose session's worker had no room for the answer
  session::Timer due;  // head of those whose timer has gone off
  static constexpr unsigned kMostBurst = 8;
  unsigned burst = 1;                 // packets between two looks at the clock
  std::uint64_t budget_cycles = 0;    // that transcode() may take in one loop
  std::vector<rte_ring*> to_media;    // MediaWork by worker; many producers
  std::vector<rte_ring*> from_media;  // and back
};

// What the stages dtmf and dtmf_send keep from call to call.
struct DtmfStages {
  std::array<MediaPacket, kBatch> work;  // gathered by rtp_receive
  std::uint16_t work_count = 0;
  MediaBatch inserted;  // packets that were made, their numbers taken, on their way out
  XorShift random{0};   // of digits that stand for others
  dtmf::PressReports reports;
};

// All references outlive the worker. Everything else in here belongs to the worker's thread.
struct Context {
  // set at start
  std::uint16_t worker = 0;
  const io::InterfaceTable* interfaces = nullptr;
  const io::NeighbourTable* neighbours = nullptr;
  io::HostThread* host = nullptr;
  const session::PortOwnership* ownership = nullptr;
  session::EndpointPool* pool = nullptr;
  session::EndpointTable* table = nullptr;
  // written by: control, when the configuration is read again; read by: worker. Former ones stay alive.
  std::atomic<const LearningConfig*> learning{nullptr};
  // Between two packets of one source at a port's highest rate; 0: no limit. written by: control; read by:
  // worker
  std::atomic<std::uint32_t> packet_interval_us{0};
  crypto::Engine* srtp = nullptr;
  SrtpScratch srtp_scratch;
  rte_mempool* mempool = nullptr;
  rte_ring* events = nullptr;          // Event by value, towards control
  std::uint64_t events_raised = 0;     // that found room in it
  std::vector<HandoffBuffer> handoff;  // by worker
  std::vector<Wakeup*> wakeups;        // likewise; nullptr: it looks by itself
  bool handoff_pending = false;
  std::vector<TxQueue> tx;                                                // by DPDK port id
  std::vector<PortTraits> ports;                                          // by DPDK port id
  std::array<std::uint64_t, session::kClockRates.size()> clock_factor{};  // RTP ticks per TSC cycle × 2^64
  double ns_per_cycle = 0;
  // What to add to the TSC in nanoseconds for the time since 1970. written by: control, ten times a second,
  // as DPDK knows the TSC's rate to 10 MHz only; read by: worker
  std::atomic<std::int64_t> unix_offset_ns{0};
  session::TimingWheel* wheel = nullptr;
  MediaStages media;
  DtmfStages dtmf;
  MediaBatch copies;  // for the sinks of a stream beyond the first
  CaptureSlots capture;
  WorkerCounters counters;

  // set once per loop
  std::uint64_t now_tsc = 0;
  std::uint64_t now_us = 0;  // since the worker's start
  std::uint64_t now_ms = 0;
  bool sample_cycles = false;
  // In loops that are sampled: when the packets came that are being dealt with; 0: none are.
  std::uint64_t arrival_tsc = 0;

  std::int64_t tsc_ns(std::uint64_t tsc) const {
    return static_cast<std::int64_t>(static_cast<double>(tsc) * ns_per_cycle);
  }
  std::uint64_t tsc_us() const { return static_cast<std::uint64_t>(tsc_ns(now_tsc)) / 1000; }
  std::uint64_t unix_ns() const {
    return static_cast<std::uint64_t>(tsc_ns(now_tsc) + unix_offset_ns.load(std::memory_order_relaxed));
  }
  std::uint32_t rtp_ticks(std::uint8_t clock) const {
    return static_cast<std::uint32_t>((static_cast<Wide>(now_tsc) * clock_factor[clock]) >> 64);
  }
};

// After something was put into a ring of that worker. A system call only where it waits for interrupts, and
// is asleep.
inline void wake(Context& context, std::uint16_t worker) {
  if (Wakeup* const wakeup = context.wakeups[worker]; wakeup != nullptr) {
    wakeup->wake();
  }
}

inline void drop(Context& context, rte_mbuf* mbuf, DropReason reason) {
  context.counters.drop(reason).add(1);
  rte_pktmbuf_free(mbuf);
}

// For frames that came by device port `port_id` and belong to no session.
inline void drop_unmatched(Context& context, rte_mbuf* mbuf, std::uint16_t port_id, DropReason reason) {
  if (context.capture.unmatched.load(std::memory_order_relaxed) != 0) [[unlikely]] {
    capture_unmatched(context, *mbuf, port_id, reason);
  }
  drop(context, mbuf, reason);
}

// Counts a packet that came to the endpoint against it, so that a leg can tell why it is silent.
inline void blame(Context& context, session::Endpoint& endpoint, DropReason reason) {
  endpoint.dropped.add(1);
  endpoint.leg->drops.add(reason);
  context.counters.drop(reason).add(1);
}

inline void drop(Context& context, session::Endpoint& endpoint, rte_mbuf* mbuf, DropReason reason) {
  if ((endpoint.rx_flags & session::kRxCapture) != 0) [[unlikely]] {
    capture_frame(context, endpoint, *mbuf, CapturePoint::kDropped, reason);
  }
  blame(context, endpoint, reason);
  rte_pktmbuf_free(mbuf);
}

// Where the thread is, for the report of a crash: a worker's index and stage, each one higher, 0 being none.
// Without a call for the address, which the model of thread-local storage in libraries would take.
struct Whereabouts {
  std::uint16_t worker = 0;
  std::uint8_t stage = 0;
};
extern constinit thread_local Whereabouts whereabouts __attribute__((tls_model("initial-exec")));

// Counts a batch of `packets` and, in loops that are sampled, its cost.
class StageTimer {
 public:
  StageTimer(Context& context, Stage stage, std::uint64_t packets)
      : context_(context),
        stage_(stage),
        packets_(packets),
        outer_stage_(whereabouts.stage),
        start_(context.sample_cycles ? rte_rdtsc() : 0) {
    whereabouts = {static_cast<std::uint16_t>(context.worker + 1),
                   static_cast<std::uint8_t>(static_cast<std::uint8_t>(stage) + 1)};
  }
  ~StageTimer() {
    whereabouts.stage = outer_stage_;
    StageCounters& counters = context_.counters.stage(stage_);
    counters.packets.add(packets_);
    counters.batches.add(1);
    if (start_ != 0) {
      counters.sampled_packets.add(packets_);
      counters.sampled_cycles.add(rte_rdtsc() - start_);
    }
  }
  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;

 private:
  Context& context_;
  Stage stage_;
  std::uint64_t packets_;
  std::uint8_t outer_stage_;
  std::uint64_t start_;
};

// Tells control; a full ring loses the event and counts it.
void raise_event(Context& context, Event event);

}  // namespace pollux::stages
