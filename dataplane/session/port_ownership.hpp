// Which worker owns a local UDP port.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace pollux::session {

// An even port and the odd one above it (RTP and RTCP of one leg) always have the same owner. Where nothing
// else is said pairs are dealt out in turn, so every range of ports holds an equal share for each worker;
// where a device steers, the owner is whoever gets the port's packets, by device and address family, since
// two devices may lead the same port to different workers. Read-only once made: shared by all threads.
class PortOwnership {
 public:
  using Owners = std::array<std::uint8_t, 32768>;  // by pair of ports

  // These workers only. Pre: there is one; each is below 256.
  explicit PortOwnership(std::span<const std::uint16_t> workers) {
    auto dealt = std::make_unique<Owners>();
    for (std::size_t pair = 0; pair < dealt->size(); ++pair) {
      (*dealt)[pair] = static_cast<std::uint8_t>(workers[pair % workers.size()]);
    }
    owners_.push_back(std::move(dealt));
    by_device_.fill(owners_[0]->data());
  }
  PortOwnership(const PortOwnership&) = delete;
  PortOwnership& operator=(const PortOwnership&) = delete;

  // Who gets what the device steers. Pre: port_id (DPDK's) < 256; no worker runs yet. Equal tables are kept
  // once.
  void steer(std::uint16_t port_id, bool v6, const Owners& owners) {
    for (const auto& known : owners_) {
      if (*known == owners) {
        by_device_[row(port_id, v6)] = known->data();
        return;
      }
    }
    owners_.push_back(std::make_unique<Owners>(owners));
    by_device_[row(port_id, v6)] = owners_.back()->data();
  }
  // Pre: port_id < 256.
  std::uint16_t owner(std::uint16_t port_id, bool v6, std::uint16_t udp_port) const {
    return by_device_[row(port_id, v6)][udp_port / 2U];
  }

 private:
  static std::size_t row(std::uint16_t port_id, bool v6) { return std::size_t{port_id} * 2 + (v6 ? 1 : 0); }

  std::array<const std::uint8_t*, 512> by_device_{};
  std::vector<std::unique_ptr<Owners>> owners_;
};

}  // namespace pollux::session
