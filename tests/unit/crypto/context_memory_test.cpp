#include "dataplane/crypto/context_memory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "tests/support/memory_flags.hpp"
#include "tests/support/srtp_mb_bed.hpp"

namespace pollux::crypto::test {
namespace {

bool all_zero(const std::byte* at, std::size_t bytes) {
  return std::all_of(at, at + bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

TEST(ContextMemory, StaysOutOfCoresAndChildren) {
  ContextMemory memory(std::size_t{8} << 20);
  ASSERT_TRUE(memory.ok());
  const std::uint32_t first = memory.allocate(500);
  ASSERT_NE(first, 0U);
  std::uint32_t last = first;
  for (unsigned i = 0; i < 3; ++i) {
    last = memory.allocate(std::size_t{1} << 20);
    ASSERT_NE(last, 0U);
  }
  for (const std::uint32_t block : {first, last}) {
    EXPECT_TRUE(has_vm_flag(memory.at(block), "dd")) << vm_flags_of(memory.at(block));
    EXPECT_TRUE(has_vm_flag(memory.at(block), "dc")) << vm_flags_of(memory.at(block));
  }
}

TEST(ContextMemory, KeysLieInIt) {
  MbBed bed(MbArch::kSse);
  const ContextId id = bed.make(make_key(SrtpSuite::kAeadAes256Gcm));
  EXPECT_TRUE(has_vm_flag(&rtp_keys(bed.context(id)), "dd"));
  EXPECT_TRUE(has_vm_flag(&rtcp_keys(bed.context(id)), "dd"));
}

TEST(ContextMemory, IsWipedAndUsedAgain) {
  ContextMemory memory(std::size_t{4} << 20);
  const std::uint32_t first = memory.allocate(1000);
  EXPECT_TRUE(all_zero(memory.at(first), 1024));
  std::memset(memory.at(first), 0xa5, 1000);
  memory.release(first, 1000);
  EXPECT_TRUE(all_zero(memory.at(first), 1024));
  const std::uint32_t other = memory.allocate(2000);  // another size: another place
  EXPECT_NE(other, first);
  EXPECT_EQ(memory.allocate(1020), first);  // as many granules
  EXPECT_TRUE(all_zero(memory.at(first), 1024));
}

TEST(ContextMemory, EndsWhereItEnds) {
  ContextMemory memory(std::size_t{2} << 20);
  EXPECT_EQ(memory.allocate(std::size_t{2} << 20), 0U);  // block 0 names none, so not all is to be had
  const std::uint32_t all = memory.allocate((std::size_t{2} << 20) - ContextMemory::kGranule);
  ASSERT_NE(all, 0U);
  EXPECT_EQ(memory.allocate(1), 0U);
  memory.release(all, (std::size_t{2} << 20) - ContextMemory::kGranule);
  EXPECT_EQ(memory.allocate((std::size_t{2} << 20) - ContextMemory::kGranule), all);
}

// Of the options' extremes, and of all suites: nothing of a context lies in another part of it.
TEST(ContextStore, PartsOfAContextDontOverlap) {
  for (const std::uint16_t window : Numbers{64, 128, 192, 1024}) {
    for (const std::uint16_t streams : Numbers{1, 2, 16, 256}) {
      ContextStore store({.replay_window = window, .streams_per_key = streams}, 8, 2048);
      ASSERT_TRUE(store.ok());
      for (const std::size_t key_bytes :
           {std::size_t{0}, std::size_t{64}, std::size_t{240}, std::size_t{2048}}) {
        const ContextId id = store.make(*make_key(SrtpSuite::kAeadAes256Gcm), key_bytes);
        if (id == 0) {
          continue;  // full
        }
        Context& context = store.at(id);
        ContextCold& cold = context.cold();
        const auto* const start = reinterpret_cast<const std::byte*>(&context);
        std::vector<std::pair<std::size_t, std::size_t>> parts;
        const auto add = [&](const void* at, std::size_t bytes) {
          const auto from = static_cast<std::size_t>(static_cast<const std::byte*>(at) - start);
          parts.emplace_back(from, from + bytes);
        };
        add(&context, Context::kStreamOffset);
        for (std::size_t i = 0; i < streams; ++i) {
          add(&context.stream(i), context.stream_bytes());
          add(&context.rtcp_stream(i), context.stream_bytes());
        }
        add(context.at(context.keys_at), key_bytes);
        add(context.at(cold.rtcp_keys_at), key_bytes);
        add(&cold, sizeof cold);
        std::sort(parts.begin(), parts.end());
        for (std::size_t i = 1; i < parts.size(); ++i) {
          EXPECT_LE(parts[i - 1].second, parts[i].first) << window << " " << streams << " " << key_bytes;
        }
        EXPECT_LE(parts.back().second, cold.size);
      }
    }
  }
}

}  // namespace
}  // namespace pollux::crypto::test
