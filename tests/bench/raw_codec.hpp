// What the codec libraries themselves cost for the same packets, with nothing of Pollux around them.
#pragma once

#include <cstdint>
#include <memory>

#include "tests/bench/media_bed.hpp"

namespace pollux::bench {

// From one format to the other, 20 ms a packet, as many streams in turn as the bed has, each with a state and
// a place in the recording of its own: bcg729's or libopus's calls with the settings that Pollux gives them,
// and G.711 by a table to the other side. Pre: one of the two is G.711, the other G.729 or Opus.
class RawCodec {
 public:
  RawCodec(const MediaKind& kind, std::uint32_t streams);
  ~RawCodec();
  Cost run(std::uint64_t rounds);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pollux::bench
