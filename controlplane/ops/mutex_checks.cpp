#include "controlplane/ops/mutex_checks.hpp"

#include <absl/synchronization/mutex.h>

namespace pollux::ops {

void switch_off_mutex_checks() {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

}  // namespace pollux::ops
