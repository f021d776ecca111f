#include "dataplane/io/port_rss.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace pollux::io {
namespace {

constexpr std::array kFamilies{AddressFamily::kIpv4, AddressFamily::kIpv6};

// The key of Microsoft's "Verifying the RSS Hash Calculation", with its first cases.
constexpr std::uint8_t kKnownKey[40] = {0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
                                        0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
                                        0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
                                        0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};

TEST(Toeplitz, PublishedCases) {
  const Toeplitz toeplitz(kKnownKey);
  // 66.9.149.187:2794 to 161.142.100.80:1766
  const std::uint8_t with_ports[] = {66, 9, 149, 187, 161, 142, 100, 80, 0x0a, 0xea, 0x06, 0xe6};
  EXPECT_EQ(toeplitz.hash(with_ports), 0x51ccc178U);
  EXPECT_EQ(toeplitz.hash(std::span(with_ports).first(8)), 0x323e8fc2U);
  // 3ffe:2501:200:1fff::7 port 2794 to 3ffe:2501:200:3::1 port 1766
  const std::uint8_t v6[] = {0x3f, 0xfe, 0x25, 0x01, 0x02, 0x00, 0x1f, 0xff, 0,    0,    0,    0,
                             0,    0,    0,    7,    0x3f, 0xfe, 0x25, 1,    2,    0,    0,    3,
                             0,    0,    0,    0,    0,    0,    0,    1,    0x0a, 0xea, 0x06, 0xe6};
  EXPECT_EQ(toeplitz.hash(v6), 0x40207d3dU);
}

TEST(PortRss, TakesThePortAtItsPlaceInTheTuple) {
  const Toeplitz toeplitz(kKnownKey);
  const PortRss rss(kKnownKey, std::vector<std::uint16_t>(128));
  for (unsigned port = 1; port <= 0xffff; port += 7) {
    std::uint8_t v4[12] = {};
    std::uint8_t v6[36] = {};
    v4[10] = v6[34] = static_cast<std::uint8_t>(port >> 8);
    v4[11] = v6[35] = static_cast<std::uint8_t>(port);
    ASSERT_EQ(rss.hash(AddressFamily::kIpv4, static_cast<std::uint16_t>(port)), toeplitz.hash(v4));
    ASSERT_EQ(rss.hash(AddressFamily::kIpv6, static_cast<std::uint16_t>(port)), toeplitz.hash(v6));
  }
}

TEST(PortRss, FollowsTheTable) {
  std::vector<std::uint16_t> reta(64);
  for (std::size_t i = 0; i < reta.size(); ++i) {
    reta[i] = static_cast<std::uint16_t>(1000 + i);
  }
  const PortRss rss(kKnownKey, reta);
  for (unsigned port = 0; port <= 0xffff; ++port) {
    const auto udp_port = static_cast<std::uint16_t>(port);
    ASSERT_EQ(rss.queue(AddressFamily::kIpv4, udp_port),
              1000 + rss.hash(AddressFamily::kIpv4, udp_port) % 64);
  }
}

TEST(RepeatingKey, HashesAPortTheSameAtEachPlace) {
  for (const std::size_t size : {40U, 52U}) {
    const auto key = repeating_key(size);
    ASSERT_EQ(key.size(), size);
    EXPECT_TRUE(is_repeating(key));
    const Toeplitz toeplitz(key);
    for (unsigned port = 1; port <= 0xffff; ++port) {
      const std::uint32_t alone = toeplitz.hash_port(static_cast<std::uint16_t>(port), 0);
      for (std::size_t place = 2; place + 6 <= size; place += 2) {
        ASSERT_EQ(toeplitz.hash_port(static_cast<std::uint16_t>(port), place), alone) << port << " " << place;
      }
    }
  }
  EXPECT_FALSE(is_repeating(kKnownKey));
  EXPECT_FALSE(is_repeating({}));
}

// Every aligned 1024 ports meet every entry that any port meets.
TEST(RepeatingKey, SpreadsSmallRanges) {
  const auto key = repeating_key(40);
  for (const std::size_t size : {64U, 128U, 256U, 512U}) {
    const PortRss rss(key, std::vector<std::uint16_t>(size));
    for (unsigned first = 0; first <= 0xffff; first += 1024) {
      std::set<std::size_t> met;
      for (unsigned port = first; port < first + 1024; port += 2) {
        met.insert(rss.entry(AddressFamily::kIpv4, static_cast<std::uint16_t>(port)));
      }
      ASSERT_GE(met.size(), size / 2) << size << " from " << first;
    }
  }
}

TEST(DealReta, PairsStayTogetherAndSharesAreEven) {
  const auto key = repeating_key(40);
  for (const std::size_t size : {64U, 128U, 512U}) {
    for (const std::uint16_t queues : std::initializer_list<std::uint16_t>{2, 3, 4, 8, 16}) {
      const auto reta = deal_reta(key, size, queues);
      ASSERT_EQ(reta.size(), size);
      const PortRss rss(key, reta);
      for (const AddressFamily family : kFamilies) {
        std::vector<unsigned> pairs(queues);
        for (unsigned port = 20000; port < 22048; port += 2) {
          const auto even = static_cast<std::uint16_t>(port);
          const std::uint16_t queue = rss.queue(family, even);
          ASSERT_LT(queue, queues);
          ASSERT_EQ(queue, rss.queue(family, static_cast<std::uint16_t>(even + 1))) << size << " " << port;
          ++pairs[queue];
        }
        const auto [least, most] = std::minmax_element(pairs.begin(), pairs.end());
        EXPECT_GE(*least * 2, *most) << size << " entries, " << queues << " queues";
      }
    }
  }
}

TEST(DealReta, AnyKeyAndAnySize) {
  for (const std::size_t size : {1U, 3U, 100U, 128U}) {
    const auto reta = deal_reta(kKnownKey, size, 4);
    ASSERT_EQ(reta.size(), size);
    for (const std::uint16_t queue : reta) {
      EXPECT_LT(queue, 4);
    }
  }
}

}  // namespace
}  // namespace pollux::io
