#include "tests/bench/relay_bed.hpp"

#include <rte_cycles.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <random>
#include <string>
#include <thread>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/base/checksum.hpp"
#include "dataplane/io/eal.hpp"
#include "tests/bench/allocations.hpp"

namespace pollux::bench {

namespace {

constexpr std::uint32_t kMaxEndpoints = 200000;
constexpr std::uint16_t kFirstPort = 2000;
constexpr std::uint32_t kPortsPerAddress = 60000;
constexpr std::uint32_t kAddressesPerSide = 2;  // room for 100,000 endpoints a side
constexpr std::uint16_t kPayload = 160;         // G.711, 20 ms
constexpr std::uint16_t kBurst = 64;
constexpr std::size_t kRtp = 42;  // offset of the RTP header in an IPv4 frame
const MacAddress kGatewayMac = {2, 0, 0, 0, 0, 0xfe};

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "bench: %s\n", what.c_str());
  std::exit(1);
}

IpAddress address(std::uint8_t a, std::uint8_t b, std::uint16_t rest) {
  return IpAddress::v4(be32(std::uint32_t{a} << 24 | std::uint32_t{b} << 16 | rest));
}

IpAddress local_ip(unsigned side, std::uint32_t number) {
  return address(10, static_cast<std::uint8_t>(side), static_cast<std::uint16_t>(1 + number));
}
IpAddress gateway_ip(unsigned side) {
  return address(10, static_cast<std::uint8_t>(side), 254);
}
// Parties live behind the gateway; four of them share an address, as behind a NAT.
SocketAddress party(unsigned side, std::uint32_t number) {
  return {address(172, static_cast<std::uint8_t>(16 + side), static_cast<std::uint16_t>(number / 4)),
          static_cast<std::uint16_t>(40000 + 2 * (number % 4))};
}
SocketAddress local_end(unsigned side, std::uint32_t number) {
  return {local_ip(side, number / kPortsPerAddress),
          static_cast<std::uint16_t>(kFirstPort + number % kPortsPerAddress)};
}

DataplaneConfig bench_config() {
  DataplaneConfig config;
  config.eal.memory_mb = 256;
  config.eal.file_prefix = "plxbench" + std::to_string(getpid());
  config.workers.resize(1);
  config.workers[0].idle = IdleMode::kPoll;
  config.mbufs = 8191;
  config.max_endpoints = kMaxEndpoints;
  config.max_sessions = kMaxEndpoints;
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

}  // namespace

RelayBed::RelayBed(std::uint32_t endpoints) : endpoints_(endpoints) {
  DataplaneConfig config = bench_config();
  if (auto done = io::init_eal(config); !done) {
    die(done.error().message);
  }
  static unsigned number = 0;  // devices outlive beds
  ++number;
  for (unsigned side = 0; side < 2; ++side) {
    const std::string name = "bench" + std::to_string(number) + (side == 0 ? "a" : "b");
    to_port_.push_back(rte_ring_create((name + "in").c_str(), 4096, 0, RING_F_SP_ENQ | RING_F_SC_DEQ));
    from_port_.push_back(rte_ring_create((name + "out").c_str(), 4096, 0, RING_F_SP_ENQ | RING_F_SC_DEQ));
    const int id = rte_eth_from_rings(name.c_str(), &to_port_[side], 1, &from_port_[side], 1, 0);
    if (id < 0) {
      die("no ring device");
    }
    port_ids_.push_back(static_cast<std::uint16_t>(id));
    char device[RTE_ETH_NAME_MAX_LEN];
    rte_eth_dev_get_name_by_port(port_ids_[side], device);
    config.ports[side].device = device;
  }
  pool_ = rte_pktmbuf_pool_create(("bench" + std::to_string(number)).c_str(), 4095, 0, 0,
                                  RTE_MBUF_DEFAULT_BUF_SIZE, 0);
  auto made = worker::DataplaneImpl::create(config, worker::Drive::kCaller);
  if (!made || pool_ == nullptr) {
    die(made ? "no packet buffers" : made.error().field + ": " + made.error().message);
  }
  dataplane_ = std::move(*made);
  make_calls();
  order_.resize(streams_.size());
  std::iota(order_.begin(), order_.end(), 0U);
  std::shuffle(order_.begin(), order_.end(),
               std::mt19937(1));  // reproducible, and nothing a prefetcher can guess
  settle();
}

RelayBed::~RelayBed() {
  drain();  // before the pool that some of it came from goes
  dataplane_.reset();
  for (rte_mbuf* mbuf : buffers_) {
    rte_pktmbuf_free(mbuf);
  }
  rte_mempool_free(pool_);
}

void RelayBed::make_calls() {
  const MacAddress mac = [this](unsigned side) {
    MacAddress out{};
    std::sscanf(dataplane_->stats().ports[side].mac.c_str(), "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &out[0],
                &out[1], &out[2], &out[3], &out[4], &out[5]);
    return out;
  }(0);
  const MacAddress mac_b = [this] {
    MacAddress out{};
    std::sscanf(dataplane_->stats().ports[1].mac.c_str(), "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &out[0], &out[1],
                &out[2], &out[3], &out[4], &out[5]);
    return out;
  }();
  const std::uint32_t calls = std::max(1U, endpoints_ / 2);
  std::vector<Event> events(256);
  for (std::uint32_t call = 0; call < calls; ++call) {
    SessionSpec spec;
    for (unsigned side = 0; side < 2; ++side) {
      LegSpec leg;
      leg.id = static_cast<std::uint16_t>(side);
      leg.local_address = local_end(side, call).ip;
      leg.local_rtp_port = leg.local_rtcp_port = local_end(side, call).port;
      leg.remote_rtp = party(side, call);
      leg.sinks.push_back(static_cast<std::uint16_t>(1 - side));
      spec.legs.push_back(leg);
    }
    if (auto added = dataplane_->add_session(spec, call); !added) {
      die(added.error().message);
    }
    if (call % 128 == 127 || call + 1 == calls) {
      for (unsigned i = 0; i < 32; ++i) {
        dataplane_->worker(0).run_once(rte_rdtsc());
      }
      while (dataplane_->poll_events(events) != 0) {
      }
    }
    for (unsigned side = 0; side < (endpoints_ == 1 ? 1U : 2U); ++side) {
      Stream stream;
      stream.port = static_cast<std::uint8_t>(side);
      std::uint8_t* const frame = stream.frame;
      std::memset(frame, 0, sizeof stream.frame);
      std::memcpy(frame, side == 0 ? mac.data() : mac_b.data(), 6);
      std::memcpy(frame + 6, kGatewayMac.data(), 6);
      store_be16(frame + 12, 0x0800);
      frame[14] = 0x45;
      store_be16(frame + 16, 20 + 8 + 12 + kPayload);
      frame[20] = 0x40;
      frame[22] = 60;
      frame[23] = 17;
      const SocketAddress from = party(side, call);
      const SocketAddress to = local_end(side, call);
      std::memcpy(frame + 26, from.ip.v4_bytes(), 4);
      std::memcpy(frame + 30, to.ip.v4_bytes(), 4);
      const std::uint16_t sum = checksum_finish(checksum_add(0, frame + 14, 20));
      std::memcpy(frame + 24, &sum, 2);
      store_be16(frame + 34, from.port);
      store_be16(frame + 36, to.port);
      store_be16(frame + 38, 8 + 12 + kPayload);
      frame[kRtp] = 0x80;
      frame[kRtp + 1] = 8;
      store_be32(frame + kRtp + 8, 2 * call + side);
      streams_.push_back(stream);
    }
  }
}

void RelayBed::write_frame(rte_mbuf& mbuf, Stream& stream) const {
  rte_pktmbuf_reset(&mbuf);
  mbuf.data_len = sizeof stream.frame + kPayload;
  mbuf.pkt_len = mbuf.data_len;
  auto* const data = rte_pktmbuf_mtod(&mbuf, std::uint8_t*);
  std::memcpy(data, stream.frame, sizeof stream.frame);
  std::memset(data + sizeof stream.frame, 0xd5, kPayload);
  store_be16(data + kRtp + 2, stream.sequence);
  store_be32(data + kRtp + 4, stream.sequence * 160U);
  ++stream.sequence;
  std::uint64_t sum = checksum_add(0, data + 26, 8) + be16(17).raw() + be16(8 + 12 + kPayload).raw();
  sum = checksum_add(sum, data + 34, 8 + 12 + kPayload);
  const std::uint16_t field = checksum_finish(sum);
  std::memcpy(data + 40, &field, 2);
}

void RelayBed::fill(std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    rte_mbuf* mbuf = nullptr;
    if (buffers_.empty()) {
      mbuf = rte_pktmbuf_alloc(pool_);
    } else {
      mbuf = buffers_.back();
      buffers_.pop_back();
    }
    Stream& stream = streams_[order_[next_]];
    next_ = next_ + 1 == order_.size() ? 0 : next_ + 1;
    write_frame(*mbuf, stream);
    if (rte_ring_sp_enqueue(to_port_[stream.port], mbuf) != 0) {
      die("a ring is full");
    }
  }
}

// Takes everything that has been sent; ARP requests for the gateway are answered, as it would.
std::uint32_t RelayBed::drain() {
  std::uint32_t media = 0;
  for (unsigned side = 0; side < 2; ++side) {
    void* item = nullptr;
    while (rte_ring_sc_dequeue(from_port_[side], &item) == 0) {
      auto* const mbuf = static_cast<rte_mbuf*>(item);
      auto* const data = rte_pktmbuf_mtod(mbuf, std::uint8_t*);
      if (load_be16(data + 12) == 0x0800) {
        ++media;
        if (mbuf->pool == pool_) {
          buffers_.push_back(mbuf);
          continue;
        }
      } else if (load_be16(data + 12) == 0x0806 && dataplane_ && load_be32(data + 28) != 0 &&
                 load_be32(data + 28) != load_be32(data + 38)) {
        rte_mbuf* const reply = rte_pktmbuf_alloc(pool_);
        auto* const out = reinterpret_cast<std::uint8_t*>(rte_pktmbuf_append(reply, 60));
        std::memset(out, 0, 60);
        std::memcpy(out, data, 42);
        std::memcpy(out, data + 6, 6);
        std::memcpy(out + 6, kGatewayMac.data(), 6);
        out[21] = 2;
        std::memcpy(out + 22, kGatewayMac.data(), 6);
        std::memcpy(out + 28, data + 38, 4);
        std::memcpy(out + 32, data + 22, 10);
        rte_ring_sp_enqueue(to_port_[side], reply);
      }
      rte_pktmbuf_free(mbuf);
    }
  }
  return media;
}

// Until the gateways are known and every endpoint has learned its source.
void RelayBed::settle() {
  constexpr std::uint32_t kProbe = 64;
  std::uint32_t out = 0;
  for (unsigned attempt = 0; attempt < 500 && out != kProbe; ++attempt) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    run_until_idle();  // what waited for the gateway
    fill(kProbe);
    out = run_until_idle();
  }
  if (out != kProbe) {
    die("the gateways' addresses were not resolved");
  }
  for (std::size_t done = 0; done < 2 * streams_.size(); done += kRound) {
    fill(kRound);
    run_until_idle();
  }
  std::vector<Event> events(1024);
  while (dataplane_->poll_events(events) != 0) {
  }
}

// How many media packets came out.
std::uint32_t RelayBed::run_until_idle() {
  std::uint32_t media = 0;
  for (bool busy = true; busy;) {
    busy = dataplane_->worker(0).run_once(rte_rdtsc());
    const std::uint32_t out = drain();
    media += out;
    busy |= out != 0;
  }
  return media;
}

Cost RelayBed::relay(std::uint64_t packets) {
  Cost cost;
  for (std::uint64_t done = 0; done < packets; done += kRound) {
    fill(kRound);
    const std::uint64_t allocations_before = allocations();
    std::uint64_t start = rte_rdtsc();
    const std::uint64_t first = start;
    while (rte_ring_count(to_port_[0]) + rte_ring_count(to_port_[1]) != 0) {
      dataplane_->worker(0).run_once(start);
      start = rte_rdtsc();
    }
    cost.cycles += start - first;
    cost.allocations += allocations() - allocations_before;
    if (const std::uint32_t out = drain(); out != kRound) {
      const WorkerStats stats = dataplane_->stats().workers[0];
      for (std::size_t i = 0; i < kDropReasonCount; ++i) {
        if (stats.drops[i] != 0) {
          std::fprintf(stderr, "%s %llu\n", std::string(kDropReasons[i].name).c_str(),
                       static_cast<unsigned long long>(stats.drops[i]));
        }
      }
      die(std::to_string(kRound - out) + " of " + std::to_string(kRound) + " packets were lost");
    }
  }
  cost.packets = packets;
  return cost;
}

// The least that a relay must do to a packet: read it, turn it round, send it.
std::uint32_t RelayBed::swap_once(std::uint16_t port_id) {
  rte_mbuf* mbufs[kBurst];
  const std::uint16_t count = rte_eth_rx_burst(port_id, 0, mbufs, kBurst);
  for (std::uint16_t i = 0; i < count; ++i) {
    auto* const data = rte_pktmbuf_mtod(mbufs[i], std::uint8_t*);
    std::uint8_t mac[6];
    std::memcpy(mac, data, 6);
    std::memcpy(data, data + 6, 6);
    std::memcpy(data + 6, mac, 6);
    std::uint32_t source;
    std::uint32_t destination;
    std::memcpy(&source, data + 26, 4);
    std::memcpy(&destination, data + 30, 4);
    std::memcpy(data + 26, &destination, 4);
    std::memcpy(data + 30, &source, 4);
    std::uint16_t source_port;
    std::uint16_t destination_port;
    std::memcpy(&source_port, data + 34, 2);
    std::memcpy(&destination_port, data + 36, 2);
    std::memcpy(data + 34, &destination_port, 2);
    std::memcpy(data + 36, &source_port, 2);
  }
  const std::uint16_t other = port_id == port_ids_[0] ? port_ids_[1] : port_ids_[0];
  if (count != 0 && rte_eth_tx_burst(other, 0, mbufs, count) != count) {
    die("a ring is full");
  }
  return count;
}

Cost RelayBed::swap_and_send(std::uint64_t packets) {
  Cost cost;
  for (std::uint64_t done = 0; done < packets; done += kRound) {
    fill(kRound);
    const std::uint64_t start = rte_rdtsc();
    while (swap_once(port_ids_[0]) + swap_once(port_ids_[1]) != 0) {
    }
    cost.cycles += rte_rdtsc() - start;
    drain();
  }
  cost.packets = packets;
  return cost;
}

}  // namespace pollux::bench
