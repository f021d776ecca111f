#include "dataplane/io/rx_interrupts.hpp"

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

namespace pollux::io {

namespace {

std::string device_of(std::uint16_t port_id) {
  char name[RTE_ETH_NAME_MAX_LEN] = "";
  rte_eth_dev_get_name_by_port(port_id, name);
  return name;
}

}  // namespace

Expected<std::unique_ptr<RxInterrupts>> RxInterrupts::open(std::span<const RxQueue> queues, Wakeup& wakeup) {
  std::unique_ptr<RxInterrupts> made(new RxInterrupts(wakeup));
  if (auto added = made->add(queues); !added) {
    return tl::unexpected<Error>(added.error());
  }
  return made;
}

Expected<void> RxInterrupts::add(std::span<const RxQueue> queues) {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  woken_.epdata.event = EPOLLIN | EPOLLET;
  if (epoll_ < 0 || !wakeup_.ok() ||
      rte_epoll_ctl(epoll_, EPOLL_CTL_ADD, wakeup_.descriptor(), &woken_) != 0) {
    return fail(ErrorCode::kExhausted, "INTERRUPTS_UNAVAILABLE", "",
                "the process has no file descriptor left to wait with: raise its limit (LimitNOFILE=)");
  }
  for (const RxQueue& queue : queues) {
    if (auto added = add(queue); !added) {
      return added;
    }
  }
  return {};
}

Expected<void> RxInterrupts::add(const RxQueue& queue) {
  int error = rte_eth_dev_rx_intr_ctl_q(queue.port_id, queue.queue, epoll_, RTE_INTR_EVENT_ADD, nullptr);
  // Queues of a device may share an interrupt: within a worker that does no harm.
  const int descriptor = rte_eth_dev_rx_intr_ctl_q_get_fd(queue.port_id, queue.queue);
  const bool shared = error == -EEXIST;
  if (shared && std::ranges::find(descriptors_, descriptor) != descriptors_.end()) {
    error = 0;
  }
  if (error == 0) {
    queues_.push_back(queue);
    descriptors_.push_back(descriptor);
    // Whether it can be switched. A device that has no switch (net_tap) always interrupts.
    const int switched = rte_eth_dev_rx_intr_enable(queue.port_id, queue.queue);
    error = switched == -ENOTSUP ? 0 : switched;
    rte_eth_dev_rx_intr_disable(queue.port_id, queue.queue);
  }
  if (error != 0) {
    const std::string why = shared ? "shares its interrupt with a queue of another worker"
                                   : std::string("has no interrupt (") + rte_strerror(-error) + ")";
    return fail(ErrorCode::kUnavailable, "INTERRUPTS_UNAVAILABLE", "",
                "receive queue " + std::to_string(queue.queue) + " of " + device_of(queue.port_id) + " " +
                    why + ": take idle: sleep, or a device whose driver has receive interrupts");
  }
  return {};
}

RxInterrupts::~RxInterrupts() {
  for (const RxQueue& queue : queues_) {
    rte_eth_dev_rx_intr_ctl_q(queue.port_id, queue.queue, epoll_, RTE_INTR_EVENT_DEL, nullptr);
  }
  if (epoll_ >= 0) {
    close(epoll_);
  }
}

void RxInterrupts::arm() {
  wakeup_.will_sleep();
  for (const RxQueue& queue : queues_) {
    rte_eth_dev_rx_intr_enable(queue.port_id, queue.queue);
  }
}

void RxInterrupts::disarm() {
  wakeup_.is_awake();
  for (const RxQueue& queue : queues_) {
    rte_eth_dev_rx_intr_disable(queue.port_id, queue.queue);
  }
}

bool RxInterrupts::wait(int milliseconds) {
  std::array<rte_epoll_event, 8> events;
  return rte_epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), milliseconds) > 0;
}

}  // namespace pollux::io
