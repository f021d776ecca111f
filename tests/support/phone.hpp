// A telephone with keys: what it sends while somebody speaks and presses, packet by packet, and what one
// hears of such a call. Made from the RFCs alone: it knows nothing of how Pollux does it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/base/codec_params.hpp"
#include "dataplane/codec/codec.hpp"
#include "dataplane/dtmf/tone_detector.hpp"
#include "tests/support/frame.hpp"

namespace pollux::testing {

// A key that is held down.
struct KeyPress {
  std::uint8_t event = 0;  // RFC 4733 §3.2
  std::uint32_t at_ms = 0;
  std::uint32_t ms = 100;
};

// Sends packets of 20 ms.
class Phone {
 public:
  struct Ways {
    bool in_band = false;
    bool rfc4733 = false;
    bool audio_in_events = false;  // audio goes on while events are sent
  };
  Phone(const CodecFormat& audio, std::optional<CodecFormat> events, Ways ways,
        std::vector<KeyPress> presses);

  // The packets of the next 20 ms, at their end. Silence but for a faint hum where no key is down.
  std::vector<Bytes> next();
  std::uint32_t now_ms() const { return now_ms_; }  // end of what next() gave last

 private:
  Bytes packet(std::uint8_t payload_type, std::uint32_t timestamp, bool marker, const Bytes& payload);
  void audio(std::vector<Bytes>& packets);
  bool event(const KeyPress& press, std::vector<Bytes>& packets);
  double sample(double ms) const;

  const CodecFormat audio_;
  const std::optional<CodecFormat> events_;
  const Ways ways_;
  const std::vector<KeyPress> presses_;
  codec::Encoder encoder_;
  std::uint32_t pcm_rate_;
  std::uint32_t now_ms_ = 0;
  std::uint16_t sequence_ = 4711;
  std::uint32_t first_timestamp_ = 0x7fff0000;
};

// A digit as it was heard.
struct HeardKey {
  std::uint8_t event = 0;
  double at_ms = 0;  // by the time of arrival
  double ms = 0;
};

// Takes RTP packets in the order of arrival.
class Ear {
 public:
  Ear(std::vector<CodecFormat> formats);

  void take(const Bytes& packet, std::uint32_t now_ms);
  std::vector<HeardKey> events() const { return events_; }  // telephone-events
  std::vector<HeardKey> tones();                            // in the audio
  // What broke RFC 3550 or RFC 4733 §2.5.1: empty when nothing did.
  const std::vector<std::string>& complaints() const { return complaints_; }
  std::size_t audio_packets() const { return audio_packets_; }
  // All that was heard, pauses by the timestamps included, at 8 kHz.
  const std::vector<std::int16_t>& pcm() const { return pcm_; }

 private:
  struct Decoding {
    CodecFormat format;
    std::optional<codec::Decoder> decoder;
  };
  void take_event(const Bytes& packet, std::uint32_t timestamp, bool marker, std::uint32_t clock_rate,
                  std::uint32_t now_ms);
  void take_audio(Decoding& decoding, const Bytes& payload, std::uint32_t timestamp);

  std::map<std::uint8_t, Decoding> formats_;
  std::vector<HeardKey> events_;
  std::vector<std::string> complaints_;
  std::vector<std::int16_t> pcm_;
  std::uint32_t ssrc_ = 0;
  std::uint16_t sequence_ = 0;
  std::uint32_t newest_timestamp_ = 0;
  bool started_ = false;
  std::optional<std::uint32_t> audio_start_;  // timestamp that the PCM begins with
  std::size_t audio_packets_ = 0;
  // The event that goes on, or was the last.
  std::uint32_t event_timestamp_ = 0;
  std::uint32_t event_duration_ = 0;
  int ends_ = 0;
  bool has_event_ = false;
};

}  // namespace pollux::testing
