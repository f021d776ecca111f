// Captures begin and end and their copies are taken while sessions come, change and go under traffic.
#include <algorithm>

#include "tests/component/threads_fixture.hpp"

namespace pollux::testing {
namespace {

constexpr std::uint16_t kSnapLength = 128;

class CaptureThreadsTest : public ThreadsTest {
 public:
  // Control's side: as many captures as there may be, none of them for long.
  void besides(SessionHandle session, std::minstd_rand& random) override {
    const auto choice = random() % 4;
    if (choice == 0 && !captures.empty()) {
      const auto victim = captures.begin() + static_cast<std::ptrdiff_t>(random() % captures.size());
      dataplane->stop_capture(*victim);
      captures.erase(victim);
    } else if (choice == 1 && captures.size() < kMaxCaptures) {
      start({.session = session, .leg = {}, .unmatched = {}, .snap_length = kSnapLength});
    } else if (choice == 2 && captures.size() < kMaxCaptures) {
      start({.session = session,
             .leg = static_cast<std::uint16_t>(random() % 3),
             .unmatched = {.address = IpAddress::parse("192.0.2.7"), .port = {}},
             .snap_length = kSnapLength});
    }
  }
  // A session that is captured already, or that is going, can't be.
  void start(const CaptureSpec& spec) {
    if (const auto capture = dataplane->start_capture(spec)) {
      captures.push_back(*capture);
      newest = *capture;
    } else {
      EXPECT_TRUE(capture.error().cause == "CAPTURE_EXISTS" || capture.error().cause == "SESSION_UNKNOWN")
          << capture.error().message;
    }
  }

  // The writer's side.
  std::size_t take() {
    std::vector<CapturedPacket> packets;
    dataplane->take_captured(packets, 256);
    for (const CapturedPacket& packet : packets) {
      EXPECT_NE(packet.capture, 0U);
      EXPECT_EQ(packet.frame.size(), std::min<std::size_t>(packet.original_length, kSnapLength));
      EXPECT_LT(packet.worker, 2U);
      EXPECT_LT(packet.port, 2U);
      EXPECT_LT(packet.leg_id, 3U);
      by_point.at(static_cast<std::size_t>(packet.point)) += 1;
    }
    return packets.size();
  }
  std::uint64_t taken() const { return by_point[0] + by_point[1] + by_point[2]; }

  std::vector<CaptureId> captures;             // control's
  CaptureId newest = 0;                        // control's
  std::array<std::uint64_t, 3> by_point = {};  // the writer's, by CapturePoint
};

TEST_F(CaptureThreadsTest, CapturesComeAndGoUnderTraffic) {
  std::thread generator([this] { traffic(); });
  std::thread writer([this] {
    while (!stop.load()) {
      if (take() == 0) {
        std::this_thread::sleep_for(std::chrono::microseconds(100));
      }
    }
  });
  control();
  stop = true;
  generator.join();
  writer.join();
  for (const CaptureId capture : captures) {
    dataplane->stop_capture(capture);
  }
  while (take() != 0) {
  }
  EXPECT_GT(sent.load(), kFewest);
  EXPECT_GT(completed, kFewest);
  EXPECT_GT(newest, 100U);
  for (const std::uint64_t count : by_point) {
    EXPECT_GT(count, 10U);
  }
  std::uint64_t copies = 0;
  for (const WorkerStats& worker : dataplane->stats().workers) {
    copies += worker.captured;
  }
  EXPECT_GE(copies, taken());
  dataplane.reset();
}

}  // namespace
}  // namespace pollux::testing
