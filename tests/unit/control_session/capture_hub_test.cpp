#include "controlplane/session/capture_hub.hpp"

#include <gtest/gtest.h>

#include <condition_variable>

#include "tests/support/control_fixture.hpp"

namespace pollux::control {
namespace {

class Sink final : public CaptureSink {
 public:
  void on_packets(std::vector<CapturedPacket> packets) override {
    change([&] { packets_ += packets.size(); });
  }
  void on_tick(std::uint64_t lost) override {
    change([&] { lost_ = lost, ++ticks_; });
  }
  void on_close() override {
    change([&] { closed_ = true; });
  }

  template <typename Condition>
  bool wait_for(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return condition(*this); });
  }

  std::size_t packets_ = 0;
  std::uint64_t lost_ = 0;
  int ticks_ = 0;
  bool closed_ = false;

 private:
  template <typename Change>
  void change(Change apply) {
    const std::lock_guard lock(mutex_);
    apply();
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
};

CapturedPacket packet_of(CaptureId capture) {
  CapturedPacket packet;
  packet.capture = capture;
  packet.frame = {1, 2, 3};
  return packet;
}

TEST(CaptureHub, BringsEachPacketToWhoAskedForIt) {
  test::FakeDataplane dataplane;
  CaptureHub hub(dataplane);
  const auto first = std::make_shared<Sink>();
  const auto second = std::make_shared<Sink>();
  const CaptureId one = hub.start({}, first).value();
  const CaptureId two = hub.start({}, second).value();
  for (int i = 0; i < 3; ++i) {
    dataplane.inject_captured(packet_of(one));
  }
  dataplane.inject_captured(packet_of(two));
  dataplane.inject_captured(packet_of(99));  // stopped long ago
  EXPECT_TRUE(first->wait_for([](const Sink& sink) { return sink.packets_ == 3; }));
  EXPECT_TRUE(second->wait_for([](const Sink& sink) { return sink.packets_ == 1; }));
  hub.stop(one);
  EXPECT_EQ(dataplane.captures().size(), 1U);
}

TEST(CaptureHub, TellsOfLostCopiesNowAndThen) {
  test::FakeDataplane dataplane;
  NodeStats stats;
  stats.workers.resize(2);
  stats.workers[0].capture_lost = 3;
  stats.workers[1].capture_lost = 4;
  dataplane.set_node_stats(stats);
  CaptureHub hub(dataplane);
  const auto sink = std::make_shared<Sink>();
  ASSERT_TRUE(hub.start({}, sink));
  EXPECT_TRUE(sink->wait_for([](const Sink& s) { return s.ticks_ >= 1 && s.lost_ == 7; }));
}

TEST(CaptureHub, RefusalsReachTheCaller) {
  test::FakeDataplane dataplane;
  CaptureHub hub(dataplane);
  EXPECT_EQ(hub.start({.session = 5}, std::make_shared<Sink>()).error().cause, "SESSION_UNKNOWN");
  hub.close();
  EXPECT_EQ(hub.start({}, std::make_shared<Sink>()).error().cause, "NODE_DRAINING");
}

TEST(CaptureHub, ClosingEndsEveryCapture) {
  test::FakeDataplane dataplane;
  const auto sink = std::make_shared<Sink>();
  {
    CaptureHub hub(dataplane);
    ASSERT_TRUE(hub.start({}, sink));
  }
  EXPECT_TRUE(sink->closed_);
  EXPECT_TRUE(dataplane.captures().empty());
}

}  // namespace
}  // namespace pollux::control
