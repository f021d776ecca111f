// The whole gateway, put together.
#pragma once

#include <memory>

#include "controlplane/ng/counters.hpp"
#include "controlplane/ng/gateway_config.hpp"
#include "controlplane/ng/node_pool.hpp"
#include "controlplane/ng/press_watcher.hpp"
#include "controlplane/ng/service.hpp"
#include "controlplane/ng/tcp_server.hpp"
#include "controlplane/ng/udp_server.hpp"

namespace pollux::ng {

class Gateway {
 public:
  // Errors: kUnavailable, an address that can't be listened on; kInvalidArgument, a TLS file.
  static Expected<std::unique_ptr<Gateway>> start(GatewayConfig config);
  // Takes no new requests and returns when those under way have their replies.
  ~Gateway() = default;
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // Takes over the nodes, with their weights and drains; the rest needs a restart. On error nothing changes.
  Expected<void> reload(const GatewayConfig& config);

  std::vector<std::uint16_t> udp_ports() const { return udp_->ports(); }
  std::vector<std::uint16_t> tcp_ports() const { return tcp_->ports(); }
  NodePool& pool() { return *pool_; }
  Counters& counters() { return counters_; }

 private:
  explicit Gateway(GatewayConfig config) : config_(std::move(config)) {}

  // In the order in which they need each other.
  const GatewayConfig config_;
  Counters counters_;
  std::unique_ptr<NodePool> pool_;
  std::unique_ptr<PressNotifier> notifier_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<UdpServer> udp_;
  std::unique_ptr<TcpServer> tcp_;
};

}  // namespace pollux::ng
