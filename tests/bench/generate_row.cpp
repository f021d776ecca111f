#include "tests/bench/generate_row.hpp"

#include <rte_cycles.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>
#include <unordered_map>
#include <vector>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/dtmf/event_payload.hpp"
#include "dataplane/rtp/rtp_packet.hpp"
#include "dataplane/worker/dataplane_impl.hpp"
#include "tests/bench/allocations.hpp"
#include "tests/bench/bench_net.hpp"
#include "tests/bench/histogram.hpp"
#include "tests/bench/relay_bed.hpp"
#include "tests/bench/report.hpp"
#include "tests/support/codec_format.hpp"

namespace pollux::bench {

namespace {

constexpr std::uint32_t kLegs = 20000;
constexpr std::uint32_t kRelayEndpoints = 20000;  // of the plain calls beside
constexpr std::uint16_t kFirstPort = 2000;
constexpr unsigned kDigits = 30;
constexpr std::uint16_t kDurationMs = 100;
constexpr std::uint16_t kGapMs = 40;
constexpr std::uint32_t kPacketMs = 20;
constexpr std::uint32_t kCommandsAtOnce = 2;
constexpr double kMostLateMs = 1;

// Time is the bed's: a turn of the loop lasts as long as it really takes, and what the bed does between two
// turns takes none. A turn in which the kernel took the CPU away lasts as long as the one before.
class GenerateBed {
 public:
  GenerateBed() : config_(bench_config(kLegs, kLegs)), ports_(config_) {
    auto made = worker::DataplaneImpl::create(config_, worker::Drive::kCaller);
    if (!made) {
      die(made.error().field + ": " + made.error().message);
    }
    dataplane_ = std::move(*made);
    now_tsc_ = rte_rdtsc();
    cycles_per_ms_ = static_cast<double>(rte_get_tsc_hz()) / 1000;
    make_legs();
    settle();
  }
  ~GenerateBed() { drain(); }

  // All legs are told to send kDigits digits, and do.
  void run() {
    legs_.clear();
    packets_ = cycles_ = allocations_ = 0;
    for (std::size_t i = 0; i < sessions_.size(); i += kCommandsAtOnce) {
      for (std::size_t k = i; k < std::min(i + kCommandsAtOnce, sessions_.size()); ++k) {
        inject(sessions_[k], kDigits);
      }
      turn();
      // Keys aren't pressed all in one moment, nor the device's ring filled in one.
      now_tsc_ +=
          static_cast<std::uint64_t>(cycles_per_ms_ * (kDurationMs + kGapMs) * kCommandsAtOnce / kLegs);
    }
    const std::uint64_t all = std::uint64_t{kLegs} * kDigits * (kDurationMs / kPacketMs - 1 + 3);
    const std::uint64_t end_tsc =
        now_tsc_ + static_cast<std::uint64_t>(cycles_per_ms_ * kDigits * (kDurationMs + kGapMs) * 2);
    while (packets_ < all && now_tsc_ < end_tsc) {
      turn();
    }
    if (packets_ != all) {
      const WorkerStats stats = dataplane_->stats().workers[0];
      for (std::size_t i = 0; i < kDropReasonCount; ++i) {
        if (stats.drops[i] != 0) {
          std::fprintf(stderr, "%s %llu\n", std::string(kDropReasons[i].name).c_str(),
                       static_cast<unsigned long long>(stats.drops[i]));
        }
      }
      die(std::to_string(packets_) + " packets came out, not " + std::to_string(all));
    }
  }

  std::vector<StageStats> stages() const { return dataplane_->stats().workers[0].stages; }
  double cycles_per_packet() const { return static_cast<double>(cycles_) / static_cast<double>(packets_); }
  std::uint64_t packets() const { return packets_; }
  std::uint64_t heap() const { return allocations_; }
  const Histogram& late_us() const { return late_us_; }

 private:
  struct Leg {
    std::uint64_t first_tsc = 0;
    std::uint32_t timestamp = 0;
    unsigned press = 0;
    unsigned packet = 0;
    bool ended = false;
  };

  void make_legs() {
    std::vector<Event> events(256);
    for (std::uint32_t i = 0; i < kLegs; ++i) {
      LegSpec leg;
      leg.local_address = local_ip(1, 0);
      leg.local_rtp_port = leg.local_rtcp_port = static_cast<std::uint16_t>(kFirstPort + i);
      leg.remote_rtp = party(1, i);
      leg.codecs.push_back(test::format(CodecId::kPcma, 8));
      leg.codecs.push_back(test::format(CodecId::kTelephoneEvent, 101));
      SessionSpec spec;
      spec.legs.push_back(leg);
      auto added = dataplane_->add_session(spec, i);
      if (!added) {
        die(added.error().message);
      }
      sessions_.push_back(*added);
      if (i % 128 == 127 || i + 1 == kLegs) {
        for (unsigned k = 0; k < 32; ++k) {
          turn();
        }
      }
    }
  }

  void inject(SessionHandle session, unsigned digits) {
    DtmfInjection injection;
    for (unsigned i = 0; i < digits; ++i) {
      injection.events.push_back(static_cast<std::uint8_t>(i % 16));
    }
    injection.duration_ms = kDurationMs;
    injection.gap_ms = kGapMs;
    if (auto told = dataplane_->inject_dtmf(session, injection, 0); !told) {
      die(told.error().message);
    }
  }

  // Until the gateway is known.
  void settle() {
    for (unsigned attempt = 0; attempt < 500; ++attempt) {
      packets_ = 0;
      inject(sessions_[0], 1);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      for (const std::uint64_t until = now_tsc_ + static_cast<std::uint64_t>(500 * cycles_per_ms_);
           now_tsc_ < until;) {
        turn();
        now_tsc_ += static_cast<std::uint64_t>(cycles_per_ms_ / 4);
      }
      if (packets_ == kDurationMs / kPacketMs - 1 + 3) {
        return;
      }
    }
    die(std::to_string(packets_) + " packets came out of the last press");
  }

  void turn() {
    const std::uint64_t preempted = preemptions();
    const std::uint64_t heap = allocations();
    const std::uint64_t start = rte_rdtsc();
    dataplane_->worker(0).run_once(now_tsc_);
    const std::uint64_t cycles = rte_rdtsc() - start;
    if (preemptions() == preempted) {
      last_turn_ = cycles;
    }
    now_tsc_ += last_turn_;
    allocations_ += allocations() - heap;
    if (drain() != 0) {
      cycles_ += last_turn_;
    }
    while (dataplane_->poll_events(events_) != 0) {
    }
  }

  std::uint32_t drain() {
    std::uint32_t media = 0;
    void* item = nullptr;
    for (unsigned side = 0; side < 2; ++side) {
      while (rte_ring_sc_dequeue(ports_.from_port(side), &item) == 0) {
        auto* const mbuf = static_cast<rte_mbuf*>(item);
        if (is_ip(*mbuf)) {
          ++media;
          look(rte_pktmbuf_mtod(mbuf, const std::uint8_t*) + kHeaders - rtp::kFixedHeaderLength);
        } else {
          ports_.answer_arp(side, mbuf);
        }
        rte_pktmbuf_free(mbuf);  // it is the worker's
      }
    }
    packets_ += media;
    return media;
  }

  static bool is_ip(const rte_mbuf& mbuf) {
    return mbuf.pkt_len >= kHeaders + dtmf::kEventBytes &&
           load_be16(rte_pktmbuf_mtod(&mbuf, const std::uint8_t*) + 12) == 0x0800;
  }

  // When the packet should have come, by the leg's first one.
  void look(const std::uint8_t* bytes) {
    rtp::RtpHeader header;
    if (!rtp::parse_rtp(bytes, rtp::kFixedHeaderLength + 4, header)) {
      die("a packet isn't RTP");
    }
    const bool end = (bytes[rtp::kFixedHeaderLength + 1] & 0x80) != 0;
    const auto [at, is_new] = legs_.try_emplace(header.ssrc);
    Leg& leg = at->second;
    if (is_new) {
      leg.first_tsc = now_tsc_;
    } else if (header.timestamp != leg.timestamp) {
      ++leg.press;
      leg.packet = 0;
      leg.ended = false;
    } else if (leg.ended) {
      return;  // the end's repetitions come with it
    } else {
      ++leg.packet;
    }
    leg.timestamp = header.timestamp;
    leg.ended = end;
    const double due_ms = leg.press * (kDurationMs + kGapMs) + leg.packet * kPacketMs;
    const double came_ms = static_cast<double>(now_tsc_ - leg.first_tsc) / cycles_per_ms_;
    late_us_.add(static_cast<std::uint64_t>(std::max(came_ms - due_ms, 0.0) * 1000));
  }

  DataplaneConfig config_;
  RingPorts ports_;
  std::unique_ptr<worker::DataplaneImpl> dataplane_;
  std::vector<SessionHandle> sessions_;
  std::vector<Event> events_ = std::vector<Event>(1024);
  std::unordered_map<std::uint32_t, Leg> legs_;  // by SSRC
  Histogram late_us_;
  double cycles_per_ms_ = 0;
  std::uint64_t now_tsc_ = 0;
  std::uint64_t last_turn_ = 0;
  std::uint64_t packets_ = 0;
  std::uint64_t cycles_ = 0;
  std::uint64_t allocations_ = 0;
};

double relay_cycles(const RelayOptions& options) {
  RelayBed bed(kRelayEndpoints);
  std::vector<double> cycles;
  for (unsigned i = 0; i < options.repetitions; ++i) {
    const Cost cost = bed.relay(options.packets);
    cycles.push_back(static_cast<double>(cost.cycles) / static_cast<double>(cost.packets));
  }
  return spread(cycles).median;
}

}  // namespace

std::string run_generate_row(const RelayOptions& options) {
  const double relay = relay_cycles(options);
  GenerateBed bed;
  std::vector<double> cycles;
  std::uint64_t heap = 0;
  for (unsigned i = 0; i < std::max(options.repetitions / 3, 1U); ++i) {
    bed.run();
    cycles.push_back(bed.cycles_per_packet());
    heap += bed.heap();
  }
  if (options.stages) {
    print_stages(bed.stages());
  }
  const Spread own = spread(cycles);
  const double hz = static_cast<double>(rte_get_tsc_hz());
  const double late_ms = static_cast<double>(bed.late_us().quantile(0.999)) / 1000;
  const double most_ms = static_cast<double>(bed.late_us().most()) / 1000;
  std::printf(
      "%-18s %8.2f Mpps  %7.1f cycles/packet (%.1f..%.1f)  relay %7.1f  late p99.9 %.3f ms, most %.3f ms "
      "(goal "
      "%.0f: %s)  heap %llu\n",
      kGenerateRow, hz / own.median / 1e6, own.median, own.least, own.most, relay, late_ms, most_ms,
      kMostLateMs, late_ms <= kMostLateMs ? "met" : "MISSED", static_cast<unsigned long long>(heap));
  std::fflush(stdout);
  return JsonRow(kGenerateRow)
      .add("legs", kLegs)
      .add("mpps", hz / own.median / 1e6)
      .add("cycles_per_packet", own.median)
      .add("cycles_per_packet_min", own.least)
      .add("cycles_per_packet_max", own.most)
      .add("relay_cycles_per_packet", relay)
      .add("late_ms_p999", late_ms)
      .add("late_ms_max", most_ms)
      .add("allocs", static_cast<double>(heap))
      .text();
}

}  // namespace pollux::bench
