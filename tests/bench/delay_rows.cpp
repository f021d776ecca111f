#include "tests/bench/delay_rows.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "dataplane/worker/dataplane_impl.hpp"
#include "tests/bench/media_load.hpp"
#include "tests/bench/media_report.hpp"
#include "tests/bench/observers.hpp"
#include "tests/bench/report.hpp"

namespace pollux::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr DelayRow kRows[] = {{"delay_10", 0.1}, {"delay_50", 0.5}, {"delay_80", 0.8}, {"delay_95", 0.95}};
constexpr unsigned kCalls = 1000;
constexpr unsigned kHeld = 50;  // of the sessions that come and go
constexpr unsigned kCommandsPerSecond = 500;
constexpr std::uint16_t kFirstPort = 2000;
constexpr unsigned kMostSessions = kCalls + 2 * kHeld;
constexpr std::chrono::milliseconds kCapacityTime{500};
constexpr std::chrono::milliseconds kWarmUp{300};
constexpr unsigned kCapacityRuns = 5;
constexpr double kFlood_ms = 1e-3;  // a period that no worker keeps up with

SessionSpec call_spec(unsigned call) {
  SessionSpec spec;
  for (unsigned side = 0; side < 2; ++side) {
    LegSpec leg;
    leg.id = static_cast<std::uint16_t>(side);
    leg.local_address = local_ip(side, 0);
    leg.local_rtp_port = leg.local_rtcp_port = static_cast<std::uint16_t>(kFirstPort + call);
    leg.remote_rtp = party(side, call);
    leg.sinks.push_back(static_cast<std::uint16_t>(1 - side));
    spec.legs.push_back(leg);
  }
  return spec;
}

// Makes and ends sessions without media at a steady rate. Belongs to the control thread.
class Commander {
 public:
  static constexpr unsigned kMostAtOnce = 16;

  explicit Commander(Dataplane& dataplane) : dataplane_(dataplane) {}

  void step() {
    for (unsigned burst = 0; next_ <= Clock::now();
         next_ += std::chrono::microseconds(1'000'000 / kCommandsPerSecond)) {
      if (++burst > kMostAtOnce) {  // the thread had no CPU: what was missed isn't made up for
        next_ = Clock::now();
        return;
      }
      if (held_.size() < kHeld) {
        const unsigned port = kCalls + made_++ % (2 * kHeld);
        auto added = dataplane_.add_session(call_spec(port), made_);
        if (!added) {
          die(added.error().message);
        }
        held_.push_back(*added);
      } else {
        if (auto removed = dataplane_.remove_session(held_.front(), made_); !removed) {
          die(removed.error().message);
        }
        held_.pop_front();
      }
      ++commands_;
    }
  }
  void begin() { next_ = Clock::now(); }
  std::uint64_t commands() const { return commands_; }

 private:
  Dataplane& dataplane_;
  std::deque<SessionHandle> held_;
  Clock::time_point next_;
  unsigned made_ = 0;
  std::uint64_t commands_ = 0;
};

DurationCounts since(const DurationCounts& before, DurationCounts now) {
  for (std::size_t i = 0; i < now.buckets.size(); ++i) {
    now.buckets[i] -= before.buckets[i];
  }
  now.sum_ns -= before.sum_ns;
  return now;
}

struct DelayResult {
  MediaResult media;
  Observed seen;
  std::uint64_t commands = 0;
  DurationCounts forward_delay;
  DurationCounts loop_time;
};

// A worker with calls, whose loop MediaLoad turns on the measuring CPU; everything else is on the other one.
class DelayBed {
 public:
  DelayBed() : config_(bench_config(kMostSessions, 4 * kMostSessions)), ports_(config_) {
    pin_this_thread(cpus().other);
    auto made = worker::DataplaneImpl::create(config_, worker::Drive::kCaller);
    if (!made) {
      die(made.error().field + ": " + made.error().message);
    }
    dataplane_ = std::move(*made);
    media_ = std::make_unique<MediaLoad>(dataplane_->worker(0), ports_);
    make_calls();
    media_->play(streams_, 20);
    std::this_thread::sleep_for(kWarmUp);  // gateways are found, sources learned
    media_->take();
    measure_capacity();
  }
  ~DelayBed() {
    media_.reset();
    dataplane_.reset();
    pin_this_thread(cpus().measuring);
  }

  double capacity() const { return capacity_; }  // packets a second

  DelayResult run(double load, unsigned seconds) {
    Commander commander(*dataplane_);
    Observers observers(*dataplane_, sessions_, [&commander] { commander.step(); });
    media_->play(streams_, 1e3 * static_cast<double>(streams_.size()) / (load * capacity_));
    commander.begin();
    observers.start();
    std::this_thread::sleep_for(kWarmUp);
    DelayResult result;
    media_->take();
    const WorkerStats before = dataplane_->stats().workers[0];
    std::this_thread::sleep_for(std::chrono::seconds(seconds));
    const WorkerStats after = dataplane_->stats().workers[0];
    result.media = media_->take();
    result.seen = observers.stop();
    result.commands = commander.commands();
    result.forward_delay = since(before.forward_delay, after.forward_delay);
    result.loop_time = since(before.loop_time, after.loop_time);
    return result;
  }

 private:
  void make_calls() {
    const NodeStats stats = dataplane_->stats();
    std::vector<Event> events(256);
    for (unsigned call = 0; call < kCalls; ++call) {
      auto added = dataplane_->add_session(call_spec(call), call);
      if (!added) {
        die(added.error().message);
      }
      sessions_.push_back(*added);
      for (unsigned side = 0; side < 2; ++side) {
        streams_.push_back(make_stream(stats, side, party(side, call),
                                       {local_ip(side, 0), static_cast<std::uint16_t>(kFirstPort + call)},
                                       2 * call + side + 1));
      }
      while (dataplane_->poll_events(events) != 0 || call % 64 == 63) {
        if (dataplane_->stats().workers[0].sessions == sessions_.size()) {
          break;
        }
      }
    }
    while (dataplane_->stats().workers[0].sessions != kCalls) {
    }
    while (dataplane_->poll_events(events) != 0) {
    }
    std::shuffle(streams_.begin(), streams_.end(), std::mt19937(1));  // nothing a prefetcher can guess
  }

  // The best of several: what others take of a shared machine is no property of the worker.
  void measure_capacity() {
    media_->play(streams_, kFlood_ms);
    for (unsigned i = 0; i < kCapacityRuns; ++i) {
      media_->take();
      const auto start = Clock::now();
      std::this_thread::sleep_for(kCapacityTime);
      const MediaResult result = media_->take();
      const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
      capacity_ = std::max(capacity_, static_cast<double>(result.sent) / seconds);
    }
  }

  DataplaneConfig config_;
  RingPorts ports_;
  std::unique_ptr<worker::DataplaneImpl> dataplane_;
  std::unique_ptr<MediaLoad> media_;
  std::vector<SessionHandle> sessions_;
  std::vector<Stream> streams_;
  double capacity_ = 0;
};

double us(const DurationCounts& times, double share) {
  return static_cast<double>(times.quantile_ns(share).value_or(0)) / 1e3;
}

}  // namespace

std::span<const DelayRow> delay_rows() {
  return kRows;
}

std::string run_delay_row(const DelayRow& row, unsigned seconds) {
  DelayBed bed;
  const DelayResult result = bed.run(row.load, seconds);
  const Delays delay = delays(result.media);
  std::printf(
      "%-10s capacity %.2f Mpps, offered %.2f (%.0f %%)  delay p50 %.1f p99 %.1f p99.9 %.1f max %.1f us  "
      "lost "
      "%llu  preempted %llu times\n",
      row.name, bed.capacity() / 1e6, static_cast<double>(result.media.sent) / 1e6 / seconds, 100 * row.load,
      delay.p50, delay.p99, delay.p999, delay.most, static_cast<unsigned long long>(result.media.lost),
      static_cast<unsigned long long>(result.media.preempted));
  std::printf(
      "  the worker says: packets p50 %.1f p99 %.1f p99.9 %.1f us, loops p50 %.1f p99 %.1f p99.9 %.1f us; "
      "meanwhile %llu commands, %llu packets captured, %llu scrapes\n",
      us(result.forward_delay, 0.5), us(result.forward_delay, 0.99), us(result.forward_delay, 0.999),
      us(result.loop_time, 0.5), us(result.loop_time, 0.99), us(result.loop_time, 0.999),
      static_cast<unsigned long long>(result.commands), static_cast<unsigned long long>(result.seen.copies),
      static_cast<unsigned long long>(result.seen.scrapes));
  std::fflush(stdout);
  if (result.media.lost != 0) {
    die(std::to_string(result.media.lost) + " packets were lost below the worker's capacity");
  }
  if (result.commands == 0 || result.seen.copies == 0 || result.seen.scrapes == 0) {
    die("the node's other work didn't go on");
  }
  JsonRow json(row.name);
  json.add("capacity_mpps", bed.capacity() / 1e6)
      .add("load", row.load)
      .add("forward_delay_p50_us", us(result.forward_delay, 0.5))
      .add("forward_delay_p99_us", us(result.forward_delay, 0.99))
      .add("forward_delay_p999_us", us(result.forward_delay, 0.999))
      .add("loop_p50_us", us(result.loop_time, 0.5))
      .add("loop_p99_us", us(result.loop_time, 0.99))
      .add("loop_p999_us", us(result.loop_time, 0.999))
      .add("commands", static_cast<double>(result.commands))
      .add("captured", static_cast<double>(result.seen.copies))
      .add("scrapes", static_cast<double>(result.seen.scrapes));
  add_media(json, "loaded", result.media);
  return json.text();
}

}  // namespace pollux::bench
