#include "dataplane/base/secret_memory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "tests/support/memory_flags.hpp"

namespace pollux {
namespace {

bool all_zero(const void* memory, std::size_t bytes) {
  const auto* const at = static_cast<const std::uint8_t*>(memory);
  return std::all_of(at, at + bytes, [](std::uint8_t byte) { return byte == 0; });
}

TEST(SecretMemory, StaysOutOfCoresAndChildren) {
  int ordinary = 0;
  ASSERT_FALSE(vm_flags_of(&ordinary).empty());
  EXPECT_FALSE(has_vm_flag(&ordinary, "dd"));
  void* const memory = secret_allocate(100);
  ASSERT_NE(memory, nullptr);
  EXPECT_TRUE(has_vm_flag(memory, "dd")) << vm_flags_of(memory);  // MADV_DONTDUMP
  EXPECT_TRUE(has_vm_flag(memory, "dc")) << vm_flags_of(memory);  // MADV_DONTFORK
  secret_release(memory, 100);
}

TEST(SecretMemory, IsAlignedAndApart) {
  std::vector<std::pair<std::uint8_t*, std::size_t>> blocks;
  for (const unsigned bytes : {0U, 1U, 63U, 64U, 65U, 500U, 4095U, 4096U, 64U, 1U}) {
    auto* const memory = static_cast<std::uint8_t*>(secret_allocate(bytes));
    ASSERT_NE(memory, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 64, 0U);
    EXPECT_TRUE(all_zero(memory, bytes));
    for (const auto& [other, length] : blocks) {
      EXPECT_TRUE(memory + bytes <= other || other + length <= memory);
    }
    blocks.emplace_back(memory, bytes);
  }
  for (const auto& [memory, bytes] : blocks) {
    secret_release(memory, bytes);
  }
}

TEST(SecretMemory, IsWipedBeforeItIsUsedAgain) {
  constexpr std::size_t kBytes = 700;
  auto* const first = static_cast<std::uint8_t*>(secret_allocate(kBytes));
  ASSERT_NE(first, nullptr);
  std::memset(first, 0xa5, kBytes);
  secret_release(first, kBytes);
  // At once, and not only when it is asked for: but for the list of free blocks.
  EXPECT_TRUE(all_zero(first + sizeof(void*), kBytes - sizeof(void*)));
  auto* const second = static_cast<std::uint8_t*>(secret_allocate(kBytes));
  EXPECT_EQ(second, first);
  EXPECT_TRUE(all_zero(second, kBytes));
  secret_release(second, kBytes);
}

// Bodies of SDP have more than a page: kept for the next one up to 256 KiB, pages of their own above.
TEST(SecretMemory, LargeBlocksAreAsSecret) {
  for (const std::size_t bytes : {std::size_t{4097}, std::size_t{65536}, std::size_t{262144}}) {
    auto* const first = static_cast<std::uint8_t*>(secret_allocate(bytes));
    ASSERT_NE(first, nullptr);
    EXPECT_TRUE(all_zero(first, bytes));
    EXPECT_TRUE(has_vm_flag(first, "dd"));
    EXPECT_TRUE(has_vm_flag(first + bytes - 1, "dd"));
    std::memset(first, 0xa5, bytes);
    secret_release(first, bytes);
    EXPECT_TRUE(all_zero(first + sizeof(void*), bytes - sizeof(void*)));
    void* const second = secret_allocate(bytes);
    EXPECT_EQ(second, first);
    secret_release(second, bytes);
  }
  auto* const huge = static_cast<std::uint8_t*>(secret_allocate(3'000'001));
  ASSERT_NE(huge, nullptr);
  EXPECT_TRUE(has_vm_flag(huge, "dd"));
  EXPECT_TRUE(has_vm_flag(huge + 3'000'000, "dd"));
  std::memset(huge, 0xa5, 3'000'001);
  secret_release(huge, 3'000'001);
}

TEST(SecretMemory, BlocksOfEverySizeAreApart) {
  std::vector<std::pair<std::uint8_t*, std::size_t>> blocks;
  for (std::size_t bytes = 64; bytes <= 262144; bytes *= 2) {
    for (const std::size_t more : {bytes - 1, bytes, bytes + 1}) {
      auto* const memory = static_cast<std::uint8_t*>(secret_allocate(more));
      ASSERT_NE(memory, nullptr);
      std::memset(memory, static_cast<int>(blocks.size() + 1), more);
      blocks.emplace_back(memory, more);
    }
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto& [memory, bytes] = blocks[i];
    EXPECT_TRUE(std::all_of(memory, memory + bytes, [i](std::uint8_t byte) { return byte == i + 1; }));
    secret_release(memory, bytes);
  }
}

TEST(SecretMemory, GrowsByChunks) {
  std::vector<void*> blocks;
  for (unsigned i = 0; i < 600; ++i) {  // more than one chunk of 1 MiB
    blocks.push_back(secret_allocate(4096));
    ASSERT_NE(blocks.back(), nullptr);
    std::memset(blocks.back(), static_cast<int>(i), 4096);
  }
  for (unsigned i = 0; i < 600; ++i) {
    EXPECT_EQ(*static_cast<std::uint8_t*>(blocks[i]), i & 0xffU);
  }
  EXPECT_TRUE(has_vm_flag(blocks.front(), "dd"));
  EXPECT_TRUE(has_vm_flag(blocks.back(), "dd"));
  for (void* const block : blocks) {
    secret_release(block, 4096);
  }
}

}  // namespace
}  // namespace pollux
