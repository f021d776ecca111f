// Which packet indices have been seen: the replay list of RFC 3711 §3.3.2, as a bit map behind the highest
// one.
#pragma once

#include <cstdint>

namespace pollux::srtp {

inline constexpr unsigned kLeastReplayWindow = 64;  // packets; RFC 3711 §3.3.2
inline constexpr unsigned kMostReplayWindow = 1024;

enum class Freshness : std::uint8_t { kFresh, kReplayed, kTooOld };

// `words` holds `word_count` × 64 bits: bit n is set when index `highest` - n has been seen. Looks, and
// changes nothing: a packet moves the window only once it has been authenticated.
inline Freshness freshness(const std::uint64_t* words, unsigned word_count, std::uint64_t highest,
                           std::uint64_t index) {
  if (index > highest) [[likely]] {
    return Freshness::kFresh;
  }
  const std::uint64_t age = highest - index;
  if (age >= std::uint64_t{word_count} * 64) {
    return Freshness::kTooOld;
  }
  return ((words[age / 64] >> (age % 64)) & 1U) != 0 ? Freshness::kReplayed : Freshness::kFresh;
}

namespace detail {

inline void shift_up(std::uint64_t* words, unsigned word_count, std::uint64_t by) {
  if (by >= std::uint64_t{word_count} * 64) {
    for (unsigned i = 0; i < word_count; ++i) {
      words[i] = 0;
    }
    return;
  }
  const auto whole = static_cast<unsigned>(by / 64);
  const auto bits = static_cast<unsigned>(by % 64);
  for (unsigned i = word_count; i-- > 0;) {
    std::uint64_t value = 0;
    if (i >= whole) {
      value = words[i - whole] << bits;
      if (bits != 0 && i > whole) {
        value |= words[i - whole - 1] >> (64 - bits);
      }
    }
    words[i] = value;
  }
}

}  // namespace detail

// Notes an index that is kFresh and gives the highest one from then on.
inline std::uint64_t note_index(std::uint64_t* words, unsigned word_count, std::uint64_t highest,
                                std::uint64_t index) {
  if (index > highest) [[likely]] {
    const std::uint64_t by = index - highest;
    if (word_count == 2 && by < 64) [[likely]] {
      words[1] = words[1] << by | words[0] >> (64 - by);
      words[0] = words[0] << by | 1U;
    } else {
      detail::shift_up(words, word_count, by);
      words[0] |= 1U;
    }
    return index;
  }
  const std::uint64_t age = highest - index;
  words[age / 64] |= std::uint64_t{1} << (age % 64);
  return highest;
}

}  // namespace pollux::srtp
