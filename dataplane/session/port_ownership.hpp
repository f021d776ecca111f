// Which worker owns a local UDP port.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace pollux::session {

// An even port and the odd one above it (RTP and RTCP of one leg) always have the same owner. Pairs are dealt
// out in turn, so every range of ports holds an equal share for each worker. Read-only once made: shared by
// all threads.
class PortOwnership {
 public:
  // The workers 0 to workers - 1. Pre: 1..256 workers.
  explicit PortOwnership(std::uint16_t workers) {
    for (std::size_t pair = 0; pair < by_pair_.size(); ++pair) {
      by_pair_[pair] = static_cast<std::uint8_t>(pair % workers);
    }
  }
  // These workers only. Pre: there is one; each is below 256.
  explicit PortOwnership(std::span<const std::uint16_t> workers) {
    for (std::size_t pair = 0; pair < by_pair_.size(); ++pair) {
      by_pair_[pair] = static_cast<std::uint8_t>(workers[pair % workers.size()]);
    }
  }
  std::uint16_t owner(std::uint16_t port) const { return by_pair_[port / 2U]; }

 private:
  std::array<std::uint8_t, 32768> by_pair_{};
};

}  // namespace pollux::session
