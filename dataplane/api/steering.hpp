// How a packet gets to the worker that owns its UDP port.
#pragma once

#include <cstdint>
#include <string_view>

namespace pollux {

// What a port is asked for.
enum class SteeringChoice : std::uint8_t {
  kAuto,     // the best that the device can: rss, rte_flow, handoff, in this order
  kRss,      // the start fails where the device can't
  kRteFlow,  // likewise
  kHandoff,  // the device spreads as it likes
};

// What is in force.
enum class SteeringMode : std::uint8_t {
  kSingle,   // one worker takes all: nothing to steer
  kRss,      // the device hashes the UDP destination port, and ports are allotted by where its hash leads
  kRteFlow,  // a rule in the device for every residue class of UDP ports
  kHandoff,  // whoever receives a packet passes it on to its owner by a ring
};

constexpr std::string_view steering_name(SteeringMode mode) {
  switch (mode) {
    case SteeringMode::kSingle:
      return "single";
    case SteeringMode::kRss:
      return "rss";
    case SteeringMode::kRteFlow:
      return "rte_flow";
    case SteeringMode::kHandoff:
      break;
  }
  return "handoff";
}

}  // namespace pollux
