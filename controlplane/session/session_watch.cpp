#include "controlplane/session/session_watch.hpp"

#include <algorithm>
#include <initializer_list>
#include <numeric>

#include "controlplane/session/stream_quality.hpp"

namespace pollux::control {

namespace {

using Clock = std::chrono::steady_clock;

bool party_sends(Direction direction) {
  return direction == Direction::kSendRecv || direction == Direction::kSendOnly;
}

bool party_receives(Direction direction) {
  return direction == Direction::kSendRecv || direction == Direction::kRecvOnly;
}

std::uint64_t dropped_for(const WatchedLeg& leg, std::initializer_list<DropReason> reasons) {
  return std::accumulate(reasons.begin(), reasons.end(), std::uint64_t{0}, [&](auto sum, DropReason reason) {
    return sum + leg.stats->drops[static_cast<std::size_t>(reason)];
  });
}

// Believed packets that went nowhere. With several sinks nobody knows whether all of them lacked the packet.
std::uint64_t wasted_of(const WatchedLeg& leg) {
  return dropped_for(
      leg, {DropReason::payload_type_unmapped, DropReason::no_route, DropReason::neighbour_unresolved,
            DropReason::exceeds_mtu, DropReason::no_mbuf, DropReason::tx_full});
}

// What came to the leg's RTP port or was meant for it, and ended there.
std::uint64_t dropped_of(const WatchedLeg& leg) {
  return leg.stats->rtp.dropped + dropped_for(leg, {DropReason::rtp_on_rtcp_port});
}

// Enough to be heard. The counters are read one after the other, so a few packets more or less say nothing.
bool is_heard(std::uint64_t received, std::uint64_t wasted) {
  return received > 0 && wasted < received - received / 10;
}

LegWatch& watch_of(std::vector<LegWatch>& watches, std::uint16_t number, Clock::time_point now) {
  const auto found =
      std::find_if(watches.begin(), watches.end(), [&](const LegWatch& w) { return w.number == number; });
  if (found != watches.end()) {
    return *found;
  }
  LegWatch fresh;
  fresh.number = number;
  fresh.heard = now;
  return watches.emplace_back(fresh);
}

// `heard`, `went`: since the last look.
OneWayCause judge(const WatchedLeg& leg, const LegWatch& watch, bool heard, bool went, bool refused,
                  Clock::time_point now, std::chrono::milliseconds after) {
  const Direction direction = leg.request->direction;
  if (after.count() == 0) {
    return OneWayCause::kNone;
  }
  if (watch.unaddressed != LegWatch::kNever && now - watch.unaddressed >= after) {
    return OneWayCause::kNoAddress;
  }
  if (leg.request->sinks.empty() || !party_sends(direction) || heard || now - watch.heard < after) {
    return OneWayCause::kNone;
  }
  // Both silent is no one-way audio. Once suspected it stays so until something comes.
  if (!went && watch.one_way == OneWayCause::kNone) {
    return OneWayCause::kNone;
  }
  if (refused) {
    return OneWayCause::kRefused;
  }
  return leg.stats->rtp.rx_packets == 0 ? OneWayCause::kNeverHeard : OneWayCause::kFellSilent;
}

// Which legs get media from a leg that has received since the last look.
std::vector<bool> legs_with_media(const std::vector<WatchedLeg>& legs, const std::vector<bool>& came) {
  std::vector<bool> result(legs.size());
  for (std::size_t from = 0; from < legs.size(); ++from) {
    for (std::size_t to = 0; came[from] && to < legs.size(); ++to) {
      const auto& sinks = legs[from].request->sinks;
      if (std::find(sinks.begin(), sinks.end(), legs[to].request->id) != sinks.end()) {
        result[to] = true;
      }
    }
  }
  return result;
}

void note_quality(LegWatch& watch, const WatchedLeg& leg) {
  const ReceptionStats& now = leg.stats->reception;
  const auto r = r_factor_between(encoding_of(*leg.request, now.payload_type), watch.reception, now);
  if (r) {
    watch.lowest_r = std::min(*r, watch.lowest_r);
    watch.reception = LossCounts::of(now);
  }
}

}  // namespace

std::vector<OneWayChange> look_at(std::vector<LegWatch>& watches, const std::vector<WatchedLeg>& legs,
                                  Clock::time_point now, std::chrono::milliseconds after) {
  std::erase_if(watches, [&](const LegWatch& watch) {
    return std::none_of(legs.begin(), legs.end(),
                        [&](const auto& leg) { return leg.number == watch.number; });
  });
  std::vector<bool> came(legs.size());
  std::vector<bool> heard(legs.size());
  for (std::size_t i = 0; i < legs.size(); ++i) {
    const LegWatch& watch = watch_of(watches, legs[i].number, now);
    const std::uint64_t received = legs[i].stats->rtp.rx_packets - watch.rx_packets;
    came[i] = received > 0;
    const bool one_sink = legs[i].request->sinks.size() == 1;
    heard[i] = is_heard(received, one_sink ? wasted_of(legs[i]) - watch.wasted : 0);
  }
  const std::vector<bool> media_for = legs_with_media(legs, came);
  std::vector<OneWayChange> changes;
  for (std::size_t i = 0; i < legs.size(); ++i) {
    const WatchedLeg& leg = legs[i];
    LegWatch& watch = watch_of(watches, leg.number, now);
    note_quality(watch, leg);
    const StreamStats& rtp = leg.stats->rtp;
    if (heard[i] || !party_sends(leg.request->direction)) {
      watch.heard = now;
    }
    if (rtp.destination || !party_receives(leg.request->direction)) {
      watch.unaddressed = LegWatch::kNever;
    } else if (media_for[i] && watch.unaddressed == LegWatch::kNever) {
      watch.unaddressed = now;
    }
    // With rtcp-mux relayed RTCP counts as sent as well, and is no media.
    const bool went = media_for[i] && rtp.tx_packets > watch.tx_packets;
    const OneWayCause cause = judge(leg, watch, heard[i], went, dropped_of(leg) > watch.dropped, now, after);
    // From one cause to another is no news: it is still the same trouble.
    if ((cause == OneWayCause::kNone) != (watch.one_way == OneWayCause::kNone)) {
      changes.push_back({i, cause});
    }
    watch.one_way = cause;
    watch.rx_packets = rtp.rx_packets;
    watch.tx_packets = rtp.tx_packets;
    watch.dropped = dropped_of(leg);
    watch.wasted = wasted_of(leg);
  }
  return changes;
}

}  // namespace pollux::control
