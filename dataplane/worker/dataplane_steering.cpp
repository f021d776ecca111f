// Which worker reads which queue, and so which worker owns which UDP port, and is woken by which interrupt.
#include "dataplane/worker/dataplane_impl.hpp"

namespace pollux::worker {

// Queue after queue, each to the next worker: a device with as many queues as there are workers has one for
// each of them.
std::vector<std::vector<io::RxQueue>> DataplaneImpl::share_rx_queues() const {
  std::vector<std::vector<io::RxQueue>> shares(config_.workers.size());
  std::size_t next = 0;
  for (const auto& device : devices_) {
    for (std::uint16_t queue = 0; queue < device->rx_queues(); ++queue) {
      shares[relays_[next++ % relays_.size()]].push_back({device->port_id(), queue});
    }
  }
  return shares;
}

Expected<void> DataplaneImpl::start_devices() {
  for (const auto& device : devices_) {
    if (auto started = device->start(); !started) {
      return started;
    }
  }
  take_over_steering();
  return {};
}

Expected<void> DataplaneImpl::open_rx_interrupts() {
  for (std::size_t i = 0; i < parts_.size() && drive_ == Drive::kLcores; ++i) {
    Part& part = *parts_[i];
    if (part.wakeup == nullptr) {
      continue;
    }
    auto opened = io::RxInterrupts::open(part.worker->rx_queues(), *part.wakeup);
    if (!opened) {
      const Error& error = opened.error();
      return fail(error.code, error.cause, "workers[" + std::to_string(i) + "].idle", error.message);
    }
    part.interrupts = std::move(*opened);
    part.worker->wait_for(*part.interrupts);
  }
  return {};
}

// Where a device steers, a port's owner is whoever reads the queue it leads to: as share_rx_queues() has it.
void DataplaneImpl::take_over_steering() {
  std::size_t first = 0;
  for (const auto& device : devices_) {
    for (const AddressFamily family : {AddressFamily::kIpv4, AddressFamily::kIpv6}) {
      if (!device->steering().steered()) {
        break;
      }
      session::PortOwnership::Owners owners;
      for (std::size_t pair = 0; pair < owners.size(); ++pair) {
        const std::uint16_t queue = device->steering().queue(family, static_cast<std::uint16_t>(2 * pair));
        owners[pair] = static_cast<std::uint8_t>(relays_[(first + queue) % relays_.size()]);
      }
      ownership_.steer(device->port_id(), family == AddressFamily::kIpv6, owners);
    }
    first += device->rx_queues();
  }
}

std::uint16_t DataplaneImpl::port_owner(const IpAddress& local, std::uint16_t udp_port) const {
  const std::uint16_t index = interfaces_.find_local(local);
  const std::uint16_t port_id = index == io::InterfaceTable::kNone
                                    ? 0
                                    : interfaces_.interface(interfaces_.local(index).interface).port_id;
  return ownership_.owner(port_id, !local.is_v4(), udp_port);
}

}  // namespace pollux::worker
