#include "dataplane/base/secret.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <new>
#include <utility>

namespace pollux {
namespace {

constexpr std::array<std::uint8_t, 8> kKey = {1, 2, 3, 4, 5, 6, 7, 8};

// Looks into memory that an object has left: by volatile, as the compiler may think it holds nothing.
template <typename T>
bool holds_key(const T& memory) {
  const auto* bytes = reinterpret_cast<const volatile std::uint8_t*>(&memory);
  for (std::size_t at = 0; at + kKey.size() <= sizeof(T); ++at) {
    bool same = true;
    for (std::size_t i = 0; i < kKey.size(); ++i) {
      same = same && bytes[at + i] == kKey[i];
    }
    if (same) {
      return true;
    }
  }
  return false;
}

using Registers = std::array<std::uint8_t, 128>;

// Two registers each, as wide as they are: those that glibc copies by where there are so many, and the
// others.
[[gnu::target("avx512f")]] void leave_in_the_upper_ones(const Registers& bytes) {
  __asm__ __volatile__("vmovdqu64 (%0), %%zmm16\n\tvmovdqu64 64(%0), %%zmm31"
                       :
                       : "r"(bytes.data())
                       : "xmm16", "xmm31", "memory");
}
[[gnu::target("avx512f")]] void save_the_upper_ones(Registers& saved) {
  __asm__ __volatile__("vmovdqu64 %%zmm16, (%0)\n\tvmovdqu64 %%zmm31, 64(%0)"
                       :
                       : "r"(saved.data())
                       : "memory");
}
[[gnu::target("avx")]] void leave_in_the_lower_ones(const Registers& bytes) {
  __asm__ __volatile__("vmovdqu (%0), %%ymm0\n\tvmovdqu 32(%0), %%ymm15"
                       :
                       : "r"(bytes.data())
                       : "xmm0", "xmm15", "memory");
}
[[gnu::target("avx")]] void save_the_lower_ones(Registers& saved) {
  __asm__ __volatile__("vmovdqu %%ymm0, (%0)\n\tvmovdqu %%ymm15, 32(%0)" : : "r"(saved.data()) : "memory");
}

bool all_are(std::span<const std::uint8_t> bytes, std::uint8_t value) {
  return std::ranges::all_of(bytes, [value](std::uint8_t byte) { return byte == value; });
}

TEST(Wipe, LeavesNothingInRegisters) {
  Registers key;
  Registers saved;
  if (__builtin_cpu_supports("avx512f")) {
    key.fill(0x5e);
    leave_in_the_upper_ones(key);
    save_the_upper_ones(saved);
    ASSERT_TRUE(all_are(saved, 0x5e));
    leave_in_the_upper_ones(key);
    wipe(key.data(), key.size());
    save_the_upper_ones(saved);
    EXPECT_TRUE(all_are(saved, 0));
  }
  if (__builtin_cpu_supports("avx")) {
    key.fill(0x5e);
    leave_in_the_lower_ones(key);
    clear_vector_registers();
    save_the_lower_ones(saved);
    EXPECT_TRUE(all_are(std::span(saved).first(64), 0));
  }
}

TEST(Secret, IsWipedWhenItGoes) {
  alignas(Secret<16>) std::array<std::byte, sizeof(Secret<16>)> memory{};
  auto* const secret = new (memory.data()) Secret<16>;
  secret->assign(kKey);
  ASSERT_TRUE(holds_key(memory));
  secret->~Secret();
  EXPECT_FALSE(holds_key(memory));
}

TEST(Secret, MovingLeavesNothingBehind) {
  Secret<16> from;
  from.assign(kKey);
  Secret<16> to(std::move(from));
  EXPECT_FALSE(holds_key(from));
  EXPECT_EQ(from.size(), 0U);
  EXPECT_TRUE(std::ranges::equal(to.bytes(), kKey));

  Secret<16> third;
  third = std::move(to);
  EXPECT_FALSE(holds_key(to));
  EXPECT_TRUE(std::ranges::equal(third.bytes(), kKey));

  Secret<16>& itself = third;
  third = std::move(itself);
  EXPECT_TRUE(std::ranges::equal(third.bytes(), kKey));
}

TEST(Secret, AShorterOneLeavesNothingOfTheLonger) {
  Secret<16> secret;
  secret.assign(kKey);
  secret.assign(std::span(kKey).first(2));
  EXPECT_EQ(secret.size(), 2U);
  EXPECT_FALSE(std::ranges::equal(std::span(secret.bytes().data(), 8), kKey));
  EXPECT_EQ(secret.bytes().data()[2], 0);
  secret.assign({});
  EXPECT_EQ(secret.size(), 0U);
  EXPECT_EQ(secret.bytes().data()[0], 0);
}

TEST(Secret, EqualityLooksAtEveryByteAndTheLength) {
  Secret<16> a;
  Secret<16> b;
  EXPECT_TRUE(a == b);
  a.assign(kKey);
  EXPECT_FALSE(a == b);
  b.assign(kKey);
  EXPECT_TRUE(a == b);
  for (std::size_t i = 0; i < kKey.size(); ++i) {
    auto other = kKey;
    other[i] ^= 0x80;
    b.assign(other);
    EXPECT_FALSE(a == b) << i;
  }
  constexpr std::array<std::uint8_t, 1> kZero = {0};
  a.assign({});
  b.assign(kZero);
  EXPECT_FALSE(a == b);  // the same bytes, other lengths
}

TEST(Secret, ConstantTimeComparisonCompares) {
  auto other = kKey;
  EXPECT_TRUE(equal_in_constant_time(kKey.data(), other.data(), kKey.size()));
  other[7] ^= 1;
  EXPECT_FALSE(equal_in_constant_time(kKey.data(), other.data(), kKey.size()));
  EXPECT_TRUE(equal_in_constant_time(kKey.data(), other.data(), 7));
  EXPECT_TRUE(equal_in_constant_time(kKey.data(), other.data(), 0));
}

static_assert(!std::is_copy_constructible_v<Secret<16>> && !std::is_copy_assignable_v<Secret<16>>);

}  // namespace
}  // namespace pollux
