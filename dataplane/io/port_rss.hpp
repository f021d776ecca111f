// RSS over the UDP destination port alone: which receive queue a port leads to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/base/ip_address.hpp"
#include "dataplane/io/toeplitz.hpp"

namespace pollux::io {

// A key whose hash of a port is the same wherever the port stands among the 16-bit words of the input: it
// repeats the same 16 bits. Devices differ in whether they leave the fields out that they don't hash, or take
// them as zero, and in the order of those they keep; with this key that makes no difference, nor does the
// address family. Of the pairs of ports in an aligned 1024 no more share a hash than must.
std::vector<std::uint8_t> repeating_key(std::size_t size);
bool is_repeating(std::span<const std::uint8_t> key);

// What a device does with key and redirection table (RETA). Any other key than a repeating one is taken to
// hash the port at its place in the whole tuple (addresses, source port, destination port), the rest zero.
class PortRss {
 public:
  // Pre: the RETA isn't empty. It holds receive queues.
  PortRss(std::span<const std::uint8_t> key, std::vector<std::uint16_t> reta)
      : toeplitz_(key), reta_(std::move(reta)) {}

  std::uint32_t hash(AddressFamily family, std::uint16_t udp_port) const {
    return toeplitz_.hash_port(udp_port, family == AddressFamily::kIpv4 ? kPlaceV4 : kPlaceV6);
  }
  // The entry of the RETA.
  std::size_t entry(AddressFamily family, std::uint16_t udp_port) const {
    return hash(family, udp_port) % reta_.size();
  }
  std::uint16_t queue(AddressFamily family, std::uint16_t udp_port) const {
    return reta_[entry(family, udp_port)];
  }

 private:
  static constexpr std::size_t kPlaceV4 = 4 + 4 + 2;
  static constexpr std::size_t kPlaceV6 = 16 + 16 + 2;

  Toeplitz toeplitz_;
  std::vector<std::uint16_t> reta_;
};

// A RETA of `size` entries that deals `queues` out in turn in the order in which ascending ports meet its
// entries, an even port and the odd one above it together as far as the key allows.
std::vector<std::uint16_t> deal_reta(std::span<const std::uint8_t> key, std::size_t size,
                                     std::uint16_t queues);

}  // namespace pollux::io
