// Key presses, what a sender that keeps RFC 4733's rules makes of them, and a network that loses, repeats and
// shuffles.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "dataplane/dtmf/event_payload.hpp"

namespace pollux::dtmf {

// A property's own source of chance: thousands of numbers from one that can be told and repeated.
class Chance {
 public:
  explicit Chance(std::uint32_t seed) : engine_(seed) {}
  std::uint32_t in(std::uint32_t least, std::uint32_t most) {
    return std::uniform_int_distribution<std::uint32_t>(least, most)(engine_);
  }
  bool percent(std::uint32_t chance) { return in(0, 99) < chance; }

 private:
  std::mt19937 engine_;
};

struct Press {
  std::uint64_t down_ms = 0;
  std::uint32_t duration_ms = 0;
  std::uint8_t event = 0;
  std::uint64_t up_ms() const { return down_ms + duration_ms; }
};

// Runs of one key as fast as can be among all the others.
inline std::vector<Press> presses(Chance& chance, std::size_t count) {
  std::vector<Press> made;
  std::uint64_t at_ms = 1000;
  while (made.size() < count) {
    const auto event = static_cast<std::uint8_t>(chance.in(0, 15));
    const std::uint32_t repeats = chance.percent(30) ? chance.in(2, 8) : 1;
    for (std::uint32_t i = 0; i < repeats && made.size() < count; ++i) {
      made.push_back({at_ms, repeats > 1 ? 60 : chance.in(40, 400), event});
      at_ms = made.back().up_ms() + (repeats > 1 ? 40 : chance.in(40, 500));
    }
  }
  return made;
}

struct Packet {
  std::uint64_t at_ms = 0;
  std::size_t press = 0;
  std::uint32_t timestamp = 0;
  std::uint16_t sequence = 0;
  EventPayload payload;
  bool marker = false;
};

struct Sending {
  std::uint32_t clock_rate = 8000;
  std::uint32_t interval_ms = 20;
  bool first_at_once = false;  // tells of an interval that has yet to pass
  bool audio = false;          // goes on between presses, and takes sequence numbers
  std::uint32_t timestamp = 0;
  std::uint16_t sequence = 0;
};

inline Sending some_sending(Chance& chance) {
  return {.clock_rate = chance.percent(50) ? 8000U : 48'000U,
          .interval_ms = chance.percent(50) ? 20U : 50U,
          .first_at_once = chance.percent(50),
          .audio = chance.percent(50),
          .timestamp = chance.in(0, ~std::uint32_t{0}),
          .sequence = static_cast<std::uint16_t>(chance.in(0, 0xffff))};
}

// What a sender that keeps the rules makes of the presses.
inline std::vector<Packet> render(const std::vector<Press>& all, Sending how) {
  std::vector<Packet> packets;
  const auto ticks = [&how](std::uint64_t ms) {
    return static_cast<std::uint32_t>(ms * how.clock_rate / 1000);
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Press& press = all[i];
    const std::uint32_t early_ms = how.first_at_once ? how.interval_ms : 0;
    bool first = true;
    const auto send = [&](std::uint32_t told_ms, std::uint64_t at_ms, bool end) {
      packets.push_back({at_ms,
                         i,
                         how.timestamp + ticks(press.down_ms),
                         how.sequence++,
                         {press.event, end, 10, static_cast<std::uint16_t>(ticks(told_ms))},
                         first});
      first = false;
    };
    for (std::uint32_t told = how.interval_ms; told < press.duration_ms; told += how.interval_ms) {
      send(told, press.down_ms + told - early_ms, false);
    }
    for (int repeat = 0; repeat < 3; ++repeat) {
      send(press.duration_ms, press.up_ms(), true);
    }
    how.sequence = static_cast<std::uint16_t>(how.sequence + (how.audio ? 2 : 0));
  }
  return packets;
}

// 5 % lost, 5 % doubled, all late by up to `jitter_ms`.
inline std::vector<Packet> carry(const std::vector<Packet>& sent, std::uint32_t jitter_ms, Chance& chance) {
  std::vector<Packet> arrived;
  for (const Packet& packet : sent) {
    const std::uint32_t copies = chance.percent(5) ? 0 : chance.percent(5) ? 2 : 1;
    for (std::uint32_t i = 0; i < copies; ++i) {
      arrived.push_back(packet);
      arrived.back().at_ms += chance.in(0, jitter_ms);
    }
  }
  std::stable_sort(arrived.begin(), arrived.end(),
                   [](const Packet& a, const Packet& b) { return a.at_ms < b.at_ms; });
  return arrived;
}

}  // namespace pollux::dtmf
