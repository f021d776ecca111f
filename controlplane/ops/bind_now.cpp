#include "controlplane/ops/bind_now.hpp"

#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <array>

namespace pollux::ops {

namespace {

constexpr const char* kVariable = "LD_BIND_NOW";
constexpr const char* kTried =
    "POLLUX_RUN_ONCE_MORE";  // a loader that takes the other away would not end this

}  // namespace

bool functions_are_bound() {
  const char* const value = getenv(kVariable);
  return value != nullptr && *value != '\0' && getauxval(AT_SECURE) == 0;
}

void bind_functions_now(char** argv) {
  // With AT_SECURE the loader believes no environment.
  if (functions_are_bound() || getenv(kTried) != nullptr || getauxval(AT_SECURE) != 0) {
    return;
  }
  // Not /proc/self/exe itself: the process would be called that.
  std::array<char, 4096> path{};
  const auto length = readlink("/proc/self/exe", path.data(), path.size() - 1);
  if (length > 0 && setenv(kVariable, "1", 1) == 0 && setenv(kTried, "1", 1) == 0) {
    execv(path.data(), argv);
    unsetenv(kVariable);
  }
}

}  // namespace pollux::ops
