#include "dataplane/io/neighbour_cache.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace pollux::io {

namespace {

constexpr std::uint64_t kScanIntervalMs = 10;    // how late a deadline may be noticed
constexpr std::uint64_t kUsedIntervalMs = 1000;  // between two looks at an entry's mark of use

}  // namespace

NeighbourCache::NeighbourCache(const InterfaceTable& interfaces, NeighbourTable& table, FrameWriter& writer,
                               FrameSink& sink, HostCounters& counters, const HostStackOptions& options)
    : interfaces_(interfaces),
      table_(table),
      writer_(writer),
      sink_(sink),
      counters_(counters),
      options_(options),
      neighbours_(NeighbourTable::kCapacity) {}

void NeighbourCache::advance(std::uint64_t now_ms) {
  now_ms_ = now_ms;
  if (now_ms < next_scan_ms_) {
    return;
  }
  std::uint64_t next = std::numeric_limits<std::uint64_t>::max();
  for (std::size_t i = 0; i < neighbours_.size(); ++i) {
    if (neighbours_[i].state == State::kFree) {
      continue;
    }
    if (neighbours_[i].deadline_ms <= now_ms) {
      expire(static_cast<std::uint16_t>(i));
    }
    if (neighbours_[i].state != State::kFree) {
      next = std::min(next, neighbours_[i].deadline_ms);
    }
  }
  next_scan_ms_ = std::max(next, now_ms + kScanIntervalMs);
}

void NeighbourCache::enter(std::uint16_t index, State state) {
  Neighbour& neighbour = neighbours_[index];
  incomplete_ -= neighbour.state == State::kIncomplete ? 1 : 0;
  incomplete_ += state == State::kIncomplete ? 1 : 0;
  neighbour.state = state;
  switch (state) {
    case State::kReachable:
      neighbour.deadline_ms = now_ms_ + options_.reachable;
      break;
    case State::kStale:
      neighbour.deadline_ms = now_ms_ + std::min(kUsedIntervalMs, options_.unused_lifetime);
      break;
    case State::kFailed:
      neighbour.deadline_ms = now_ms_ + options_.failed_hold;
      break;
    case State::kIncomplete:
    case State::kProbe:
      neighbour.asked = 0;
      ask(index);
      break;
    case State::kFree:
      break;
  }
  next_scan_ms_ = std::min(next_scan_ms_, neighbour.deadline_ms);
}

// Asks for the neighbour's MAC: everybody while it is unknown, the neighbour itself while it is in doubt.
void NeighbourCache::ask(std::uint16_t index) {
  Neighbour& neighbour = neighbours_[index];
  ++neighbour.asked;
  neighbour.deadline_ms = now_ms_ + options_.retransmit;
  const IpAddress target = table_.address(index);
  const std::uint16_t interface = table_.interface(index);
  const auto source = interfaces_.source_for(interface, target);
  const auto mac = table_.mac(index);
  if (!source) {
    return;  // no address of the family: it will fail in its time
  }
  if (target.is_v4()) {
    writer_.arp_request(interface, *source, target, mac ? *mac : kBroadcastMac);
  } else {
    writer_.neighbour_solicitation(interface, *source, target, mac ? &*mac : nullptr);
  }
}

// The frames that wait leave before the MAC is published: workers then send later ones after them.
void NeighbourCache::settle(std::uint16_t index, const MacAddress& mac, State state) {
  Neighbour& neighbour = neighbours_[index];
  if (!neighbour.held.empty()) {
    use(index);
  }
  for (const Frame& frame : neighbour.held) {
    std::copy(mac.begin(), mac.end(), frame.bytes.begin());
    sink_.release(table_.interface(index), frame);
  }
  held_ -= neighbour.held.size();
  neighbour.held = {};
  if (table_.mac(index) != mac) {
    table_.resolve(index, mac);
  }
  enter(index, state);
}

void NeighbourCache::expire(std::uint16_t index) {
  Neighbour& neighbour = neighbours_[index];
  const bool used = table_.take_used(index);
  if (used) {
    use(index);
  }
  switch (neighbour.state) {
    case State::kIncomplete:
      if (neighbour.asked < options_.probes) {
        ask(index);
      } else {
        counters_.neighbours_failed.add(1);
        drop_held(index);
        enter(index, State::kFailed);
      }
      break;
    case State::kReachable:
      enter(index, used ? State::kProbe : State::kStale);
      break;
    case State::kStale:
      if (used) {
        enter(index, State::kProbe);
      } else if (now_ms_ - neighbour.last_used_ms >= options_.unused_lifetime) {
        remove(index);
      } else {
        enter(index, State::kStale);
      }
      break;
    case State::kProbe:
      if (neighbour.asked < options_.probes) {
        ask(index);
      } else {
        counters_.neighbours_failed.add(1);
        remove(index);
      }
      break;
    case State::kFailed:
      remove(index);
      break;
    case State::kFree:
      break;
  }
}

void NeighbourCache::remove(std::uint16_t index) {
  Neighbour& neighbour = neighbours_[index];
  learned_ -= neighbour.learned ? 1 : 0;
  incomplete_ -= neighbour.state == State::kIncomplete ? 1 : 0;
  drop_held(index);
  neighbour = Neighbour{};
  table_.remove(index, now_ms_);
  counters_.neighbours_removed.add(1);
}

void NeighbourCache::use(std::uint16_t index) {
  Neighbour& neighbour = neighbours_[index];
  neighbour.last_used_ms = now_ms_;
  learned_ -= neighbour.learned ? 1 : 0;
  neighbour.learned = false;
}

void NeighbourCache::drop(const Frame& frame) {
  counters_.drop(DropReason::neighbour_unresolved);
  sink_.discard(frame);
}

void NeighbourCache::drop_held(std::uint16_t index) {
  Neighbour& neighbour = neighbours_[index];
  for (const Frame& frame : neighbour.held) {
    drop(frame);
  }
  held_ -= neighbour.held.size();
  neighbour.held = {};
}

void NeighbourCache::discard_held() {
  for (std::size_t i = 0; i < neighbours_.size(); ++i) {
    drop_held(static_cast<std::uint16_t>(i));
  }
}

void NeighbourCache::hold(std::uint16_t index, const Frame& frame) {
  Neighbour& neighbour = neighbours_[index];
  if (!neighbour.held.empty() && neighbour.held.size() >= options_.held_per_neighbour) {
    drop(neighbour.held.front());
    neighbour.held.erase(neighbour.held.begin());
    --held_;
  }
  if (held_ >= options_.held_total) {
    drop(frame);
    return;
  }
  neighbour.held.push_back(frame);
  ++held_;
}

void NeighbourCache::send(std::uint16_t interface, const IpAddress& next_hop, const Frame& frame) {
  NeighbourTable::Ref ref = table_.find(interface, next_hop);
  if (!ref) {
    if (incomplete_ < options_.incomplete_total) {
      ref = table_.insert(interface, next_hop, now_ms_);
    }
    if (!ref) {
      drop(frame);
      return;
    }
    counters_.neighbours_added.add(1);
    enter(ref.index, State::kIncomplete);
  }
  Neighbour& neighbour = neighbours_[ref.index];
  if (neighbour.state == State::kFailed) {
    drop(frame);
    return;
  }
  use(ref.index);
  const auto mac = table_.mac(ref.index);
  if (!mac) {
    hold(ref.index, frame);
    return;
  }
  std::copy(mac->begin(), mac->end(), frame.bytes.begin());
  sink_.release(interface, frame);
  if (neighbour.state == State::kStale) {
    enter(ref.index, State::kProbe);
  }
}

void NeighbourCache::heard(std::uint16_t interface, const IpAddress& address, const MacAddress& mac,
                           bool may_create) {
  NeighbourTable::Ref ref = table_.find(interface, address);
  if (!ref) {
    if (!may_create || learned_ >= options_.learned_total) {
      return;
    }
    ref = table_.insert(interface, address, now_ms_);
    if (!ref) {
      return;
    }
    counters_.neighbours_added.add(1);
    neighbours_[ref.index].learned = true;
    neighbours_[ref.index].last_used_ms = now_ms_;
    ++learned_;
    settle(ref.index, mac, State::kStale);
    return;
  }
  // Nothing new keeps its state: only an answer to us proves that the neighbour can be reached.
  if (!has_mac(neighbours_[ref.index].state) || table_.mac(ref.index) != mac) {
    settle(ref.index, mac, State::kStale);
  }
}

void NeighbourCache::answered(std::uint16_t interface, const IpAddress& address, const MacAddress& mac) {
  const NeighbourTable::Ref ref = table_.find(interface, address);
  if (!ref) {
    return;
  }
  const State state = neighbours_[ref.index].state;
  // An answer to no question that brings another MAC isn't proof of anything: it is tried out first.
  const bool unasked = state == State::kReachable || state == State::kStale;
  settle(ref.index, mac, unasked && table_.mac(ref.index) != mac ? State::kStale : State::kReachable);
}

void NeighbourCache::advertised(std::uint16_t interface, const IpAddress& address,
                                const std::optional<MacAddress>& mac, bool solicited, bool override) {
  const NeighbourTable::Ref ref = table_.find(interface, address);
  if (!ref) {
    return;
  }
  const State state = neighbours_[ref.index].state;
  if (!has_mac(state)) {
    if (mac) {
      settle(ref.index, *mac, solicited ? State::kReachable : State::kStale);
    }
    return;
  }
  const MacAddress known = *table_.mac(ref.index);
  const bool differs = mac && *mac != known;
  if (differs && !override) {
    if (state == State::kReachable) {
      enter(ref.index, State::kStale);
    }
    return;
  }
  if (solicited) {
    settle(ref.index, mac.value_or(known), State::kReachable);
  } else if (differs) {
    settle(ref.index, *mac, State::kStale);
  }
}

}  // namespace pollux::io
