// A leg's key presses: what its party presses, and what is sent to it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "dataplane/base/counter.hpp"
#include "dataplane/base/dtmf_params.hpp"
#include "dataplane/dtmf/digit_sender.hpp"
#include "dataplane/dtmf/event_payload.hpp"
#include "dataplane/dtmf/event_receiver.hpp"
#include "dataplane/dtmf/press_merger.hpp"
#include "dataplane/media/tone_listener.hpp"
#include "dataplane/media/tone_source.hpp"
#include "dataplane/session/endpoint.hpp"
#include "dataplane/session/timing_wheel.hpp"

namespace pollux::session {

inline constexpr std::uint8_t kNoPayloadType = 0xff;

// A telephone-event format that the party takes.
struct EventFormat {
  std::uint8_t payload_type = kNoPayloadType;
  std::uint8_t red_payload_type = kNoPayloadType;  // carries it
  std::uint8_t redundancy = 0;
  std::uint32_t clock_rate = 8000;
  std::array<std::uint64_t, 2> events{};  // that the party takes

  bool takes(std::uint8_t event) const {
    return event < 128 && (events[event / 64] >> (event % 64) & 1U) != 0;
  }
};

// What the leg's codecs, its policy and its sinks come to. Reckoned by control.
struct DtmfSettings {
  // Of what its party presses.
  bool takes_events = true;  // RFC 4733 is believed
  bool takes_info = true;
  bool cuts_tones = false;  // tones that are heard are taken out of the audio
  DtmfBlock block = DtmfBlock::kOff;
  std::uint16_t guard_ms = 0;
  // Of what is sent to it.
  DtmfSend send = DtmfSend::kNone;  // never kAuto
  bool keep_audio = false;
  std::uint8_t level = kDefaultDtmfLevel;
  StaticVector<EventFormat, 4> event_formats;       // one for each clock; empty: none is negotiated
  std::uint8_t tone_payload_type = kNoPayloadType;  // of what `tones` makes
  std::uint32_t tone_clock_rate = 8000;
  std::uint16_t packet_ms = 20;
  std::uint32_t audio_clock_rate = 8000;  // of the first format, until something has been sent
};

// Packets that are held back so that a tone can be cut out whole, in the order they came.
struct DtmfHold {
  static constexpr std::size_t kMost = 32;
  struct Packet {
    void* mbuf = nullptr;  // RTP at its start
    std::uint64_t due_ms = 0;
  };
  std::array<Packet, kMost> packets;
  std::size_t first = 0;
  std::size_t count = 0;

  Packet& front() { return packets[first]; }
  void pop() {
    first = (first + 1) % kMost;
    --count;
  }
  void push(Packet packet) { packets[(first + count++) % kMost] = packet; }
};

// So many presses of a party are taken: bursts, as a queue on the way may make them, and no more than fingers
// and diallers can press in the long run.
class PressLimit {
 public:
  bool take(std::uint64_t now_ms) {
    const std::uint64_t refill = (now_ms - refilled_ms_) / kMsPerPress;
    tokens_ = std::min(tokens_ + refill, kBurst);
    refilled_ms_ += refill * kMsPerPress;
    if (tokens_ == 0) {
      return false;
    }
    --tokens_;
    return true;
  }

 private:
  static constexpr std::uint64_t kBurst = 20;
  static constexpr std::uint64_t kMsPerPress = 60;
  std::uint64_t tokens_ = kBurst;
  std::uint64_t refilled_ms_ = 0;
};

// A press that SIP INFO brought.
struct InfoPress {
  std::uint8_t event = 0;
  std::uint16_t duration_ms = 0;
  std::uint16_t gap_ms = 0;
};

// Made by control for every leg with codecs, and kept as long as the leg. Then written by: the session's
// worker; read by: control (counts).
struct alignas(64) DtmfLeg {
  DtmfLeg(Leg& owner, Endpoint& end) : leg(&owner), rtp(&end) {}

  // What is sent to its party. What a packet touches comes first.
  Timer send_timer{.kind = TimerKind::kDtmfSend};
  Leg* const leg;
  Endpoint* const rtp;  // of the leg
  // Of the press that is being sent.
  std::uint32_t start_timestamp = 0;
  std::uint32_t clock_rate = 8000;  // of the stream that it is put into
  EventFormat event_format;
  dtmf::DigitSender sender;
  std::uint64_t tone_ticks = 0;              // sent, in the clock of the tones
  std::unique_ptr<media::ToneSource> tones;  // nullptr: none are made
  // When the press before was over. Audio from before this timestamp is left out for kResumeMs at most.
  static constexpr std::uint32_t kResumeMs = 200;
  std::uint32_t resume_timestamp = 0;
  std::uint64_t over_ms = 0;
  // Ends of the presses before, for RFC 2198; the latest last.
  struct Former {
    dtmf::EventPayload event;
    std::uint32_t timestamp = 0;
  };
  static constexpr std::size_t kMostFormer = 3;
  std::array<Former, kMostFormer> former;
  std::size_t former_count = 0;

  DtmfSettings settings;

  // What its party presses.
  dtmf::EventReceiver receiver;
  dtmf::PressMerger merger;
  std::unique_ptr<media::ToneListener> listener;  // nullptr: no in-band detection
  std::unique_ptr<DtmfHold> hold;                 // nullptr: nothing has had to be held back so far
  PressLimit limit;
  // Events that are no key presses: which one is going on, and its name at the sinks.
  std::uint8_t relayed_event = 0;
  std::uint16_t relayed_id = 0;
  // Presses that the signalling has brought and whose turn hasn't come.
  StaticVector<InfoPress, kMaxQueuedPresses> info;
  std::size_t next_info = 0;
  std::uint64_t info_due_ms = 0;
  Timer timer{.kind = TimerKind::kDtmf};

  DtmfCounts<Counter> counts;

  bool holds() const { return hold != nullptr && hold->count != 0; }
  // Fetches what the next packet will need.
  void prefetch() const {
    const auto* const at = reinterpret_cast<const std::uint8_t*>(this);
    __builtin_prefetch(at, 1);
    __builtin_prefetch(at + 64, 1);
    __builtin_prefetch(at + 128, 1);
  }
};

inline DtmfLeg& dtmf_leg_of(Timer& timer) {
  const std::size_t offset =
      timer.kind == TimerKind::kDtmf ? offsetof(DtmfLeg, timer) : offsetof(DtmfLeg, send_timer);
  return *reinterpret_cast<DtmfLeg*>(reinterpret_cast<std::byte*>(&timer) - offset);
}

}  // namespace pollux::session
