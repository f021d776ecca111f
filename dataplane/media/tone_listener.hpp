// Listens for DTMF tones in the packets of a party: decodes them for the detector, and knows what is to be
// cut out of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/base/codec_params.hpp"
#include "dataplane/base/expected.hpp"
#include "dataplane/codec/codec.hpp"
#include "dataplane/codec/resampler.hpp"
#include "dataplane/dtmf/press_report.hpp"
#include "dataplane/dtmf/tone_detector.hpp"

namespace pollux::media {

// An audio packet that came.
struct HeardPacket {
  std::span<const std::uint8_t> payload;  // of RTP, without padding
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
  std::uint16_t sequence = 0;
  std::uint8_t payload_type = 0;
};

// RTP ticks of a packet, counted from its first, that belong to a tone. Empty: first == last.
struct ToneRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  bool empty() const { return first == last; }
};

// Made by the control thread with all the memory it needs; then one thread. Costs a packet's decoding and
// detection (docs/performance.md, row detect_inband).
class ToneListener {
 public:
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};

  // Errors: kUnavailable (CODEC_UNAVAILABLE), kExhausted (MEMORY_EXHAUSTED). `formats`: the leg's codecs;
  // those that aren't audio are passed over.
  static Expected<std::unique_ptr<ToneListener>> make(std::span<const CodecFormat> formats);
  ~ToneListener();

  // In the order of arrival. Gaps in the timestamps up to a second are told to the detector as lost; after a
  // longer one, another SSRC or another clock it begins anew; packets older than what was heard are passed
  // over. Unknown payload types and malformed payloads likewise. Reports' began_ms are reckoned from
  // `now_ms`, at which the last sample of the packet is taken to have come.
  void listen(const HeardPacket& packet, std::uint64_t now_ms, dtmf::PressReports& reports);

  // Nothing has come for so long that a tone that was heard must be over (3 packet times, at least 200 ms).
  // To be called at due_ms() at the latest.
  void expire(std::uint64_t now_ms, dtmf::PressReports& reports);
  std::uint64_t due_ms() const;

  bool in_tone() const;
  // What of the packet [timestamp, + its ticks) is tone by what is known now: from the earliest moment at
  // which the tone can have begun to its end. nullopt: not an audio packet of ours.
  std::optional<ToneRange> tone_in(const HeardPacket& packet) const;

  // Makes silence of `range` in the payload. False: this codec can't do that in place (only G.711 and L16
  // can): the packet has to be left out as a whole.
  bool silence(std::uint8_t payload_type, std::span<std::uint8_t> payload, ToneRange range) const;

 private:
  struct Format {
    CodecParams params;
    std::optional<codec::Decoder> decoder;  // but for G.711, which needs a table only
    std::optional<codec::Resampler> resampler;
    std::uint32_t delay = 0;  // samples for the detector by which decoding and resampling lag
  };
  // Of the detector's samples; an open one goes on.
  struct Tone {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    bool open = false;
  };
  static constexpr std::uint8_t kNone = 0xff;
  static constexpr std::size_t kTones = 4;  // that a packet that is held back can have to do with

  ToneListener();
  static Expected<Format> make_format(const CodecParams& params);
  const Format* format_of(std::uint8_t payload_type) const;
  bool follows(const HeardPacket& packet, const Format& format, std::uint64_t now_ms,
               dtmf::PressReports& reports);
  void begin_anew(dtmf::PressReports& reports);
  std::size_t decode(Format& format, std::span<const std::uint8_t> payload, std::span<std::int16_t> pcm);
  void tell(std::uint64_t now_ms, dtmf::PressReports& reports);
  void tell_progress(dtmf::PressReports& reports);
  void begin(const dtmf::ToneChange& change, std::uint64_t now_ms, dtmf::PressReports& reports);
  void end(std::uint64_t sample, dtmf::PressReports& reports);

  std::unique_ptr<dtmf::ToneDetector> detector_;
  std::vector<Format> formats_;
  std::array<std::uint8_t, 128> format_of_;
  dtmf::ToneChanges changes_;  // empty between two calls: it would take longer to make one than to use it
  std::array<Tone, kTones> tones_{};  // the latest first
  std::uint64_t heard_ = 0;           // samples that the detector was given
  std::uint64_t began_ = 0;           // the sample at which the press that is under way began
  std::uint64_t last_ms_ = 0;
  std::uint32_t next_timestamp_ = 0;  // of what follows heard_
  std::uint32_t ssrc_ = 0;
  std::uint32_t clock_rate_ = 0;  // 0: nothing has been heard
  std::uint32_t packet_ms_ = 0;
  std::uint16_t sequence_ = 0;
  dtmf::PressReport press_;  // that is under way
};

}  // namespace pollux::media
