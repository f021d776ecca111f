// Local UDP ports: which are free, and which of them a worker may use.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/config/node_config.hpp"
#include "dataplane/base/expected.hpp"

namespace pollux::control {

// First in, first out, in a ring that never grows: the port freed longest ago is used first, so that late
// packets of the last call don't hit the next.
class PortFifo {
 public:
  bool empty() const { return count_ == 0; }
  std::size_t size() const { return count_; }
  // Makes room for one more; only while the allocator is built.
  void grow(std::uint16_t pair) {
    ring_.push_back(pair);
    ++count_;
  }
  // Pre: fewer are inside than were grown.
  void push(std::uint16_t pair) {
    ring_[(head_ + count_) % ring_.size()] = pair;
    ++count_;
  }
  // Pre: !empty().
  std::uint16_t pop() {
    const std::uint16_t pair = ring_[head_];
    head_ = (head_ + 1) % ring_.size();
    --count_;
    return pair;
  }

 private:
  std::vector<std::uint16_t> ring_;
  std::size_t head_ = 0;
  std::size_t count_ = 0;
};

// The local address and ports of one leg, held until released.
struct PortLease {
  IpAddress address;
  std::uint16_t rtp_port = 0;   // even
  std::uint16_t rtcp_port = 0;  // rtp_port + 1, or rtp_port with rtcp-mux
  std::uint16_t network = 0;    // where to give it back
  std::uint16_t address_index = 0;
  friend bool operator==(const PortLease&, const PortLease&) = default;
};

struct PortUse {
  std::uint64_t total = 0;
  std::uint64_t used = 0;
};

// The ports of one address that belong to one worker.
struct AddressPortUse {
  std::string network;
  IpAddress address;
  std::uint16_t worker = 0;
  PortUse ports;
};

// Pools of even/odd port pairs per network, address and owning worker. Not thread-safe. Cost: O(addresses of
// the network) per allotment, O(1) per release, 4
// bytes a pair and address.
class PortAllocator {
 public:
  // Says to which worker a UDP port of a local address belongs (Dataplane::port_owner).
  using PortOwner = std::function<std::uint16_t(const IpAddress& local, std::uint16_t udp_port)>;

  PortAllocator(std::span<const config::NetworkConfig> networks, std::size_t workers, const PortOwner& owner);

  // A lease whose ports belong to `worker`, on the address of the family with the most free ports. Errors:
  // kExhausted (PORTS_EXHAUSTED), kInvalidArgument for an unknown network.
  Expected<PortLease> allot(std::string_view network, AddressFamily family, std::uint16_t worker,
                            bool rtcp_mux);

  // False, and nothing done, for a lease that isn't held.
  bool release(const PortLease& lease);

  // Pre: `network` is an index into the networks given.
  PortUse use(std::size_t network) const;
  // Of its addresses of one family only.
  PortUse use(std::size_t network, AddressFamily family) const;
  // By network, address and worker; those that have any.
  std::vector<AddressPortUse> address_uses() const;

 private:
  struct Pool {
    PortFifo pairs;    // both ports belong to the worker
    PortFifo singles;  // only the even port does: good for rtcp-mux
    PortUse use;
    std::size_t free(bool rtcp_mux) const { return pairs.size() + (rtcp_mux ? singles.size() : 0); }
  };
  struct Address {
    IpAddress ip;
    std::vector<Pool> pools;           // by worker
    std::vector<std::uint16_t> owner;  // of the even port, by pair
    std::vector<bool> single;          // by pair: the odd port belongs to another worker
    std::vector<bool> in_use;          // by pair
    std::uint64_t used = 0;            // ports
  };
  struct Network {
    std::string name;
    std::uint16_t first_port = 0;
    std::uint32_t ports = 0;
    std::vector<Address> addresses;
  };

  std::vector<Network> networks_;
};

}  // namespace pollux::control
