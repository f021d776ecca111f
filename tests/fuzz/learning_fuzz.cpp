// Datagrams of any kind from any source in any order against source learning: first a leg's settings, then
// records of {source, time passed, short datagram or signalling update}.
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "dataplane/rtp/demux.hpp"
#include "dataplane/rtp/rtcp.hpp"
#include "dataplane/rtp/rtp_packet.hpp"
#include "dataplane/session/source_learning.hpp"
#include "tests/fuzz/fuzz_input.hpp"

namespace pollux::session {
namespace {

constexpr std::uint8_t kUpdate = 0xff;  // as a record's source

// Four hosts with four ports each.
SocketAddress address(unsigned index) {
  return {IpAddress::v4(be32(0xc0000201U + (index >> 2 & 3U))),
          static_cast<std::uint16_t>(4000 + (index & 3U))};
}

struct Leg {
  LearningMode mode;
  SourcePolicy policy;
  std::optional<SocketAddress> signalled;

  explicit Leg(FuzzInput& input)
      : mode(static_cast<LearningMode>(input.u8() & 3U)), policy(static_cast<SourcePolicy>(input.u8() % 3)) {
    const std::uint8_t remote = input.u8();
    if ((remote & 0x80U) == 0) {
      signalled = address(remote);
    }
  }
  std::optional<SocketAddress> signalled_rtcp() const {
    return signalled
               ? std::optional(SocketAddress{signalled->ip, static_cast<std::uint16_t>(signalled->port + 1)})
               : std::nullopt;
  }
};

class Endpoint {
 public:
  Endpoint(FuzzInput& input, std::uint32_t now_ms)
      : leg_(input),
        mux_((input.u8() & 1U) != 0),
        now_ms_(now_ms),
        heard_ms_(now_ms),
        learning_(leg_.mode, leg_.policy, leg_.signalled, now_ms),
        rtcp_(leg_.signalled_rtcp(), mux_) {}

  void record(FuzzInput& input) {
    const std::uint8_t who = input.u8();
    now_ms_ += input.u8();
    if (who == kUpdate) {
      update(input);
      return;
    }
    const auto datagram = input.bytes(input.u8() & 0x3fU);
    rtp::RtpHeader header;
    switch (rtp::demux(datagram.data(), datagram.size())) {
      case rtp::PacketKind::kRtp:
        if (rtp::parse_rtp(datagram.data(), datagram.size(), header)) {
          on_rtp(address(who), header);
        }
        break;
      case rtp::PacketKind::kRtcp:
        if (rtp::validate_rtcp(datagram)) {
          on_rtcp(address(who), rtp::rtcp_sender_ssrc(datagram));
        }
        break;
      default:
        break;
    }
    check();
  }

 private:
  using Key = std::pair<IpAddress, std::uint16_t>;

  void on_rtp(const SocketAddress& source, const rtp::RtpHeader& header) {
    const bool was_confirmed = learning_.confirmed();
    const SocketAddress believed = learning_.believed();
    shown_[{source.ip, source.port}].insert({header.sequence, header.timestamp});
    const SourceVerdict verdict = learning_.on_packet(source, header, now_ms_, now_ms_ - heard_ms_, config_);
    const bool from_signalled = learning_.signalled() == source;
    switch (verdict) {
      case SourceVerdict::kAcceptAndLearn:
        POLLUX_FUZZ_CHECK(learning_.confirmed() && learning_.believed() == source);
        POLLUX_FUZZ_CHECK(!was_confirmed || believed != source);
        POLLUX_FUZZ_CHECK(from_signalled || leg_.mode != LearningMode::kOff);
        POLLUX_FUZZ_CHECK(from_signalled || !was_confirmed || leg_.policy == SourcePolicy::kMediaHandover);
        POLLUX_FUZZ_CHECK(!was_confirmed || now_ms_ - learned_ms_ >= config_.min_change_interval_ms);
        if ((!from_signalled && leg_.mode != LearningMode::kImmediate) || was_confirmed) {
          POLLUX_FUZZ_CHECK(proven(source));
        }
        learned_ms_ = now_ms_;
        rtp_ssrc_ = header.ssrc;
        rtcp_.rtp_changed();
        break;
      case SourceVerdict::kAccept:
        POLLUX_FUZZ_CHECK((was_confirmed && believed == source) || leg_.policy == SourcePolicy::kAcceptAny);
        [[fallthrough]];
      case SourceVerdict::kDropUnproven:
      case SourceVerdict::kDropMismatch:
        POLLUX_FUZZ_CHECK(learning_.confirmed() == was_confirmed);
        POLLUX_FUZZ_CHECK(!was_confirmed || learning_.believed() == believed);
    }
    if (learning_.confirmed() && learning_.believed() == source) {
      heard_ms_ = now_ms_;
    }
  }

  // Necessary for a proof, whatever the order: enough different sequence numbers, and timestamps.
  bool proven(const SocketAddress& source) const {
    std::set<std::uint16_t> sequences;
    std::set<std::uint32_t> timestamps;
    for (const auto& [sequence, timestamp] : shown_.at({source.ip, source.port})) {
      sequences.insert(sequence);
      timestamps.insert(timestamp);
    }
    return sequences.size() >= config_.probation_packets && timestamps.size() >= config_.probation_packets;
  }

  void on_rtcp(const SocketAddress& source, std::uint32_t sender_ssrc) {
    const std::optional<SocketAddress> destination = learning_.destination();
    const SourceVerdict verdict =
        rtcp_.on_packet(source, sender_ssrc, learning_, rtp_ssrc_, now_ms_, config_);
    POLLUX_FUZZ_CHECK(learning_.destination() == destination);  // RTCP never teaches RTP
    if (verdict == SourceVerdict::kAcceptAndLearn) {
      POLLUX_FUZZ_CHECK(!mux_ && rtcp_.believed() == source);
      POLLUX_FUZZ_CHECK(
          leg_.signalled_rtcp() == source ||
          (learning_.confirmed() && learning_.believed().ip == source.ip && rtp_ssrc_ == sender_ssrc));
    }
    if (mux_ && verdict == SourceVerdict::kAccept && leg_.policy != SourcePolicy::kAcceptAny) {
      POLLUX_FUZZ_CHECK(destination == source);
    }
  }

  void update(FuzzInput& input) {
    const std::optional<SocketAddress> before = leg_.signalled;
    const std::optional<SocketAddress> destination = learning_.destination();
    leg_ = Leg(input);
    const bool afresh = learning_.update(leg_.mode, leg_.policy, leg_.signalled, now_ms_);
    rtcp_.update(leg_.signalled_rtcp(), mux_);
    if (afresh) {
      POLLUX_FUZZ_CHECK(!learning_.confirmed() && learning_.destination() == leg_.signalled);
      shown_.clear();
      rtp_ssrc_.reset();
      rtcp_.rtp_changed();
    } else {
      POLLUX_FUZZ_CHECK(before == leg_.signalled || destination == leg_.signalled);
    }
    check();
  }

  void check() const {
    if (!learning_.confirmed()) {
      POLLUX_FUZZ_CHECK(learning_.destination() == leg_.signalled);
    }
    POLLUX_FUZZ_CHECK(!mux_ || !rtcp_.confirmed());
  }

  const LearningConfig config_;
  Leg leg_;
  bool mux_;
  std::uint32_t now_ms_;
  std::uint32_t heard_ms_;
  std::uint32_t learned_ms_ = 0;
  SourceLearning learning_;
  RtcpSourceLearning rtcp_;
  std::optional<std::uint32_t> rtp_ssrc_;
  std::map<Key, std::set<std::pair<std::uint16_t, std::uint32_t>>> shown_;
};

}  // namespace
}  // namespace pollux::session

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pollux::FuzzInput input(data, size);
  const std::uint32_t begin = input.u32();
  pollux::session::Endpoint endpoint(input, begin);
  while (!input.empty()) {
    endpoint.record(input);
  }
  return 0;
}
