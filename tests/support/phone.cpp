#include "tests/support/phone.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/codec/payload.hpp"
#include "dataplane/rtp/rtp_packet.hpp"

namespace pollux::testing {

namespace {

constexpr std::uint32_t kPacketMs = 20;
constexpr std::uint32_t kSsrc = 0xaaaaaaaa;
constexpr double kAmplitude = 5000;  // of each tone: about -13 dBm0
constexpr double kHum = 20;
constexpr std::array<double, 4> kLow{697, 770, 852, 941};
constexpr std::array<double, 4> kHigh{1209, 1336, 1477, 1633};

// Rows and columns of the keys 0..9, *, #, A..D (ITU-T Q.23).
constexpr std::array<std::pair<int, int>, 16> kKeys{{{3, 1},
                                                     {0, 0},
                                                     {0, 1},
                                                     {0, 2},
                                                     {1, 0},
                                                     {1, 1},
                                                     {1, 2},
                                                     {2, 0},
                                                     {2, 1},
                                                     {2, 2},
                                                     {3, 0},
                                                     {3, 2},
                                                     {0, 3},
                                                     {1, 3},
                                                     {2, 3},
                                                     {3, 3}}};

double sine(double hertz, double ms) {
  return std::sin(2 * std::numbers::pi * hertz * ms / 1000);
}

}  // namespace

Phone::Phone(const CodecFormat& audio, std::optional<CodecFormat> events, Ways ways,
             std::vector<KeyPress> presses)
    : audio_(audio),
      events_(events),
      ways_(ways),
      presses_(std::move(presses)),
      encoder_(*codec::Encoder::make(audio.params, codec::pcm_rate(audio.params, 8000), 1)),
      pcm_rate_(codec::pcm_rate(audio.params, 8000)) {}

double Phone::sample(double ms) const {
  double sum = kHum * sine(50, ms);
  for (const KeyPress& press : presses_) {
    if (ways_.in_band && ms >= press.at_ms && ms < press.at_ms + press.ms) {
      const auto [row, column] = kKeys[press.event];
      sum += kAmplitude * (sine(kLow[static_cast<std::size_t>(row)], ms) +
                           sine(kHigh[static_cast<std::size_t>(column)], ms));
    }
  }
  return sum;
}

Bytes Phone::packet(std::uint8_t payload_type, std::uint32_t timestamp, bool marker, const Bytes& payload) {
  Bytes bytes = rtp({.payload_type = payload_type,
                     .marker = marker,
                     .sequence = sequence_++,
                     .timestamp = timestamp,
                     .ssrc = kSsrc,
                     .payload_length = 0});
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

void Phone::audio(std::vector<Bytes>& packets) {
  std::vector<codec::Sample> pcm(pcm_rate_ * kPacketMs / 1000);
  for (std::size_t i = 0; i < pcm.size(); ++i) {
    const double ms = now_ms_ - kPacketMs + static_cast<double>(i) * 1000 / pcm_rate_;
    pcm[i] = static_cast<codec::Sample>(std::lround(sample(ms)));
  }
  Bytes payload(codec::kMostPayloadBytes);
  const codec::Chunks chunks = encoder_.encode(pcm, payload);
  payload.resize(chunks[0].bytes);
  const std::uint32_t timestamp =
      first_timestamp_ + (now_ms_ - kPacketMs) * (audio_.params.clock_rate / 1000);
  packets.push_back(packet(audio_.payload_type, timestamp, now_ms_ == kPacketMs, payload));
}

// True: the key is down in this packet time, as events have it.
bool Phone::event(const KeyPress& press, std::vector<Bytes>& packets) {
  if (now_ms_ <= press.at_ms || now_ms_ >= press.at_ms + press.ms + kPacketMs) {
    return false;
  }
  const std::uint32_t clock = events_->params.clock_rate / 1000;
  const bool over = now_ms_ >= press.at_ms + press.ms;
  const std::uint32_t duration = std::min(now_ms_ - press.at_ms, press.ms) * clock;
  const Bytes payload{press.event, static_cast<std::uint8_t>((over ? 0x80 : 0) | 10),
                      static_cast<std::uint8_t>(duration >> 8), static_cast<std::uint8_t>(duration)};
  const std::uint32_t timestamp = first_timestamp_ + press.at_ms * (audio_.params.clock_rate / 1000);
  for (int i = 0; i < (over ? 3 : 1); ++i) {
    packets.push_back(
        packet(events_->payload_type, timestamp, now_ms_ <= press.at_ms + kPacketMs && i == 0, payload));
  }
  return true;
}

std::vector<Bytes> Phone::next() {
  now_ms_ += kPacketMs;
  std::vector<Bytes> packets;
  bool pressing = false;
  if (ways_.rfc4733) {
    for (const KeyPress& press : presses_) {
      pressing |= event(press, packets);
    }
  }
  if (!pressing || ways_.audio_in_events) {
    audio(packets);
  }
  return packets;
}

Ear::Ear(std::vector<CodecFormat> formats) {
  for (const CodecFormat& format : formats) {
    Decoding decoding{format, std::nullopt};
    if (codec_facts(format.params.id).audio) {
      decoding.decoder.emplace(*codec::Decoder::make(format.params, codec::pcm_rate(format.params, 8000), 1));
    }
    formats_.emplace(format.payload_type, std::move(decoding));
  }
}

void Ear::take(const Bytes& packet, std::uint32_t now_ms) {
  rtp::RtpHeader header;
  if (!rtp::parse_rtp(packet.data(), packet.size(), header)) {
    complaints_.push_back("malformed RTP");
    return;
  }
  const std::string at = " at " + std::to_string(now_ms) + " ms";
  if (started_ && header.ssrc != ssrc_) {
    complaints_.push_back("another SSRC" + at);
  }
  if (started_ && header.sequence != static_cast<std::uint16_t>(sequence_ + 1)) {
    complaints_.push_back("a jump in the sequence numbers by " +
                          std::to_string(static_cast<std::int16_t>(header.sequence - sequence_)) + at);
  }
  if (started_ && static_cast<std::int32_t>(header.timestamp - newest_timestamp_) < 0) {
    complaints_.push_back("a timestamp that goes back by " +
                          std::to_string(newest_timestamp_ - header.timestamp) + at);
  }
  started_ = true;
  ssrc_ = header.ssrc;
  sequence_ = header.sequence;
  newest_timestamp_ = header.timestamp;
  const auto found = formats_.find(header.payload_type);
  if (found == formats_.end()) {
    complaints_.push_back("payload type " + std::to_string(header.payload_type) + at);
    return;
  }
  const Bytes payload(packet.begin() + header.header_length, packet.end());
  if (found->second.decoder) {
    take_audio(found->second, payload, header.timestamp);
  } else {
    take_event(payload, header.timestamp, header.marker, found->second.format.params.clock_rate, now_ms);
  }
}

// RFC 4733 §2.5.1, seen from the other side.
void Ear::take_event(const Bytes& payload, std::uint32_t timestamp, bool marker, std::uint32_t clock_rate,
                     std::uint32_t now_ms) {
  const std::string at = " at " + std::to_string(now_ms) + " ms";
  if (payload.size() != 4 || (payload[1] & 0x40) != 0) {
    complaints_.push_back("an event payload that isn't one" + at);
    return;
  }
  const std::uint32_t duration = static_cast<std::uint32_t>(payload[2] << 8 | payload[3]);
  const bool end = (payload[1] & 0x80) != 0;
  const double ticks_per_ms = clock_rate / 1000.0;
  if (!has_event_ || timestamp != event_timestamp_) {
    if (has_event_ && ends_ != 3) {
      complaints_.push_back("an event with " + std::to_string(ends_) + " end packets" + at);
    }
    if (!marker) {
      complaints_.push_back("an event without the marker on its first packet" + at);
    }
    has_event_ = true;
    event_timestamp_ = timestamp;
    event_duration_ = 0;
    ends_ = 0;
    events_.push_back({payload[0], static_cast<double>(now_ms), 0});
  } else if (marker) {
    complaints_.push_back("a marker inside an event" + at);
  }
  if (duration < event_duration_ || duration == 0) {
    complaints_.push_back("a duration of " + std::to_string(duration) + " after " +
                          std::to_string(event_duration_) + at);
  }
  if (ends_ != 0 && (!end || duration != event_duration_)) {
    complaints_.push_back("an end packet that differs from the first one" + at);
  }
  ends_ += end ? 1 : 0;
  event_duration_ = duration;
  events_.back().ms = duration / ticks_per_ms;
}

void Ear::take_audio(Decoding& decoding, const Bytes& payload, std::uint32_t timestamp) {
  ++audio_packets_;
  const std::uint32_t per_sample = decoding.format.params.clock_rate / 8000;
  if (!audio_start_) {
    audio_start_ = timestamp;
  }
  std::vector<codec::Sample> pcm(codec::pcm_rate(decoding.format.params, 8000) / 8);
  const auto decoded = decoding.decoder->decode(payload, pcm);
  if (!decoded) {
    complaints_.push_back("a payload that can't be decoded");
    return;
  }
  const std::size_t step = decoding.decoder->pcm_rate() / 8000;
  const std::size_t start = (timestamp - *audio_start_) / per_sample;
  if (start > pcm_.size() + 80'000'000) {
    return;
  }
  pcm_.resize(std::max(pcm_.size(), start + decoded->samples / step));
  for (std::size_t i = 0; i < decoded->samples / step; ++i) {
    pcm_[start + i] = pcm[i * step];
  }
}

std::vector<HeardKey> Ear::tones() {
  std::vector<HeardKey> heard;
  const auto detector = dtmf::ToneDetector::make();
  std::vector<std::int16_t> pcm = pcm_;
  pcm.resize(pcm.size() + 800);  // so that the last tone ends
  for (std::size_t at = 0; at < pcm.size(); at += 160) {
    dtmf::ToneChanges changes;
    detector->take({pcm.data() + at, std::min<std::size_t>(160, pcm.size() - at)}, changes);
    for (const dtmf::ToneChange& change : changes) {
      const double ms = static_cast<double>(change.sample) / 8;
      if (change.on) {
        heard.push_back({change.event, ms, 0});
      } else if (!heard.empty()) {
        heard.back().ms = ms - heard.back().at_ms;
      }
    }
  }
  return heard;
}

}  // namespace pollux::testing
