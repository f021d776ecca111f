#include "controlplane/ops/signals.hpp"

#include <pthread.h>
#include <signal.h>

namespace pollux::ops {

namespace {

sigset_t waited_for() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

void block_signals() {
  const sigset_t set = waited_for();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

int wait_for_signal(std::chrono::milliseconds limit) {
  const sigset_t set = waited_for();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(limit);
  const timespec time{seconds.count(), std::chrono::nanoseconds(limit - seconds).count()};
  const int number = sigtimedwait(&set, nullptr, &time);
  return number > 0 ? number : 0;  // a debugger's interruption counts as the end of the time
}

}  // namespace pollux::ops
