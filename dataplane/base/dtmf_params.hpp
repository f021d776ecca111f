// Key presses and how a leg wants them: the words that all rooms share.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/codec_params.hpp"

namespace pollux {

// How a press travels.
enum class DtmfWay : std::uint8_t {
  kInBand,   // tones in the audio (ITU-T Q.23)
  kRfc4733,  // telephone-event packets
  kSipInfo,  // through the signalling (RFC 6086): in by InjectDtmf, out by an event
};
inline constexpr std::size_t kDtmfWayCount = 3;

// Whether a way is believed on a leg. kAuto: telephone-event where the leg's codecs have it, in-band
// otherwise and only where somebody needs it (a sink that gets presses in another way, or a block); SIP INFO
// always.
enum class DtmfReceive : std::uint8_t { kAuto, kOn, kOff };

// How presses leave on a leg. kAuto: kRfc4733 where the leg's codecs have telephone-event, else kInBand where
// its first audio format carries tones, else kSipInfo.
enum class DtmfSend : std::uint8_t {
  kAuto,
  kRfc4733,
  kInBand,
  kSipInfo,  // the press is only reported; the signalling sends it
  kNone,     // the leg gets no presses
};

// What becomes of a leg's presses instead of reaching its sinks. They are reported all the same.
enum class DtmfBlock : std::uint8_t {
  kOff,
  kDrop,     // nothing is sent for them; tones in the audio are left out
  kSilence,  // silence in their place
  kTone,     // a tone that is no digit in their place, where the sink's codec carries one; else silence
  kRandom,   // another digit, drawn for each press
};

inline constexpr std::uint16_t kMaxToneGuardMs = 100;
inline constexpr std::uint8_t kDefaultDtmfLevel = 8;  // -dBm0
inline constexpr std::uint8_t kMaxDtmfLevel = 36;     // RFC 4733 §2.3.4: softer ones need not be accepted
inline constexpr std::uint8_t kDtmfTwistDb = 2;       // the high tone is so much louder than the low one
inline constexpr std::uint16_t kMinPressMs = 40;
inline constexpr std::uint16_t kMinToneMs = 50;
inline constexpr std::uint16_t kMinGapMs = 40;
inline constexpr std::size_t kMaxQueuedPresses = 64;  // per leg
inline constexpr std::uint16_t kMaxPressMs = 20'000;  // that can be asked for

struct DtmfPolicy {
  DtmfReceive receive_in_band = DtmfReceive::kAuto;
  DtmfReceive receive_rfc4733 = DtmfReceive::kAuto;
  DtmfReceive receive_sip_info = DtmfReceive::kAuto;
  DtmfSend send = DtmfSend::kAuto;
  // Of what the leg's party sends, with in-band detection: audio is held back so long that a tone can be cut
  // out whole. 0: its onset, until it is detected, leaks. 0..kMaxToneGuardMs.
  std::uint16_t tone_guard_ms = 0;
  bool keep_audio = false;                      // audio goes on while an event is sent to the party
  std::uint8_t level_dbm0 = kDefaultDtmfLevel;  // -dBm0 of what is sent: of the mean of both tones
  DtmfBlock block = DtmfBlock::kOff;            // of what the party presses
  friend bool operator==(const DtmfPolicy&, const DtmfPolicy&) = default;
};

// Events (RFC 4733 §3.2): 0..9, * (10), # (11), A..D (12..15) are digits; 16 is flash; the rest are other
// tones, which pass or are dropped but never become digits.
inline constexpr std::uint8_t kDtmfDigits = 16;
inline constexpr std::uint8_t kFlashEvent = 16;
inline constexpr char kDtmfLetters[] = "0123456789*#ABCD";

constexpr bool is_digit(std::uint8_t event) {
  return event < kDtmfDigits;
}

// '0'..'9', '*', '#', 'A'..'D', 'a'..'d'; '!' is flash.
constexpr std::optional<std::uint8_t> dtmf_event(char letter) {
  const char upper = letter >= 'a' && letter <= 'd' ? static_cast<char>(letter - 'a' + 'A') : letter;
  for (std::uint8_t event = 0; event < kDtmfDigits; ++event) {
    if (kDtmfLetters[event] == upper) {
      return event;
    }
  }
  return letter == '!' ? std::optional(kFlashEvent) : std::nullopt;
}

// '?' for events that are neither digits nor flash.
constexpr char dtmf_letter(std::uint8_t event) {
  return event < kDtmfDigits ? kDtmfLetters[event] : event == kFlashEvent ? '!' : '?';
}

// Whether tones that were encoded come out as tones. Speech codecs at low rates model a voice instead.
constexpr bool carries_tones(CodecId id) {
  switch (id) {
    case CodecId::kPcmu:
    case CodecId::kPcma:
    case CodecId::kG722:
    case CodecId::kG726_32:
    case CodecId::kG726_40:
    case CodecId::kOpus:
    case CodecId::kL16:
      return true;
    default:
      return false;
  }
}

constexpr const CodecFormat* first_audio(std::span<const CodecFormat> formats) {
  for (const CodecFormat& format : formats) {
    if (codec_facts(format.params.id).audio) {
      return &format;
    }
  }
  return nullptr;
}

// The telephone-event format that goes with an audio clock; another one where there is none of that clock.
// nullptr: none at all.
constexpr const CodecFormat* event_format(std::span<const CodecFormat> formats, std::uint32_t clock_rate) {
  const CodecFormat* found = nullptr;
  for (const CodecFormat& format : formats) {
    if (format.params.id == CodecId::kTelephoneEvent &&
        (found == nullptr ||
         (found->params.clock_rate != clock_rate && format.params.clock_rate == clock_rate))) {
      found = &format;
    }
  }
  return found;
}

// How presses leave on a leg with such codecs; never kAuto. Pre: `codecs` isn't empty.
constexpr DtmfSend resolve_send(std::span<const CodecFormat> codecs, DtmfSend wish) {
  if (wish != DtmfSend::kAuto) {
    return wish;
  }
  const CodecFormat* const audio = first_audio(codecs);
  const std::uint32_t clock_rate = audio == nullptr ? 8000 : audio->params.clock_rate;
  if (event_format(codecs, clock_rate) != nullptr) {
    return DtmfSend::kRfc4733;
  }
  return audio != nullptr && carries_tones(audio->params.id) ? DtmfSend::kInBand : DtmfSend::kSipInfo;
}

// What became of presses on a leg, of one way each.
enum class DtmfCount : std::uint8_t {
  kSeen,      // presses of the party that came by this way
  kMerged,    // of them, the same key that another way had told already
  kSent,      // presses sent to the party
  kRepaired,  // seen, though their source broke the rules: ends that never came, a new timestamp each time
  kRefused,   // not taken or not sent: the way isn't believed, the event isn't negotiated, the queue is full
};
inline constexpr std::size_t kDtmfCountCount = 5;

template <typename Number>
using DtmfCounts = std::array<std::array<Number, kDtmfCountCount>, kDtmfWayCount>;

}  // namespace pollux
