// A leg's source learning with a clock that the test turns, and streams as a phone sends them.
#pragma once

#include <gtest/gtest.h>

#include "dataplane/session/source_learning.hpp"

namespace pollux::session {

using enum SourceVerdict;

inline SocketAddress at(const char* text) {
  return *SocketAddress::parse(text);
}

inline const SocketAddress kSignalled = at("192.0.2.1:4000");
inline const SocketAddress kOtherPort = at("192.0.2.1:61000");
inline const SocketAddress kSamePort = at("198.51.100.7:4000");
inline const SocketAddress kElsewhere = at("198.51.100.7:5555");
inline const SocketAddress kSprayer = at("203.0.113.66:9");

struct Stream {
  SocketAddress source;
  std::uint16_t sequence = 100;
  std::uint32_t timestamp = 5000;
  std::uint32_t ssrc = 0xabc;
};

struct Learning : testing::Test {
  LearningConfig config;
  SourceLearning learning;
  std::uint32_t now = 10'000;
  std::uint32_t believed_heard = 0;

  void start(LearningMode mode, SourcePolicy policy = SourcePolicy::kStrictSource,
             std::optional<SocketAddress> signalled = kSignalled) {
    learning = SourceLearning(mode, policy, signalled, now);
  }
  SourceVerdict show(const Stream& stream) {
    rtp::RtpHeader header;
    header.sequence = stream.sequence;
    header.timestamp = stream.timestamp;
    header.ssrc = stream.ssrc;
    const SourceVerdict verdict =
        learning.on_packet(stream.source, header, now, now - believed_heard, config);
    if (learning.confirmed() && learning.believed() == stream.source) {
      believed_heard = now;
    }
    return verdict;
  }
  // 20 ms on, and the next packet of a G.711 stream.
  SourceVerdict next(Stream& stream) {
    now += 20;
    return step(stream);
  }
  SourceVerdict step(Stream& stream) {
    ++stream.sequence;
    stream.timestamp += 160;
    return show(stream);
  }
  // How many packets it takes until the stream is learned; 0: not within `limit`.
  int packets_to_learn(Stream& stream, int limit = 100) {
    for (int i = 1; i <= limit; ++i) {
      if (next(stream) == kAcceptAndLearn) {
        return i;
      }
    }
    return 0;
  }
};

}  // namespace pollux::session
