#include "controlplane/ng/gateway.hpp"

namespace pollux::ng {

Expected<std::unique_ptr<Gateway>> Gateway::start(GatewayConfig config) {
  std::unique_ptr<Gateway> gateway(new Gateway(std::move(config)));
  const GatewayConfig& settings = gateway->config_;
  auto pool = NodePool::open(settings);
  if (!pool) {
    return tl::unexpected(std::move(pool.error()));
  }
  gateway->pool_ = std::move(*pool);
  gateway->pool_->watch_health(settings.health_interval);
  gateway->notifier_ = std::make_unique<PressNotifier>(settings, gateway->counters_);
  gateway->notifier_->follow(gateway->pool_->nodes());
  gateway->service_ = std::make_unique<Service>(settings, *gateway->pool_, gateway->counters_);
  auto udp = UdpServer::start(settings, *gateway->service_);
  if (!udp) {
    return tl::unexpected(std::move(udp.error()));
  }
  gateway->udp_ = std::move(*udp);
  auto tcp = TcpServer::start(settings, *gateway->service_);
  if (!tcp) {
    return tl::unexpected(std::move(tcp.error()));
  }
  gateway->tcp_ = std::move(*tcp);
  return gateway;
}

Expected<void> Gateway::reload(const GatewayConfig& config) {
  auto reloaded = pool_->reload(config.nodes);
  if (reloaded) {
    notifier_->follow(pool_->nodes());
  }
  return reloaded;
}

}  // namespace pollux::ng
