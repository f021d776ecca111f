#include "tests/load/traffic.hpp"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>

namespace pollux::load {

namespace {

constexpr unsigned kBurst = 32;
constexpr double kPacketIntervalUs = 20000;
constexpr double kGreetingUs = 2e6;    // polluxd asks again after a second
constexpr double kStragglersUs = 2e6;  // silence after which nothing comes any more
constexpr double kAwayUs = 10e3;
constexpr useconds_t kNapMicroseconds = 20;
constexpr double kWriteOffUs = kStragglersUs;

// Locally administered, one for each host.
rte_ether_addr host_mac(unsigned side, std::size_t number) {
  return {{0x02, 0, 0, static_cast<std::uint8_t>(side + 1), static_cast<std::uint8_t>(number >> 8),
           static_cast<std::uint8_t>(number)}};
}

}  // namespace

void Histogram::add(double microseconds) {
  const auto bucket = static_cast<std::size_t>(std::max(0.0, microseconds));
  ++buckets_[std::min(bucket, kBuckets - 1)];
  ++count_;
  max_ = std::max(max_, microseconds);
}

double Histogram::quantile(double share) const {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen >= wanted && seen > 0) {
      return static_cast<double>(i);
    }
  }
  return 0;
}

std::string Histogram::json() const {
  char text[128];
  std::snprintf(text, sizeof text, R"({"p50": %.0f, "p99": %.0f, "p999": %.0f, "max": %.0f})", quantile(0.5),
                quantile(0.99), quantile(0.999), max_);
  return text;
}

Traffic::Traffic(std::array<std::uint16_t, kSides> ports, std::array<rte_ether_addr, kSides> local_macs,
                 rte_mempool* pool, std::uint32_t window)
    : ports_(ports),
      local_macs_(local_macs),
      pool_(pool),
      window_(window),
      tsc_per_us_(static_cast<double>(rte_get_tsc_hz()) / 1e6) {}

std::string Traffic::load(const std::string& file) {
  std::ifstream lines(file);
  if (!lines) {
    return file + " can't be read";
  }
  std::string line;
  for (unsigned number = 1; std::getline(lines, line); ++number) {
    if (const std::string wrong = read_line(line); !wrong.empty()) {
      return file + ":" + std::to_string(number) + ": " + wrong;
    }
  }
  return flows_.size() % 2 == 0 ? "" : file + ": a call's second leg is missing";
}

std::string Traffic::read_line(const std::string& line) {
  std::istringstream words(line);
  std::string what, local, party;
  Leg leg;
  words >> what >> leg.side;
  if (!words || leg.side >= kSides) {
    return "the side is 0 or 1";
  }
  if (what == "host") {
    Address address;
    if (!(words >> party) || !parse_address(party, address)) {
      return "no IP address: " + party;
    }
    hosts_[leg.side].emplace(address, host_mac(leg.side, hosts_[leg.side].size()));
    return "";
  }
  if (what != "leg" || !(words >> local >> leg.local_port >> party >> leg.party_port) ||
      !parse_address(local, leg.local) || !parse_address(party, leg.party)) {
    return "neither \"host SIDE ADDRESS\" nor \"leg SIDE LOCAL PORT PARTY PORT\"";
  }
  return add_leg(leg) ? "" : "the party's host isn't named above: " + party;
}

bool Traffic::add_leg(const Leg& leg) {
  const auto host = hosts_[leg.side].find(leg.party);
  if (host == hosts_[leg.side].end()) {
    return false;
  }
  Flow& flow = flows_.emplace_back();
  flow.side = leg.side;
  flow.frame =
      make_template(leg, static_cast<std::uint32_t>(flows_.size() - 1), host->second, local_macs_[leg.side]);
  return true;
}

bool Traffic::greet() {
  std::array<std::map<std::uint64_t, bool>, kSides> greeted;
  for (std::size_t i = 0; i < flows_.size(); ++i) {
    const Flow& to = flows_[i ^ 1];
    std::uint64_t mac = 0;
    std::copy_n(to.frame.bytes.begin() + RTE_ETHER_ADDR_LEN, RTE_ETHER_ADDR_LEN,
                reinterpret_cast<std::uint8_t*>(&mac));
    mac |= std::uint64_t{to.frame.udp} << 48;
    if (!greeted[to.side].emplace(mac, true).second) {
      continue;
    }
    Flow& from = flows_[i];
    rte_mbuf* packet = rte_pktmbuf_alloc(pool_);
    const std::uint64_t start = rte_rdtsc();
    stamp(from.frame, from.sent++, start, packet);
    ++under_way_[from.side];
    transmit(from.side, &packet, 1);
    while (from.received < from.sent && microseconds(rte_rdtsc() - start) < kGreetingUs) {
      receive();
    }
    if (from.received < from.sent) {
      return false;
    }
  }
  return true;
}

std::string Traffic::run(std::uint32_t rounds, bool nap) {
  if (flows_.empty()) {
    return R"({"error": "no legs were loaded"})";
  }
  tally_ = Tally{};
  next_ = 0;
  total_ = std::uint64_t{rounds} * flows_.size();
  spacing_ = kPacketIntervalUs * tsc_per_us_ / static_cast<double>(flows_.size());
  start_ = last_turn_ = last_arrival_ = rte_rdtsc();
  while (next_ < total_) {
    const std::uint64_t now = turn();
    const unsigned sent = send_due(now);
    if (!receive() && sent == 0 && nap) {
      usleep(kNapMicroseconds);
    }
  }
  const double seconds = microseconds(rte_rdtsc() - start_) / 1e6;
  wait_for_the_rest();
  return json(seconds);
}

// The time at the start of a loop. Nothing could arrive while we had no CPU, which tells nothing about loss.
std::uint64_t Traffic::turn() {
  const std::uint64_t now = rte_rdtsc();
  const std::uint64_t away = now - last_turn_;
  tally_.longest_stall_tsc = std::max(tally_.longest_stall_tsc, away);
  if (microseconds(away) > kAwayUs) {
    last_arrival_ = now;
  }
  last_turn_ = now;
  return now;
}

// Sends what is due by now, a burst at the most. Only so much is under way in each direction as the rings
// hold: when the operating system takes the CPU from one of the two processes, packets wait here, which is
// measured, instead of being lost on rings that nobody empties.
unsigned Traffic::send_due(std::uint64_t now) {
  std::array<std::array<rte_mbuf*, kBurst>, kSides> packets;
  std::array<unsigned, kSides> count{};
  unsigned sent = 0;
  for (; sent < kBurst && next_ < total_; ++sent) {
    const std::uint64_t due = start_ + static_cast<std::uint64_t>(static_cast<double>(next_) * spacing_);
    if (now < due) {
      break;
    }
    Flow& flow = flows_[next_ % flows_.size()];
    if (under_way_[flow.side] >= window_) {
      write_off_lost(now);
      break;
    }
    rte_mbuf* const packet = rte_pktmbuf_alloc(pool_);
    if (packet == nullptr) {
      break;
    }
    stamp(flow.frame, flow.sent++, now, packet);
    ++under_way_[flow.side];
    tally_.late.add(microseconds(now - due));
    packets[flow.side][count[flow.side]++] = packet;
    ++next_;
  }
  tally_.sent += sent;
  for (unsigned side = 0; side < kSides; ++side) {
    transmit(side, packets[side].data(), count[side]);
  }
  return sent;
}

void Traffic::transmit(unsigned side, rte_mbuf** packets, unsigned count) {
  unsigned done = 0;
  while (done < count) {
    done += rte_eth_tx_burst(ports_[side], 0, packets + done, static_cast<std::uint16_t>(count - done));
    if (done < count) {
      const std::uint64_t since = rte_rdtsc();
      receive();
      tally_.no_room_tsc += rte_rdtsc() - since;
    }
  }
}

// The window is closed: either polluxd is behind, or packets are lost and won't ever open it.
void Traffic::write_off_lost(std::uint64_t now) {
  if (now > last_arrival_ && microseconds(now - last_arrival_) > kWriteOffUs) {
    tally_.written_off += under_way_[0] + under_way_[1];
    under_way_ = {};
  }
}

bool Traffic::receive() {
  unsigned got = 0;
  for (unsigned side = 0; side < kSides; ++side) {
    std::array<rte_mbuf*, kBurst> packets;
    const unsigned count = rte_eth_rx_burst(ports_[side], 0, packets.data(), kBurst);
    for (unsigned i = 0; i < count; ++i) {
      take(side, packets[i]);
    }
    got += count;
  }
  return got != 0;
}

void Traffic::take(unsigned side, rte_mbuf* mbuf) {
  const Kind kind = classify(mbuf);
  if (kind == Kind::kNeighbour && answer(hosts_[side], mbuf)) {
    transmit(side, &mbuf, 1);
    return;
  }
  if (kind == Kind::kRtp) {
    const Stamp stamp = read_stamp(mbuf);
    if (!stamp.intact || stamp.sender >= flows_.size()) {
      ++tally_.corrupt;
    } else if (flows_[stamp.sender ^ 1].side != side || !addressed_to(mbuf, flows_[stamp.sender ^ 1].frame)) {
      ++tally_.misrouted;
    } else {
      note(flows_[stamp.sender], stamp);
    }
  } else {
    tally_.corrupt += kind == Kind::kBadChecksum ? 1U : 0U;
    tally_.rtcp += kind == Kind::kRtcp ? 1U : 0U;
    tally_.other += kind == Kind::kOther ? 1U : 0U;
  }
  rte_pktmbuf_free(mbuf);
}

void Traffic::note(Flow& sender, const Stamp& stamp) {
  const std::uint64_t now = rte_rdtsc();
  last_arrival_ = now;
  if (stamp.sequence >= sender.next) {
    const std::uint32_t step = stamp.sequence - sender.next + 1;
    sender.window = step < 64 ? sender.window << step | 1 : 1;
    sender.next = stamp.sequence + 1;
  } else {
    const std::uint32_t behind = sender.next - 1 - stamp.sequence;
    const std::uint64_t bit = behind < 64 ? std::uint64_t{1} << behind : 0;
    if (bit == 0 || (sender.window & bit) != 0) {
      ++tally_.duplicates;  // or more than a second late, which is no better
      return;
    }
    sender.window |= bit;
    ++tally_.reordered;
  }
  ++sender.received;
  ++tally_.received;
  under_way_[sender.side] -= under_way_[sender.side] > 0 ? 1U : 0U;
  tally_.delay.add(microseconds(now > stamp.tsc ? now - stamp.tsc : 0));
}

void Traffic::wait_for_the_rest() {
  last_arrival_ = rte_rdtsc();
  while (tally_.received < tally_.sent) {
    const std::uint64_t now = turn();
    receive();
    if (now > last_arrival_ && microseconds(now - last_arrival_) > kStragglersUs) {
      return;
    }
  }
}

std::string Traffic::json(double seconds) const {
  std::size_t silent = 0;  // legs that got nothing at all
  std::uint64_t sent_ever = 0, received_ever = 0;
  for (std::size_t i = 0; i < flows_.size(); ++i) {
    silent += flows_[i ^ 1].received == 0 ? 1U : 0U;
    sent_ever += flows_[i].sent;
    received_ever += flows_[i].received;
  }
  std::ostringstream out;
  out << R"({"legs": )" << flows_.size() << R"(, "seconds": )" << seconds << R"(, "sent": )" << tally_.sent
      << R"(, "received": )" << tally_.received << R"(, "lost": )" << tally_.sent - tally_.received
      << R"(, "duplicates": )" << tally_.duplicates << R"(, "reordered": )" << tally_.reordered
      << R"(, "misrouted": )" << tally_.misrouted << R"(, "corrupt": )" << tally_.corrupt << R"(, "rtcp": )"
      << tally_.rtcp << R"(, "other": )" << tally_.other << R"(, "written_off": )" << tally_.written_off
      << R"(, "silent_legs": )" << silent << R"(, "sent_ever": )" << sent_ever << R"(, "received_ever": )"
      << received_ever << R"(, "delay_us": )" << tally_.delay.json() << R"(, "late_us": )"
      << tally_.late.json() << R"(, "longest_stall_us": )" << microseconds(tally_.longest_stall_tsc)
      << R"(, "no_room_us": )" << microseconds(tally_.no_room_tsc) << "}";
  return out.str();
}

}  // namespace pollux::load
