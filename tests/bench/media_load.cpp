#include "tests/bench/media_load.hpp"

#include <pthread.h>
#include <rte_cycles.h>
#include <rte_lcore.h>
#include <time.h>

#include <array>
#include <utility>

namespace pollux::bench {

namespace {
constexpr unsigned kMostAtOnce = 128;    // as many as one turn of the loop takes from two ports
constexpr unsigned kQueueLength = 1024;  // descriptors of a device
constexpr unsigned kQuietTurns = 64;

}  // namespace

void MediaResult::merge(const MediaResult& other) {
  sent += other.sent;
  lost += other.lost;
  preempted += other.preempted;
  delay.merge(other.delay);
}

MediaLoad::MediaLoad(worker::Worker& worker, RingPorts& ports)
    : worker_(worker), ports_(ports), thread_([this] { run(); }) {}

MediaLoad::~MediaLoad() {
  stopped_.store(true, std::memory_order_relaxed);
  thread_.join();
}

void MediaLoad::run() {
  pthread_setname_np(pthread_self(), "bench-media");
  pin_this_thread(cpus().measuring);
  if (rte_thread_register() != 0) {  // or its packet buffers would have no cache
    die("DPDK takes no more threads");
  }
  while (!stopped_.load(std::memory_order_relaxed)) {
    if (asked_.load(std::memory_order_acquire)) {
      settle();
      task_();
      start_ = rte_rdtsc();
      injected_ = 0;
      asked_.store(false, std::memory_order_release);
      asked_.notify_one();
    }
    if (!streams_.empty()) {
      inject(rte_rdtsc());
    }
    worker_.run_once(rte_rdtsc());
    drain();
  }
  rte_thread_unregister();
}

void MediaLoad::at_rest(std::function<void()> function) {
  task_ = std::move(function);
  asked_.store(true, std::memory_order_release);
  asked_.wait(true, std::memory_order_acquire);
}

void MediaLoad::play(std::vector<Stream> streams, double period_ms) {
  at_rest([&] {
    streams_ = std::move(streams);
    interval_ =
        period_ms / 1e3 * static_cast<double>(rte_get_tsc_hz()) / static_cast<double>(streams_.size());
    next_ = 0;
    result_ = {};
  });
}

MediaResult MediaLoad::take() {
  MediaResult result;
  at_rest([&] {
    result_.lost = result_.sent - result_.delay.total();
    const std::uint64_t preempted = preemptions();
    result_.preempted = preempted - std::exchange(preempted_before_, preempted);
    result = std::exchange(result_, {});
  });
  return result;
}

double MediaLoad::cpu_seconds() const {
  clockid_t clock = 0;
  timespec used{};
  if (pthread_getcpuclockid(const_cast<std::thread&>(thread_).native_handle(), &clock) != 0 ||
      clock_gettime(clock, &used) != 0) {
    die("the media thread's CPU time can't be read");
  }
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

void MediaLoad::inject(std::uint64_t now) {
  for (unsigned i = 0; i < kMostAtOnce; ++i) {
    const auto due = start_ + static_cast<std::uint64_t>(static_cast<double>(injected_) * interval_);
    Stream& stream = streams_[next_];
    if (due > now || rte_ring_count(ports_.to_port(stream.port)) >= kQueueLength) {
      return;
    }
    rte_mbuf* const mbuf = ports_.take_buffer();
    write_frame(*mbuf, stream, due);
    ports_.send(stream.port, mbuf);
    next_ = next_ + 1 == streams_.size() ? 0 : next_ + 1;
    ++injected_;
    ++result_.sent;
  }
}

bool MediaLoad::drain() {
  bool any = false;
  for (unsigned side = 0; side < 2; ++side) {
    std::array<void*, kMostAtOnce> items;
    const unsigned count =
        rte_ring_sc_dequeue_burst(ports_.from_port(side), items.data(), kMostAtOnce, nullptr);
    const std::uint64_t now = rte_rdtsc();
    for (unsigned i = 0; i < count; ++i) {
      auto* const mbuf = static_cast<rte_mbuf*>(items[i]);
      if (is_media(*mbuf)) {
        result_.delay.add(now - stamp_of(*mbuf));
      } else {
        ports_.answer_arp(side, mbuf);
      }
      ports_.give_back(mbuf);
    }
    any |= count != 0;
  }
  return any;
}

void MediaLoad::settle() {
  for (unsigned quiet = 0; quiet < kQuietTurns; ++quiet) {
    const bool worked = worker_.run_once(rte_rdtsc());
    if (drain() || worked) {
      quiet = 0;
    }
  }
}

}  // namespace pollux::bench
