// A call between two parties over one relay, and the words to say what they send and hear.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <initializer_list>
#include <optional>
#include <vector>

#include "tests/support/ring_bed.hpp"

namespace pollux::testing {

inline SocketAddress at(const char* text) {
  return *SocketAddress::parse(text);
}
inline IpAddress ip(const char* text) {
  return *IpAddress::parse(text);
}

using Heard = std::vector<Bytes>;  // payloads, in order

// A host with a socket, and the relay's socket that it talks to.
struct Party {
  std::size_t port = 0;  // of the bed
  SocketAddress address;
  SocketAddress relay;

  // The same socket as another, or the one above it: where RTCP is without mux.
  Party next_port() const {
    Party other = *this;
    ++other.address.port;
    ++other.relay.port;
    return other;
  }
  Party from(const char* other_address) const {
    Party other = *this;
    other.address = at(other_address);
    return other;
  }
};

inline void set_codecs(LegSpec& leg, std::initializer_list<CodecFormat> formats) {
  leg.codecs.clear();
  for (const CodecFormat& each : formats) {
    leg.codecs.push_back(each);
  }
}

// Two legs, each the other's sink.
inline SessionSpec two_legs(const LegSpec& a, const LegSpec& b) {
  SessionSpec spec;
  spec.legs = {a, b};
  spec.legs[0].sinks.push_back(b.id);
  spec.legs[1].sinks.push_back(a.id);
  return spec;
}

// Each test has a data plane of its own; when it is over no packet buffer may be missing.
class CallTest : public ::testing::Test {
 public:
  explicit CallTest(const DataplaneConfig& config = RingBed::two_ports(), BedQueues queues = {},
                    std::span<io::SteeringDevice* const> nics = {}) {
    restart(config, queues, nics);
  }

  // The data plane of the parameters instead of the one there is.
  void restart(const DataplaneConfig& config, BedQueues queues = {},
               std::span<io::SteeringDevice* const> nics = {}) {
    if (bed_) {
      check_mbufs();
      close();
    }
    bed_.emplace(config, queues, nics);
    idle_mbufs_ = bed_->mbufs_in_use();  // more than later on, when the host thread announces an address now
  }
  RingBed& bed() { return *bed_; }

  void TearDown() override {
    check_mbufs();
    close();
  }

  // The parties of call().
  const Party a{0, at("192.0.2.7:4000"), at("192.0.2.1:20000")};
  const Party b{1, at("198.51.100.9:5000"), at("198.51.100.1:30000")};
  const Party sprayer{0, at("192.0.2.66:9"), at("192.0.2.1:20000")};  // aims at a's leg
  static SessionSpec call() {
    return two_legs(bed_leg(0, 0, 20000, "192.0.2.7:4000"), bed_leg(1, 1, 30000, "198.51.100.9:5000"));
  }
  // As call(), with RTP and RTCP on one port at both legs.
  static SessionSpec mux_call() {
    SessionSpec spec = call();
    spec.legs[0].local_rtcp_port = spec.legs[0].local_rtp_port;
    spec.legs[1].local_rtcp_port = spec.legs[1].local_rtp_port;
    return spec;
  }
  // As call(), with both outgoing streams rewritten.
  static SessionSpec rewriting_call() {
    SessionSpec spec = call();
    spec.legs[0].stream_mode = spec.legs[1].stream_mode = StreamMode::kRewrite;
    return spec;
  }

  UdpFrame datagram(const Party& from, const Bytes& payload) {
    UdpFrame frame;
    frame.destination_mac = bed().mac(from.port);
    frame.source_mac = RingBed::peer_mac(from.port);
    frame.source = from.address;
    frame.destination = from.relay;
    frame.payload = payload;
    return frame;
  }
  // Waits in the port's queue until the workers are turned.
  void send(const Party& from, const Bytes& payload) {
    bed().send(from.port, build(datagram(from, payload)));
  }
  // What the party has got since the last call, in order. Nobody but the party may have got anything at its
  // port.
  Heard heard_by(const Party& party) {
    Heard payloads;
    for (UdpFrame& frame : bed().received_udp(party.port)) {
      EXPECT_EQ(frame.destination, party.address) << frame.destination.to_string();
      EXPECT_EQ(frame.source, party.relay) << frame.source.to_string();
      payloads.push_back(std::move(frame.payload));
    }
    return payloads;
  }
  // Sends, turns, and says what `to` has got of it.
  Heard relay(const Party& from, const Party& to, const Bytes& payload) {
    send(from, payload);
    bed().turn();
    return heard_by(to);
  }
  // Both parties are heard once, so that sources are learned and neighbours known; `sequence` is the number
  // used. Events are left out.
  void warm_up(std::uint16_t sequence = 1000) {
    for (const Party* party : {&a, &b}) {
      send(*party, rtp({.sequence = sequence,
                        .timestamp = sequence * 160U,
                        .ssrc = party == &a ? 0xaaaaaaaaU : 0xbbbbbbbbU}));
    }
    bed().turn();
    bed().received(0);
    bed().received(1);
    bed().events();
  }

  std::vector<Event> events(EventType type) {
    std::vector<Event> chosen;
    for (const Event& event : bed().events()) {
      if (event.type == type) {
        chosen.push_back(event);
      }
    }
    return chosen;
  }

  // How often packets have been dropped for any reason, by workers and host thread.
  std::uint64_t all_drops() {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < kDropReasonCount; ++i) {
      sum += bed().drops(static_cast<DropReason>(i)) + bed().host_drops(static_cast<DropReason>(i));
    }
    return sum;
  }

 private:
  void check_mbufs() {
    // The host thread may be sending an announcement at this moment: then there is one more turn.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    do {
      bed_->turn();
    } while (holds_mbufs() && bed_->host_runs() && std::chrono::steady_clock::now() < deadline);
    EXPECT_FALSE(holds_mbufs() && bed_->host_runs()) << "packet buffers lost\n" << bed_->describe();
  }
  bool holds_mbufs() { return bed_->mbufs_in_use() > idle_mbufs_; }
  void close() {
    bed_.reset();
    EXPECT_EQ(RingBed::far_mbufs_in_use(), 0U) << "packet buffers lost";
  }

  std::optional<RingBed> bed_;
  std::uint64_t idle_mbufs_ = 0;
};

}  // namespace pollux::testing
