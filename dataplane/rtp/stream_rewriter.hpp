// Makes one unbroken outgoing stream of whatever sources feed an egress (RFC 3550 §7.2).
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>

#include "dataplane/base/sequence.hpp"
#include "dataplane/rtp/rtp_packet.hpp"

namespace pollux::rtp {

// Who sent a packet: its SSRC, and the leg (or other origin) it came by, so that two parties which happen to
// have chosen the same SSRC stay apart.
struct StreamSource {
  std::uint32_t ssrc = 0;
  std::uint32_t id = 0;
  friend bool operator==(const StreamSource&, const StreamSource&) = default;
};

// The header fields of the outgoing packet.
struct RewrittenHeader {
  std::uint32_t ssrc = 0;
  std::uint32_t timestamp = 0;
  std::uint16_t sequence = 0;
  bool marker = false;
};

// One per egress, one thread. One SSRC for the whole life. Inside one source nothing is evened out: gaps,
// reordering and timestamp steps stay as the source made them, so that the receiver sees the truth. Where the
// source changes, the sequence number goes on by one, the timestamp by the time that really passed, and the
// marker is set.
//
// Refused are packets whose place in the outgoing stream is taken: the former source's stragglers (while the
// current source is alive, kAliveMs), and packets that the current source sent before the one which made it
// the source. With more than one source talking at once the newcomer wins and keeps the stream until it falls
// silent.
struct StreamRewriter {
  static constexpr std::uint32_t kAliveMs = 200;
  // A source whose sequence falls back by more than this, twice in a row, has started over with its old SSRC.
  static constexpr std::int32_t kMaxMisorder = 1000;

  StreamRewriter() = default;
  // Random values from the caller (RFC 3550 §5.1). Of `sequence_seed` 15 bits are used: an SRTP receiver that
  // joins at the start can then not mistake a first wrap (RFC 3711 §3.3.1).
  StreamRewriter(std::uint32_t ssrc, std::uint16_t sequence_seed, std::uint32_t timestamp_seed)
      : out_ssrc_(ssrc),
        highest_out_((kFirstCycle | (sequence_seed & 0x7fffU)) - 1),
        newest_timestamp_(timestamp_seed) {}

  // False: refuse the packet, `out` is then meaningless. `now_ms`: any clock, may wrap. `clock_rate` in Hz is
  // read at a change of source only.
  bool map(StreamSource source, const RtpHeader& header, std::uint32_t now_ms, std::uint32_t clock_rate,
           RewrittenHeader& out) {
    if ((flags_ & kStarted) == 0 || source != source_) [[unlikely]] {
      return change_source(source, header, now_ms, clock_rate, out);
    }
    const std::uint32_t extended =
        extend_sequence(highest_out_, static_cast<std::uint16_t>(header.sequence + offset_));
    const std::int32_t ahead = static_cast<std::int32_t>(extended - highest_out_);
    if (ahead > 0) [[likely]] {
      highest_out_ = extended;
      newest_timestamp_ = header.timestamp + timestamp_offset_;
      newest_ms_ = now_ms;
      flags_ &= kKeepExceptBad;
    } else if (ahead < -kMaxMisorder || (extended < first_out_ && (flags_ & kFirstSource) == 0)) {
      return started_over(header, ahead, now_ms, clock_rate, out);
    }
    out.ssrc = out_ssrc_;
    out.sequence = static_cast<std::uint16_t>(extended);
    out.timestamp = header.timestamp + timestamp_offset_;
    out.marker = header.marker;
    return true;
  }

  // Packets of our own (key presses), between those of the source and without a gap in the numbers.
  // `timestamp` is an outgoing one; the marker is the caller's.
  void insert(std::uint32_t timestamp, std::uint32_t now_ms, RewrittenHeader& out);

  // A packet of the source that doesn't go out: the next one takes the number that it would have had. Packets
  // that were missing before it aren't missed any more. `timed`: its timestamp is that of the moment; not so
  // of a telephone-event.
  void leave_out(StreamSource source, const RtpHeader& header, std::uint32_t now_ms, bool timed);

  // The outgoing timestamp of a packet of the present source; nullopt: it is another's.
  std::optional<std::uint32_t> timestamp_of(StreamSource source, const RtpHeader& header) const {
    return (flags_ & kStarted) != 0 && source == source_ ? std::optional(header.timestamp + timestamp_offset_)
                                                         : std::nullopt;
  }

  // The outgoing timestamp of this moment; later than the newest packet's by `least` at least.
  std::uint32_t timestamp_at(std::uint32_t now_ms, std::uint32_t clock_rate, std::uint32_t least) const;

  // The next packet, whoever sends it, joins the stream as a new source's first one does.
  void rejoin() {
    source_ = {out_ssrc_, kOwn};
    forget_former();
  }

  // From here on what a source has sent by itself so far goes on as the outgoing stream, numbers and SSRC
  // unchanged. `highest` and `timestamp`: of its newest packet, that came at `now_ms`.
  void adopt(StreamSource source, std::uint16_t highest, std::uint32_t timestamp, std::uint32_t now_ms);

  // Every source may come back at once: what feeds the stream has been changed on purpose.
  void forget_former() { flags_ &= static_cast<std::uint16_t>(~kHasFormer); }

  std::uint32_t out_ssrc() const { return out_ssrc_; }
  // Of the newest outgoing packet, and when that was by map()'s clock. Pre: has_source().
  std::uint32_t newest_timestamp() const { return newest_timestamp_; }
  std::uint32_t newest_ms() const { return newest_ms_; }
  bool has_source() const { return (flags_ & kStarted) != 0; }
  StreamSource source() const { return source_; }  // meaningless without has_source()
  bool is_former(StreamSource source) const { return (flags_ & kHasFormer) != 0 && source == former_; }

  // Reports about the outgoing stream, told to the source. Pre of each: has_source().
  // The source's extended sequence number for an outgoing one, of which only the low 16 bits are looked at:
  // the receiver may have begun to count cycles elsewhere. False when it lies before this source's first
  // packet.
  bool sequence_to_source(std::uint16_t out_sequence, std::uint32_t& in) const {
    const std::uint32_t extended = extend_sequence(highest_out_, out_sequence);
    if (extended < first_out_) {
      return false;
    }
    in = extended_in(extended);
    return true;
  }
  std::uint32_t timestamp_from_source(std::uint32_t in) const { return in + timestamp_offset_; }

 private:
  static constexpr std::uint32_t kFirstCycle = 0x10000;  // room for packets that come late right at the start
  static constexpr std::uint32_t kOwn = 0xffff'ffff;     // StreamSource::id of what insert() began
  static constexpr std::uint16_t kStarted = 1;
  static constexpr std::uint16_t kHasFormer = 2;
  static constexpr std::uint16_t kHasBad = 4;
  static constexpr std::uint16_t kFirstSource =
      8;  // nothing went out before it: packets before its first fit in
  static constexpr std::uint16_t kKeepExceptBad = kStarted | kHasFormer | kFirstSource;

  // The source's extended number for an outgoing one. Its cycle 0 is that of its first packet which went out.
  std::uint32_t extended_in(std::uint32_t extended_out) const {
    const std::uint32_t first_in =
        (std::uint32_t{cycles_} << 16) | static_cast<std::uint16_t>(first_out_ - offset_);
    return first_in + (extended_out - first_out_);
  }
  void begin_run(std::uint32_t next_in);

  // Both in the cold file: true as map().
  bool change_source(StreamSource source, const RtpHeader& header, std::uint32_t now_ms,
                     std::uint32_t clock_rate, RewrittenHeader& out);
  bool started_over(const RtpHeader& header, std::int32_t ahead, std::uint32_t now_ms,
                    std::uint32_t clock_rate, RewrittenHeader& out);
  void splice(const RtpHeader& header, std::uint32_t now_ms, std::uint32_t clock_rate, RewrittenHeader& out);

  // Read per packet, then written per packet, then the rest.
  StreamSource source_;
  std::uint32_t out_ssrc_ = 0;
  std::uint32_t timestamp_offset_ = 0;  // outgoing minus the source's
  std::uint32_t first_out_ = 0;         // extended sequence number of this source's first packet
  std::uint16_t offset_ = 0;            // outgoing sequence minus the source's
  std::uint16_t flags_ = 0;
  std::uint32_t highest_out_ = kFirstCycle - 1;  // extended
  std::uint32_t newest_timestamp_ = 0;           // of highest_out_, outgoing
  std::uint32_t newest_ms_ = 0;                  // when highest_out_ was mapped
  StreamSource former_;
  std::uint16_t bad_sequence_ = 0;  // with kHasBad: what would come next if the source had started over
  std::uint16_t cycles_ = 0;        // of the source's sequence numbers, at first_out_
};
static_assert(sizeof(StreamRewriter) <= 48 && std::is_trivially_copyable_v<StreamRewriter>);

}  // namespace pollux::rtp
