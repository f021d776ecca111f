#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <thread>

#include "controlplane/ops/cpu_features.hpp"
#include "controlplane/ops/cpu_set.hpp"
#include "controlplane/ops/logging.hpp"
#include "controlplane/ops/sd_notify.hpp"

namespace pollux::ops {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(CpuFeatures, NamesThoseOfInterest) {
  std::istringstream cpuinfo(
      "processor\t: 0\nflags\t\t: fpu vme avx2 sha_ni something aes\nprocessor\t: 1\nflags: avx512f\n");
  EXPECT_THAT(cpu_features(cpuinfo), ElementsAre("avx2", "aes", "sha_ni"));
}

TEST(CpuFeatures, SurvivesForeignText) {
  for (const char* text : {"", "flags", "flags:", "no colon\n\n"}) {
    std::istringstream cpuinfo(text);
    EXPECT_THAT(cpu_features(cpuinfo), IsEmpty());
  }
}

TEST(CpuSet, TakesTheConfiguredCpus) {
  config::NodeConfig config;
  config.control_cpus = {3, 5};
  EXPECT_THAT(control_cpus(config, std::vector<unsigned>{0, 1}), ElementsAre(3, 5));
}

TEST(CpuSet, TakesThoseThatNoWorkerUses) {
  config::NodeConfig config;
  config.dataplane.workers = {{1, {}, {}}, {2, {}, {}}};
  EXPECT_THAT(control_cpus(config, std::vector<unsigned>{0, 1, 2, 3}), ElementsAre(0, 3));
}

TEST(CpuSet, TakesAllWhereWorkersUseAll) {
  config::NodeConfig config;
  config.dataplane.workers = {{0, {}, {}}, {1, {}, {}}};
  EXPECT_THAT(control_cpus(config, std::vector<unsigned>{0, 1}), ElementsAre(0, 1));
}

TEST(CpuSet, MovesTheCallingThreadAndWhatItMakes) {
  const std::vector<unsigned> before = thread_cpus();
  ASSERT_FALSE(before.empty());
  std::thread([&before] {
    ASSERT_TRUE(set_thread_cpus(std::vector<unsigned>{before.back()}));
    std::thread([&before] { EXPECT_THAT(thread_cpus(), ElementsAre(before.back())); }).join();
  }).join();
  EXPECT_EQ(thread_cpus(), before);
}

TEST(CpuSet, SaysWhenNoneOfTheCpusExists) {
  const auto moved = set_thread_cpus(std::vector<unsigned>{1000, 100000});
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().field, "control_cpus");
}

TEST(Logging, NamesDpdksLevels) {
  EXPECT_EQ(eal_log_argument(config::LogLevel::kTrace), "--log-level=debug");
  EXPECT_EQ(eal_log_argument(config::LogLevel::kInfo), "--log-level=info");
  EXPECT_EQ(eal_log_argument(config::LogLevel::kWarning), "--log-level=warning");
  EXPECT_EQ(eal_log_argument(config::LogLevel::kError), "--log-level=error");
}

TEST(SdNotify, DoesNothingWithoutAServiceManager) {
  unsetenv("NOTIFY_SOCKET");
  EXPECT_FALSE(notify_service_manager("READY=1"));
  setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
  EXPECT_FALSE(notify_service_manager("READY=1"));
  setenv("NOTIFY_SOCKET", std::string(500, 'x').c_str(), 1);
  EXPECT_FALSE(notify_service_manager("READY=1"));
}

TEST(SdNotify, TellsTheServiceManager) {
  const std::string name = "pollux-notify-test-" + std::to_string(getpid());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data(), name.size());  // the abstract name space
  const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  ASSERT_EQ(bind(fd, static_cast<const sockaddr*>(static_cast<const void*>(&address)),
                 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size())),
            0);
  setenv("NOTIFY_SOCKET", ("@" + name).c_str(), 1);
  EXPECT_TRUE(notify_service_manager("READY=1"));
  char received[64];
  EXPECT_EQ(recv(fd, received, sizeof received, MSG_DONTWAIT), 7);
  EXPECT_EQ(std::string(received, 7), "READY=1");
  close(fd);
  unsetenv("NOTIFY_SOCKET");
}

}  // namespace
}  // namespace pollux::ops
