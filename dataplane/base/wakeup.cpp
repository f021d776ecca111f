#include "dataplane/base/wakeup.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

namespace pollux {

Wakeup::Wakeup() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Wakeup::~Wakeup() {
  if (ok()) {
    close(descriptor_);
  }
}

void Wakeup::ring() const {
  eventfd_write(descriptor_, 1);  // nobody reads it: an edge each, until after 2^64 of them
}

}  // namespace pollux
