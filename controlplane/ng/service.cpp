#include "controlplane/ng/service.hpp"

#include <spdlog/spdlog.h>

#include "controlplane/config/problem.hpp"
#include "controlplane/ng/command.hpp"

namespace pollux::ng {

namespace {

CookieCache::Options cache_options(const GatewayConfig& config) {
  CookieCache::Options options;
  options.keep = config.cookie_time;
  options.bytes = std::size_t{config.cookie_mib} << 20;
  options.patience = config.request_time + std::chrono::milliseconds(100);  // what the first may take
  return options;
}

}  // namespace

Service::Service(const GatewayConfig& config, NodePool& pool, Counters& counters)
    : config_(config), pool_(pool), counters_(counters), cache_(cache_options(config)) {}

std::optional<std::string> Service::handle(std::string_view client, std::string_view bytes) {
  const auto message = split_message(bytes);
  if (!message) {
    count(counters_.dropped);
    spdlog::info("dropped what {} has sent: no cookie in front", config::quoted(std::string(client)));
    return std::nullopt;
  }
  const std::string key = CookieCache::key_of(client, message->cookie);
  std::string reply;
  switch (cache_.claim(key, reply)) {
    case CookieCache::Claim::kDuplicate:
      count(counters_.duplicates);
      return reply;
    case CookieCache::Claim::kInWork:
      count(counters_.late_duplicates);
      return std::nullopt;
    case CookieCache::Claim::kMine:
      break;
  }
  try {
    reply = reply_to(message->cookie, message->payload);
  } catch (...) {  // lack of memory: the next try may have more luck
    cache_.finish(key, std::nullopt);
    throw;
  }
  cache_.finish(key, reply);
  return reply;
}

std::string Service::reply_to(std::string_view cookie, std::string_view payload) {
  Request request = read_request(payload);
  Dict reply = run_command(request, pool_, config_, counters_);
  std::string text = print_reply(cookie, request.encoding, reply);
  wipe(request.dict);
  wipe(reply);
  return text;
}

}  // namespace pollux::ng
