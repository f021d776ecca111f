#include "tests/support/ring_bed.hpp"

#include <gtest/gtest.h>
#include <rte_cycles.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_mempool.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "dataplane/io/eal.hpp"

#if defined(__SANITIZE_THREAD__)
extern "C" void AnnotateBenignRaceSized(const char*, int, const volatile void*, std::size_t, const char*);
#endif

namespace pollux::testing {

namespace {

constexpr unsigned kRingSize = 4096;
constexpr std::uint16_t kMaxQueues = 4;

// The far ends' packet buffers; made once, since EAL lives as long as the process.
rte_mempool* bed_pool() {
  static rte_mempool* const pool =
      rte_pktmbuf_pool_create("bed", 8191, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
  return pool;
}

BedPort make_port(std::size_t index, std::uint16_t transmit_queues) {
  BedPort port;
  const std::string name = "bed" + std::to_string(index) + "x" + std::to_string(transmit_queues);
  for (std::uint16_t queue = 0; queue < kMaxQueues; ++queue) {
    const std::string suffix = name + "_" + std::to_string(queue);
    port.to_port.push_back(rte_ring_create(("in" + suffix).c_str(), kRingSize, SOCKET_ID_ANY, 0));
    if (queue < transmit_queues) {
      port.from_port.push_back(rte_ring_create(("out" + suffix).c_str(), kRingSize, SOCKET_ID_ANY, 0));
    }
  }
  const int id = rte_eth_from_rings(name.c_str(), port.to_port.data(), kMaxQueues, port.from_port.data(),
                                    transmit_queues, 0);
  char device[RTE_ETH_NAME_MAX_LEN];
  if (id < 0 || rte_eth_dev_get_name_by_port(static_cast<std::uint16_t>(id), device) != 0) {
    ADD_FAILURE() << "no ring device";
    std::abort();
  }
  port.device = device;
  return port;
}

BedPort& shared_port(std::size_t index, std::uint16_t transmit_queues) {
  static std::map<std::pair<std::size_t, std::uint16_t>, BedPort> ports;
  const std::pair key(index, transmit_queues);
  const auto found = ports.find(key);
  return found != ports.end() ? found->second
                              : ports.emplace(key, make_port(index, transmit_queues)).first->second;
}

void discard(rte_ring* ring) {
  void* mbuf = nullptr;
  while (rte_ring_dequeue(ring, &mbuf) == 0) {
    rte_pktmbuf_free(static_cast<rte_mbuf*>(mbuf));
  }
}

// EAL keeps this process, all its threads, on one CPU: programs that run side by side shouldn't share it.
unsigned some_cpu() {
  cpu_set_t usable;
  CPU_ZERO(&usable);
  sched_getaffinity(0, sizeof usable, &usable);
  std::vector<unsigned> cpus;
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &usable)) {
      cpus.push_back(cpu);
    }
  }
  return cpus.empty() ? 0 : cpus[static_cast<std::size_t>(getpid()) % cpus.size()];
}

}  // namespace

DataplaneConfig RingBed::two_ports(std::size_t workers) {
  DataplaneConfig config;
  config.eal.huge_pages = HugePages::kOff;
  config.eal.memory_mb = 192;
  config.eal.file_prefix = "plxtest" + std::to_string(getpid());
  config.workers.resize(workers);
  config.mbufs = 8191;
  config.max_endpoints = 4096;
  config.max_packets_per_second = 0;  // time moves only where a test says so
  config.ports.resize(2);
  const char* addresses[2][2] = {{"192.0.2.1/24", "2001:db8:a::1/64"},
                                 {"198.51.100.1/24", "2001:db8:b::1/64"}};
  const char* gateways[2][2] = {{"192.0.2.254", "2001:db8:a::fe"}, {"198.51.100.254", "2001:db8:b::fe"}};
  for (std::size_t i = 0; i < 2; ++i) {
    config.ports[i].name = i == 0 ? "a" : "b";
    config.ports[i].interfaces.resize(1);
    for (std::size_t family = 0; family < 2; ++family) {
      config.ports[i].interfaces[0].addresses.push_back(*IpPrefix::parse(addresses[i][family]));
      config.ports[i].interfaces[0].gateways.push_back(*IpAddress::parse(gateways[i][family]));
    }
  }
  return config;
}

RingBed::RingBed(DataplaneConfig config, BedQueues queues, std::span<io::SteeringDevice* const> nics)
    : workers_(config.workers.size()) {
  DataplaneConfig eal = config;
  eal.eal.main_cpu = some_cpu();
  eal.workers.resize(4);  // EAL is initialised once, for the largest bed
  if (auto done = io::init_eal(eal); !done) {
    ADD_FAILURE() << done.error().message;
    std::abort();
  }
  for (std::size_t i = 0; i < config.ports.size(); ++i) {
    ports_.push_back(shared_port(i, queues.transmit));
    config.ports[i].device = ports_[i].device;
    config.ports[i].queues = queues.receive;
  }
  auto made = worker::DataplaneImpl::create(config, worker::Drive::kCaller, nics);
  if (!made) {
    ADD_FAILURE() << made.error().field << ": " << made.error().message;
    std::abort();
  }
  dataplane_ = std::move(*made);
  bed_pool();  // is made with the first bed
  leave_out_packet_buffers();
  for (const PortStats& port : dataplane_->stats().ports) {
    MacAddress mac;
    std::sscanf(port.mac.c_str(), "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1], &mac[2], &mac[3],
                &mac[4], &mac[5]);
    macs_.push_back(mac);
  }
  received_.resize(ports_.size());
  now_tsc_ = rte_rdtsc();
  turn();  // announcements and duplicate address detection go first
  for (auto& frames : received_) {
    frames.clear();
  }
}

RingBed::~RingBed() {
  // Frames of the host thread lie in the data plane's own buffers, which go with it.
  for (BedPort& port : ports_) {
    std::for_each(port.from_port.begin(), port.from_port.end(), discard);
  }
  dataplane_.reset();
  for (BedPort& port : ports_) {
    std::for_each(port.to_port.begin(), port.to_port.end(), discard);
  }
}

void RingBed::advance_ms(std::uint64_t milliseconds) {
  now_tsc_ += milliseconds * (rte_get_tsc_hz() / 1000);
}

rte_mbuf* RingBed::mbuf_of(const Bytes& frame) {
  rte_mbuf* const mbuf = rte_pktmbuf_alloc(bed_pool());
  if (mbuf == nullptr || rte_pktmbuf_tailroom(mbuf) < frame.size()) {
    ADD_FAILURE() << "no packet buffer for " << frame.size() << " bytes";
    std::abort();
  }
  char* const room = rte_pktmbuf_append(mbuf, static_cast<std::uint16_t>(frame.size()));
  std::copy(frame.begin(), frame.end(), room);
  return mbuf;
}

void RingBed::send(std::size_t port, rte_mbuf* mbuf, std::uint16_t queue) {
  ASSERT_EQ(rte_ring_enqueue(ports_[port].to_port[queue], mbuf), 0);
}

void RingBed::send(std::size_t port, const Bytes& frame, std::uint16_t queue) {
  send(port, mbuf_of(frame), queue);
}

void RingBed::fill_transmit_ring(std::size_t port, std::uint16_t queue) {
  rte_ring* const ring = ports_[port].from_port[queue];
  while (rte_ring_full(ring) == 0) {
    ASSERT_EQ(rte_ring_enqueue(ring, mbuf_of({})), 0);
  }
}

bool RingBed::drain(std::size_t port) {
  bool any = false;
  for (rte_ring* ring : ports_[port].from_port) {
    void* item = nullptr;
    while (rte_ring_dequeue(ring, &item) == 0) {
      auto* const mbuf = static_cast<rte_mbuf*>(item);
      const auto* data = rte_pktmbuf_mtod(mbuf, const std::uint8_t*);
      Bytes frame(data, data + mbuf->data_len);
      rte_pktmbuf_free(mbuf);
      any = true;
      if (const auto answer = resolution_answer(frame, peer_mac(port)); answer && answering_) {
        send(port, *answer);
      }
      if (!frame.empty() && !is_address_resolution(frame)) {
        received_[port].push_back(std::move(frame));
      }
    }
  }
  return any;
}

bool RingBed::work() {
  bool any = false;
  for (bool busy = true; busy;) {
    busy = false;
    for (std::uint16_t i = 0; i < workers_; ++i) {
      busy |= turn_worker(i);
    }
    for (std::size_t port = 0; port < ports_.size(); ++port) {
      busy |= drain(port);
    }
    any |= busy;
  }
  return any;
}

void RingBed::turn_workers() {
  work();
  gather_events();
}

void RingBed::turn() {
  // The host thread is a real one: whatever it was given has been dealt with after two turns of its own loop.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  bool busy = true;
  while (busy) {
    busy = work();
    const std::uint64_t turns = dataplane_->host().turns();
    while (host_runs_ && dataplane_->host().turns() < turns + 2) {
      if (std::chrono::steady_clock::now() > deadline) {
        ADD_FAILURE() << "the host thread stands still";
        return;
      }
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
    busy |= work();
  }
  gather_events();
}

void RingBed::gather_events() {
  std::array<Event, 64> batch;
  for (std::size_t count = dataplane_->poll_events(batch); count != 0;
       count = dataplane_->poll_events(batch)) {
    events_.insert(events_.end(), batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(count));
  }
}

void RingBed::stop_host() {
  dataplane_->host().stop();
  host_runs_ = false;
}

std::vector<Bytes> RingBed::received(std::size_t port) {
  return std::exchange(received_[port], {});
}

std::vector<UdpFrame> RingBed::received_udp(std::size_t port) {
  std::vector<UdpFrame> frames;
  for (const Bytes& bytes : received(port)) {
    auto frame = parse(bytes);
    EXPECT_TRUE(frame.has_value()) << "a frame with a wrong length or check sum";
    if (frame) {
      frames.push_back(std::move(*frame));
    }
  }
  return frames;
}

std::vector<Event> RingBed::events() {
  return std::exchange(events_, {});
}

SessionHandle RingBed::add(const SessionSpec& spec) {
  auto session = dataplane_->add_session(spec, next_token_++);
  EXPECT_TRUE(session.has_value()) << (session ? "" : session.error().field + ": " + session.error().message);
  turn();
  return session.value_or(0);
}

void RingBed::update(SessionHandle session, const SessionSpec& spec) {
  auto done = dataplane_->update_session(session, spec, next_token_++);
  EXPECT_TRUE(done.has_value()) << (done ? "" : done.error().field + ": " + done.error().message);
  turn();
}

void RingBed::remove(SessionHandle session) {
  EXPECT_TRUE(dataplane_->remove_session(session, next_token_++).has_value());
  turn();
}

SessionStats RingBed::stats(SessionHandle session) const {
  const auto stats = dataplane_->session_stats(session);
  EXPECT_TRUE(stats.has_value());
  return stats.value_or(SessionStats{});
}

std::uint64_t RingBed::drops(DropReason reason) const {
  std::uint64_t sum = 0;
  for (const WorkerStats& worker : dataplane_->stats().workers) {
    sum += worker.drops[static_cast<std::size_t>(reason)];
  }
  return sum;
}

std::uint64_t RingBed::host_drops(DropReason reason) const {
  return dataplane_->stats().host.drops[static_cast<std::size_t>(reason)];
}

std::uint64_t RingBed::stage_packets(std::string_view stage) const {
  std::uint64_t sum = 0;
  for (const WorkerStats& worker : dataplane_->stats().workers) {
    for (const StageStats& counted : worker.stages) {
      sum += counted.name == stage ? counted.packets : 0;
    }
  }
  return sum;
}

std::string RingBed::describe() const {
  std::string text;
  const auto line = [&text](std::string_view name, std::uint64_t value) {
    if (value != 0) {
      text += std::string(name) + " " + std::to_string(value) + "\n";
    }
  };
  const NodeStats stats = dataplane_->stats();
  for (const WorkerStats& worker : stats.workers) {
    for (const StageStats& stage : worker.stages) {
      line(stage.name, stage.packets);
    }
    for (std::size_t i = 0; i < kDropReasonCount; ++i) {
      line(kDropReasons[i].name, worker.drops[i]);
    }
  }
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    line("host " + std::string(kDropReasons[i].name), stats.host.drops[i]);
  }
  line("arp_sent", stats.host.arp_sent);
  line("arp_received", stats.host.arp_received);
  line("neighbours", stats.host.neighbours);
  return text;
}

std::uint64_t RingBed::mbufs_in_use() const {
  const NodeStats stats = dataplane_->stats();
  return far_mbufs_in_use() + (stats.mbufs_total - stats.mbufs_free);
}

std::uint64_t RingBed::far_mbufs_in_use() {
  return rte_mempool_in_use_count(bed_pool());
}

void leave_out_packet_buffers() {
#if defined(__SANITIZE_THREAD__)
  rte_mempool_walk(
      [](rte_mempool* pool, void*) {
        rte_mempool_mem_iter(
            pool,
            [](rte_mempool*, void*, rte_mempool_memhdr* memory, unsigned) {
              AnnotateBenignRaceSized(__FILE__, __LINE__, memory->addr, memory->len, "packet buffers");
            },
            nullptr);
      },
      nullptr);
#endif
}

LegSpec bed_leg(std::uint16_t id, unsigned side, std::uint16_t local_port, const char* remote, bool v6) {
  static constexpr const char* kLocal[2][2] = {{"192.0.2.1", "2001:db8:a::1"},
                                               {"198.51.100.1", "2001:db8:b::1"}};
  LegSpec leg;
  leg.id = id;
  leg.local_address = *IpAddress::parse(kLocal[side][v6 ? 1 : 0]);
  leg.local_rtp_port = local_port;
  leg.local_rtcp_port = static_cast<std::uint16_t>(local_port + 1);
  if (remote != nullptr) {
    leg.remote_rtp = *SocketAddress::parse(remote);
  }
  return leg;
}

}  // namespace pollux::testing
