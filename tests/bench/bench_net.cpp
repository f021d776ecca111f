#include "tests/bench/bench_net.hpp"

#include <pthread.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/base/checksum.hpp"
#include "dataplane/io/eal.hpp"

namespace pollux::bench {

namespace {

constexpr std::uint32_t kAddressesPerSide = 2;
constexpr unsigned kRingSize = 4096;
constexpr std::size_t kIp = 14;
constexpr std::size_t kUdp = 34;
constexpr std::size_t kRtp = 42;
constexpr std::uint8_t kUdpNumber = 17;
const MacAddress kGatewayMac = {2, 0, 0, 0, 0, 0xfe};

IpAddress address(std::uint8_t a, std::uint8_t b, std::uint16_t rest) {
  return IpAddress::v4(be32(std::uint32_t{a} << 24 | std::uint32_t{b} << 16 | rest));
}

IpAddress gateway_ip(unsigned side) {
  return address(10, static_cast<std::uint8_t>(side), 254);
}

MacAddress parse_mac(const std::string& text) {
  MacAddress mac{};
  std::sscanf(text.c_str(), "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4],
              &mac[5]);
  return mac;
}

}  // namespace

void die(const std::string& what) {
  std::fprintf(stderr, "bench: %s\n", what.c_str());
  std::exit(1);
}

const Cpus& cpus() {
  static const Cpus found = [] {
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    std::vector<unsigned> allowed;
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &set)) {
        allowed.push_back(cpu);
      }
    }
    return allowed.empty() ? Cpus{} : Cpus{allowed.front(), allowed.back()};
  }();
  return found;
}

void pin_this_thread(unsigned cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (pthread_setaffinity_np(pthread_self(), sizeof set, &set) != 0) {
    die("can't run on CPU " + std::to_string(cpu));
  }
}

std::uint64_t preemptions() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return static_cast<std::uint64_t>(usage.ru_nivcsw);
}

IpAddress local_ip(unsigned side, std::uint32_t number) {
  return address(10, static_cast<std::uint8_t>(side), static_cast<std::uint16_t>(1 + number));
}

SocketAddress party(unsigned side, std::uint32_t number) {
  return {address(172, static_cast<std::uint8_t>(16 + side), static_cast<std::uint16_t>(number / 4)),
          static_cast<std::uint16_t>(40000 + 2 * (number % 4))};
}

DataplaneConfig bench_config(std::uint32_t max_sessions, std::uint32_t max_endpoints) {
  DataplaneConfig config;
  config.eal.main_cpu = cpus().measuring;
  config.eal.memory_mb = 256;
  config.eal.file_prefix = "plxbench" + std::to_string(getpid());
  config.workers.resize(1);
  config.workers[0].cpu = cpus().measuring;
  config.workers[0].idle = IdleMode::kPoll;
  config.mbufs = 8191;
  config.max_endpoints = max_endpoints;
  config.max_packets_per_second = 0;  // a bed's calls go as fast as the worker
  config.max_sessions = max_sessions;
  config.ports.resize(2);
  for (unsigned side = 0; side < 2; ++side) {
    config.ports[side].name = side == 0 ? "a" : "b";
    config.ports[side].interfaces.resize(1);
    auto& interface = config.ports[side].interfaces[0];
    for (std::uint32_t i = 0; i < kAddressesPerSide; ++i) {
      interface.addresses.push_back({local_ip(side, i), 24});
    }
    interface.gateways.push_back(gateway_ip(side));
  }
  return config;
}

namespace {

// The far end of a port.
struct Far {
  rte_ring* to_port = nullptr;
  rte_ring* from_port = nullptr;
  std::uint16_t id = 0;
};

Far make_far(unsigned pair, unsigned side) {
  const std::string name = (side == 0 ? "bench_a" : "bench_b") + std::to_string(pair);
  constexpr unsigned kFlags = RING_F_SP_ENQ | RING_F_SC_DEQ;
  Far far;
  far.to_port = rte_ring_create((name + "in").c_str(), kRingSize, 0, kFlags);
  far.from_port = rte_ring_create((name + "out").c_str(), kRingSize, 0, kFlags);
  const int id = rte_eth_from_rings(name.c_str(), &far.to_port, 1, &far.from_port, 1, 0);
  if (id < 0) {
    die("no ring device");
  }
  far.id = static_cast<std::uint16_t>(id);
  return far;
}

}  // namespace

RingPorts::RingPorts(DataplaneConfig& config, unsigned pair) {
  if (auto done = io::init_eal(config); !done) {
    die(done.error().message);
  }
  static unsigned number = 0;
  ++number;
  // EAL has room for 32 devices and beds are many: the first one's are used by all.
  static std::array<std::array<Far, 2>, 2> all;
  std::array<Far, 2>& shared = all.at(pair);
  for (unsigned side = 0; side < 2; ++side) {
    if (shared[side].to_port == nullptr) {
      shared[side] = make_far(pair, side);
    }
    to_port_[side] = shared[side].to_port;
    from_port_[side] = shared[side].from_port;
    ids_[side] = shared[side].id;
    char device[RTE_ETH_NAME_MAX_LEN];
    rte_eth_dev_get_name_by_port(ids_[side], device);
    config.ports[side].device = device;
  }
  pool_ = rte_pktmbuf_pool_create(("bench" + std::to_string(number)).c_str(), 4095, 0, 0,
                                  RTE_MBUF_DEFAULT_BUF_SIZE, 0);
  if (pool_ == nullptr) {
    die("no packet buffers");
  }
}

RingPorts::~RingPorts() {
  // The next bed has the same rings: what nobody has received there goes with the pool that it is from.
  for (rte_ring* const ring : to_port_) {
    for (void* item = nullptr; rte_ring_sc_dequeue(ring, &item) == 0;) {
      rte_pktmbuf_free(static_cast<rte_mbuf*>(item));
    }
  }
  for (rte_mbuf* mbuf : buffers_) {
    rte_pktmbuf_free(mbuf);
  }
  rte_mempool_free(pool_);
}

rte_mbuf* RingPorts::take_buffer() {
  rte_mbuf* mbuf = nullptr;
  if (buffers_.empty()) {
    mbuf = rte_pktmbuf_alloc(pool_);
  } else {
    mbuf = buffers_.back();
    buffers_.pop_back();
  }
  if (mbuf == nullptr) {
    die("no packet buffer is free");
  }
  return mbuf;
}

void RingPorts::give_back(rte_mbuf* mbuf) {
  if (mbuf->pool == pool_) {
    buffers_.push_back(mbuf);
  } else {
    rte_pktmbuf_free(mbuf);
  }
}

void RingPorts::send(unsigned side, rte_mbuf* mbuf) {
  if (rte_ring_sp_enqueue(to_port_[side], mbuf) != 0) {
    die("a ring is full");
  }
}

void RingPorts::answer_arp(unsigned side, rte_mbuf* mbuf) {
  const auto* const data = rte_pktmbuf_mtod(mbuf, const std::uint8_t*);
  // Not a probe, which has no sender, nor an announcement, which asks for its sender.
  if (load_be16(data + 12) != 0x0806 || load_be32(data + 28) == 0 ||
      load_be32(data + 28) == load_be32(data + 38)) {
    return;
  }
  rte_mbuf* const reply = rte_pktmbuf_alloc(pool_);
  if (reply == nullptr) {
    die("no packet buffer is free");
  }
  auto* const out = reinterpret_cast<std::uint8_t*>(rte_pktmbuf_append(reply, 60));
  std::memset(out, 0, 60);
  std::memcpy(out, data, 42);
  std::memcpy(out, data + 6, 6);
  std::memcpy(out + 6, kGatewayMac.data(), 6);
  out[21] = 2;
  std::memcpy(out + 22, kGatewayMac.data(), 6);
  std::memcpy(out + 28, data + 38, 4);
  std::memcpy(out + 32, data + 22, 10);
  send(side, reply);
}

Stream make_stream(const NodeStats& stats, unsigned side, const SocketAddress& from, const SocketAddress& to,
                   std::uint32_t ssrc) {
  Stream stream;
  stream.port = static_cast<std::uint8_t>(side);
  std::uint8_t* const frame = stream.frame;
  std::memset(frame, 0, sizeof stream.frame);
  std::memcpy(frame, parse_mac(stats.ports[side].mac).data(), 6);
  std::memcpy(frame + 6, kGatewayMac.data(), 6);
  store_be16(frame + 12, 0x0800);
  frame[kIp] = 0x45;
  store_be16(frame + kIp + 2, 20 + 8 + 12 + kPayload);
  frame[kIp + 6] = 0x40;
  frame[kIp + 8] = 60;
  frame[kIp + 9] = 17;
  std::memcpy(frame + kIp + 12, from.ip.v4_bytes(), 4);
  std::memcpy(frame + kIp + 16, to.ip.v4_bytes(), 4);
  const std::uint16_t sum = checksum_finish(checksum_add(0, frame + kIp, 20));
  std::memcpy(frame + kIp + 10, &sum, 2);
  store_be16(frame + kUdp, from.port);
  store_be16(frame + kUdp + 2, to.port);
  store_be16(frame + kUdp + 4, 8 + 12 + kPayload);
  frame[kRtp] = 0x80;
  frame[kRtp + 1] = 8;
  store_be32(frame + kRtp + 8, ssrc);
  return stream;
}

void write_frame(rte_mbuf& mbuf, Stream& stream, std::uint64_t stamp) {
  rte_pktmbuf_reset(&mbuf);
  mbuf.data_len = kHeaders + kPayload;
  mbuf.pkt_len = mbuf.data_len;
  auto* const data = rte_pktmbuf_mtod(&mbuf, std::uint8_t*);
  std::memcpy(data, stream.frame, kHeaders);
  std::memset(data + kHeaders, 0xd5, kPayload);
  if (stamp != 0) {
    std::memcpy(data + kHeaders, &stamp, sizeof stamp);
  }
  store_be16(data + kRtp + 2, stream.sequence);
  store_be32(data + kRtp + 4, stream.sequence * 160U);
  ++stream.sequence;
  std::uint64_t sum = checksum_add(0, data + kIp + 12, 8) + be16(17).raw() + be16(8 + 12 + kPayload).raw();
  sum = checksum_add(sum, data + kUdp, 8 + 12 + kPayload);
  const std::uint16_t field = checksum_finish(sum);
  std::memcpy(data + kUdp + 6, &field, 2);
}

bool is_media(const rte_mbuf& mbuf) {
  const auto* const frame = rte_pktmbuf_mtod(&mbuf, const std::uint8_t*);
  return mbuf.pkt_len >= kHeaders + kPayload && load_be16(frame + 12) == 0x0800 &&
         frame[kIp + 9] == kUdpNumber;
}

std::uint64_t stamp_of(const rte_mbuf& mbuf) {
  std::uint64_t stamp = 0;
  std::memcpy(&stamp, rte_pktmbuf_mtod_offset(&mbuf, const std::uint8_t*, kHeaders), sizeof stamp);
  return stamp;
}

}  // namespace pollux::bench
