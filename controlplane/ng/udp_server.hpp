// The gateway's UDP sockets and the threads that serve them.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "controlplane/ng/service.hpp"
#include "controlplane/ng/socket.hpp"

namespace pollux::ng {

// Each worker takes a datagram, asks the nodes, and sends the reply: a request that is slow holds up no other
// one while there are workers left.
class UdpServer {
 public:
  static Expected<std::unique_ptr<UdpServer>> start(const GatewayConfig& config, Service& service);
  // Returns when the requests under way have their replies.
  ~UdpServer();
  UdpServer(const UdpServer&) = delete;
  UdpServer& operator=(const UdpServer&) = delete;

  std::vector<std::uint16_t> ports() const;

 private:
  explicit UdpServer(Service& service) : service_(service) {}
  void work();
  void take_one(int fd, std::vector<char>& buffer);

  Service& service_;
  StopSignal stop_;
  std::vector<Fd> sockets_;
  std::vector<std::thread> workers_;
};

}  // namespace pollux::ng
