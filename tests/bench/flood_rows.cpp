#include "tests/bench/flood_rows.hpp"

#include <rte_cycles.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <memory>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/base/checksum.hpp"
#include "tests/bench/report.hpp"

namespace pollux::bench {

namespace {

constexpr std::uint32_t kEndpoints = 1000;
constexpr std::uint32_t kManyEndpoints = 20000;  // each then keeps within the limit of one call
constexpr std::size_t kIp = 14;
constexpr std::size_t kUdp = 34;
constexpr std::size_t kPayloadAt = 42;
constexpr auto kSuite = SrtpSuite::kAesCm128HmacSha1_80;

// RTP from a stranger to the first call's port; `number` makes it one of many.
Stream stranger(RelayBed& bed) {
  return make_stream(bed.dataplane().stats(), 0, party(0, 200000), bed.first_local_end(), 77);
}

using Change = void (*)(std::uint8_t* frame, std::uint32_t number);

RelayBed::Flood changed(RelayBed& bed, Change change) {
  auto stream = std::make_shared<Stream>(stranger(bed));
  return [stream, change, number = std::uint32_t{0}](rte_mbuf& mbuf) mutable {
    write_frame(mbuf, *stream);
    change(rte_pktmbuf_mtod(&mbuf, std::uint8_t*), ++number);
  };
}

RelayBed::Flood unused_ports(RelayBed& bed) {
  return changed(bed, [](std::uint8_t* frame, std::uint32_t number) {
    store_be16(frame + kUdp + 2, static_cast<std::uint16_t>(1 + number % 1999));
  });
}

RelayBed::Flood garbage(RelayBed& bed) {
  return changed(bed, [](std::uint8_t* frame, std::uint32_t number) {
    frame[kPayloadAt] = static_cast<std::uint8_t>(192 + number % 64);
  });
}

RelayBed::Flood stun(RelayBed& bed) {
  return changed(bed, [](std::uint8_t* frame, std::uint32_t /*number*/) { frame[kPayloadAt] = 0; });
}

RelayBed::Flood strangers_rtp(RelayBed& bed) {
  return changed(bed, [](std::uint8_t* /*frame*/, std::uint32_t /*number*/) {});
}

void sum_ip_header(std::uint8_t* frame) {
  std::memset(frame + kIp + 10, 0, 2);
  const std::uint16_t sum = checksum_finish(checksum_add(0, frame + kIp, 20));
  std::memcpy(frame + kIp + 10, &sum, 2);
}

RelayBed::Flood fragments(RelayBed& bed) {
  return changed(bed, [](std::uint8_t* frame, std::uint32_t /*number*/) {
    frame[kIp + 6] = 0x20;
    sum_ip_header(frame);
  });
}

// A question for our address, each from another host.
RelayBed::Flood arp(RelayBed& bed) {
  return changed(bed, [](std::uint8_t* frame, std::uint32_t number) {
    std::array<std::uint8_t, 4> ours;
    std::memcpy(ours.data(), frame + kIp + 16, ours.size());
    const std::array<std::uint8_t, 8> head = {0, 1, 8, 0, 6, 4, 0, 1};
    store_be16(frame + 12, 0x0806);
    std::memcpy(frame + 14, head.data(), head.size());
    std::memcpy(frame + 22, frame + 6, 6);
    std::memcpy(frame + 28, ours.data(), 3);
    frame[31] = static_cast<std::uint8_t>(50 + number % 150);
    std::memset(frame + 32, 0, 6);
    std::memcpy(frame + 38, ours.data(), 4);
  });
}

RelayBed::Flood pings(RelayBed& bed) {
  return changed(bed, [](std::uint8_t* frame, std::uint32_t /*number*/) {
    frame[kIp + 9] = 1;
    sum_ip_header(frame);
    store_be32(frame + kUdp, 0x08000000);
    const std::uint16_t sum = checksum_finish(checksum_add(0, frame + kUdp, 8 + 12 + kPayload));
    std::memcpy(frame + kUdp + 2, &sum, 2);
  });
}

// As long as SRTP is, and sealed with no key.
RelayBed::Flood forged(const Stream& from) {
  auto stream = std::make_shared<Stream>(from);
  return [stream](rte_mbuf& mbuf) { write_frame(mbuf, *stream); };
}
RelayBed::Flood forged_by_strangers(RelayBed& bed) {
  return forged(stranger(bed));
}
RelayBed::Flood forged_in_a_partys_name(RelayBed& bed) {
  return forged(bed.first_stream());
}

// Learned first, like any party; then as fast as the loop turns.
RelayBed::Flood giant(RelayBed& bed) {
  auto stream = std::make_shared<Stream>(bed.add_call());
  return [stream](rte_mbuf& mbuf) { write_frame(mbuf, *stream); };
}

constexpr BedKind kPlain = {.from = {}, .to = {}, .one_way = true};
constexpr BedKind kBounded = {.from = {}, .to = {}, .one_way = true, .max_packets_per_second = 3000};
constexpr BedKind kSrtp = {.from = kSuite, .to = {}, .one_way = true};
constexpr BedKind kSrtpBounded = {.from = kSuite, .to = {}, .one_way = true, .max_packets_per_second = 3000};

constexpr FloodRow kRows[] = {
    {"flood_unused_ports", kPlain, unused_ports},
    {"flood_garbage", kPlain, garbage},
    {"flood_stun", kPlain, stun},
    {"flood_strangers_rtp", kPlain, strangers_rtp},
    {"flood_fragments", kPlain, fragments},
    {"flood_arp", kPlain, arp},
    {"flood_icmp", kPlain, pings},
    {"flood_forged_srtp", kSrtp, forged_in_a_partys_name},
    {"flood_forged_srtp_bounded", kSrtpBounded, forged_by_strangers},
    {"flood_giant", kBounded, giant},
};

}  // namespace

std::span<const FloodRow> flood_rows() {
  return kRows;
}

std::string run_flood_row(const FloodRow& row, const RelayOptions& options) {
  RelayBed bed(row.kind.max_packets_per_second != 0 ? kManyEndpoints : kEndpoints, row.kind);
  const RelayBed::Flood flood = row.make(bed);
  bed.set_flood(flood);
  bed.relay(options.packets / 4);
  std::vector<double> with;
  std::vector<double> without;
  std::vector<double> each;
  for (unsigned i = 0; i < options.repetitions; ++i) {
    bed.set_flood({});
    const Cost alone = bed.relay(options.packets / 4);
    bed.set_flood(flood);
    const Cost amid = bed.relay(options.packets / 4);
    without.push_back(static_cast<double>(alone.cycles) / static_cast<double>(alone.packets));
    with.push_back(static_cast<double>(amid.cycles) / static_cast<double>(amid.packets));
    each.push_back(with.back() - without.back());
  }
  const Spread cost = spread(each);
  const double mpps = static_cast<double>(rte_get_tsc_hz()) / cost.median / 1e6;
  std::printf(
      "%-26s %7.1f cycles/frame of the flood (%.1f..%.1f), %6.2f Mpps a core; a call's packet %.1f alone\n",
      row.name, cost.median, cost.least, cost.most, mpps, spread(without).median);
  std::fflush(stdout);
  if (options.stages) {
    print_stages(bed.stages());
  }
  return JsonRow(row.name)
      .add("flood_cycles_per_frame", cost.median)
      .add("flood_cycles_per_frame_min", cost.least)
      .add("flood_cycles_per_frame_max", cost.most)
      .add("flood_mpps", mpps)
      .add("cycles_per_packet", spread(without).median)
      .text();
}

}  // namespace pollux::bench
