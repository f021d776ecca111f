#include "tests/bench/observers.hpp"

#include <prometheus/text_serializer.h>

#include <array>
#include <chrono>
#include <memory>
#include <utility>

#include "controlplane/metrics/node_metrics.hpp"
#include "controlplane/session/capture_hub.hpp"
#include "tests/bench/bench_net.hpp"

namespace pollux::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPollInterval{2};  // the control thread's, when it has nothing to do
constexpr std::chrono::milliseconds kScrapeInterval{1000};
constexpr std::chrono::seconds kLookInterval{5};  // between two looks at a session
constexpr std::size_t kLooksPerPoll = 32;
constexpr std::size_t kEvents = 256;

class CountingSink final : public control::CaptureSink {
 public:
  void on_packets(std::vector<CapturedPacket> packets) override { copies_ += packets.size(); }
  void on_tick(std::uint64_t /*lost*/) override {}
  void on_close() override {}
  std::uint64_t copies() const { return copies_; }

 private:
  std::atomic<std::uint64_t> copies_{0};
};

std::uint64_t lost_copies(const Dataplane& dataplane) {
  std::uint64_t lost = 0;
  for (const WorkerStats& worker : dataplane.stats().workers) {
    lost += worker.capture_lost;
  }
  return lost;
}

}  // namespace

Observers::Observers(Dataplane& dataplane, const std::vector<SessionHandle>& sessions,
                     std::function<void()> commands)
    : dataplane_(dataplane), sessions_(sessions), commands_(std::move(commands)) {}

void Observers::start() {
  seen_ = {};
  stopped_ = false;
  capturing_ = false;
  threads_.emplace_back([this] { control(); });
  threads_.emplace_back([this] { scrape_each_second(); });
  capturing_.wait(false);
}

Observed Observers::stop() {
  stopped_ = true;
  for (std::thread& thread : threads_) {
    thread.join();
  }
  threads_.clear();
  return seen_;
}

// The control thread: the capture, events, and a look at every session every few seconds.
void Observers::control() {
  pin_this_thread(cpus().other);
  control::CaptureHub hub(dataplane_);  // its thread inherits the CPU
  const auto sink = std::make_shared<CountingSink>();
  const std::uint64_t lost_before = lost_copies(dataplane_);
  CaptureSpec spec;
  spec.session = sessions_.front();
  const auto capture = hub.start(spec, sink);
  if (!capture) {
    die(capture.error().message);
  }
  capturing_ = true;
  capturing_.notify_one();
  std::array<Event, kEvents> events;
  const auto step = std::chrono::duration_cast<Clock::duration>(kLookInterval) /
                    static_cast<Clock::duration::rep>(sessions_.size());
  auto next_look = Clock::now();
  std::size_t session = 0;
  while (!stopped_) {
    while (dataplane_.poll_events(events) != 0) {
    }
    for (std::size_t looks = 0; looks < kLooksPerPoll && next_look <= Clock::now(); ++looks) {
      if (!dataplane_.session_stats(sessions_[session])) {
        die("a session has vanished");
      }
      ++seen_.looks;
      next_look += step;
      session = session + 1 == sessions_.size() ? 0 : session + 1;
    }
    if (commands_) {
      commands_();
    }
    std::this_thread::sleep_for(kPollInterval);
  }
  hub.stop(*capture);
  hub.close();
  seen_.copies = sink->copies();
  seen_.copies_lost = lost_copies(dataplane_) - lost_before;
}

void Observers::scrape_each_second() {
  pin_this_thread(cpus().other);
  for (auto next = Clock::now(); !stopped_; std::this_thread::sleep_for(kPollInterval)) {
    if (Clock::now() >= next) {
      scrape();
      ++seen_.scrapes;
      next += kScrapeInterval;
    }
  }
}

// As Prometheus gets it, but for HTTP.
void Observers::scrape() {
  const metrics::NodeSnapshot snapshot{dataplane_.stats(), std::nullopt};
  seen_.scraped_bytes += prometheus::TextSerializer().Serialize(node_families(snapshot, {})).size();
}

}  // namespace pollux::bench
