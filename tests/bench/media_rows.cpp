#include "tests/bench/media_rows.hpp"

#include <rte_cycles.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <vector>

#include "dataplane/codec/payload.hpp"
#include "tests/bench/raw_codec.hpp"
#include "tests/bench/report.hpp"
#include "tests/support/codec_format.hpp"

namespace pollux::bench {

namespace {

constexpr double kPacketsPerSecond = 1000.0 / kPacketMs;  // of a stream
// A packet with a codec costs some hundred plain ones: so many fewer are measured.
constexpr std::uint64_t kCodecShare = 64;

using test::format;
constexpr CodecFormat kAlaw = format(CodecId::kPcma, 8);
constexpr CodecFormat kUlaw = format(CodecId::kPcmu, 0);
constexpr CodecFormat kG729 = format(CodecId::kG729, 18);
constexpr CodecFormat kOpus = format(CodecId::kOpus, 96, 48000);

constexpr MediaKind both(CodecFormat a, CodecFormat b, std::uint16_t ptime_ms, std::uint16_t window_ms = 0) {
  return {.formats = {a, b}, .ptime_ms = ptime_ms, .window_ms = window_ms, .one_way = false};
}
constexpr MediaKind to(CodecFormat a, CodecFormat b) {
  return {.formats = {a, b}, .ptime_ms = 0, .window_ms = 0, .one_way = true};
}

// 1,000 streams as relay_1k has them, or as many as a core can carry in life.
constexpr MediaRow kRows[] = {
    {"alaw_ulaw", 1000, both(kAlaw, kUlaw, 0), 5, 0, 0, nullptr},
    {"alaw_ulaw_w60", 1000, both(kAlaw, kUlaw, 0, 60), 0, 0, 0, nullptr},
    {"ptime_20_40", 1000, both(kAlaw, kAlaw, 40), 0, 2, 0, nullptr},
    {"ptime_20_10", 1000, both(kAlaw, kAlaw, 10), 0, 2, 0, nullptr},
    {"g711_g729", 200, to(kAlaw, kG729), 0, 0, 0.9, "g729_g711"},
    {"g729_g711", 200, to(kG729, kAlaw), 0, 0, 0.9, "g711_g729"},
    {"g711_opus", 200, to(kAlaw, kOpus), 0, 0, 0.9, "opus_g711"},
    {"opus_g711", 200, to(kOpus, kAlaw), 0, 0, 0.9, "g711_opus"},
};

double per_packet(const Cost& cost) {
  return static_cast<double>(cost.cycles) / static_cast<double>(cost.packets);
}

// A call is a packet every 20 ms in each direction. Of a pair of rows the second one to run can tell.
std::optional<double> calls_per_core(const MediaRow& row, double cycles) {
  static std::map<std::string, double> measured;
  measured[row.name] = cycles;
  const auto other = measured.find(row.partner == nullptr ? row.name : row.partner);
  if (other == measured.end()) {
    return std::nullopt;
  }
  return static_cast<double>(rte_get_tsc_hz()) / (kPacketsPerSecond * (cycles + other->second));
}

const char* verdict(bool met) {
  return met ? "met" : "MISSED";
}

}  // namespace

std::span<const MediaRow> media_rows() {
  return kRows;
}

std::string run_media_row(const MediaRow& row, const RelayOptions& options) {
  const bool codec = row.goal_of_raw != 0;
  for (const CodecFormat& used : row.kind.formats) {
    if (!codec::codec_available(used.params.id)) {
      std::printf("%-14s left out: this build has no %s\n", row.name,
                  std::string(codec_facts(used.params.id).name).c_str());
      return JsonRow(row.name).add("left_out", 1).text();
    }
  }
  MediaBed bed(row.kind, row.streams);
  std::optional<RawCodec> library;
  if (codec) {
    library.emplace(row.kind, row.streams);
  }
  // An even number: the halves of joined packets.
  const std::uint64_t rounds =
      std::max<std::uint64_t>(options.packets / row.streams / (codec ? kCodecShare : 1) / 2 * 2, 2);
  std::vector<double> own;
  std::vector<double> plain;
  std::vector<double> raw;
  std::vector<double> of_raw;
  std::vector<double> relays;
  Cost totals;
  for (unsigned i = 0; i < options.repetitions; ++i) {
    const Cost cost = bed.media(rounds);
    own.push_back(per_packet(cost));
    plain.push_back(per_packet(bed.relay(rounds)));
    relays.push_back(own.back() / plain.back());
    if (library) {
      raw.push_back(per_packet(library->run(rounds)));
      of_raw.push_back(raw.back() / own.back());
    }
    totals.allocations += cost.allocations;
    totals.rounds += cost.rounds;
    totals.rounds_left_out += cost.rounds_left_out;
  }
  const Spread cost = spread(own);
  const Spread relay = spread(plain);
  const Spread ratio = spread(relays);
  const double hz = static_cast<double>(rte_get_tsc_hz());
  const double heap =
      static_cast<double>(totals.allocations) / static_cast<double>(totals.rounds * row.streams);
  const double left_out = static_cast<double>(totals.rounds_left_out) / static_cast<double>(totals.rounds);
  const double mpps = hz / cost.median / 1e6;
  const std::optional<double> calls = calls_per_core(row, cost.median);
  JsonRow json(row.name);
  std::printf(
      "%-14s %8.4f Mpps  %9.1f cycles/packet (%.1f..%.1f)  %8.1f ns  relay %.1f (%.1f..%.1f)  x%.2f "
      "(%.2f..%.2f)",
      row.name, mpps, cost.median, cost.least, cost.most, cost.median / hz * 1e9, relay.median, relay.least,
      relay.most, ratio.median, ratio.least, ratio.most);
  json.add("streams", row.streams)
      .add("mpps", mpps)
      .add("cycles_per_packet", cost.median)
      .add("cycles_per_packet_min", cost.least)
      .add("cycles_per_packet_max", cost.most)
      .add("ns_per_packet", cost.median / hz * 1e9)
      .add("relay_cycles_per_packet", relay.median)
      .add("relay_ratio", ratio.median)
      .add("allocs_per_packet", heap)
      .add("rounds_left_out_share", left_out);
  if (library) {
    const Spread floor = spread(raw);
    const Spread share = spread(of_raw);
    std::printf("  raw %.1f (%.1f..%.1f)  of raw %.3f (%.3f..%.3f; goal %.2f: %s)", floor.median, floor.least,
                floor.most, share.median, share.least, share.most, row.goal_of_raw,
                verdict(share.median >= row.goal_of_raw));
    json.add("raw_cycles_per_packet", floor.median)
        .add("of_raw", share.median)
        .add("of_raw_min", share.least)
        .add("of_raw_max", share.most)
        .add("goal_of_raw", row.goal_of_raw);
  }
  if (row.goal_mpps != 0) {
    std::printf("  goal %.1f Mpps: %s", row.goal_mpps, verdict(mpps >= row.goal_mpps));
    json.add("goal_mpps", row.goal_mpps);
  }
  if (row.goal_relays != 0) {
    std::printf("  goal x%.1f: %s", row.goal_relays, verdict(ratio.median <= row.goal_relays));
    json.add("goal_relay_ratio", row.goal_relays);
  }
  if (calls) {
    std::printf("  %.0f calls/core%s%s", *calls, row.partner == nullptr ? "" : " with ",
                row.partner == nullptr ? "" : row.partner);
    json.add("calls_per_core", *calls);
  }
  std::printf("  heap %.3g  rounds left out %.1f %%\n", heap, 100 * left_out);
  std::fflush(stdout);
  if (options.stages) {
    print_stages(bed.stages());
  }
  return json.text();
}

}  // namespace pollux::bench
