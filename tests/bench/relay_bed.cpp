#include "tests/bench/relay_bed.hpp"

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <random>
#include <string>
#include <thread>

#include "tests/bench/allocations.hpp"

namespace pollux::bench {

namespace {

constexpr std::uint32_t kMaxEndpoints = 200000;
constexpr std::uint16_t kFirstPort = 2000;
constexpr std::uint32_t kPortsPerAddress = 60000;
constexpr std::uint16_t kBurst = 64;
// Endpoints that share what a worker can do: none of them meets the highest limit, but it is reckoned with.
constexpr std::uint32_t kEnoughToBound = 100;

SocketAddress local_end(unsigned side, std::uint32_t number) {
  return {local_ip(side, number / kPortsPerAddress),
          static_cast<std::uint16_t>(kFirstPort + number % kPortsPerAddress)};
}

}  // namespace

void Cost::add(std::uint64_t round_cycles, std::uint64_t round_packets, bool preempted) {
  ++rounds;
  if (preempted && 2 * (rounds_left_out + 1) <= rounds) {
    ++rounds_left_out;
    return;
  }
  packets += round_packets;
  cycles += round_cycles;
}

RelayBed::RelayBed(std::uint32_t endpoints, const BedKind& kind, unsigned pair)
    : endpoints_(endpoints),
      kind_(kind),
      config_(bench_config(kMaxEndpoints, kMaxEndpoints)),
      ports_(config_, pair) {
  config_.srtp.backend = kind.backend;
  config_.srtp.streams_per_key = 4;
  if (endpoints >= kEnoughToBound) {
    config_.max_packets_per_second =
        kind.max_packets_per_second == 0 ? kMostPacketsPerSecond : kind.max_packets_per_second;
  }
  auto made = worker::DataplaneImpl::create(config_, worker::Drive::kCaller);
  if (!made) {
    die(made.error().field + ": " + made.error().message);
  }
  if (kind.from) {
    sealer_ = std::make_unique<Sealer>(*kind.from, endpoints / 2);
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
}

SessionSpec RelayBed::call_spec(std::uint32_t call) {
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
  if (kind_.from) {
    spec.legs[0].srtp_receive = sealer_->key(call);
    spec.legs[0].srtp_send = Sealer::another_key(*kind_.from, 2 * call);
  }
  if (kind_.to) {
    spec.legs[1].srtp_send = Sealer::another_key(*kind_.to, 2 * call + 1);
  }
  return spec;
}

void RelayBed::make_calls() {
  const NodeStats stats = dataplane_->stats();
  const std::uint32_t calls = std::max(1U, endpoints_ / 2);
  const unsigned sides = endpoints_ == 1 || kind_.srtp() || kind_.one_way ? 1U : 2U;
  std::vector<Event> events(256);
  for (std::uint32_t call = 0; call < calls; ++call) {
    auto added = dataplane_->add_session(call_spec(call), call);
    if (!added) {
      die(added.error().message);
    }
    sessions_.push_back(*added);
    if (call % 128 == 127 || call + 1 == calls) {
      for (unsigned i = 0; i < 32; ++i) {
        dataplane_->worker(0).run_once(rte_rdtsc());
      }
      while (dataplane_->poll_events(events) != 0) {
      }
    }
    for (unsigned side = 0; side < sides; ++side) {
      streams_.push_back(make_stream(stats, side, party(side, call), local_end(side, call), 2 * call + side));
    }
  }
}

void RelayBed::fill(std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    rte_mbuf* const mbuf = ports_.take_buffer();
    const std::uint32_t number = order_[next_];
    Stream& stream = streams_[number];
    next_ = next_ + 1 == order_.size() ? 0 : next_ + 1;
    write_frame(*mbuf, stream);
    if (sealer_) {
      sealer_->seal(number, *mbuf);
    }
    ports_.send(stream.port, mbuf);
    if (flood_) {
      rte_mbuf* const more = ports_.take_buffer();
      flood_(*more);
      ports_.send(0, more);
    }
  }
}

SocketAddress RelayBed::first_local_end() {
  return local_end(0, 0);
}

Stream RelayBed::add_call() {
  const auto call = static_cast<std::uint32_t>(sessions_.size());
  auto added = dataplane_->add_session(call_spec(call), call);
  if (!added) {
    die(added.error().message);
  }
  sessions_.push_back(*added);
  run_until_idle();
  return make_stream(dataplane_->stats(), 0, party(0, call), local_end(0, call), 2 * call);
}

// Takes everything that has been sent; ARP requests for the gateway are answered, as it would.
std::uint32_t RelayBed::drain() {
  std::uint32_t media = 0;
  for (unsigned side = 0; side < 2; ++side) {
    void* item = nullptr;
    while (rte_ring_sc_dequeue(ports_.from_port(side), &item) == 0) {
      auto* const mbuf = static_cast<rte_mbuf*>(item);
      if (is_media(*mbuf)) {
        ++media;
      } else {
        ports_.answer_arp(side, mbuf);
      }
      ports_.give_back(mbuf);
    }
  }
  return media;
}

// Until the gateways are known and every endpoint has learned its source.
void RelayBed::settle() {
  constexpr std::uint32_t kProbe = 64;
  std::uint32_t out = 0;
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (out != kProbe && std::chrono::steady_clock::now() < limit) {
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

// Cycles that the worker takes for packets which lie ready.
std::uint64_t RelayBed::timed(std::uint32_t count) {
  fill(count);
  std::uint64_t start = rte_rdtsc();
  const std::uint64_t first = start;
  while (ports_.waiting() != 0) {
    dataplane_->worker(0).run_once(start);
    start = rte_rdtsc();
  }
  return start - first;
}

Cost RelayBed::relay(std::uint64_t packets) {
  const std::uint32_t at_once = kind_.at_once == 0 ? kRound : kind_.at_once;
  Cost cost;
  for (std::uint64_t done = 0; done < packets; done += kRound) {
    const std::uint64_t allocations_before = allocations();
    const std::uint64_t preempted = preemptions();
    std::uint64_t cycles = 0;
    for (std::uint32_t sent = 0; sent < kRound; sent += at_once) {
      cycles += timed(at_once);
    }
    cost.add(cycles, kRound, preemptions() != preempted);
    cost.allocations += allocations() - allocations_before;
    if (const std::uint32_t out = drain(); out < kRound || (out != kRound && !flood_)) {
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
  const std::uint16_t other = port_id == ports_.id(0) ? ports_.id(1) : ports_.id(0);
  if (count != 0 && rte_eth_tx_burst(other, 0, mbufs, count) != count) {
    die("a ring is full");
  }
  return count;
}

Cost RelayBed::swap_and_send(std::uint64_t packets) {
  Cost cost;
  for (std::uint64_t done = 0; done < packets; done += kRound) {
    fill(kRound);
    const std::uint64_t preempted = preemptions();
    const std::uint64_t start = rte_rdtsc();
    while (swap_once(ports_.id(0)) + swap_once(ports_.id(1)) != 0) {
    }
    const std::uint64_t cycles = rte_rdtsc() - start;
    cost.add(cycles, kRound, preemptions() != preempted);
    drain();
  }
  return cost;
}

}  // namespace pollux::bench
