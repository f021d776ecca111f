// Requests as bytes: what a proxy sends goes in, what it gets comes out.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "controlplane/ng/cookie_cache.hpp"
#include "controlplane/ng/counters.hpp"
#include "controlplane/ng/node_pool.hpp"

namespace pollux::ng {

// Any thread; handle() blocks for as long as the nodes take, within the configured time.
class Service {
 public:
  Service(const GatewayConfig& config, NodePool& pool, Counters& counters);

  // `client` names who has sent it ("udp 192.0.2.1:5060"). Nothing: no reply is due. The caller wipes
  // `bytes`.
  std::optional<std::string> handle(std::string_view client, std::string_view bytes);

 private:
  std::string reply_to(std::string_view cookie, std::string_view payload);

  const GatewayConfig& config_;
  NodePool& pool_;
  Counters& counters_;
  CookieCache cache_;
};

}  // namespace pollux::ng
