#include "tests/support/ring_bed.hpp"

#include <gtest/gtest.h>
#include <rte_cycles.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_mempool.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/base/checksum.hpp"
#include "dataplane/io/eal.hpp"

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

BedPort make_port(std::size_t index) {
  BedPort port;
  const std::string name = "bed" + std::to_string(index);
  for (std::uint16_t queue = 0; queue < kMaxQueues; ++queue) {
    const std::string suffix = name + "_" + std::to_string(queue);
    port.to_port.push_back(rte_ring_create(("in" + suffix).c_str(), kRingSize, SOCKET_ID_ANY, 0));
    port.from_port.push_back(rte_ring_create(("out" + suffix).c_str(), kRingSize, SOCKET_ID_ANY, 0));
  }
  const int id = rte_eth_from_rings(name.c_str(), port.to_port.data(), kMaxQueues, port.from_port.data(),
                                    kMaxQueues, 0);
  char device[RTE_ETH_NAME_MAX_LEN];
  if (id < 0 || rte_eth_dev_get_name_by_port(static_cast<std::uint16_t>(id), device) != 0) {
    ADD_FAILURE() << "no ring device";
    std::abort();
  }
  port.device = device;
  return port;
}

BedPort& shared_port(std::size_t index) {
  static std::vector<BedPort> ports;
  while (ports.size() <= index) {
    ports.push_back(make_port(ports.size()));
  }
  return ports[index];
}

void discard(rte_ring* ring) {
  void* mbuf = nullptr;
  while (rte_ring_dequeue(ring, &mbuf) == 0) {
    rte_pktmbuf_free(static_cast<rte_mbuf*>(mbuf));
  }
}

Bytes arp_reply(const Bytes& request, const MacAddress& mac) {
  Bytes reply = request;
  std::copy_n(request.begin() + 6, 6, reply.begin());  // to the asker
  std::copy(mac.begin(), mac.end(), reply.begin() + 6);
  reply[21] = 2;
  std::copy(mac.begin(), mac.end(), reply.begin() + 22);  // sender: who was asked for
  std::copy_n(request.begin() + 38, 4, reply.begin() + 28);
  std::copy_n(request.begin() + 22, 10, reply.begin() + 32);  // target: the asker
  return reply;
}

// A neighbour advertisement (RFC 4861 §4.4) that answers the solicitation in `request`, whose IPv6 header is
// at `ip`.
Bytes neighbour_advertisement(const Bytes& request, std::size_t ip, const MacAddress& mac) {
  Bytes reply(request.begin(), request.begin() + static_cast<std::ptrdiff_t>(ip + 40));
  std::copy_n(request.begin() + 6, 6, reply.begin());
  std::copy(mac.begin(), mac.end(), reply.begin() + 6);
  store_be16(&reply[ip + 4], 32);
  std::copy_n(request.begin() + static_cast<std::ptrdiff_t>(ip + 48), 16,
              reply.begin() + static_cast<std::ptrdiff_t>(ip + 8));
  std::copy_n(request.begin() + static_cast<std::ptrdiff_t>(ip + 8), 16,
              reply.begin() + static_cast<std::ptrdiff_t>(ip + 24));
  Bytes message = {136, 0, 0, 0, 0x60, 0, 0, 0};
  message.insert(message.end(), request.begin() + static_cast<std::ptrdiff_t>(ip + 48),
                 request.begin() + static_cast<std::ptrdiff_t>(ip + 64));
  message.push_back(2);
  message.push_back(1);
  message.insert(message.end(), mac.begin(), mac.end());
  std::uint64_t sum = checksum_add(0, &reply[ip + 8], 32);
  sum += be16(32).raw() + std::uint64_t{be16(58).raw()};
  const std::uint16_t field = checksum_finish(checksum_add(sum, message.data(), message.size()));
  std::memcpy(&message[2], &field, 2);
  reply.insert(reply.end(), message.begin(), message.end());
  return reply;
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

RingBed::RingBed(DataplaneConfig config, std::uint16_t queues) : workers_(config.workers.size()) {
  DataplaneConfig eal = config;
  eal.workers.resize(4);  // EAL is initialised once, for the largest bed
  if (auto done = io::init_eal(eal); !done) {
    ADD_FAILURE() << done.error().message;
    std::abort();
  }
  for (std::size_t i = 0; i < config.ports.size(); ++i) {
    ports_.push_back(shared_port(i));
    config.ports[i].device = ports_[i].device;
    config.ports[i].queues = queues;
  }
  auto made = worker::DataplaneImpl::create(config, worker::Drive::kCaller);
  if (!made) {
    ADD_FAILURE() << made.error().field << ": " << made.error().message;
    std::abort();
  }
  dataplane_ = std::move(*made);
  for (const PortStats& port : dataplane_->stats().ports) {
    MacAddress mac;
    std::sscanf(port.mac.c_str(), "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4], &mac[5]);
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
  // Before the pool that some of the frames came from goes.
  for (BedPort& port : ports_) {
    for (std::uint16_t queue = 0; queue < kMaxQueues; ++queue) {
      discard(port.to_port[queue]);
      discard(port.from_port[queue]);
    }
  }
  dataplane_.reset();
}

void RingBed::advance_ms(std::uint64_t milliseconds) {
  now_tsc_ += milliseconds * (rte_get_tsc_hz() / 1000);
}

void RingBed::send(std::size_t port, const Bytes& frame, std::uint16_t queue) {
  rte_mbuf* const mbuf = rte_pktmbuf_alloc(bed_pool());
  ASSERT_NE(mbuf, nullptr);
  std::memcpy(rte_pktmbuf_append(mbuf, static_cast<std::uint16_t>(frame.size())), frame.data(), frame.size());
  ASSERT_EQ(rte_ring_enqueue(ports_[port].to_port[queue], mbuf), 0);
}

bool RingBed::answer(std::size_t port, const Bytes& frame) {
  if (frame.size() < 14) {
    return false;
  }
  const std::size_t tag = load_be16(&frame[12]) == 0x8100 ? 4 : 0;
  const std::uint16_t ether_type = load_be16(&frame[12 + tag]);
  if (ether_type == 0x0806) {
    // A probe (sender 0.0.0.0) and an announcement (sender = target) want no answer.
    const bool asks =
        load_be32(&frame[28 + tag]) != 0 && load_be32(&frame[28 + tag]) != load_be32(&frame[38 + tag]);
    if (tag == 0 && load_be16(&frame[20]) == 1 && asks) {
      send(port, arp_reply(frame, peer_mac(port)));
    }
    return true;
  }
  if (ether_type == 0x86dd && frame[20 + tag] == 58) {
    const std::size_t ip = 14 + tag;
    const bool solicitation = frame.size() >= ip + 64 && frame[ip + 40] == 135;
    if (solicitation && !IpAddress::from_v6_bytes(&frame[ip + 8]).is_unspecified()) {
      send(port, neighbour_advertisement(frame, ip, peer_mac(port)));
    }
    return frame.size() >= ip + 41 && frame[ip + 40] >= 133;
  }
  return false;
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
      if (!answer(port, frame)) {
        received_[port].push_back(std::move(frame));
      }
    }
  }
  return any;
}

bool RingBed::turn_workers() {
  bool any = false;
  for (bool busy = true; busy;) {
    busy = false;
    for (std::uint16_t i = 0; i < workers_; ++i) {
      busy |= dataplane_->worker(i).run_once(now_tsc_);
    }
    for (std::size_t port = 0; port < ports_.size(); ++port) {
      busy |= drain(port);
    }
    any |= busy;
  }
  return any;
}

void RingBed::turn() {
  // The host thread is a real one: whatever it was given has been dealt with after two turns of its own loop.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  bool busy = true;
  while (busy) {
    busy = turn_workers();
    const std::uint64_t turns = dataplane_->host().turns();
    while (dataplane_->host().turns() < turns + 2) {
      if (std::chrono::steady_clock::now() > deadline) {
        ADD_FAILURE() << "the host thread stands still";
        return;
      }
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
    busy |= turn_workers();
  }
  std::array<Event, 64> batch;
  for (std::size_t count = dataplane_->poll_events(batch); count != 0;
       count = dataplane_->poll_events(batch)) {
    events_.insert(events_.end(), batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(count));
  }
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

std::uint64_t RingBed::drops(DropReason reason) const {
  std::uint64_t sum = 0;
  for (const WorkerStats& worker : dataplane_->stats().workers) {
    sum += worker.drops[static_cast<std::size_t>(reason)];
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
  return rte_mempool_in_use_count(bed_pool());
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
