#include "dataplane/io/link.hpp"

#include <net/if.h>
#include <rte_ethdev.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

namespace pollux::io {

namespace {

// Only a handle for questions to the kernel: kept, because lists of sessions ask once for each leg.
int question_socket() {
  static const int kSocket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  return kSocket;
}

// Others with an if_index (mlx5) know their link better than we do.
bool trusts_the_kernel(const rte_eth_dev_info& info) {
  return info.if_index != 0 && std::strncmp(info.driver_name, "net_af_", 7) == 0;
}

}  // namespace

bool kernel_interface_runs(unsigned if_index) {
  ifreq request{};
  request.ifr_ifindex = static_cast<int>(if_index);
  // The name first: flags can be had by name only, and an interface may be renamed.
  if (question_socket() < 0 || ioctl(question_socket(), SIOCGIFNAME, &request) != 0 ||
      ioctl(question_socket(), SIOCGIFFLAGS, &request) != 0) {
    return false;
  }
  const auto flags = static_cast<unsigned>(request.ifr_flags);
  return (flags & IFF_UP) != 0 && (flags & IFF_RUNNING) != 0;
}

bool link_is_up(std::uint16_t port_id) {
  rte_eth_link link{};
  if (rte_eth_link_get_nowait(port_id, &link) != 0 || link.link_status != RTE_ETH_LINK_UP) {
    return false;
  }
  rte_eth_dev_info info{};
  return rte_eth_dev_info_get(port_id, &info) != 0 || !trusts_the_kernel(info) ||
         kernel_interface_runs(info.if_index);
}

}  // namespace pollux::io
