#include "tests/bench/srtp_rows.hpp"

#include <rte_cycles.h>

#include <cstdio>
#include <vector>

#include "tests/bench/raw_srtp.hpp"
#include "tests/bench/report.hpp"

namespace pollux::bench {

namespace {

constexpr auto kCm128 = SrtpSuite::kAesCm128HmacSha1_80;
constexpr auto kGcm128 = SrtpSuite::kAeadAes128Gcm;
constexpr double kBound = 1.15;  // of the raw library, beside the relay

constexpr BedKind seal(SrtpSuite suite, std::uint32_t at_once = 0) {
  return {.from = {}, .to = suite, .one_way = true, .at_once = at_once, .backend = SrtpBackend::kIpsecMb};
}
constexpr BedKind open(SrtpSuite suite, std::uint32_t at_once = 0) {
  return {.from = suite, .to = {}, .one_way = true, .at_once = at_once, .backend = SrtpBackend::kIpsecMb};
}

// 1,000 endpoints: 500 calls, each with a key of its own. The rows with a number tell how the cost goes with
// packets per batch (_b) and with distinct keys (_k).
constexpr SrtpRow kRows[] = {
    {"rtp_to_srtp_cm128", 1000, seal(kCm128), 1, 4},
    {"srtp_to_rtp_cm128", 1000, open(kCm128), 1, 4},
    {"srtp_to_srtp_cm128", 1000, {.from = kCm128, .to = kCm128, .one_way = true}, 2, 2.5},
    {"rtp_to_srtp_gcm128", 1000, seal(kGcm128), 1, 5},
    {"srtp_to_rtp_gcm128", 1000, open(kGcm128), 1, 5},
    {"rtp_to_srtp_cm128_b1", 1000, seal(kCm128, 1), 1, 0},
    {"rtp_to_srtp_cm128_b8", 1000, seal(kCm128, 8), 1, 0},
    {"rtp_to_srtp_cm128_b32", 1000, seal(kCm128, 32), 1, 0},
    {"rtp_to_srtp_cm128_b64", 1000, seal(kCm128, 64), 1, 0},
    {"srtp_to_rtp_cm128_b1", 1000, open(kCm128, 1), 1, 0},
    {"srtp_to_rtp_cm128_b8", 1000, open(kCm128, 8), 1, 0},
    {"srtp_to_rtp_cm128_b32", 1000, open(kCm128, 32), 1, 0},
    {"srtp_to_rtp_cm128_b64", 1000, open(kCm128, 64), 1, 0},
    {"rtp_to_srtp_cm128_k1", 2, seal(kCm128), 1, 0},
    {"rtp_to_srtp_cm128_k100", 200, seal(kCm128), 1, 0},
    {"rtp_to_srtp_cm128_k10k", 20000, seal(kCm128), 1, 0},
    {"rtp_to_srtp_cm128_k100k", 200000, seal(kCm128), 1, 0},
    {"srtp_to_rtp_cm128_k100k", 200000, open(kCm128), 1, 0},
    {"srtp_to_srtp_cm128_k200k", 200000, {.from = kCm128, .to = kCm128, .one_way = true}, 2, 0},
    {"rtp_to_srtp_gcm128_k100k", 200000, seal(kGcm128), 1, 0},
    {"srtp_to_rtp_gcm128_k100k", 200000, open(kGcm128), 1, 0},
};

double per_packet(const Cost& cost) {
  return static_cast<double>(cost.cycles) / static_cast<double>(cost.packets);
}

// The same endpoints, ways and batches without SRTP.
Spread relay_cost(const SrtpRow& row, const RelayOptions& options) {
  RelayBed bed(row.endpoints, {.from = {}, .to = {}, .one_way = true, .at_once = row.kind.at_once});
  bed.relay(options.packets / 4);
  std::vector<double> cycles;
  for (unsigned i = 0; i < options.repetitions; ++i) {
    cycles.push_back(per_packet(bed.relay(options.packets / 2)));
  }
  return spread(std::move(cycles));
}

}  // namespace

std::span<const SrtpRow> srtp_rows() {
  return kRows;
}

std::string run_srtp_row(const SrtpRow& row, const RelayOptions& options) {
  const SrtpSuite suite = row.kind.from ? *row.kind.from : *row.kind.to;
  const Spread relay = relay_cost(row, options);
  RelayBed bed(row.endpoints, row.kind);
  bed.relay(options.packets / 4);
  RawIpsecMb raw_library;
  RawLibsrtp libsrtp(suite);
  std::vector<double> own;
  std::vector<double> raw;
  std::vector<double> peer;
  double allocations = 0;
  double packets = 0;
  for (unsigned i = 0; i < options.repetitions; ++i) {
    const Cost cost = bed.relay(options.packets / 2);
    own.push_back(per_packet(cost));
    raw.push_back(row.passes * raw_library.protect(suite, row.kind.at_once));
    peer.push_back((row.kind.to ? libsrtp.protect() : 0) + (row.kind.from ? libsrtp.unprotect() : 0));
    allocations += static_cast<double>(cost.allocations);
    packets += static_cast<double>(cost.packets);
  }
  const Spread cost = spread(own);
  const Spread floor = spread(raw);
  const Spread other = spread(peer);
  const double hz = static_cast<double>(rte_get_tsc_hz());
  const double bound = kBound * floor.median + relay.median;
  std::printf(
      "%-24s %7.2f Mpps  %7.1f cycles/packet (%.1f..%.1f)  raw %6.1f (%.1f..%.1f)  relay %6.1f  of bound "
      "(1.15 raw + "
      "relay) %.3f  libsrtp %7.1f  heap %.3g\n",
      row.name, hz / cost.median / 1e6, cost.median, cost.least, cost.most, floor.median, floor.least,
      floor.most, relay.median, cost.median / bound, other.median, allocations / packets);
  std::fflush(stdout);
  if (options.stages) {
    print_stages(bed.stages());
  }
  JsonRow json(row.name);
  json.add("endpoints", row.endpoints)
      .add("at_once", row.kind.at_once)
      .add("mpps", hz / cost.median / 1e6)
      .add("goal_mpps", row.goal_mpps)
      .add("cycles_per_packet", cost.median)
      .add("cycles_per_packet_min", cost.least)
      .add("cycles_per_packet_max", cost.most)
      .add("raw_cycles_per_packet", floor.median)
      .add("raw_cycles_per_packet_min", floor.least)
      .add("raw_cycles_per_packet_max", floor.most)
      .add("relay_cycles_per_packet", relay.median)
      .add("bound_ratio", cost.median / bound)
      .add("libsrtp_cycles_per_packet", other.median)
      .add("allocs_per_packet", allocations / packets);
  return json.text();
}

}  // namespace pollux::bench
