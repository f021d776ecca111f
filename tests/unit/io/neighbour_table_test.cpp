#include "dataplane/io/neighbour_table.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace pollux::io {
namespace {

constexpr MacAddress kMac{0x02, 0, 0, 0, 0, 0x0a};

IpAddress host(unsigned number) {
  return IpAddress::v4(be32(0x0a000000U + number));
}

TEST(NeighbourTable, FindsAndLoads) {
  NeighbourTable table(1);
  EXPECT_FALSE(table.find(0, host(1)));
  const auto ref = table.insert(0, host(1), 0);
  ASSERT_TRUE(ref);
  EXPECT_EQ(table.find(0, host(1)), ref);
  EXPECT_FALSE(table.find(1, host(1))) << "the same address on another interface";
  EXPECT_FALSE(table.find(0, host(2)));

  std::uint8_t mac[7] = {1, 1, 1, 1, 1, 1, 1};
  EXPECT_FALSE(table.load_mac(ref, mac));
  EXPECT_EQ(mac[0], 1) << "nothing written";
  EXPECT_FALSE(table.mac(ref.index));
  table.resolve(ref.index, kMac);
  EXPECT_TRUE(table.load_mac(ref, mac));
  EXPECT_TRUE(std::equal(kMac.begin(), kMac.end(), mac));
  EXPECT_EQ(mac[6], 1) << "six bytes, not seven";
  EXPECT_EQ(table.mac(ref.index), kMac);
  EXPECT_EQ(table.address(ref.index), host(1));
  EXPECT_EQ(table.interface(ref.index), 0);

  table.resolve(ref.index, MacAddress{0xff, 0xff, 0xff, 0xff, 0xff, 0xff});
  EXPECT_TRUE(table.load_mac(ref, mac)) << "a change of the MAC keeps the ref";
  EXPECT_EQ(mac[5], 0xff);
  EXPECT_FALSE(table.load_mac({}, mac));
}

TEST(NeighbourTable, RemovedEntryVoidsItsRefs) {
  NeighbourTable table(1);
  const auto ref = table.insert(0, host(1), 0);
  table.resolve(ref.index, kMac);
  table.remove(ref.index, 0);
  MacAddress mac{};
  EXPECT_FALSE(table.load_mac(ref, mac.data()));
  EXPECT_FALSE(table.find(0, host(1)));
  EXPECT_EQ(table.size(), 0U);
  const auto again = table.insert(0, host(1), 0);
  table.resolve(again.index, kMac);
  EXPECT_FALSE(table.load_mac(ref, mac.data()));
  EXPECT_TRUE(table.load_mac(again, mac.data()));
}

TEST(NeighbourTable, RemovesFromTheMiddleOfAChain) {
  NeighbourTable table(1);
  std::vector<NeighbourTable::Ref> refs;
  for (unsigned i = 0; i < NeighbourTable::kCapacity; ++i) {
    refs.push_back(table.insert(0, host(i), 0));
    ASSERT_TRUE(refs.back());
  }
  EXPECT_FALSE(table.insert(0, host(1000000), 0)) << "full";
  for (unsigned i = 0; i < refs.size(); i += 3) {
    table.remove(refs[i].index, 0);
  }
  for (unsigned i = 0; i < refs.size(); ++i) {
    EXPECT_EQ(static_cast<bool>(table.find(0, host(i))), i % 3 != 0);
  }
}

TEST(NeighbourTable, RecyclesOnlyAfterTheQuarantine) {
  NeighbourTable table(1);
  for (unsigned i = 0; i < NeighbourTable::kCapacity; ++i) {
    ASSERT_TRUE(table.insert(0, host(i), 0));
  }
  const auto old = table.find(0, host(7));
  table.resolve(old.index, kMac);
  table.remove(old.index, 500);
  EXPECT_FALSE(table.insert(0, host(5000), 500 + NeighbourTable::kQuarantineMs - 1));
  const auto recycled = table.insert(0, host(5000), 500 + NeighbourTable::kQuarantineMs);
  ASSERT_TRUE(recycled);
  EXPECT_EQ(recycled.index, old.index);
  table.resolve(recycled.index, kMac);
  MacAddress mac{};
  EXPECT_FALSE(table.load_mac(old, mac.data()));
  EXPECT_FALSE(table.find(0, host(7)));
}

TEST(NeighbourTable, TellsWhetherAnEntryIsUsed) {
  NeighbourTable table(1);
  const auto ref = table.insert(0, host(1), 0);
  MacAddress mac{};
  table.load_mac(ref, mac.data());
  EXPECT_FALSE(table.take_used(ref.index)) << "unresolved: nothing was sent to it";
  table.resolve(ref.index, kMac);
  table.load_mac(ref, mac.data());
  EXPECT_TRUE(table.take_used(ref.index));
  EXPECT_FALSE(table.take_used(ref.index));
}

TEST(NeighbourTable, SpreadsWhateverTheSeed) {
  // Neighbouring addresses of both families are all found under several seeds.
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
    NeighbourTable table(seed);
    for (unsigned i = 0; i < 500; ++i) {
      ASSERT_TRUE(table.insert(0, host(i), 0));
      ASSERT_TRUE(table.insert(0, *IpAddress::parse("2001:db8::" + std::to_string(i)), 0));
    }
    for (unsigned i = 0; i < 500; ++i) {
      ASSERT_EQ(
          table.address(table.find(0, *IpAddress::parse("2001:db8::" + std::to_string(i))).index).to_string(),
          IpAddress::parse("2001:db8::" + std::to_string(i))->to_string());
    }
  }
}

// One writer recycles entries as fast as it can while a reader keeps refs for as long as it likes. An
// address' MAC carries its number, so that the reader sees when it is given another host's.
TEST(NeighbourTable, ReaderNeverGetsAnotherHostsMac) {
  constexpr unsigned kHosts = 64;
  constexpr unsigned kRounds = 200000;
  NeighbourTable table(1);
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<std::uint64_t> loaded{0};
  std::thread reader([&] {
    NeighbourTable::Ref refs[kHosts];
    for (std::uint64_t turn = 0; !done.load(std::memory_order_relaxed); ++turn) {
      const auto number = static_cast<unsigned>(turn * 7 % kHosts);
      MacAddress mac{};
      if (!table.load_mac(refs[number], mac.data())) {
        refs[number] = table.find(0, host(number));
        if (!table.load_mac(refs[number], mac.data())) {
          continue;
        }
      }
      loaded.fetch_add(1, std::memory_order_relaxed);
      if (mac[0] != number || mac[5] != number) {
        wrong.fetch_add(1, std::memory_order_relaxed);
      }
    }
  });
  // Time runs so fast that every entry leaves its quarantine before it is needed again; the generation of
  // none comes round while the reader holds an old ref, as entries are recycled in turn.
  std::uint64_t now_ms = 0;
  for (unsigned round = 0; round < kRounds || loaded.load() < 1000; ++round) {
    const unsigned number = round % kHosts;
    now_ms += NeighbourTable::kQuarantineMs;
    if (const auto old = table.find(0, host(number)); old) {
      table.remove(old.index, now_ms);
    }
    const auto ref = table.insert(0, host(number), now_ms);
    ASSERT_TRUE(ref);
    const auto byte = static_cast<std::uint8_t>(number);
    table.resolve(ref.index, MacAddress{byte, 0, 0, 0, 0, byte});
    table.resolve(ref.index, MacAddress{byte, 1, 2, 3, 4, byte});
  }
  done.store(true);
  reader.join();
  EXPECT_EQ(wrong.load(), 0U);
  EXPECT_GE(loaded.load(), 1000U);
}

}  // namespace
}  // namespace pollux::io
