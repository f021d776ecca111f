// The RTP streams of the calls: makes each packet, knows each again, and says how long it took.
#pragma once

#include <srtp2/srtp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tests/load/udp_plan.hpp"

namespace pollux::load {

// One direction of a call. Stream 2 × call + side is what the party of that side sends.
struct UdpStream {
  std::vector<std::int64_t> sent_ns;      // by number of the packet
  std::vector<std::int64_t> received_ns;  // 0: not come
  std::uint32_t first_timestamp = 0;      // of what arrives
  bool arrived = false;
};

class UdpStreams {
 public:
  explicit UdpStreams(const UdpPlan& plan, std::uint32_t rounds);

  std::size_t size() const { return streams_.size(); }
  const UdpLeg& leg(std::size_t stream) const { return plan_->calls[stream / 2][stream % 2]; }

  // The stream's next packet, as the wire carries it; gives its length. Then comes sent().
  std::size_t make(std::size_t stream, std::uint8_t* bytes);
  void sent(std::size_t stream, std::int64_t at_ns) { streams_[stream].sent_ns.push_back(at_ns); }
  // What arrived on a side from one of the relay's ports.
  void take(unsigned side, std::span<std::uint8_t> bytes, std::uint16_t relay_port, std::int64_t at_ns);

  // JSON of what became of the packets with numbers from `first` on.
  std::string report(std::uint32_t first, double seconds) const;

 private:
  using Srtp = std::unique_ptr<srtp_ctx_t, srtp_err_status_t (*)(srtp_t)>;
  static Srtp open_srtp(const MasterKey& key, bool inbound);
  bool is_whole(std::size_t stream, std::uint32_t number, std::span<const std::uint8_t> payload) const;

  const UdpPlan* plan_;
  std::vector<UdpStream> streams_;
  std::vector<Srtp> sealing_, opening_;  // by the leg that sends or gets
  std::array<std::vector<std::uint32_t>, kUdpSides> call_by_port_;
  std::uint64_t rtcp_ = 0;
  std::uint64_t strange_ = 0;  // from a port of no call, not genuine, or of no packet that was sent
  std::uint64_t corrupt_ = 0;  // another length, payload type or, where it's untouched, content
  std::uint64_t duplicates_ = 0;
  std::string first_corrupt_;
};

}  // namespace pollux::load
