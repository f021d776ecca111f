#include "dataplane/io/host_thread.hpp"

#include <pthread.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <string>
#include <utility>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/io/link.hpp"
#include "dataplane/io/wire.hpp"

namespace pollux::io {

namespace {

constexpr unsigned kAnswerFrames = 256;
constexpr unsigned kReceivedFrames = 512;
constexpr unsigned kUnresolvedFrames = 1024;
constexpr unsigned kTransmitFrames = 1024;
constexpr unsigned kBurst = 32;
// Waking costs more than what there is to do mostly. Whoever asks something rarely asks once.
constexpr auto kNap = std::chrono::microseconds(200);
constexpr auto kLongNap = std::chrono::microseconds(1000);
constexpr auto kLongestNap = std::chrono::microseconds(4000);
constexpr unsigned kNapsBeforeLong = 100;
constexpr unsigned kNapsBeforeLongest = 1000;

std::uint64_t monotonic_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

std::uint64_t unix_ns() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

std::uint8_t* data_of(rte_mbuf* frame) {
  return rte_pktmbuf_mtod(frame, std::uint8_t*);
}

rte_ring* make_ring(const std::string& name, unsigned frames) {
  return rte_ring_create(name.c_str(), frames, SOCKET_ID_ANY,
                         RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
}

unsigned dequeue(rte_ring* ring, rte_mbuf** frames, unsigned max) {
  return rte_ring_sc_dequeue_burst(ring, reinterpret_cast<void**>(frames), max, nullptr);
}

void free_ring(rte_ring* ring) {
  if (ring == nullptr) {
    return;
  }
  rte_mbuf* frame = nullptr;
  while (dequeue(ring, &frame, 1) == 1) {
    rte_pktmbuf_free(frame);
  }
  rte_ring_free(ring);
}

}  // namespace

std::uint16_t frame_vlan(const rte_mbuf* frame) {
  if ((frame->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0) {
    return frame->vlan_tci & 0x0fff;
  }
  const auto* data = rte_pktmbuf_mtod(frame, const std::uint8_t*);
  if (frame->data_len < kEthernetBytes + kVlanBytes || load_be16(data + 12) != kEtherTypeVlan) {
    return 0;
  }
  return load_be16(data + kEthernetBytes) & 0x0fff;
}

HostThread::HostThread(const InterfaceTable& interfaces, NeighbourTable& neighbours,
                       std::span<const std::uint16_t> port_ids, rte_mempool* pool, const Options& options,
                       EventHandler on_event)
    : interfaces_(interfaces),
      port_ids_(port_ids.begin(), port_ids.end()),
      links_(port_ids.size(), Link::kUnknown),
      pool_(pool),
      options_(options),
      on_event_(std::move(on_event)),
      stack_(interfaces, neighbours, *this, options.stack,
             [this](std::uint16_t interface, const IpAddress& address) {
               report(EventType::kDuplicateAddress, interfaces_.interface(interface).port, address);
             }) {}

Expected<std::unique_ptr<HostThread>> HostThread::start(const InterfaceTable& interfaces,
                                                        NeighbourTable& neighbours,
                                                        std::span<const std::uint16_t> port_ids,
                                                        rte_mempool* pool, const Options& options,
                                                        EventHandler on_event) {
  std::unique_ptr<HostThread> host(
      new HostThread(interfaces, neighbours, port_ids, pool, options, std::move(on_event)));
  if (auto made = host->make_rings(); !made) {
    return tl::unexpected<Error>(made.error());
  }
  HostThread* const raw = host.get();
  host->thread_ = std::thread([raw] { raw->run(); });
  return host;
}

HostThread::~HostThread() {
  stop();
  free_rings();
}

// DPDK knows rings by their names, and a process may have more than one data plane.
Expected<void> HostThread::make_rings() {
  static std::atomic<unsigned> hosts = 0;
  const std::string prefix = "host" + std::to_string(hosts++) + "_";
  rings_.resize(options_.workers);
  bool made = true;
  for (std::size_t i = 0; i < rings_.size(); ++i) {
    rings_[i].answers = make_ring(prefix + "answers" + std::to_string(i), kAnswerFrames);
    rings_[i].received = make_ring(prefix + "received" + std::to_string(i), kReceivedFrames);
    rings_[i].unresolved = make_ring(prefix + "unresolved" + std::to_string(i), kUnresolvedFrames);
    made = made && rings_[i].answers != nullptr && rings_[i].received != nullptr &&
           rings_[i].unresolved != nullptr;
  }
  transmit_ = make_ring(prefix + "transmit", kTransmitFrames);
  if (!made || transmit_ == nullptr) {
    return fail(ErrorCode::kInternal, "OUT_OF_MEMORY", "eal.memory_mb",
                "the host thread's rings can't be made: " + std::string(rte_strerror(rte_errno)));
  }
  return {};
}

void HostThread::free_rings() {
  for (const WorkerRings& rings : rings_) {
    free_ring(rings.answers);
    free_ring(rings.received);
    free_ring(rings.unresolved);
  }
  rings_.clear();
  free_ring(std::exchange(transmit_, nullptr));
}

void HostThread::stop() {
  stopping_.store(true, std::memory_order_relaxed);
  if (thread_.joinable()) {
    thread_.join();
  }
  stack_.discard_held();
}

bool HostThread::punt(std::uint16_t worker, rte_mbuf* frame, PuntKind kind) {
  if (kind == PuntKind::kAnswer) {
    return rte_ring_sp_enqueue(rings_[worker].answers, frame) == 0;
  }
  rte_ring* const ring = rings_[worker].received;
  if (kind == PuntKind::kOther && rte_ring_count(ring) >= kReceivedFrames / 2) {
    return false;
  }
  return rte_ring_sp_enqueue(ring, frame) == 0;
}

bool HostThread::punt_unresolved(std::uint16_t worker, rte_mbuf* frame) {
  return rte_ring_sp_enqueue(rings_[worker].unresolved, frame) == 0;
}

unsigned HostThread::take_transmit(rte_mbuf** frames, unsigned max) {
  return dequeue(transmit_, frames, max);
}

void HostThread::run() {
  pthread_setname_np(pthread_self(), "pollux-host");
  if (CPU_COUNT(&options_.cpus) != 0) {
    // Fails when none of the CPUs is allowed: then the thread stays where its maker was.
    pthread_setaffinity_np(pthread_self(), sizeof options_.cpus, &options_.cpus);
  }
  unsigned naps = 0;
  while (!stopping_.load(std::memory_order_relaxed)) {
    const bool worked = turn();
    turns_.add(1);
    if (worked) {
      naps = 0;
    } else {
      ++naps;
      std::this_thread::sleep_for(naps < kNapsBeforeLong      ? kNap
                                  : naps < kNapsBeforeLongest ? kLongNap
                                                              : kLongestNap);
    }
  }
}

// Whether there was work. Bounded: one burst per ring.
bool HostThread::turn() {
  const std::uint64_t now_ms = monotonic_ms();
  stack_.advance(now_ms);
  poll_links(now_ms);
  bool worked = false;
  rte_mbuf* frames[kBurst];
  for (const WorkerRings& rings : rings_) {
    unsigned received = 0;
    for (rte_ring* const ring : {rings.answers, rings.received}) {
      const unsigned count = dequeue(ring, frames, kBurst);
      for (unsigned i = 0; i < count; ++i) {
        take_received(frames[i]);
      }
      received += count;
    }
    const unsigned unresolved = dequeue(rings.unresolved, frames, kBurst);
    for (unsigned i = 0; i < unresolved; ++i) {
      take_unresolved(frames[i]);
    }
    worked = worked || received != 0 || unresolved != 0;
  }
  return worked;
}

void HostThread::take_received(rte_mbuf* frame) {
  const std::uint16_t interface = interfaces_.find_interface(frame->port, frame_vlan(frame));
  if (frame->nb_segs != 1) {
    drop(DropReason::ethernet_malformed);
  } else if (interface == InterfaceTable::kNone) {
    drop(DropReason::vlan_unknown);
  } else {
    stack_.receive(interface, {data_of(frame), frame->data_len});
  }
  rte_pktmbuf_free(frame);
}

void HostThread::take_unresolved(rte_mbuf* frame) {
  // An outgoing frame's tag is in the frame, whatever flags it has kept from its reception.
  frame->ol_flags &= ~RTE_MBUF_F_RX_VLAN_STRIPPED;
  const std::uint16_t interface = interfaces_.find_interface(frame->port, frame_vlan(frame));
  if (interface == InterfaceTable::kNone) {
    drop(DropReason::vlan_unknown);
    rte_pktmbuf_free(frame);
    return;
  }
  stack_.resolve_and_send(interface, Frame{{data_of(frame), frame->data_len}, frame});
}

void HostThread::poll_links(std::uint64_t now_ms) {
  if (now_ms < next_link_poll_ms_) {
    return;
  }
  next_link_poll_ms_ = now_ms + options_.link_poll_ms;
  for (std::size_t i = 0; i < port_ids_.size(); ++i) {
    const bool up = link_is_up(port_ids_[i]);
    const Link state = up ? Link::kUp : Link::kDown;
    if (std::exchange(links_[i], state) == state) {
      continue;
    }
    const auto port = static_cast<std::uint16_t>(i);
    report(up ? EventType::kPortUp : EventType::kPortDown, port, IpAddress());
    if (up) {
      stack_.link_up(port);
    }
  }
}

void HostThread::report(EventType type, std::uint16_t port, const IpAddress& address) const {
  Event event;
  event.type = type;
  event.port = port;
  event.time_unix_ns = unix_ns();
  event.to.ip = address;
  on_event_(event);
}

void HostThread::transmit(std::uint16_t interface, rte_mbuf* frame) {
  frame->port = interfaces_.interface(interface).port_id;
  if (rte_ring_sp_enqueue(transmit_, frame) != 0) {
    drop(DropReason::tx_full);
    rte_pktmbuf_free(frame);
  }
  if (options_.wakeup != nullptr) {
    options_.wakeup->wake();
  }
}

void HostThread::send(std::uint16_t interface, std::span<const std::uint8_t> bytes) {
  rte_mbuf* const frame = rte_pktmbuf_alloc(pool_);
  if (frame == nullptr) {
    drop(DropReason::no_mbuf);
    return;
  }
  char* const to = rte_pktmbuf_append(frame, static_cast<std::uint16_t>(bytes.size()));
  if (to == nullptr) {
    drop(DropReason::exceeds_mtu);
    rte_pktmbuf_free(frame);
    return;
  }
  std::memcpy(to, bytes.data(), bytes.size());
  transmit(interface, frame);
}

void HostThread::release(std::uint16_t interface, const Frame& frame) {
  transmit(interface, static_cast<rte_mbuf*>(frame.token));
}

void HostThread::discard(const Frame& frame) {
  rte_pktmbuf_free(static_cast<rte_mbuf*>(frame.token));
}

HostStats HostThread::stats() const {
  HostStats stats = stack_.stats();
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    stats.drops[i] += drops_[i].get();
  }
  return stats;
}

}  // namespace pollux::io
