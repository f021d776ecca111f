// A cryptographic context as it lies in memory: what both backends share of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "dataplane/base/relaxed.hpp"
#include "dataplane/crypto/backend.hpp"
#include "dataplane/srtp/packet_index.hpp"
#include "dataplane/srtp/replay_window.hpp"

namespace pollux::crypto {

// One SSRC; `window` words of the replay list follow it. For SRTCP `highest` is the 31-bit index.
struct Stream {
  Relaxed<std::uint32_t> ssrc;
  Relaxed<std::uint32_t> started;  // 0: the slot is free
  Relaxed<std::uint64_t> highest;

  std::uint64_t* words() { return reinterpret_cast<std::uint64_t*>(this + 1); }
};
static_assert(sizeof(Stream) == 16);

// Of Stream::started: it has been made with its context, for a key that comes back. A library that counts by
// itself has to be told where it stands; then it is kStarted as well.
inline constexpr std::uint32_t kStarted = 1;
inline constexpr std::uint32_t kResumed = 2;

// Read now and then.
struct ContextCold {
  Relaxed<std::uint64_t> rtcp_left;
  std::uint64_t rtp_lifetime = 0;
  std::uint64_t rtcp_lifetime = 0;
  std::uint64_t rtp_reserve = 0;  // packets left when kKeyExpiring is told
  std::uint64_t rtcp_reserve = 0;
  Relaxed<std::uint32_t> rtcp_index;  // sending: of the last packet
  std::uint32_t initial_roc = 0;
  Relaxed<std::uint8_t> expiring_told;  // a bit for RTP, one for RTCP
  std::uint8_t expired_told = 0;
  bool has_roc = false;  // initial_roc was signalled
  std::uint8_t rtcp_tag = 0;
  std::uint16_t capacity = 0;         // streams, RTP and RTCP each
  std::uint16_t rtcp_streams_at = 0;  // granules from the start: Stream[capacity]
  std::uint16_t streams_at = 0;       // the same for RTP's streams but the first: Stream[capacity - 1]
  std::uint16_t rtcp_keys_at = 0;
  std::uint32_t size = 0;   // bytes of all of it
  void* library = nullptr;  // what a library keeps of it elsewhere
  std::array<std::uint8_t, kMaxMkiBytes> mki{};
};

// Line 0 is all that a packet of the first SSRC reads and writes besides the keys, which begin on the next
// line with windows of up to 128 packets: one line written, four or five read (AES-128 counter mode). Written
// by: the worker, once a leg has it; read by: control (Relaxed).
struct alignas(64) Context {
  Relaxed<std::uint64_t> rtp_left;  // packets until the key is near its end, or at it
  Relaxed<std::uint32_t> former;    // receiving: the context of the key before, still good; 0: none
  SrtpSuite suite = SrtpSuite::kAesCm128HmacSha1_80;
  std::uint8_t rtp_tag = 0;
  std::uint8_t mki_length = 0;
  std::uint8_t window_words = 2;
  std::uint16_t keys_at = 1;  // granules from the start
  std::uint16_t cold_at = 0;
  Relaxed<std::uint16_t> stream_count;
  Relaxed<std::uint16_t> rtcp_stream_count;  // sending: SSRCs that libsrtp keeps for SRTCP
  // the first Stream follows, then keys, the cold part, RTCP's keys, further streams

  std::byte* at(std::size_t granules) { return reinterpret_cast<std::byte*>(this) + granules * 64; }
  ContextCold& cold() { return *reinterpret_cast<ContextCold*>(at(cold_at)); }
  std::size_t stream_bytes() const { return sizeof(Stream) + std::size_t{8} * window_words; }
  Stream& first_stream() {
    return *reinterpret_cast<Stream*>(reinterpret_cast<std::byte*>(this) + kStreamOffset);
  }
  Stream& stream(std::size_t index) {
    return index == 0 ? first_stream()
                      : *reinterpret_cast<Stream*>(at(cold().streams_at) + (index - 1) * stream_bytes());
  }
  Stream& rtcp_stream(std::size_t index) {
    return *reinterpret_cast<Stream*>(at(cold().rtcp_streams_at) + index * stream_bytes());
  }

  static constexpr std::size_t kStreamOffset = 24;
};
static_assert(sizeof(Context) == 64);

// The stream of this SSRC; nullptr: it isn't known yet.
inline Stream* find_stream(Context& context, std::uint32_t ssrc) {
  Stream& first = context.first_stream();
  if (first.started != 0 && first.ssrc == ssrc) [[likely]] {
    return &first;
  }
  for (std::size_t i = 1; i < context.stream_count; ++i) {
    if (Stream& stream = context.stream(i); stream.ssrc == ssrc) {
      return &stream;
    }
  }
  return nullptr;
}

inline Stream* find_rtcp_stream(Context& context, std::uint32_t ssrc) {
  for (std::size_t i = 0; i < context.rtcp_stream_count; ++i) {
    if (Stream& stream = context.rtcp_stream(i); stream.ssrc == ssrc) {
      return &stream;
    }
  }
  return nullptr;
}

inline bool has_room(Context& context) {
  return context.stream_count < context.cold().capacity;
}

// A new stream that has seen exactly `index`. Pre: there is room.
inline Stream& start_stream(Stream& stream, std::uint32_t ssrc, std::uint64_t index) {
  stream.ssrc = ssrc;
  stream.highest = index;
  stream.words()[0] = 1;
  stream.started = kStarted;
  return stream;
}
inline Stream& add_stream(Context& context, std::uint32_t ssrc, std::uint64_t index) {
  const std::uint16_t count = context.stream_count;
  Stream& stream = start_stream(context.stream(count), ssrc, index);
  context.stream_count = static_cast<std::uint16_t>(count + 1);
  return stream;
}

inline SrtpStatus status_of(srtp::Freshness freshness) {
  switch (freshness) {
    case srtp::Freshness::kFresh:
      return SrtpStatus::kOk;
    case srtp::Freshness::kReplayed:
      return SrtpStatus::kReplayed;
    case srtp::Freshness::kTooOld:
      return SrtpStatus::kTooOld;
  }
  __builtin_unreachable();
}

// Whether a packet of this index may come (or go), and that it did. commit() says no where another of the
// same batch was faster.
inline SrtpStatus check_index(Context& context, Stream& stream, std::uint64_t index) {
  return status_of(srtp::freshness(stream.words(), context.window_words, stream.highest, index));
}
inline SrtpStatus commit(Context& context, Stream& stream, std::uint64_t index) {
  const SrtpStatus status = check_index(context, stream, index);
  if (status == SrtpStatus::kOk) [[likely]] {
    stream.highest = srtp::note_index(stream.words(), context.window_words, stream.highest, index);
  }
  return status;
}

namespace detail {

// One bit for each suite that `is` holds for: asked for every packet, without a look at the table.
template <typename Is>
constexpr unsigned suites_where(Is is) {
  unsigned bits = 0;
  for (const SrtpSuiteFacts& facts : kSrtpSuites) {
    bits |= is(facts) ? 1U << static_cast<unsigned>(facts.suite) : 0U;
  }
  return bits;
}
constexpr unsigned kGcmSuites =
    suites_where([](const auto& facts) { return facts.cipher == SrtpCipher::kAesGcm; });
constexpr unsigned kNullSuites =
    suites_where([](const auto& facts) { return facts.cipher == SrtpCipher::kNull; });
constexpr unsigned kLongKeySuites = suites_where([](const auto& facts) { return facts.key_bytes == 32; });

constexpr bool among(unsigned suites, SrtpSuite suite) {
  return ((suites >> static_cast<unsigned>(suite)) & 1U) != 0;
}

}  // namespace detail

inline bool is_gcm(const Context& context) {
  return detail::among(detail::kGcmSuites, context.suite);
}
inline bool is_null(const Context& context) {
  return detail::among(detail::kNullSuites, context.suite);
}
inline bool is_long_key(const Context& context) {
  return detail::among(detail::kLongKeySuites, context.suite);
}

// The MKI stands before an HMAC's tag, but behind everything of GCM's. Pre: the packet has room for both.
inline std::size_t mki_offset(const Context& context, std::size_t length, std::size_t tag) {
  return length - context.mki_length - (is_gcm(context) ? 0 : tag);
}
inline bool mki_matches(Context& context, const std::uint8_t* bytes, std::size_t length, std::size_t tag) {
  if (context.mki_length == 0) [[likely]] {
    return true;
  }
  const std::uint8_t* const mki = bytes + mki_offset(context, length, tag);
  return std::memcmp(mki, context.cold().mki.data(), context.mki_length) == 0;
}

// Uses up one packet of the key's lifetime. False: there was none left; `job` says so.
bool spend_rtp_slow(Context& context, SrtpJob& job);
bool spend_rtcp(Context& context, SrtpJob& job);
inline bool spend_rtp(Context& context, SrtpJob& job) {
  const std::uint64_t left = context.rtp_left;
  if (left > 1) [[likely]] {
    context.rtp_left = left - 1;
    return true;
  }
  return spend_rtp_slow(context, job);
}
// Nothing is left, with no need to try: before anything costly is done.
inline bool is_spent(const Context& context) {
  return context.rtp_left == 0;
}
// Refuses for the key's age, and tells so once.
void refuse_expired(Context& context, SrtpJob& job, std::uint8_t which);

inline constexpr std::uint8_t kOfRtp = 1;
inline constexpr std::uint8_t kOfRtcp = 2;

}  // namespace pollux::crypto
