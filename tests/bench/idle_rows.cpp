#include "tests/bench/idle_rows.hpp"

#include <rte_cycles.h>
#include <sys/prctl.h>
#include <time.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <thread>

#include "dataplane/worker/dataplane_impl.hpp"
#include "dataplane/worker/idle.hpp"
#include "tests/bench/bench_net.hpp"
#include "tests/bench/histogram.hpp"
#include "tests/bench/media_report.hpp"
#include "tests/bench/report.hpp"

namespace pollux::bench {

namespace {

constexpr IdleRow kRows[] = {{"idle_poll", IdleMode::kPoll, 0},
                             {"idle_pause", IdleMode::kPause, 0},
                             {"idle_sleep", IdleMode::kSleep, 0},
                             {"idle_sleep_1ms", IdleMode::kSleep, 1000}};
constexpr double kGoalShare = 0.03;
constexpr double kGoalAdded_us = 200;
constexpr std::chrono::seconds kQuiet{4};
constexpr unsigned kPackets = 1500;
constexpr double kPatience_s = 1;
constexpr std::uint16_t kPort = 2000;
constexpr unsigned kBareNaps = 5000;

// The one worker's thread: EAL made it, and it waits there when no worker runs.
class WorkerThread {
 public:
  WorkerThread() {
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
      std::string name;
      std::ifstream(task.path() / "comm") >> name;
      if (name.starts_with("rte-worker") || name.starts_with("lcore-worker")) {
        folder_ = task.path();
      }
    }
    if (folder_.empty()) {
      die("the worker's thread isn't to be found");
    }
  }
  double cpu_seconds() const {
    double ns = 0;
    std::ifstream(folder_ / "schedstat") >> ns;
    return ns / 1e9;
  }
  // Times that it gave its CPU up or had it taken away.
  double switches() const {
    double sum = 0;
    std::ifstream status(folder_ / "status");
    for (std::string word; status >> word;) {
      double count = 0;
      if (word.find("_ctxt_switches:") != std::string::npos && status >> count) {
        sum += count;
      }
    }
    return sum;
  }

 private:
  std::filesystem::path folder_;
};

// What a nap costs and how long it takes where there is nothing else: the floor of any sleep.
struct BareNap {
  double cpu_us = 0;
  double late_us = 0;  // that it lasts longer than was asked for
};

// Pre: on a thread of its own, whose timer slack nobody inherits.
BareNap take_bare_naps(std::uint32_t nap_us) {
  prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
  const auto us_of = [](clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
  };
  const timespec nap{.tv_sec = 0, .tv_nsec = static_cast<long>(nap_us) * 1000};
  const double cpu = us_of(CLOCK_THREAD_CPUTIME_ID);
  const double wall = us_of(CLOCK_MONOTONIC);
  for (unsigned i = 0; i < kBareNaps; ++i) {
    clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, nullptr);
  }
  return {(us_of(CLOCK_THREAD_CPUTIME_ID) - cpu) / kBareNaps,
          (us_of(CLOCK_MONOTONIC) - wall) / kBareNaps - nap_us};
}

BareNap bare_nap(std::uint32_t nap_us) {
  BareNap measured;
  std::thread([&] { measured = take_bare_naps(nap_us); }).join();
  return measured;
}

struct IdleResult {
  double cpu_share = 0;
  double switches_per_s = 0;
  double ns_per_loop = 0;  // wall time: naps are in it
  Histogram delay;         // of lonely packets, in cycles
};

// A worker that runs by itself, with one call.
class IdleBed {
 public:
  explicit IdleBed(const IdleRow& row) : config_(config(row)), ports_(config_) {
    pin_this_thread(cpus().other);
    auto made = worker::DataplaneImpl::create(config_, worker::Drive::kLcores);
    if (!made) {
      die(made.error().field + ": " + made.error().message);
    }
    dataplane_ = std::move(*made);
    SessionSpec spec;
    for (unsigned side = 0; side < 2; ++side) {
      LegSpec leg;
      leg.id = static_cast<std::uint16_t>(side);
      leg.local_address = local_ip(side, 0);
      leg.local_rtp_port = leg.local_rtcp_port = kPort;
      leg.remote_rtp = party(side, 0);
      leg.sinks.push_back(static_cast<std::uint16_t>(1 - side));
      spec.legs.push_back(leg);
    }
    if (auto added = dataplane_->add_session(spec, 1); !added) {
      die(added.error().message);
    }
    stream_ = make_stream(dataplane_->stats(), 0, party(0, 0), {local_ip(0, 0), kPort}, 1);
    std::array<Event, 16> events;
    for (unsigned attempt = 0; attempt < 500 && !lonely_packet(); ++attempt) {
      dataplane_->poll_events(events);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  ~IdleBed() {
    drain();
    dataplane_.reset();
    // What the host thread has sent since: its memory is gone, and only the bench's own is given back.
    for (unsigned side = 0; side < 2; ++side) {
      for (void* item = nullptr; rte_ring_sc_dequeue(ports_.from_port(side), &item) == 0;) {
      }
    }
    pin_this_thread(cpus().measuring);
  }

  IdleResult measure() {
    IdleResult result;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    const WorkerThread thread;
    const double cpu = thread.cpu_seconds();
    const double switches = thread.switches();
    const WorkerStats before = dataplane_->stats().workers[0];
    const auto start = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(kQuiet);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const WorkerStats after = dataplane_->stats().workers[0];
    result.cpu_share = (thread.cpu_seconds() - cpu) / seconds;
    result.switches_per_s = (thread.switches() - switches) / seconds;
    result.ns_per_loop = seconds * 1e9 / static_cast<double>(after.loops - before.loops);
    std::mt19937 random(1);
    std::uniform_int_distribution<int> pause_us(10'000, 20'000);
    for (unsigned i = 0; i < kPackets; ++i) {
      std::this_thread::sleep_for(std::chrono::microseconds(pause_us(random)));
      const auto delay = lonely_packet();
      if (!delay) {
        die("a lonely packet was lost");
      }
      result.delay.add(*delay);
    }
    return result;
  }

 private:
  static DataplaneConfig config(const IdleRow& row) {
    DataplaneConfig config = bench_config(16, 64);
    config.eal.main_cpu = cpus().other;
    config.workers[0].idle = row.mode;
    config.workers[0].nap_us = row.nap_us;
    return config;
  }

  std::optional<std::uint64_t> drain() {
    std::optional<std::uint64_t> delay;
    for (unsigned side = 0; side < 2; ++side) {
      void* item = nullptr;
      while (rte_ring_sc_dequeue(ports_.from_port(side), &item) == 0) {
        auto* const mbuf = static_cast<rte_mbuf*>(item);
        if (is_media(*mbuf)) {
          delay = rte_rdtsc() - stamp_of(*mbuf);
        } else {
          ports_.answer_arp(side, mbuf);
        }
        ports_.give_back(mbuf);
      }
    }
    return delay;
  }

  // Cycles from its arrival in the ring to its leaving.
  std::optional<std::uint64_t> lonely_packet() {
    rte_mbuf* const mbuf = ports_.take_buffer();
    const std::uint64_t start = rte_rdtsc();
    write_frame(*mbuf, stream_, start);
    ports_.send(0, mbuf);
    const auto patience = static_cast<std::uint64_t>(kPatience_s * static_cast<double>(rte_get_tsc_hz()));
    while (rte_rdtsc() - start < patience) {
      if (const auto delay = drain()) {
        return delay;
      }
    }
    return std::nullopt;
  }

  DataplaneConfig config_;
  RingPorts ports_;
  std::unique_ptr<worker::DataplaneImpl> dataplane_;
  Stream stream_;
};

// Each row once in a run of the program: the others are compared with poll.
const IdleResult& result_of(const IdleRow& row) {
  static std::map<std::string, IdleResult> results;
  const auto found = results.find(row.name);
  return found != results.end() ? found->second
                                : results.emplace(row.name, IdleBed(row).measure()).first->second;
}

}  // namespace

std::span<const IdleRow> idle_rows() {
  return kRows;
}

std::string run_idle_row(const IdleRow& row) {
  const IdleResult& polling = result_of(kRows[0]);
  const IdleResult& result = result_of(row);
  const auto us = [](const IdleResult& of, double share) { return to_us(of.delay.quantile(share)); };
  const double added = us(result, 0.99) - us(polling, 0.99);
  std::printf(
      "%-12s %6.2f %% of a core with no traffic, %.0f context switches/s, a loop each %.0f ns; lonely packet "
      "p50 %.1f p99 %.1f p99.9 %.1f max %.1f us, p99 is %.1f us above poll's",
      row.name, 100 * result.cpu_share, result.switches_per_s, result.ns_per_loop, us(result, 0.5),
      us(result, 0.99), us(result, 0.999), to_us(result.delay.most()), added);
  BareNap bare;
  if (row.mode == IdleMode::kSleep) {
    const std::uint32_t nap_us = row.nap_us != 0 ? row.nap_us : worker::NapPlan::kLongestNap_ns / 1000;
    bare = bare_nap(nap_us);
    std::printf("; a bare nap of %u us takes %.1f us of CPU and %.1f us longer", nap_us, bare.cpu_us,
                bare.late_us);
  }
  if (row.mode == IdleMode::kSleep && row.nap_us == 0) {
    std::printf("  goals < %.0f %%, < %.0f us: %s", 100 * kGoalShare, kGoalAdded_us,
                result.cpu_share < kGoalShare && added < kGoalAdded_us ? "met" : "MISSED");
  }
  std::printf("\n");
  std::fflush(stdout);
  return JsonRow(row.name)
      .add("cpu_share", result.cpu_share)
      .add("context_switches_per_s", result.switches_per_s)
      .add("ns_per_loop", result.ns_per_loop)
      .add("delay_p50_us", us(result, 0.5))
      .add("delay_p99_us", us(result, 0.99))
      .add("delay_p999_us", us(result, 0.999))
      .add("delay_max_us", to_us(result.delay.most()))
      .add("added_p99_us", added)
      .add("bare_nap_cpu_us", bare.cpu_us)
      .add("bare_nap_late_us", bare.late_us)
      .text();
}

}  // namespace pollux::bench
