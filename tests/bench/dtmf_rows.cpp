#include "tests/bench/dtmf_rows.hpp"

#include <rte_cycles.h>
#include <spandsp.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

#include "dataplane/codec/g711.hpp"
#include "dataplane/media/tone_listener.hpp"
#include "tests/bench/allocations.hpp"
#include "tests/bench/bench_net.hpp"
#include "tests/bench/media_bed.hpp"
#include "tests/bench/relay_bed.hpp"
#include "tests/bench/report.hpp"
#include "tests/bench/sound.hpp"
#include "tests/support/codec_format.hpp"

namespace pollux::bench {

namespace {

constexpr std::uint32_t kStreams = 200;
constexpr std::size_t kSamples = 160;
constexpr double kGoal = 0.9;
constexpr std::uint64_t kDetectorShare = 8;  // a packet costs some ten plain ones: so many fewer are measured
constexpr CodecFormat kAlaw = test::format(CodecId::kPcma, 8);

// In which streams are served, in each round.
std::vector<std::uint32_t> random_order() {
  std::vector<std::uint32_t> order(kStreams);
  std::iota(order.begin(), order.end(), 0U);
  std::shuffle(order.begin(), order.end(), std::mt19937(1));
  return order;
}

template <typename Packet>
Cost timed(std::uint64_t rounds, const std::vector<std::uint32_t>& order, Packet packet) {
  Cost cost;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    const std::uint64_t preempted = preemptions();
    const std::uint64_t heap = allocations();
    const std::uint64_t start = rte_rdtsc();
    for (const std::uint32_t stream : order) {
      packet(stream);
    }
    cost.add(rte_rdtsc() - start, order.size(), preemptions() != preempted);
    cost.allocations += allocations() - heap;
  }
  return cost;
}

class Listening {
 public:
  explicit Listening(const Recording& recording) : order_(random_order()) {
    for (std::uint32_t i = 0; i < kStreams; ++i) {
      auto listener = media::ToneListener::make({&kAlaw, 1});
      if (!listener) {
        die("no listener");
      }
      streams_.push_back({std::move(*listener), Reader(recording, i), 0});
    }
  }
  Cost run(std::uint64_t rounds) {
    return timed(rounds, order_, [this](std::uint32_t number) {
      Stream& stream = streams_[number];
      dtmf::PressReports reports;
      const auto count = stream.packets++;
      stream.listener->listen({.payload = stream.reader.next(),
                               .timestamp = static_cast<std::uint32_t>(count * kSamples),
                               .ssrc = number,
                               .sequence = static_cast<std::uint16_t>(count),
                               .payload_type = kAlaw.payload_type},
                              count * kPacketMs, reports);
      heard_ += reports.size();
    });
  }
  std::uint64_t heard() const { return heard_; }

 private:
  struct Stream {
    std::unique_ptr<media::ToneListener> listener;
    Reader reader;
    std::uint64_t packets;
  };
  std::vector<std::uint32_t> order_;
  std::vector<Stream> streams_;
  std::uint64_t heard_ = 0;
};

struct FreeDetector {
  void operator()(dtmf_rx_state_t* state) const { dtmf_rx_free(state); }
};

class RawDetection {
 public:
  explicit RawDetection(const Recording& recording) : order_(random_order()) {
    for (const auto& payload : recording) {
      pcm_.emplace_back(payload.size());
      codec::decode_g711(codec::Law::kA, payload, pcm_.back());
    }
    for (std::uint32_t i = 0; i < kStreams; ++i) {
      states_.emplace_back(dtmf_rx_init(nullptr, nullptr, nullptr));
      at_.push_back(i * 37 % pcm_.size());  // as Reader
    }
  }
  Cost run(std::uint64_t rounds) {
    return timed(rounds, order_, [this](std::uint32_t number) {
      std::size_t& at = at_[number];
      dtmf_rx(states_[number].get(), pcm_[at].data(), static_cast<int>(pcm_[at].size()));
      at = at + 1 == pcm_.size() ? 0 : at + 1;
    });
  }

 private:
  std::vector<std::uint32_t> order_;
  std::vector<std::vector<std::int16_t>> pcm_;
  std::vector<std::unique_ptr<dtmf_rx_state_t, FreeDetector>> states_;
  std::vector<std::size_t> at_;
};

double per_packet(const Cost& cost) {
  return static_cast<double>(cost.cycles) / static_cast<double>(cost.packets);
}

}  // namespace

std::string run_detect_row(const RelayOptions& options) {
  DataplaneConfig config = bench_config(1, 2);
  const RingPorts ports(config);  // only for EAL, which knows how fast the clock is
  const Recording recording = record(kAlaw.params);
  MediaBed bed({.formats = {kAlaw, kAlaw}, .listens = true}, kStreams);
  Listening listening(recording);
  RawDetection detection(recording);
  const std::uint64_t rounds = std::max<std::uint64_t>(options.packets / kStreams / kDetectorShare, 2);
  std::vector<double> own;
  std::vector<double> alone;
  std::vector<double> raw;
  std::vector<double> of_raw;
  std::uint64_t heap = 0;
  for (unsigned i = 0; i < options.repetitions; ++i) {
    const Cost cost = bed.media(rounds);
    heap += cost.allocations;
    own.push_back(per_packet(cost));
    alone.push_back(per_packet(listening.run(rounds)));
    raw.push_back(per_packet(detection.run(rounds)));
    of_raw.push_back(raw.back() / own.back());
  }
  if (listening.heard() != 0) {
    die("the recording has no digits, but some were heard");
  }
  const Spread cost = spread(own);
  const Spread listener = spread(alone);
  const Spread floor = spread(raw);
  const Spread share = spread(of_raw);
  const double hz = static_cast<double>(rte_get_tsc_hz());
  const double per = static_cast<double>(heap) / static_cast<double>(options.repetitions * rounds * kStreams);
  std::printf(
      "%-14s %8.4f Mpps  %9.1f cycles/packet (%.1f..%.1f)  listener %.1f  raw %.1f (%.1f..%.1f)  of raw %.3f "
      "(%.3f..%.3f; goal %.2f: %s)  heap %.3g\n",
      kDetectRow, hz / cost.median / 1e6, cost.median, cost.least, cost.most, listener.median, floor.median,
      floor.least, floor.most, share.median, share.least, share.most, kGoal,
      share.median >= kGoal ? "met" : "MISSED", per);
  std::fflush(stdout);
  return JsonRow(kDetectRow)
      .add("streams", kStreams)
      .add("mpps", hz / cost.median / 1e6)
      .add("cycles_per_packet", cost.median)
      .add("cycles_per_packet_min", cost.least)
      .add("cycles_per_packet_max", cost.most)
      .add("listener_cycles_per_packet", listener.median)
      .add("raw_cycles_per_packet", floor.median)
      .add("of_raw", share.median)
      .add("of_raw_min", share.least)
      .add("of_raw_max", share.most)
      .add("goal_of_raw", kGoal)
      .add("allocs_per_packet", per)
      .text();
}

std::string run_presence_row(const RelayOptions& options) {
  constexpr std::uint32_t kRelayed = 1000;
  MediaBed bed({.formats = {kAlaw, kAlaw}, .events = true}, kRelayed);
  const std::uint64_t rounds = std::max<std::uint64_t>(options.packets / kRelayed, 2);
  std::vector<double> with;
  std::vector<double> without;
  std::vector<double> ratio;
  for (unsigned i = 0; i < options.repetitions; ++i) {
    // Each first in every other repetition.
    const double plain_first = i % 2 == 0 ? per_packet(bed.relay(rounds)) : 0;
    with.push_back(per_packet(bed.media(rounds)));
    without.push_back(i % 2 == 0 ? plain_first : per_packet(bed.relay(rounds)));
    ratio.push_back(with.back() / without.back());
  }
  const Spread own = spread(with);
  const Spread plain = spread(without);
  const Spread ratios = spread(ratio);
  const double hz = static_cast<double>(rte_get_tsc_hz());
  std::printf("%-14s %8.2f Mpps  %7.1f cycles/packet (%.1f..%.1f)  without %7.1f  ratio %.3f (%.3f..%.3f)\n",
              kPresenceRow, hz / own.median / 1e6, own.median, own.least, own.most, plain.median,
              ratios.median, ratios.least, ratios.most);
  std::fflush(stdout);
  return JsonRow(kPresenceRow)
      .add("streams", kRelayed)
      .add("mpps", hz / own.median / 1e6)
      .add("cycles_per_packet", own.median)
      .add("without_cycles_per_packet", plain.median)
      .add("ratio", ratios.median)
      .add("ratio_min", ratios.least)
      .add("ratio_max", ratios.most)
      .text();
}

}  // namespace pollux::bench
