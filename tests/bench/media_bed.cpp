#include "tests/bench/media_bed.hpp"

#include <rte_cycles.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <random>
#include <string>
#include <thread>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/base/checksum.hpp"
#include "tests/bench/allocations.hpp"
#include "tests/support/codec_format.hpp"

namespace pollux::bench {

namespace {

constexpr std::uint32_t kMaxEndpoints = 8192;
constexpr std::uint16_t kFirstPort = 2000;
constexpr std::uint32_t kTurnsPerRound = 8;  // a turn takes 64 packets from each port
constexpr std::uint32_t kDrainMs = 250;
constexpr std::uint32_t kWarmUpRounds = 4;
constexpr std::size_t kIp = 14;
constexpr std::size_t kUdp = 34;
constexpr std::size_t kRtp = 42;
constexpr CodecFormat kPlain{{}, 8};

SocketAddress local_end(unsigned side, std::uint32_t number) {
  return {local_ip(side, 0), static_cast<std::uint16_t>(kFirstPort + number)};
}

std::uint32_t ticks_of(const CodecFormat& format) {
  return format.params.clock_rate * kPacketMs / 1000;
}

void write_packet(rte_mbuf& mbuf, Stream& stream, const std::vector<std::uint8_t>& payload,
                  std::uint32_t timestamp) {
  rte_pktmbuf_reset(&mbuf);
  mbuf.data_len = static_cast<std::uint16_t>(kHeaders + payload.size());
  mbuf.pkt_len = mbuf.data_len;
  auto* const data = rte_pktmbuf_mtod(&mbuf, std::uint8_t*);
  std::memcpy(data, stream.frame, kHeaders);
  std::memcpy(data + kHeaders, payload.data(), payload.size());
  const auto udp_length = static_cast<std::uint16_t>(8 + 12 + payload.size());
  store_be16(data + kIp + 2, static_cast<std::uint16_t>(20 + udp_length));
  store_be16(data + kIp + 10, 0);
  const std::uint16_t ip_sum = checksum_finish(checksum_add(0, data + kIp, 20));
  std::memcpy(data + kIp + 10, &ip_sum, 2);
  store_be16(data + kUdp + 4, udp_length);
  store_be16(data + kRtp + 2, stream.sequence++);
  store_be32(data + kRtp + 4, timestamp);
  std::uint64_t sum = checksum_add(0, data + kIp + 12, 8) + be16(17).raw() + be16(udp_length).raw();
  sum = checksum_add(sum, data + kUdp, udp_length);
  const std::uint16_t field = checksum_finish(sum);
  std::memcpy(data + kUdp + 6, &field, 2);
}

// RTCP of the worker's own shares the port (RFC 5761 §4).
bool is_rtp(const std::uint8_t* data) {
  return load_be16(data + 12) == 0x0800 && data[kIp + 9] == 17 &&
         (data[kRtp + 1] < 192 || data[kRtp + 1] > 223);
}

}  // namespace

MediaBed::MediaBed(const MediaKind& kind, std::uint32_t streams)
    : kind_(kind),
      streams_(streams),
      config_(bench_config(kMaxEndpoints, kMaxEndpoints)),
      ports_(config_),
      recordings_{record(kind.formats[0].params), record(kind.formats[1].params)},
      plain_(record(kPlain.params)) {
  auto made = worker::DataplaneImpl::create(config_, worker::Drive::kCaller);
  if (!made) {
    die(made.error().field + ": " + made.error().message);
  }
  dataplane_ = std::move(*made);
  now_tsc_ = rte_rdtsc();
  turn_cycles_ = rte_get_tsc_hz() * kPacketMs / 1000 / kTurnsPerRound;
  make_calls();
  order_.resize(streams_);
  std::iota(order_.begin(), order_.end(), 0U);
  std::shuffle(order_.begin(), order_.end(), std::mt19937(1));
  settle();
}

MediaBed::~MediaBed() {
  drain();  // before the pool that some of it came from goes
}

SessionSpec MediaBed::call_spec(std::uint32_t call, Which which) const {
  SessionSpec spec;
  for (unsigned side = 0; side < 2; ++side) {
    LegSpec leg;
    leg.id = static_cast<std::uint16_t>(side);
    leg.local_address = local_end(side, call).ip;
    leg.local_rtp_port = leg.local_rtcp_port = local_end(side, call).port;
    leg.remote_rtp = party(side, call);
    leg.sinks.push_back(static_cast<std::uint16_t>(1 - side));
    if (which == Which::kMedia) {
      leg.codecs.push_back(kind_.formats[side]);
      if (kind_.events) {
        leg.codecs.push_back(test::format(CodecId::kTelephoneEvent, 101));
      }
      leg.dtmf.receive_in_band = kind_.listens ? DtmfReceive::kOn : DtmfReceive::kAuto;
      leg.ptime_ms = kind_.ptime_ms;
      leg.jitter_window_ms = kind_.window_ms;
    }
    spec.legs.push_back(leg);
  }
  return spec;
}

void MediaBed::make_calls() {
  const NodeStats stats = dataplane_->stats();
  const unsigned sides = kind_.one_way ? 1U : 2U;
  const std::uint32_t calls = streams_ / sides;
  for (std::uint32_t call = 0; call < 2 * calls; ++call) {
    const Which which = call < calls ? Which::kMedia : Which::kPlain;
    if (auto added = dataplane_->add_session(call_spec(call, which), call); !added) {
      die(added.error().message);
    }
    for (unsigned i = 0; i < 2; ++i) {
      dataplane_->worker(0).run_once(now_tsc_);
    }
    take_events();
    for (unsigned side = 0; side < sides; ++side) {
      const bool plain = which == Which::kPlain;
      Source source{make_stream(stats, side, party(side, call), local_end(side, call), 2 * call + side),
                    Reader(plain ? plain_ : recordings_[side], call),
                    ticks_of(plain ? kPlain : kind_.formats[side])};
      source.stream.frame[kRtp + 1] = plain ? kPlain.payload_type : kind_.formats[side].payload_type;
      sources_[static_cast<std::size_t>(which)].push_back(source);
    }
  }
}

void MediaBed::take_events() {
  std::array<Event, 256> events;
  while (dataplane_->poll_events(events) != 0) {
  }
}

void MediaBed::send(Source& source) {
  rte_mbuf* const mbuf = rte_pktmbuf_alloc(dataplane_->worker(0).context().mempool);
  if (mbuf == nullptr) {
    die("no packet buffer is free");
  }
  const std::vector<std::uint8_t>& payload = source.reader.next();
  write_packet(*mbuf, source.stream, payload, source.timestamp);
  source.timestamp += source.ticks;
  ports_.send(source.stream.port, mbuf);
  ++in_.packets;
  in_.bytes += payload.size();
}

void MediaBed::fill(Which which) {
  for (const std::uint32_t number : order_) {
    send(sources_[static_cast<std::size_t>(which)][number]);
  }
}

// Takes everything that has been sent; ARP requests for the gateway are answered, as it would.
MediaBed::Out MediaBed::drain() {
  Out out;
  for (unsigned side = 0; side < 2; ++side) {
    void* item = nullptr;
    while (rte_ring_sc_dequeue(ports_.from_port(side), &item) == 0) {
      auto* const mbuf = static_cast<rte_mbuf*>(item);
      if (is_rtp(rte_pktmbuf_mtod(mbuf, const std::uint8_t*))) {
        ++out.packets;
        out.bytes += mbuf->pkt_len - kHeaders;
      } else {
        ports_.answer_arp(side, mbuf);
      }
      ports_.give_back(mbuf);
    }
  }
  return out;
}

// The clock goes on by so much, and on until there is nothing to do.
MediaBed::Out MediaBed::run_until_idle(std::uint32_t ms) {
  const std::uint64_t until = now_tsc_ + rte_get_tsc_hz() * ms / 1000;
  Out out;
  for (bool busy = true; busy || now_tsc_ < until;) {
    now_tsc_ += turn_cycles_;
    busy = dataplane_->worker(0).run_once(now_tsc_);
    const Out some = drain();
    out.packets += some.packets;
    out.bytes += some.bytes;
    busy |= some.packets != 0;
  }
  return out;
}

// Until the gateways are known and every endpoint has learned its source.
void MediaBed::settle() {
  bool known = false;
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!known && std::chrono::steady_clock::now() < limit) {
    fill(Which::kPlain);
    known = run_until_idle(0).packets == streams_;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  if (!known) {
    die("the gateways' addresses were not resolved");
  }
  fill(Which::kMedia);
  run_until_idle(kDrainMs);
  take_events();
}

// Cycles that the worker takes for a round which lies ready. At least a round's time passes; where packets
// travel on to the media worker, until `expected` have come out.
std::uint64_t MediaBed::timed(std::uint64_t expected) {
  const std::uint64_t first = rte_rdtsc();
  const auto sent = [this] {
    return rte_ring_count(ports_.from_port(0)) + rte_ring_count(ports_.from_port(1));
  };
  for (std::uint32_t turn = 0; turn < kTurnsPerRound || ports_.waiting() != 0 || sent() < expected; ++turn) {
    now_tsc_ += turn < kTurnsPerRound ? turn_cycles_ : 0;
    dataplane_->worker(0).run_once(now_tsc_);
  }
  return rte_rdtsc() - first;
}

Cost MediaBed::relay(std::uint64_t rounds) {
  Cost cost;
  for (std::uint64_t i = 0; i < rounds; ++i) {
    fill(Which::kPlain);
    const std::uint64_t allocations_before = allocations();
    const std::uint64_t preempted = preemptions();
    const std::uint64_t cycles = timed(0);
    cost.add(cycles, streams_, preemptions() != preempted);
    cost.allocations += allocations() - allocations_before;
    if (const Out out = drain(); out.packets != streams_) {
      lost("plain packets", out.packets, streams_);
    }
  }
  return cost;
}

Cost MediaBed::media(std::uint64_t rounds) {
  in_ = {};
  // Where payloads are joined, half of the streams are half a packet ahead.
  std::vector<Source>& sources = sources_[0];
  for (std::uint32_t i = 0; i < streams_; ++i) {
    if ((i / 2) % 2 == 0) {
      send(sources[i]);
    }
  }
  Out out = run_until_idle(kPacketMs);
  const bool transcodes = !passes_as(kind_.formats[0].params, kind_.formats[1].params);
  Cost cost;
  for (std::uint64_t i = 0; i < kWarmUpRounds + rounds; ++i) {
    fill(Which::kMedia);
    const std::uint64_t allocations_before = allocations();
    const std::uint64_t preempted = preemptions();
    const std::uint64_t cycles = timed(transcodes ? streams_ : 0);
    if (i >= kWarmUpRounds) {
      cost.add(cycles, streams_, preemptions() != preempted);
      cost.allocations += allocations() - allocations_before;
    }
    const Out some = drain();
    out.packets += some.packets;
    out.bytes += some.bytes;
  }
  const Out rest = run_until_idle(kDrainMs);
  out.packets += rest.packets;
  out.bytes += rest.bytes;
  take_events();
  // Between the laws and lengths of G.711 every octet comes through, otherwise every packet of 20 ms.
  if (kind_.ptime_ms != 0 ? out.bytes != in_.bytes : out.packets != in_.packets) {
    lost("packets or octets of media", kind_.ptime_ms != 0 ? out.bytes : out.packets,
         kind_.ptime_ms != 0 ? in_.bytes : in_.packets);
  }
  return cost;
}

void MediaBed::lost(const char* what, std::uint64_t out, std::uint64_t in) {
  const WorkerStats stats = dataplane_->stats().workers[0];
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    if (stats.drops[i] != 0) {
      std::fprintf(stderr, "%s %llu\n", std::string(kDropReasons[i].name).c_str(),
                   static_cast<unsigned long long>(stats.drops[i]));
    }
  }
  die(std::to_string(out) + " of " + std::to_string(in) + " " + what + " came out");
}

}  // namespace pollux::bench
