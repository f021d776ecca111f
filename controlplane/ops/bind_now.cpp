#include "controlplane/ops/bind_now.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <array>

namespace pollux::ops {

void bind_functions_now(char** argv) {
  constexpr const char* kVariable = "LD_BIND_NOW";
  if (const char* const value = getenv(kVariable); value != nullptr && *value != '\0') {
    return;
  }
  // Not /proc/self/exe itself: the process would be called that.
  std::array<char, 4096> path{};
  const auto length = readlink("/proc/self/exe", path.data(), path.size() - 1);
  if (length <= 0 || setenv(kVariable, "1", 1) != 0) {
    return;
  }
  execv(path.data(), argv);
}

}  // namespace pollux::ops
