// RTP of many calls at once: sent at its time, checked when it comes back.
#pragma once

#include <rte_mempool.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/load/frames.hpp"

namespace pollux::load {

// How long things took, to the microsecond.
class Histogram {
 public:
  Histogram() : buckets_(kBuckets) {}
  void add(double microseconds);
  std::string json() const;  // p50, p99, p999 and max

 private:
  static constexpr std::size_t kBuckets = 200000;  // what takes longer counts as 0.2 s; the maximum is exact
  double quantile(double share) const;

  std::vector<std::uint32_t> buckets_;
  std::uint64_t count_ = 0;
  double max_ = 0;
};

struct Tally {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;  // each once, by the party it was for
  std::uint64_t duplicates = 0;
  std::uint64_t reordered = 0;
  std::uint64_t misrouted = 0;  // to another party, address or MAC than the call's other one
  std::uint64_t corrupt = 0;    // a check sum is wrong, or the content isn't what was sent
  std::uint64_t rtcp = 0;
  std::uint64_t other = 0;
  std::uint64_t written_off = 0;        // no longer waited for, so that sending can go on
  std::uint64_t longest_stall_tsc = 0;  // the operating system ran something else in our place
  std::uint64_t no_room_tsc = 0;        // sending waited for polluxd
  Histogram delay;                      // from sent to received
  Histogram late;                       // from when a packet should have been sent to when it was
};

class Traffic {
 public:
  Traffic(std::array<std::uint16_t, kSides> ports, std::array<rte_ether_addr, kSides> local_macs,
          rte_mempool* pool, std::uint32_t window);

  // Reads lines "host SIDE ADDRESS" and "leg SIDE LOCAL PORT PARTY PORT"; legs come in pairs, one call each.
  // What is wrong with the file, or "".
  std::string load(const std::string& file);

  // One packet to each host, one after the other, so that polluxd knows all MAC addresses. False: some didn't
  // get it.
  bool greet();

  // One packet of every leg each 20 ms, evenly spread, so many times. JSON of what became of them.
  // With `nap` it leaves the CPU for some 20 microseconds when there is nothing to do.
  std::string run(std::uint32_t rounds, bool nap);

  // Takes what waits; true if there was something.
  bool receive();

 private:
  struct Flow {
    Template frame;
    unsigned side = 0;
    std::uint32_t sent = 0;
    std::uint32_t received = 0;
    std::uint32_t next = 0;    // one above the highest sequence number that came
    std::uint64_t window = 0;  // which of the 64 below `next` have come
  };

  std::string read_line(const std::string& line);
  bool add_leg(const Leg& leg);
  std::uint64_t turn();
  unsigned send_due(std::uint64_t now);
  void transmit(unsigned side, rte_mbuf** packets, unsigned count);
  void take(unsigned side, rte_mbuf* mbuf);
  void note(Flow& sender, const Stamp& stamp);
  void wait_for_the_rest();
  void write_off_lost(std::uint64_t now);
  double microseconds(std::uint64_t tsc) const { return static_cast<double>(tsc) / tsc_per_us_; }
  std::string json(double seconds) const;

  std::array<std::uint16_t, kSides> ports_;
  std::array<rte_ether_addr, kSides> local_macs_;
  rte_mempool* pool_;
  std::uint32_t window_;
  double tsc_per_us_;
  std::array<Hosts, kSides> hosts_;
  std::vector<Flow> flows_;
  Tally tally_;
  std::array<std::uint64_t, kSides> under_way_{};  // by the side that sent
  std::uint64_t last_arrival_ = 0;
  std::uint64_t last_turn_ = 0;
  std::uint64_t start_ = 0;
  std::uint64_t next_ = 0;   // packet of this run
  std::uint64_t total_ = 0;  // packets of this run
  double spacing_ = 0;       // TSC ticks from one packet to the next
};

}  // namespace pollux::load
