// Key presses on their way out of one leg: the queue, and when which packet is due (RFC 4733 §2.5.1).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/base/dtmf_params.hpp"
#include "dataplane/dtmf/press_merger.hpp"

namespace pollux::dtmf {

// In which form a press leaves.
enum class Rendering : std::uint8_t {
  kEvent,    // telephone-event packets
  kTone,     // audio packets with tones
  kSilence,  // audio packets with silence
  kMute,     // nothing: audio is left out as long as it lasts
  kTell,     // nothing: the owner tells somebody of its begin and end
};

struct DigitOrder {
  PressId id = 0;  // for progress() and end(); 0: nobody will ask
  Rendering rendering = Rendering::kEvent;
  std::uint8_t event = 0;
  std::uint8_t level = 0;            // -dBm0
  bool live = false;                 // the key is still down: end() will tell how long the press is
  DtmfWay way = DtmfWay::kRfc4733;   // that it came by; of the caller
  std::uint32_t duration_ms = 0;     // not live: how long; live: what is known so far
  std::uint16_t gap_ms = kMinGapMs;  // after it, at least kMinGapMs
};

// One thing for the owner to do, in order.
struct SendStep {
  enum class Kind : std::uint8_t {
    kBegin,  // the press begins: from now on audio is left out (unless kept, or the rendering is kMute and so
             // on)
    kEvent,  // send a telephone-event packet
    kAudio,  // send an audio packet: `tone_ms` of tone from `offset_ms` of the press on, silence after it
    kEnd,    // the press is over, audio goes on; `duration_ms` is what was sent
  };
  Kind kind = Kind::kBegin;
  DigitOrder order;
  // kEvent. The timestamp is that of the press plus `segment_ticks`; `duration_ticks` counts from there.
  std::uint32_t segment_ticks = 0;
  std::uint16_t duration_ticks = 0;
  bool end = false;     // the E bit
  bool marker = false;  // the first packet of the press
  // kAudio
  std::uint32_t offset_ms = 0;
  std::uint16_t packet_ms = 0;
  std::uint16_t tone_ms = 0;  // 0..packet_ms; less than packet_ms: the tone ends in this packet
  // kEnd
  std::uint32_t duration_ms = 0;
};

// How the leg sends; may change between presses.
struct SenderSettings {
  std::uint32_t event_clock_rate = 8000;  // of telephone-event
  std::uint16_t packet_ms = 20;           // 5..60: between packets of an event, and of audio packets made
};

// Events: the first packet at once with one packet time as its duration, then one every packet time, the
// duration grown by the time that has really passed; of a live press never more than is known of it, and
// never less than before. The last packet three times in a row, same timestamp and duration, E set in all.
// Longer than 0xFFFF ticks: that much without E, three times too, then the next segment (§2.5.1.3). Tones:
// audio packets of packet_ms, paced, the first half a packet time after the press became known, so that the
// end of a live press is known when it matters. A press lasts kMinPressMs at least, tones kMinToneMs; between
// two there are the gap of the first and at least kMinGapMs in which nothing is sent and audio may flow. A
// live press that begins while it waits in the queue keeps its length; one whose end never comes ends with 20
// s (kMaxPressMs) at most.
//
// Memory is fixed, nothing allocates. One thread. Time in ms by the caller's clock, never going back.
class DigitSender {
 public:
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};

  // The event clock also of a press whose kBegin has just been given.
  void set(const SenderSettings& settings) {
    settings_ = settings;
    if (!started_) {
      current_.event_clock_rate = settings.event_clock_rate;
    }
  }

  // Places left in the queue. Pre of queue(): one at least.
  std::size_t room() const { return queue_.size() - waiting_; }
  void queue(const DigitOrder& order, std::uint64_t now_ms);

  // Of a live press; ids that are unknown (any more) are ignored. end(): also of a press that has been queued
  // with a length, if reopen() has made it live again.
  void progress(PressId id, std::uint32_t duration_ms);
  void end(PressId id, std::uint32_t duration_ms);
  void reopen(PressId id);

  // False: nothing to do before due_ms().
  bool next(std::uint64_t now_ms, SendStep& step);
  std::uint64_t due_ms() const;
  bool active() const { return phase_ != Phase::kIdle; }  // between kBegin and kEnd
  // Everything is forgotten, so many presses; kEnd isn't given any more.
  std::size_t clear();

 private:
  // A DigitOrder in 12 bytes: 64 of them lie in every leg that sends digits.
  struct Waiting {
    PressId id = 0;
    std::uint16_t duration_ms = 0;
    std::uint16_t gap_ms = 0;
    std::uint8_t event = 0;
    std::uint8_t level = 0;
    Rendering rendering = Rendering::kEvent;
    DtmfWay way : 2 = DtmfWay::kRfc4733;
    bool live : 1 = false;
  };
  static_assert(sizeof(Waiting) == 12);

  enum class Phase : std::uint8_t {
    kIdle,     // nothing is being sent; ready_ms_ says when the next press may begin
    kSending,  // kBegin has been given
    kOver,     // all has been sent, kEnd waits until over_ms_
  };

  Waiting* find(PressId id, bool live);
  void begin(std::uint64_t now_ms, SendStep& step);
  bool send(std::uint64_t now_ms, SendStep& step);
  bool send_event(std::uint64_t now_ms, SendStep& step);
  bool send_audio(SendStep& step);
  void settle();
  void finish(std::uint64_t over_ms);
  std::uint32_t least_ms() const;
  std::uint64_t send_due_ms() const;
  DigitOrder order() const;

  SenderSettings settings_;
  SenderSettings current_;  // of the press that is being sent
  Phase phase_ = Phase::kIdle;
  std::uint8_t repeats_ = 0;  // of the packet that ends a segment or the press, so far
  std::uint8_t first_ = 0;    // of the queue, which is a ring
  std::uint8_t waiting_ = 0;
  bool started_ = false;  // the first packet has been sent
  bool ending_ = false;   // the end has been sent: nothing changes the length any more
  Waiting now_;           // the press that is being sent; duration_ms: what is known of a live one
  std::uint32_t sent_ms_ = 0;
  std::uint32_t segment_ticks_ = 0;
  std::uint64_t ready_ms_ = 0;
  std::uint64_t begin_ms_ = 0;
  std::uint64_t next_ms_ = 0;  // when the next packet is due by the pace
  std::uint64_t over_ms_ = 0;
  std::array<Waiting, kMaxQueuedPresses> queue_{};
};

}  // namespace pollux::dtmf
