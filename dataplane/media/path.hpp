// A stream's way through re-packetization and transcoding: RTP payloads in, RTP payloads out.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "dataplane/base/expected.hpp"
#include "dataplane/base/relaxed.hpp"
#include "dataplane/codec/codec.hpp"
#include "dataplane/codec/comfort_noise.hpp"
#include "dataplane/codec/frame_queue.hpp"
#include "dataplane/codec/resampler.hpp"
#include "dataplane/codec/silence_detector.hpp"
#include "dataplane/media/route_plan.hpp"
#include "dataplane/packetizer/jitter_window.hpp"
#include "dataplane/packetizer/pcm_fifo.hpp"

namespace pollux::media {

// Payload type of a packet that has been taken out of the stream on its way here: nothing is lost where it
// was.
inline constexpr std::uint8_t kTakenOut = 0x80;

// An RTP packet that came. `token` is the owner's name for it, given back once with a Step.
struct Input {
  void* token = nullptr;
  std::uint8_t* payload = nullptr;  // of RTP, without padding; stays valid until the token is given back
  std::uint16_t payload_length = 0;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
  std::uint8_t payload_type = 0;  // or kTakenOut
  bool marker = false;
};

// Fields of an outgoing RTP header. Sequence numbers and timestamps are the path's own; whoever sends maps
// them to those of the stream they join.
struct OutHeader {
  std::uint32_t timestamp = 0;
  std::uint16_t sequence = 0;
  std::uint8_t payload_type = 0;
  bool marker = false;
};

// kTooFast: its sender has sent more media than time has passed for.
enum class Fate : std::uint8_t { kUsed, kLate, kMalformed, kUnmapped, kTooFast };

// One thing for the owner to do.
struct Step {
  enum class Kind : std::uint8_t {
    kSend,     // `length` bytes of payload were written to the room given
    kForward,  // the packet `token` goes on, its payload changed in place where need be
    kDiscard,  // the packet `token` has been used up, or can't be: `fate` says
  };
  Kind kind = Kind::kDiscard;
  Fate fate = Fate::kUsed;
  std::uint16_t length = 0;
  void* token = nullptr;
  OutHeader header;
};

// written by: the thread that runs the path; read by: any
struct PathCounters {
  Relaxed<std::uint64_t> packets_in;
  Relaxed<std::uint64_t> packets_out;
  Relaxed<std::uint32_t> delay_us;  // from a packet's arrival until its media left, smoothed
  Relaxed<std::uint32_t> window_us;
  Relaxed<std::uint64_t> reordered;
  Relaxed<std::uint64_t> late;
  Relaxed<std::uint64_t> lost;
  Relaxed<std::uint64_t> malformed;
  Relaxed<std::uint64_t> concealed_us;
  Relaxed<std::uint64_t> noise_us;
  Relaxed<std::uint64_t> flushed;
  Relaxed<std::uint32_t> in_packet_us;   // media in the last packet
  Relaxed<std::uint32_t> out_packet_us;  // and in the last one sent
  Relaxed<std::uint8_t> format;          // index into RoutePlan::formats of the last audio packet
};

// Made by the control thread, with all the memory it needs; then run by one thread at a time, which calls
// push() for each packet, at latest at due_us() comes back without one, and each time calls next() until
// there is nothing to do. Nothing in push() and next() allocates; a call costs up to a packet's decoding or
// encoding.
//
// Timestamps: what goes out lies on the source's time line, sample for sample; pauses and losses stay where
// and as long as they were. Losses are made up for when the path decodes, up to kMaxConcealMs; otherwise, and
// beyond, the sequence number tells them to the receiver. After a change of SSRC, and where the timestamps
// make no sense, the real time that has passed counts.
class Path {
 public:
  static constexpr std::uint64_t kNever = packetizer::JitterWindow::kNever;
  static constexpr std::uint32_t kMaxConcealMs = 120;

  // Errors: kUnavailable (CODEC_UNAVAILABLE), kExhausted (MEMORY_EXHAUSTED). Pre: plan.needs_path, made from
  // `wishes`. `sequence` and `timestamp`: where the path begins (random, RFC 3550 §5.1).
  static Expected<std::unique_ptr<Path>> make(const RouteWishes& wishes, const RoutePlan& plan,
                                              std::uint16_t sequence, std::uint32_t timestamp);

  // A packet that follows the one before without anything to be thought about, as nearly all do, is dealt
  // with at once, at a part of the cost. kForwarded: it goes on with `header`, its payload changed in place
  // where need be. kQueued: it has been used up, and next() has to be called. kNo: nothing has happened, and
  // it is to be pushed. Pre: next() had nothing more to do.
  enum class Passed : std::uint8_t { kNo, kForwarded, kQueued };
  Passed pass(const Input& input, std::uint64_t now_us, OutHeader& header);

  // Fetches what pass() will need, some packets ahead.
  void prefetch() const {
    const auto* const at = reinterpret_cast<const std::uint8_t*>(this);
    __builtin_prefetch(at, 1);
    __builtin_prefetch(at + 64, 1);
    __builtin_prefetch(&flush_due_us_, 1);
    __builtin_prefetch(&window_, 1);
  }

  // Pre: next() had nothing more to do.
  void push(const Input& input, std::uint64_t now_us);
  // False: nothing to do before due_us(). `room`: for the payload of a packet, at least kRoom bytes.
  bool next(std::uint64_t now_us, std::span<std::uint8_t> room, Step& step);
  std::uint64_t due_us() const;
  // From now on nothing is waited for: next() gives back all that is inside.
  void close() {
    closing_ = true;
    usual_.length = 0;
  }

  static constexpr std::size_t kRoom = 1400;  // bytes; leaves room for SRTP and IPv6 below an MTU of 1500

  const RoutePlan& plan() const { return plan_; }
  const PathCounters& counters() const { return counters_; }
  // Of codecs and resampling, beyond what counters().delay_us holds.
  std::uint32_t lookahead_us() const { return lookahead_us_; }
  std::uint32_t resampled_from_hz(std::size_t format) const;  // 0: not resampled
  std::uint32_t pcm_rate() const { return pcm_rate_; }        // 0: nothing is decoded

 private:
  using Sample = std::int16_t;
  using Held = packetizer::HeldPacket;

  // What a format needs besides its plan.
  struct FormatState {
    std::optional<codec::Decoder> decoder;      // kTranscode
    std::optional<codec::Resampler> resampler;  // where its rate isn't the encoder's
    std::optional<codec::FrameQueue> frames;    // passed with a ptime: frames of FormatPlan::out
    std::uint32_t rate = 0;                     // Hz, of what the decoder makes
    std::uint32_t packet_ticks = 0;             // of `frames`, in a packet; 0: depends on what is inside
  };
  enum class Offer : std::uint8_t { kTaken, kRefused, kBlocked };
  // What the last packet was like, if another one like it needs no thought. Set when nothing is missing,
  // queued to be flushed or pending otherwise; push() takes it back.
  struct Usual {
    std::uint16_t length = 0;  // bytes of payload; 0: there is nothing usual
    std::uint8_t payload_type = 0;
    std::uint8_t out_payload_type = 0;
    Use use = Use::kPass;
    bool queued = false;  // for the frames of queue_
    std::uint16_t ticks = 0;
    std::uint32_t clock_rate = 0;
  };
  static constexpr std::uint8_t kNone = 0xff;
  static constexpr std::int64_t kLongestGapSeconds = 10;  // more is no pause: the timestamps have jumped

  Path(const RouteWishes& wishes, const RoutePlan& plan, std::uint16_t sequence, std::uint32_t timestamp);
  Expected<void> make_codecs(const RouteWishes& wishes);

  // path_pass.cpp
  void note_usual(const FormatPlan& format, std::uint32_t ticks);
  bool usual_has_room(std::uint64_t now_us) const;
  void queue_usual(std::span<const std::uint8_t> payload, std::uint64_t now_us);

  // path.cpp
  Offer offer_incoming(Step& step);
  bool take_from_window(std::uint64_t now_us, bool all);
  void discard(void* token, Fate fate, Step& step);

  // path_take.cpp: a packet in its turn. True: `step` is set; false: what is queued has to go first.
  bool settle(std::uint64_t now_us, Step& step);
  bool settle_audio(std::uint64_t now_us, std::size_t index, Step& step);
  bool settle_noise(std::uint64_t now_us, const FormatPlan& format, Step& step);
  std::int64_t gap_before(const FormatPlan& format);
  void resync(std::uint32_t in_clock, std::uint32_t out_clock);
  bool flush_first();
  void conceal(std::size_t index, std::uint32_t ticks);
  bool spend(std::uint64_t now_us, std::uint64_t media_us);
  void bridge(std::int64_t gap, const FormatPlan& format);
  void leave_out(std::uint32_t packets);
  void skip(std::uint64_t ticks, std::uint32_t in_clock, std::uint32_t out_clock);
  bool forward(std::uint64_t now_us, const FormatPlan& format, std::uint32_t timestamp, Step& step);
  bool decode(std::uint64_t now_us, std::size_t index, std::uint32_t ticks, Step& step);
  bool queue_frames(std::uint64_t now_us, std::size_t index, std::uint32_t ticks, Step& step);
  void came(std::uint32_t ticks, std::uint32_t clock_rate);
  void append_pcm(FormatState& state, std::span<const Sample> pcm);
  void begin_silence(std::uint64_t due_us);

  // path_send.cpp: packets out
  bool emit(std::uint64_t now_us, std::span<std::uint8_t> room, Step& step);
  bool emit_pcm(std::uint64_t now_us, std::span<std::uint8_t> room, Step& step);
  bool emit_frames(std::uint64_t now_us, std::span<std::uint8_t> room, Step& step);
  bool emit_chunk(std::span<std::uint8_t> room, Step& step);
  bool emit_noise(std::span<const std::uint8_t> payload, std::span<std::uint8_t> room, Step& step);
  bool judge_silence(std::span<const Sample> pcm, std::span<std::uint8_t> room, Step& step);
  void fill_with_noise();
  void header_of(std::uint8_t payload_type, std::uint32_t timestamp, Step& step);
  void sent(std::uint64_t now_us, std::uint64_t packet_us, bool short_one);
  std::size_t packet_samples() const;
  std::uint32_t packet_ticks() const;  // of what queue_ holds
  // What is queued has to go, or no packet is here that could go on from it.
  bool last_call(std::uint64_t now_us) const {
    return flush_ ||
           ((closing_ || flush_due_us_ <= now_us) && window_.empty() && !has_current_ && !has_incoming_);
  }
  bool queue_empty() const;
  bool queue_full() const;  // holds at least a packet
  std::uint64_t samples_to_us(std::size_t samples) const { return samples * 1'000'000ULL / pcm_rate_; }
  std::uint32_t samples_to_ticks(std::size_t samples) const;
  void note_delay(std::uint64_t delay_us);

  // What a usual packet touches comes first: two cache lines.
  alignas(64) Usual usual_;
  std::uint32_t ssrc_ = 0;
  std::uint32_t in_next_ = 0;   // timestamp that follows what came
  std::uint32_t out_head_ = 0;  // timestamp of the first thing queued, or of the next one to be
  std::uint16_t out_sequence_ = 0;
  bool marker_ = true;  // on the next packet with sound
  std::uint64_t last_arrival_us_ = 0;
  PathCounters counters_;
  // With frames that are queued a third one.
  std::uint64_t head_us_ = 0;  // when the first thing queued came
  std::uint64_t pace_due_us_ = 0;
  std::uint64_t flush_due_us_ = kNever;
  std::uint64_t in_packet_us_ = 20000;
  std::vector<FormatState> states_;  // in the order of plan_.formats
  const std::uint16_t ptime_ms_;
  std::uint8_t audio_format_ = kNone;  // of the last audio packet
  std::uint8_t queue_ = kNone;         // whose frames are queued; kNone: PCM or nothing
  bool flush_ = false;                 // all that is queued has to go
  packetizer::JitterWindow window_;

  const RoutePlan plan_;
  const bool noise_wanted_;
  std::array<std::uint8_t, 128> format_of_;  // by payload type: index into plan_.formats
  std::optional<codec::Encoder> encoder_;
  std::uint32_t pcm_rate_ = 0;
  std::uint8_t channels_ = 1;
  std::uint32_t frame_samples_ = 1;  // least that the encoder takes
  std::uint32_t most_samples_ = 1;   // that fit a packet
  std::uint32_t lookahead_us_ = 0;
  std::optional<codec::SilenceDetector> detector_;
  std::optional<codec::ComfortNoise> noise_;  // as a CN packet described it
  std::vector<std::uint8_t> coded_;

  Input incoming_;
  std::uint64_t incoming_us_ = 0;
  Held current_;
  std::uint32_t lost_ = 0;  // before current_, not made up for yet
  bool has_incoming_ = false;
  bool has_current_ = false;
  bool has_ssrc_ = false;
  bool concealed_ = false;  // for current_
  bool paid_ = false;       // for current_
  bool closing_ = false;
  bool resting_ = false;          // less than a frame is queued and waits for the rest of it
  std::uint8_t noise_level_ = 0;  // -dBov, as the receiver was told last
  bool pausing_ = false;          // what goes out is silence, and the receiver knows
  bool resync_ = false;           // the time line is broken before current_
  bool started_ = false;

  std::uint8_t noise_format_ = kNone;  // whose decoder makes the noise; kNone: noise_
  std::uint32_t in_clock_ = 0;
  std::uint64_t surplus_ = 0;  // ticks of it that went out beyond what came: noise, padding
  std::uint64_t skip_remainder_ = 0;
  std::optional<packetizer::PcmFifo> pcm_;
  codec::Chunks chunks_;
  std::size_t next_chunk_ = 0;
  std::size_t chunk_offset_ = 0;        // bytes into coded_
  std::uint32_t chunk_base_ = 0;        // timestamp of what was encoded
  std::size_t noise_payload_size_ = 0;  // a CN packet is to go once the queue is empty
  std::array<std::uint8_t, 16> noise_payload_;

  std::uint64_t fill_due_us_ = kNever;
  // Media that may be decoded: as much as time passes, and kMostCreditUs after a jam. So much work a party
  // can make at most, whatever it sends.
  static constexpr std::uint64_t kMostCreditUs = 2'000'000;
  std::uint64_t credit_us_ = kMostCreditUs;
  std::uint64_t credited_us_ = 0;  // when
};

}  // namespace pollux::media
