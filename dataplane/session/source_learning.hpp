// Where a party's media really comes from: the endpoint-learning state machine (docs/endpoint-learning.md).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "dataplane/api/dataplane_config.hpp"
#include "dataplane/api/session_spec.hpp"
#include "dataplane/base/ip_address.hpp"
#include "dataplane/rtp/rtp_packet.hpp"

namespace pollux::session {

enum class SourceVerdict : std::uint8_t {
  kAccept,          // forward; the believed source stays what it is
  kAcceptAndLearn,  // forward; believed() is now this packet's source, and the destination of the leg
  kDropUnproven,    // DropReason::source_unproven
  kDropMismatch,    // DropReason::source_mismatch
};

// IP and port without alignment: 18 bytes, for tables that are to stay small.
class PackedAddress {
 public:
  PackedAddress() = default;
  explicit PackedAddress(const SocketAddress& address)
      : ip_(address.ip.bytes()),
        port_{static_cast<std::uint8_t>(address.port >> 8), static_cast<std::uint8_t>(address.port)} {}
  SocketAddress unpack() const { return {IpAddress::from_v6_bytes(ip_.data()), load_be16(port_.data())}; }
  std::uint16_t port() const { return load_be16(port_.data()); }
  bool same_ip(const PackedAddress& other) const { return ip_ == other.ip_; }
  friend bool operator==(const PackedAddress&, const PackedAddress&) = default;

 private:
  std::array<std::uint8_t, 16> ip_{};
  std::array<std::uint8_t, 2> port_{};
};

// One per leg, for its RTP. The caller keeps a copy of believed() in the hot path and asks only when a
// packet's source differs from it or nothing is confirmed() yet; only well-formed RTP packets may be shown.
//
// Times are milliseconds of any steady clock and may wrap; they must not be further apart than 24 days.
// Thread: the session's worker. Cost: a comparison of four slots at the most.
class SourceLearning {
 public:
  static constexpr std::uint32_t kAliveMs = 200;        // a candidate heard so recently is alive
  static constexpr std::uint32_t kSlotHoldMs = 100;     // a new candidate's slot is its own for so long
  static constexpr std::uint32_t kRunTimeoutMs = 1000;  // longer pauses end a run
  static constexpr std::uint32_t kMaxWaitMs = 1000;     // a proven candidate waits no longer for a better one
  static constexpr std::uint32_t kFormerHoldMs =
      500;  // after a signalling update the source before it must wait
  static constexpr std::uint32_t kMinSpacingMs = 2;  // packets closer together than this count once
  static constexpr std::uint32_t kSpreadMsPerPacket = 5;
  static constexpr std::uint16_t kMaxSequenceStep = 3;  // two lost packets in a row are forgiven
  static constexpr std::size_t kCandidates = 4;

  SourceLearning() = default;
  // An unset, unspecified (0.0.0.0, ::) or port 0 remote counts as not signalled.
  SourceLearning(LearningMode mode, SourcePolicy policy, const std::optional<SocketAddress>& signalled,
                 std::uint32_t now_ms);

  // After a signalling update. True when learning began afresh (new remote, or `mode` now forbids what was
  // learned): confirmed() is false then, and destination() what was signalled.
  bool update(LearningMode mode, SourcePolicy policy, const std::optional<SocketAddress>& signalled,
              std::uint32_t now_ms);

  // `believed_silent_ms`: since the last packet from believed(); not looked at before confirmed().
  SourceVerdict on_packet(const SocketAddress& source, const rtp::RtpHeader& header, std::uint32_t now_ms,
                          std::uint32_t believed_silent_ms, const LearningConfig& config);

  bool confirmed() const { return confirmed_; }
  // The source that is believed. Meaningless before confirmed().
  SocketAddress believed() const { return believed_.unpack(); }
  std::optional<SocketAddress> signalled() const {
    return has_signalled_ ? std::optional(signalled_.unpack()) : std::nullopt;
  }
  // Where to send: the confirmed source, else the signalled address; never anything else.
  std::optional<SocketAddress> destination() const { return confirmed_ ? believed() : signalled(); }
  LearningMode mode() const { return mode_; }
  SourcePolicy policy() const { return policy_; }
  // LearningMode::kDelayed only: still in the time in which only the signalled source counts.
  bool in_delay(std::uint32_t now_ms, const LearningConfig& config);

  // Whether a rejected packet is worth an event: at most one a second.
  bool should_report(std::uint32_t now_ms);

 private:
  // How much a candidate has in common with what was signalled.
  enum class Rank : std::uint8_t { kNone, kSamePort, kSameIp, kSignalled };

  // A run: packets of one address and SSRC that follow one another as a live RTP stream's do.
  struct Candidate {
    PackedAddress address;
    std::uint16_t last_sequence = 0;
    std::uint32_t ssrc = 0;
    std::uint32_t last_timestamp = 0;  // the newest
    std::uint32_t first_ms = 0;        // of the run
    std::uint32_t last_ms = 0;         // heard
    std::uint16_t counted_ago = 0;     // ms from the packet that counted last to last_ms
    std::uint8_t count = 0;            // packets of the run that count; 0: free slot
  };
  static_assert(sizeof(Candidate) == 40);
  static void start_run(Candidate& candidate, const rtp::RtpHeader& header, std::uint32_t now_ms);
  static void continue_run(Candidate& candidate, const rtp::RtpHeader& header, std::uint32_t now_ms);

  void begin(const std::optional<SocketAddress>& signalled, std::uint32_t now_ms);
  SourceVerdict unconfirmed(const PackedAddress& source, const rtp::RtpHeader& header, std::uint32_t now_ms,
                            const LearningConfig& config);
  SourceVerdict mismatch(const PackedAddress& source, const rtp::RtpHeader& header, std::uint32_t now_ms,
                         std::uint32_t believed_silent_ms, const LearningConfig& config);
  SourceVerdict learn(const PackedAddress& source, std::uint32_t now_ms);
  // Counts the packet; true when its source is now a proven stream that need not give way to a better one.
  bool prove(const PackedAddress& source, const rtp::RtpHeader& header, std::uint32_t now_ms,
             const LearningConfig& config);
  Candidate* find(const PackedAddress& source);
  Candidate* slot_for(const PackedAddress& source, std::uint32_t now_ms);
  bool must_wait(const Candidate& candidate, std::uint32_t now_ms) const;
  bool is_signalled(const PackedAddress& source) const { return has_signalled_ && source == signalled_; }
  Rank rank(const PackedAddress& source) const;

  std::array<Candidate, kCandidates> candidates_{};
  PackedAddress believed_;
  PackedAddress signalled_;
  PackedAddress former_;          // believed before the last signalling update
  std::uint32_t start_ms_ = 0;    // of the session, or the last signalling update
  std::uint32_t changed_ms_ = 0;  // when the believed source was learned
  std::uint32_t reported_ms_ = 0;
  LearningMode mode_ = LearningMode::kHeuristic;
  SourcePolicy policy_ = SourcePolicy::kStrictSource;
  bool has_signalled_ = false;
  bool has_former_ = false;
  bool confirmed_ = false;
  bool delay_over_ = false;
  bool reported_ = false;
};
static_assert(sizeof(SourceLearning) <= 256);

// One per leg, for its RTCP. It never teaches the leg where RTP goes; what it believes itself hangs on what
// `rtp` believes. Same contract as SourceLearning: asked only when the source differs from the believed one
// or nothing is confirmed yet; only packets that validate_rtcp() accepted may be shown.
class RtcpSourceLearning {
 public:
  RtcpSourceLearning() = default;
  // `signalled`: where the party expects RTCP; not looked at with `mux` (RFC 5761), where RTP's own address
  // counts.
  RtcpSourceLearning(const std::optional<SocketAddress>& signalled, bool mux);

  // As SourceLearning::update().
  bool update(const std::optional<SocketAddress>& signalled, bool mux);
  // The RTP source was learned anew or forgotten: what was believed of RTCP is void.
  void rtp_changed() { confirmed_ = false; }

  // `sender_ssrc`: rtcp_sender_ssrc(). `rtp_ssrc`: SSRC of the RTP that the leg receives from its believed
  // source.
  SourceVerdict on_packet(const SocketAddress& source, std::uint32_t sender_ssrc, SourceLearning& rtp,
                          const std::optional<std::uint32_t>& rtp_ssrc, std::uint32_t now_ms,
                          const LearningConfig& config);

  bool confirmed() const { return confirmed_; }
  SocketAddress believed() const { return believed_.unpack(); }
  // Without mux: the confirmed source, else the signalled address. With mux RTP's destination is the one to
  // use.
  std::optional<SocketAddress> destination() const;
  bool should_report(std::uint32_t now_ms);

 private:
  SourceVerdict with_mux(const PackedAddress& source, const SourceLearning& rtp) const;
  SourceVerdict learn(const PackedAddress& source, std::uint32_t now_ms);

  PackedAddress believed_;
  PackedAddress signalled_;
  std::uint32_t changed_ms_ = 0;
  std::uint32_t reported_ms_ = 0;
  bool has_signalled_ = false;
  bool mux_ = false;
  bool confirmed_ = false;
  bool reported_ = false;
};

}  // namespace pollux::session
