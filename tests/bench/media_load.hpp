// Media of many sessions in real time: a thread that is wire, worker and far end at once.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "dataplane/worker/worker.hpp"
#include "tests/bench/bench_net.hpp"
#include "tests/bench/histogram.hpp"

namespace pollux::bench {

// What went through between two calls of take().
struct MediaResult {
  std::uint64_t sent = 0;
  std::uint64_t lost = 0;
  // How often the kernel took the CPU away from the media thread: none, on a CPU that it has for itself.
  std::uint64_t preempted = 0;
  // Cycles from the moment at which a packet was due to its leaving. Time in which the worker did something
  // else is part of it, since nobody held the packet back.
  Histogram delay;

  void merge(const MediaResult& other);
};

// The thread puts the packets that are due into the rings, turns the worker's loop once, takes away what came
// out, and so on; on the measuring CPU. Never more packets wait in a ring than a device's queue holds: later
// ones wait outside and their delay shows it.
class MediaLoad {
 public:
  // Pre: both outlive this; nobody else turns the worker or touches the ports.
  MediaLoad(worker::Worker& worker, RingPorts& ports);
  ~MediaLoad();
  MediaLoad(const MediaLoad&) = delete;
  MediaLoad& operator=(const MediaLoad&) = delete;

  // From now on each stream has a packet every `period_ms`, evenly spread, in the order given.
  void play(std::vector<Stream> streams, double period_ms);
  // Waits until every packet under way has come out or is lost, and begins anew.
  MediaResult take();
  double cpu_seconds() const;

 private:
  void run();
  void at_rest(std::function<void()> function);
  void inject(std::uint64_t now);
  bool drain();
  void settle();

  worker::Worker& worker_;
  RingPorts& ports_;
  std::vector<Stream> streams_;
  double interval_ = 0;  // cycles between two packets
  std::size_t next_ = 0;
  std::uint64_t start_ = 0;     // since when
  std::uint64_t injected_ = 0;  // so many have been due
  MediaResult result_;
  std::uint64_t preempted_before_ = 0;
  std::function<void()> task_;        // of at_rest(), while asked_
  std::atomic<bool> asked_{false};    // written by: both; read by: both
  std::atomic<bool> stopped_{false};  // written by: maker; read by: thread
  std::thread thread_;
};

}  // namespace pollux::bench
