// Listens for DTMF tones in the packets of a party: decodes them for the detector, and knows what is to be
// cut out of them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "dataplane/base/codec_params.hpp"
#include "dataplane/base/expected.hpp"
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

// RTP ticks of a packet that belong to a tone. Empty: first == last.
struct ToneRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  bool empty() const { return first == last; }
};

// Made by the control thread with all the memory it needs; then one thread. Costs a packet's decoding and
// detection (docs/performance.md, row detect_inband).
class ToneListener {
 public:
  // Errors: kUnavailable (CODEC_UNAVAILABLE), kExhausted (MEMORY_EXHAUSTED). `formats`: the leg's codecs;
  // those that aren't audio are passed over.
  static Expected<std::unique_ptr<ToneListener>> make(std::span<const CodecFormat> formats);
  ~ToneListener();

  // In the order of arrival. Gaps in the timestamps up to a second are told to the detector as lost; after a
  // longer one, another SSRC or another clock it begins anew; packets older than what was heard are passed
  // over. Unknown payload types and malformed payloads likewise. Reports' began_ms are reckoned from
  // `now_ms`, at which the last sample of the packet is taken to have come.
  void listen(const HeardPacket& packet, std::uint64_t now_ms, dtmf::PressReports& reports);

  // Nothing has come for so long that a tone that was heard must be over (3 packet times, at least 60 ms). To
  // be called at due_ms() at the latest.
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
  ToneListener();
  // (the implementer's)
};

}  // namespace pollux::media
