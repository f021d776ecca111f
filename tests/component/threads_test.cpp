// Sessions come, change and go while packets flow and others read counters.
#include "tests/component/threads_fixture.hpp"

namespace pollux::testing {
namespace {

TEST_F(ThreadsTest, SessionsComeAndGoUnderTraffic) {
  std::thread generator([this] { traffic(); });
  std::thread reader([this] {
    while (!stop.load()) {
      EXPECT_EQ(dataplane->stats().workers.size(), 2U);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  control();
  stop = true;
  generator.join();
  reader.join();
  EXPECT_GT(sent.load(), kFewest);
  EXPECT_GT(completed, kFewest);
  dataplane.reset();
}

}  // namespace
}  // namespace pollux::testing
