// How a device is made to deliver packets to the worker that owns their UDP port.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dataplane/api/steering.hpp"
#include "dataplane/base/expected.hpp"
#include "dataplane/base/ip_address.hpp"

namespace pollux::io {

// Frames that a port receives UDP in.
struct FramePattern {
  AddressFamily family = AddressFamily::kIpv4;
  bool tagged = false;  // with an 802.1Q tag
  friend bool operator==(const FramePattern&, const FramePattern&) = default;
};

// A rule of rte_flow: UDP packets in such frames whose destination port is `udp_port` in the bits of `mask`.
struct FlowRule {
  FramePattern pattern;
  std::uint16_t udp_port = 0;
  std::uint16_t mask = 0;
  std::optional<std::uint16_t> queue;  // nullopt: wherever RSS over the destination port leads
};

// What steering asks of a device that has been started. Virtual, so that tests can play a NIC.
class SteeringDevice {
 public:
  virtual ~SteeringDevice() = default;
  // RSS over the UDP destination port alone is on since the device was configured.
  virtual bool has_port_rss() = 0;
  virtual std::vector<std::uint8_t> read_key() = 0;    // empty: the device doesn't tell
  virtual std::vector<std::uint16_t> read_reta() = 0;  // likewise
  virtual bool write_reta(std::span<const std::uint16_t> reta) = 0;
  // All or none. Empty when done; else what is wrong.
  virtual std::string add_rules(std::span<const FlowRule> rules) = 0;
  virtual void remove_rules() = 0;
};

struct SteeringRequest {
  SteeringChoice choice = SteeringChoice::kAuto;
  std::uint16_t queues = 1;
  std::uint16_t workers = 1;  // that own ports: queue q is read by the (q modulo workers)th, in some order
  std::vector<FramePattern> patterns;
};

// Whether a queue can lead to each worker, so that it is worth while to steer.
bool can_steer(const SteeringRequest& request);

class Steering {
 public:
  SteeringMode mode = SteeringMode::kSingle;
  std::string reason;  // with kHandoff: why
  // By family and pair of ports (udp_port / 2): the receive queue that the even port leads to. Empty unless
  // the mode is kRss or kRteFlow.
  std::array<std::vector<std::uint16_t>, 2> queues;

  bool steered() const { return !queues[0].empty(); }
  std::uint16_t queue(AddressFamily family, std::uint16_t udp_port) const {
    return queues[family == AddressFamily::kIpv4 ? 0 : 1][udp_port / 2U];
  }
};

// Makes the device steer by the best it can, or as was asked. The error (STEERING_UNAVAILABLE, without a
// field) says why what was asked for isn't possible. A device that isn't steered keeps no rules.
Expected<Steering> steer(SteeringDevice& device, const SteeringRequest& request);

// The rules that share UDP ports out among queues, an even port and the odd one above it together.
std::vector<FlowRule> queue_rules(std::span<const FramePattern> patterns, std::uint16_t queues);

}  // namespace pollux::io
