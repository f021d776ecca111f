// From local address and UDP port to the endpoint: a direct index, not a hash.
#pragma once

#include <cstdint>

#include "dataplane/session/arena.hpp"

namespace pollux::session {

// One per worker, written and read by that worker only: 256 KiB per local address. 0 means "no endpoint".
class EndpointTable {
 public:
  explicit EndpointTable(std::uint16_t local_addresses)
      : arena_(std::size_t{local_addresses} * kPorts * sizeof(std::uint32_t)),
        slots_(reinterpret_cast<std::uint32_t*>(arena_.data())) {}

  bool ok() const { return slots_ != nullptr; }
  // Pre: local_address is below the number given at construction.
  std::uint32_t* slot(std::uint16_t local_address, std::uint16_t port) {
    return slots_ + std::size_t{local_address} * kPorts + port;
  }

 private:
  static constexpr std::size_t kPorts = 65536;

  Arena arena_;
  std::uint32_t* slots_;
};

}  // namespace pollux::session
