// A leg's key presses: what its party presses, and what is sent to it.
#pragma once

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
  std::uint8_t event_payload_type = kNoPayloadType;
  std::uint8_t red_payload_type = kNoPayloadType;  // carries the former
  std::uint8_t redundancy = 0;
  std::uint8_t tone_payload_type = kNoPayloadType;  // of what `tones` makes
  std::uint16_t packet_ms = 20;
  std::uint32_t event_clock_rate = 8000;
  std::uint32_t audio_clock_rate = 8000;
  std::array<std::uint64_t, 2> events{};  // that the party takes
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

// Made by control for every leg with codecs, and kept as long as the leg. Then written by: the session's
// worker; read by: control (counts).
struct DtmfLeg {
  explicit DtmfLeg(Leg& owner) : leg(&owner) {}

  Leg* const leg;
  DtmfSettings settings;

  // What its party presses.
  dtmf::EventReceiver receiver;
  dtmf::PressMerger merger;
  std::unique_ptr<media::ToneListener> listener;  // nullptr: no in-band detection
  DtmfHold hold;
  Timer timer{.kind = TimerKind::kDtmf};

  // What is sent to it.
  dtmf::DigitSender sender;
  std::unique_ptr<media::ToneSource> tones;  // nullptr: none are made
  std::uint32_t start_timestamp = 0;         // of the press that is being sent
  std::uint32_t tone_ticks = 0;              // of it, sent
  std::uint32_t resume_timestamp = 0;        // audio from before it, the end of a press, is left out
  // Ends of the presses before, for RFC 2198; the latest last.
  struct Former {
    dtmf::EventPayload event;
    std::uint32_t timestamp = 0;
  };
  static constexpr std::size_t kMostFormer = 3;
  std::array<Former, kMostFormer> former;
  std::size_t former_count = 0;
  Timer send_timer{.kind = TimerKind::kDtmfSend};

  DtmfCounts<Counter> counts;
};

inline DtmfLeg& dtmf_leg_of(Timer& timer) {
  const std::size_t offset =
      timer.kind == TimerKind::kDtmf ? offsetof(DtmfLeg, timer) : offsetof(DtmfLeg, send_timer);
  return *reinterpret_cast<DtmfLeg*>(reinterpret_cast<std::byte*>(&timer) - offset);
}

}  // namespace pollux::session
