#include "dataplane/rtp/stream_quality.hpp"

#include <algorithm>
#include <array>

namespace pollux::rtp {

namespace {

constexpr std::uint8_t kPcmu = 0;
constexpr std::uint8_t kPcma = 8;
constexpr std::uint8_t kComfortNoise = 13;
constexpr std::uint16_t kLongestSilentFrame = 4;  // bytes: SID of G.729, DTX of Opus, RFC 4733 events
constexpr std::uint32_t kLongestPtimeMs = 240;    // what is longer is a pause in transmission
constexpr std::uint32_t kLongestPauseMs = 10000;  // a timestamp further on is a jump, and no time that passed

// Magnitudes on the 14-bit scale of G.711: a sine of full scale (3.17 dBm0 in µ-law) has 8159.
constexpr std::uint16_t mulaw_magnitude(std::uint8_t code) {
  const unsigned inverted = code ^ 0xffU;
  const unsigned exponent = (inverted >> 4) & 7U;
  const unsigned mantissa = inverted & 15U;
  return static_cast<std::uint16_t>(((2 * mantissa + 33) << exponent) - 33);
}
constexpr std::uint16_t alaw_magnitude(std::uint8_t code) {
  const unsigned inverted = code ^ 0x55U;
  const unsigned exponent = (inverted >> 4) & 7U;
  const unsigned mantissa = inverted & 15U;
  const unsigned value = exponent == 0 ? 2 * mantissa + 1 : (2 * mantissa + 33) << (exponent - 1);
  return static_cast<std::uint16_t>(2 * value);
}
template <auto Magnitude>
constexpr std::array<std::uint16_t, 256> make_table() {
  std::array<std::uint16_t, 256> table{};
  for (unsigned code = 0; code < table.size(); ++code) {
    table[code] = Magnitude(static_cast<std::uint8_t>(code));
  }
  return table;
}
constexpr auto kMulaw = make_table<mulaw_magnitude>();
constexpr auto kAlaw = make_table<alaw_magnitude>();

// Mean magnitude of a sine of -45 dBm0: 8159 x 10^(-48.17/20) x 2/pi.
constexpr std::uint32_t kQuietMean = 20;

bool is_loud(const std::array<std::uint16_t, 256>& magnitudes, const std::uint8_t* payload,
             std::uint16_t length) {
  constexpr std::uint16_t kLooks = 40;  // samples, spread evenly: a mean needs no more
  const std::uint16_t step = std::max<std::uint16_t>(1, length / kLooks);
  std::uint32_t sum = 0;
  std::uint32_t count = 0;
  for (std::uint32_t i = 0; i < length; i += step) {
    sum += magnitudes[payload[i]];
    ++count;
  }
  return sum > kQuietMean * count;
}

}  // namespace

bool has_sound(std::uint8_t payload_type, const std::uint8_t* payload, std::uint16_t length) {
  if (payload_type == kComfortNoise || length <= kLongestSilentFrame) {
    return false;
  }
  switch (payload_type) {
    case kPcmu:
      return is_loud(kMulaw, payload, length);
    case kPcma:
      return is_loud(kAlaw, payload, length);
    default:
      return true;
  }
}

void StreamQuality::stream_ends(const Reception& reception, bool new_ssrc) {
  if (reception.started()) {
    stream_changes_ = stream_changes_.get() + (new_ssrc ? 1 : 0);
    expected_before_ = expected_before_.get() + reception.expected();
    received_before_ = received_before_.get() + reception.received();
  }
  missing_ = 0;
  bursts_.close();
  sampled_ = false;
}

void StreamQuality::on_arrival(Arrival arrival, const RtpHeader& header, std::uint32_t highest_before) {
  const auto ahead = static_cast<std::uint16_t>(header.sequence - highest_before);
  if (arrival == Arrival::kAhead) {
    went_ahead(highest_before, highest_before + ahead);
  } else if (arrival == Arrival::kLate) {
    const auto behind = static_cast<std::uint16_t>(highest_before - header.sequence);
    came_late(highest_before - behind, highest_before);
  }
}

// Numbers between the base and here came one after the other, or on_arrival() would have been called.
void StreamQuality::shift_missing(std::uint32_t highest) {
  const std::uint32_t by = highest - missing_base_;
  missing_ = by < kMaskBits ? missing_ << by : 0;
  missing_base_ = highest;
}

void StreamQuality::went_ahead(std::uint32_t highest_before, std::uint32_t highest) {
  shift_missing(highest_before);
  const std::uint32_t run = highest - highest_before - 1;
  shift_missing(highest);
  missing_ |= run < kMaskBits ? (Mask{1} << run) - 1 : ~Mask{0};
  bursts_.on_missing(highest_before + 1, run);
  gaps_ = gaps_.get() + 1;
  longest_gap_ = std::max(longest_gap_.get(), run);
}

void StreamQuality::came_late(std::uint32_t sequence, std::uint32_t highest) {
  shift_missing(highest);
  const std::uint32_t behind = highest - sequence;
  if (behind >= 1 && behind <= kMaskBits) {
    const Mask bit = Mask{1} << (behind - 1);
    if ((missing_ & bit) != 0) {
      missing_ &= ~bit;
      bursts_.on_found(sequence);
      reordered_ = reordered_.get() + 1;
      return;
    }
  }
  duplicates_ = duplicates_.get() + 1;
}

void StreamQuality::on_sample(const RtpHeader& header, bool sound, std::uint32_t clock_rate,
                              const Reception& reception) {
  if (sampled_ && clock_rate_.get() == clock_rate) {
    credit(header, sound, clock_rate);
  }
  max_jitter_ = std::max(max_jitter_.get(), reception.jitter());
  if (header.payload_type != kComfortNoise && header.payload_length > kLongestSilentFrame) {
    payload_type_ = header.payload_type;
  }
  clock_rate_ = clock_rate;
  sample_sequence_ = header.sequence;
  sample_timestamp_ = header.timestamp;
  sampled_ = true;
}

// The media since the sample before is taken to be like this packet; timestamps that no packet covers are
// pauses.
void StreamQuality::credit(const RtpHeader& header, bool sound, std::uint32_t clock_rate) {
  const auto packets = static_cast<std::int16_t>(header.sequence - sample_sequence_);
  const auto ticks = static_cast<std::int32_t>(header.timestamp - sample_timestamp_);
  if (packets <= 0 || ticks <= 0 ||
      static_cast<std::uint32_t>(ticks) / (clock_rate / 1000) > kLongestPauseMs) {
    return;
  }
  const auto passed = static_cast<std::uint32_t>(ticks);
  if (packets == 1 && passed <= clock_rate / 1000 * kLongestPtimeMs && !header.marker) {
    ptime_ = passed;
  }
  if (ptime_.get() == 0) {
    return;
  }
  const std::uint64_t covered =
      std::min<std::uint64_t>(passed, std::uint64_t{ptime_.get()} * static_cast<std::uint16_t>(packets));
  const std::uint64_t media_us = covered * 1'000'000 / clock_rate;
  const std::uint64_t pause_us = (passed - covered) * 1'000'000 / clock_rate;
  talk_us_ = talk_us_.get() + (sound ? media_us : 0);
  silence_us_ = silence_us_.get() + pause_us + (sound ? 0 : media_us);
}

void receive_out_of_order(Reception& reception, StreamQuality& quality, Arrival arrival,
                          const RtpHeader& header, std::uint32_t arrival_rtp_ticks,
                          std::uint32_t highest_before) {
  if (arrival == Arrival::kNewStream || arrival == Arrival::kRestart) {
    quality.stream_ends(reception, arrival == Arrival::kNewStream);
    reception.begin(header, arrival_rtp_ticks);
  } else {
    quality.on_arrival(arrival, header, highest_before);
  }
}

}  // namespace pollux::rtp
