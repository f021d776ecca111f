#include "controlplane/ops/crash_handler.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>

namespace pollux::ops {
namespace {

CrashContext in_a_stage() noexcept {
  return {true, 3, "rtp_send"};
}
CrashContext nowhere() noexcept {
  return {};
}

TEST(CrashHandlerDeathTest, NamesWorkerAndStage) {
  EXPECT_EXIT(
      {
        install_crash_handler(in_a_stage);
        raise(SIGSEGV);
      },
      testing::KilledBySignal(SIGSEGV),
      "polluxd crashed: SIGSEGV sent by process .*; worker 3, stage rtp_send;");
}

TEST(CrashHandlerDeathTest, EndsByTheSignalThatItWas) {
  for (const int number : {SIGBUS, SIGILL, SIGFPE, SIGABRT}) {
    EXPECT_EXIT(
        {
          install_crash_handler(nowhere);
          raise(number);
        },
        testing::KilledBySignal(number), "no worker; thread .*\\+0x");
  }
}

TEST(CrashHandlerDeathTest, TellsTheAddressOfAFault) {
  EXPECT_EXIT(
      {
        install_crash_handler(nowhere);
        volatile int* volatile low = reinterpret_cast<volatile int*>(0x1234);
        *low = 1;
      },
      testing::KilledBySignal(SIGSEGV), "SIGSEGV at address 0x1234;");
}

}  // namespace
}  // namespace pollux::ops
