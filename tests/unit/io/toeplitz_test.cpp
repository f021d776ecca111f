// Our hash beside DPDK's own in software.
#include "dataplane/io/toeplitz.hpp"

#include <gtest/gtest.h>
#include <rte_thash.h>

#include <array>
#include <random>

#include "dataplane/io/port_rss.hpp"

namespace pollux::io {
namespace {

using Key = std::array<std::uint8_t, 52>;

Key random_key(unsigned seed) {
  std::mt19937 random(seed);
  Key key;
  for (auto& byte : key) {
    byte = static_cast<std::uint8_t>(random());
  }
  return key;
}

// rte_softrss takes words in the CPU's order, and reads the key by words.
std::uint32_t soft_rss(std::span<const std::uint8_t> input, const Key& key) {
  alignas(4) Key aligned = key;
  std::vector<std::uint32_t> words;
  for (std::size_t i = 0; i < input.size(); i += 4) {
    words.push_back(std::uint32_t{input[i]} << 24 | std::uint32_t{input[i + 1]} << 16 |
                    std::uint32_t{input[i + 2]} << 8 | input[i + 3]);
  }
  return rte_softrss(words.data(), static_cast<std::uint32_t>(words.size()), aligned.data());
}

TEST(ToeplitzBesideDpdk, WholeTuples) {
  for (unsigned seed = 1; seed <= 16; ++seed) {
    const Key key = random_key(seed);
    std::mt19937 random(seed + 1000);
    for (const std::size_t length : {8U, 12U, 32U, 36U}) {
      for (int i = 0; i < 200; ++i) {
        std::vector<std::uint8_t> input(length);
        for (auto& byte : input) {
          byte = static_cast<std::uint8_t>(random());
        }
        ASSERT_EQ(Toeplitz(key).hash(input), soft_rss(input, key));
      }
    }
  }
}

// A packet's tuple of which the device hashes nothing but the destination port: queue by queue for several
// keys, sizes of the redirection table, and both families.
TEST(ToeplitzBesideDpdk, QueuesOfPorts) {
  std::vector<Key> keys{random_key(1), random_key(2), random_key(3), Key{}};
  const auto repeating = repeating_key(keys.back().size());
  std::copy(repeating.begin(), repeating.end(), keys.back().begin());
  for (const Key& key : keys) {
    for (const std::size_t size : {64U, 128U, 256U, 512U}) {
      std::vector<std::uint16_t> reta(size);
      for (std::size_t i = 0; i < size; ++i) {
        reta[i] = static_cast<std::uint16_t>(i * 7 % 13);
      }
      const PortRss rss(key, reta);
      for (unsigned port = 0; port <= 0xffff; port += 3) {
        std::array<std::uint8_t, 12> v4{};
        std::array<std::uint8_t, 36> v6{};
        v4[10] = v6[34] = static_cast<std::uint8_t>(port >> 8);
        v4[11] = v6[35] = static_cast<std::uint8_t>(port);
        const auto udp_port = static_cast<std::uint16_t>(port);
        ASSERT_EQ(rss.queue(AddressFamily::kIpv4, udp_port), reta[soft_rss(v4, key) & (size - 1)]);
        ASSERT_EQ(rss.queue(AddressFamily::kIpv6, udp_port), reta[soft_rss(v6, key) & (size - 1)]);
      }
    }
  }
}

}  // namespace
}  // namespace pollux::io
