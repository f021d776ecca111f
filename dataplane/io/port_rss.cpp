#include "dataplane/io/port_rss.hpp"

namespace pollux::io {

namespace {

// Two bits, so placed that the low nine bits of the hash, by which the RETA is indexed, see bits 0 to 8 of
// the port, each in another bit of the hash.
constexpr std::uint8_t kWord[2] = {0x02, 0x04};
constexpr std::uint16_t kUnassigned = 0xffff;

}  // namespace

std::vector<std::uint8_t> repeating_key(std::size_t size) {
  std::vector<std::uint8_t> key(size);
  for (std::size_t i = 0; i < size; ++i) {
    key[i] = kWord[i % 2];
  }
  return key;
}

bool is_repeating(std::span<const std::uint8_t> key) {
  for (std::size_t i = 2; i < key.size(); ++i) {
    if (key[i] != key[i - 2]) {
      return false;
    }
  }
  return key.size() > 2;
}

std::vector<std::uint16_t> deal_reta(std::span<const std::uint8_t> key, std::size_t size,
                                     std::uint16_t queues) {
  const PortRss rss(key, std::vector<std::uint16_t>(size));
  std::vector<std::uint16_t> reta(size, kUnassigned);
  std::uint16_t next = 0;
  const auto deal = [&] { return static_cast<std::uint16_t>(next++ % queues); };
  for (const AddressFamily family : {AddressFamily::kIpv4, AddressFamily::kIpv6}) {
    for (std::uint32_t port = 0; port <= 0xffff; port += 2) {
      std::uint16_t& even = reta[rss.entry(family, static_cast<std::uint16_t>(port))];
      std::uint16_t& odd = reta[rss.entry(family, static_cast<std::uint16_t>(port + 1))];
      if (even == kUnassigned) {
        even = odd == kUnassigned ? deal() : odd;
      }
      if (odd == kUnassigned) {
        odd = even;
      }
    }
  }
  for (std::uint16_t& queue : reta) {  // no port leads there
    queue = queue == kUnassigned ? deal() : queue;
  }
  return reta;
}

}  // namespace pollux::io
