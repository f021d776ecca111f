// The audio formats that Pollux knows and how a party wants them: what a=rtpmap and a=fmtp say.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pollux {

enum class CodecId : std::uint8_t {
  kPcmu,
  kPcma,
  kG722,
  kG726_16,
  kG726_24,
  kG726_32,
  kG726_40,
  kGsm,
  kG729,
  kOpus,
  kL16,
  kComfortNoise,    // RFC 3389
  kTelephoneEvent,  // RFC 4733
  kRed,             // RFC 2198, of telephone-events
};
inline constexpr std::size_t kCodecCount = 14;

struct CodecFacts {
  CodecId id;
  std::string_view name;       // encoding name (RFC 3551 §6, RFC 7587)
  std::uint8_t frame_samples;  // per channel at 8 kHz: the least piece of audio, 1 for sample codecs
  std::optional<std::uint8_t> static_payload_type;
  std::uint16_t max_ptime_ms;
  bool audio;  // false: comfort noise and events, which only ride along
};

// Opus: frames of 2.5 ms up, the clock always 48000 whatever is inside (RFC 7587 §4.1). G.722: 16 kHz of
// sound on a clock of 8000 (RFC 3551 §4.5.2).
inline constexpr auto kCodecs = std::to_array<CodecFacts>({
    {CodecId::kPcmu, "PCMU", 1, 0, 60, true},
    {CodecId::kPcma, "PCMA", 1, 8, 60, true},
    {CodecId::kG722, "G722", 1, 9, 60, true},
    {CodecId::kG726_16, "G726-16", 8, std::nullopt, 60, true},
    {CodecId::kG726_24, "G726-24", 8, std::nullopt, 60, true},
    {CodecId::kG726_32, "G726-32", 8, std::nullopt, 60, true},
    {CodecId::kG726_40, "G726-40", 8, std::nullopt, 60, true},
    {CodecId::kGsm, "GSM", 160, 3, 60, true},
    {CodecId::kG729, "G729", 80, 18, 60, true},
    {CodecId::kOpus, "opus", 20, std::nullopt, 120, true},
    {CodecId::kL16, "L16", 1, std::nullopt, 60, true},
    {CodecId::kComfortNoise, "CN", 1, 13, 60, false},
    {CodecId::kTelephoneEvent, "telephone-event", 1, std::nullopt, 60, false},
    {CodecId::kRed, "red", 1, std::nullopt, 60, false},
});
static_assert(kCodecs.size() == kCodecCount);

constexpr const CodecFacts& codec_facts(CodecId id) {
  return kCodecs[static_cast<std::size_t>(id)];
}

// One format of a leg. Two that compare equal can be passed on without a look inside.
struct CodecParams {
  CodecId id = CodecId::kPcma;
  std::uint8_t channels = 1;        // 1 or 2; Opus: always 1 here, see `stereo`
  std::uint32_t clock_rate = 8000;  // of RTP, Hz
  // G.729 (RFC 4856 §2.1.9): SID frames may come and go.
  bool annexb = true;
  // Opus (RFC 7587 §6.1), as the receiver wants it.
  bool stereo = false;
  bool inband_fec = false;
  bool dtx = false;
  bool constant_bit_rate = false;
  std::uint32_t max_average_bitrate = 0;    // bit/s, 6000..510000; 0: the encoder's choice
  std::uint32_t max_playback_rate = 48000;  // Hz
  // telephone-event (RFC 4733 §2.4.1): which of the events 0..127 the party takes, a bit each.
  std::array<std::uint64_t, 2> events{0xffff, 0};
  // red (RFC 2198 §5): the payload type of the events inside, and how many earlier ones each packet repeats.
  std::uint8_t redundant_payload_type = 0;
  std::uint8_t redundancy = 0;
  friend bool operator==(const CodecParams&, const CodecParams&) = default;
};

constexpr bool takes_event(const CodecParams& params, std::uint8_t event) {
  return event < 128 && (params.events[event / 64] >> (event % 64) & 1U) != 0;
}

// With the number it has on the leg.
struct CodecFormat {
  CodecParams params;
  std::uint8_t payload_type = 0;  // 0..127
  friend bool operator==(const CodecFormat&, const CodecFormat&) = default;
};

// Whether what was made for `from` can be handed to a party that asked for `to` as it is. Opus decodes
// whatever Opus sends, G.729 without SID frames is fine for one that takes them.
constexpr bool passes_as(const CodecParams& from, const CodecParams& to) {
  return from.id == to.id && from.clock_rate == to.clock_rate && from.channels == to.channels &&
         (from.id != CodecId::kG729 || to.annexb || !from.annexb);
}

}  // namespace pollux
