// Those who look at a node while it relays, as in a running one: a capture, a scrape, an events follower.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "dataplane/api/dataplane.hpp"

namespace pollux::bench {

// What the observers have seen, to show that they were at work.
struct Observed {
  std::uint64_t copies = 0;
  std::uint64_t copies_lost = 0;
  std::uint64_t scrapes = 0;
  std::uint64_t scraped_bytes = 0;
  std::uint64_t looks = 0;  // at a session's statistics
};

// Their threads run on the other CPU. They are made once and asked to look for a while, so that repetitions
// with and without them can take turns.
class Observers {
 public:
  // Captures the first of `sessions`. Pre: `dataplane` outlives this, and its control functions are left to
  // the observers until they have been stopped. `commands`: what the control thread does besides, every 2 ms.
  Observers(Dataplane& dataplane, const std::vector<SessionHandle>& sessions,
            std::function<void()> commands = nullptr);
  ~Observers() { stop(); }
  Observers(const Observers&) = delete;
  Observers& operator=(const Observers&) = delete;

  // The capture has been asked for when it returns; the worker still has to be told so by its loop.
  void start();
  // Everybody rests. The worker still has to hear that the capture is over.
  Observed stop();

 private:
  void control();
  void scrape_each_second();
  void scrape();

  Dataplane& dataplane_;
  const std::vector<SessionHandle>& sessions_;
  const std::function<void()> commands_;
  std::atomic<bool> stopped_{true};
  std::atomic<bool> capturing_{false};
  Observed seen_;
  std::vector<std::thread> threads_;
};

}  // namespace pollux::bench
