// The life of neighbour entries (RFC 4861 §7.3, for ARP alike) and the frames that wait for them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dataplane/io/frame_writer.hpp"
#include "dataplane/io/host_counters.hpp"
#include "dataplane/io/host_stack.hpp"
#include "dataplane/io/neighbour_table.hpp"

namespace pollux::io {

// incomplete ──answer──► reachable ──30 s──► stale ──used──► probe ──answer──► reachable
//      │3 asked in vain        └──30 s, used──────────────────►│3 asked in vain
//      ▼                                    │unused 10 min      ▼
//   failed ──1 s──► removed                 └────► removed    removed: the next frame starts over
//
// Unlike RFC 4861 there is no state DELAY: nothing above the relay could confirm reachability.
class NeighbourCache {
 public:
  NeighbourCache(const InterfaceTable& interfaces, NeighbourTable& table, FrameWriter& writer,
                 FrameSink& sink, HostCounters& counters, const HostStackOptions& options);

  void advance(std::uint64_t now_ms);
  // Releases, holds or discards the frame. Pre: `next_hop` is InterfaceTable::next_hop()'s.
  void send(std::uint16_t interface, const IpAddress& next_hop, const Frame& frame);
  void discard_held();

  // `address` has shown its MAC unasked (ARP request, gratuitous ARP, NS): believed for a known neighbour;
  // an unknown one is taken in only if `may_create`, which is for those on-link who ask us.
  void heard(std::uint16_t interface, const IpAddress& address, const MacAddress& mac, bool may_create);
  // `address` has answered us by ARP: it can be reached.
  void answered(std::uint16_t interface, const IpAddress& address, const MacAddress& mac);
  // A Neighbour Advertisement (RFC 4861 §7.2.5); `mac` none when it had no target link-layer option.
  void advertised(std::uint16_t interface, const IpAddress& address, const std::optional<MacAddress>& mac,
                  bool solicited, bool override);

 private:
  enum class State : std::uint8_t { kFree, kIncomplete, kReachable, kStale, kProbe, kFailed };
  struct Neighbour {
    State state = State::kFree;
    bool learned = false;  // made because it asked us, and never used yet
    unsigned asked = 0;
    std::uint64_t deadline_ms = 0;
    std::uint64_t last_used_ms = 0;
    std::vector<Frame> held;
  };

  static bool has_mac(State state) {
    return state == State::kReachable || state == State::kStale || state == State::kProbe;
  }
  void enter(std::uint16_t index, State state);
  void ask(std::uint16_t index);
  void settle(std::uint16_t index, const MacAddress& mac, State state);
  void expire(std::uint16_t index);
  void remove(std::uint16_t index);
  void use(std::uint16_t index);
  void hold(std::uint16_t index, const Frame& frame);
  void drop(const Frame& frame);
  void drop_held(std::uint16_t index);

  const InterfaceTable& interfaces_;
  NeighbourTable& table_;
  FrameWriter& writer_;
  FrameSink& sink_;
  HostCounters& counters_;
  const HostStackOptions options_;
  std::vector<Neighbour> neighbours_;  // by the table's index
  std::size_t incomplete_ = 0;
  std::size_t learned_ = 0;
  std::size_t held_ = 0;
  std::uint64_t now_ms_ = 0;
  std::uint64_t next_scan_ms_ = 0;
};

}  // namespace pollux::io
