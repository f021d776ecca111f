// A worker with calls between formats, and as many plain ones beside them, on the same two net_ring ports.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/worker/dataplane_impl.hpp"
#include "tests/bench/bench_net.hpp"
#include "tests/bench/relay_bed.hpp"
#include "tests/bench/sound.hpp"

namespace pollux::bench {

struct MediaKind {
  std::array<CodecFormat, 2> formats;  // what the parties of side 0 and of side 1 speak
  std::uint16_t ptime_ms = 0;          // that both want; they send 20 ms
  std::uint16_t window_ms = 0;
  bool one_way = false;  // from side 0 to side 1; otherwise both ways, half of the streams each
  bool events = false;   // telephone-events are negotiated on both sides, though nobody presses a key
  bool listens = false;  // for tones, on both sides
};

// Time is the bed's: a round has one packet of each stream and lasts 20 ms on the worker's clock, whatever it
// really takes, so that timers, jitter windows and reports see streams as they are in life. Cost is real.
class MediaBed {
 public:
  MediaBed(const MediaKind& kind, std::uint32_t streams);
  ~MediaBed();

  std::uint32_t streams() const { return streams_; }
  // Rounds through the worker's real loop; only the loop is timed, until the rings are empty and what can be
  // out is out. Then what still waits for its time comes out, untimed, and all the media must have come
  // through: a loss ends the program.
  Cost media(std::uint64_t rounds);
  // The same number of packets of plain calls.
  Cost relay(std::uint64_t rounds);
  std::vector<StageStats> stages() const { return dataplane_->stats().workers[0].stages; }

 private:
  struct Source {
    Stream stream;
    Reader reader;
    std::uint32_t ticks;
    std::uint32_t timestamp = 0;
  };
  struct Out {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;  // of payload
  };
  enum class Which : std::uint8_t { kMedia, kPlain };

  void make_calls();
  SessionSpec call_spec(std::uint32_t call, Which which) const;
  // In a buffer of the worker's own pool, as a driver would: a path frees it there.
  void send(Source& source);
  void fill(Which which);
  std::uint64_t timed(std::uint64_t expected);
  Out drain();
  Out run_until_idle(std::uint32_t ms);
  void settle();
  void take_events();
  [[noreturn]] void lost(const char* what, std::uint64_t out, std::uint64_t in);

  const MediaKind kind_;
  const std::uint32_t streams_;
  DataplaneConfig config_;
  RingPorts ports_;
  std::unique_ptr<worker::DataplaneImpl> dataplane_;
  std::array<Recording, 2> recordings_;  // by side
  Recording plain_;
  std::array<std::vector<Source>, 2> sources_;  // by Which
  std::vector<std::uint32_t> order_;            // in which streams are served, in each round
  Out in_;                                      // media, since the pass began
  std::uint64_t now_tsc_ = 0;
  std::uint64_t turn_cycles_ = 0;  // by which the clock goes on with a turn of the loop
};

}  // namespace pollux::bench
