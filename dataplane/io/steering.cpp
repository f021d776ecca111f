#include "dataplane/io/steering.hpp"

#include <algorithm>
#include <bit>

#include "dataplane/io/port_rss.hpp"

namespace pollux::io {

namespace {

constexpr std::size_t kPairs = 32768;
constexpr std::array kFamilies{AddressFamily::kIpv4, AddressFamily::kIpv6};

// Each worker's ports are half of its equal share at least: else some would get hardly any session.
bool serves_all(const Steering& steering, const SteeringRequest& request) {
  for (const auto& queues : steering.queues) {
    std::vector<std::size_t> pairs(request.workers);
    for (const std::uint16_t queue : queues) {
      if (queue >= request.queues) {
        return false;
      }
      ++pairs[queue % request.workers];
    }
    if (*std::min_element(pairs.begin(), pairs.end()) < kPairs / request.workers / 2) {
      return false;
    }
  }
  return true;
}

Steering by_rss(std::span<const std::uint8_t> key, const std::vector<std::uint16_t>& reta) {
  Steering steering;
  steering.mode = SteeringMode::kRss;
  const PortRss rss(key, reta);
  for (std::size_t family = 0; family < kFamilies.size(); ++family) {
    for (std::size_t pair = 0; pair < kPairs; ++pair) {
      steering.queues[family].push_back(rss.queue(kFamilies[family], static_cast<std::uint16_t>(2 * pair)));
    }
  }
  return steering;
}

// Turns RSS over the destination port on where the device has it by rule only.
std::string turn_rss_on(SteeringDevice& device, const SteeringRequest& request) {
  if (device.has_port_rss()) {
    return {};
  }
  std::vector<FlowRule> rules;
  for (const FramePattern& pattern : request.patterns) {
    rules.push_back({pattern, 0, 0, std::nullopt});
  }
  return device.add_rules(rules);
}

Expected<Steering> try_rss(SteeringDevice& device, const SteeringRequest& request) {
  const auto give_up = [&device](const std::string& why) {
    device.remove_rules();
    return fail(ErrorCode::kUnavailable, "STEERING_UNAVAILABLE", "", why);
  };
  if (const std::string wrong = turn_rss_on(device, request); !wrong.empty()) {
    return give_up("no RSS over the UDP destination port (" + wrong + ")");
  }
  const std::vector<std::uint8_t> key = device.read_key();
  std::vector<std::uint16_t> reta = device.read_reta();
  if (key.empty() || reta.empty()) {
    return give_up(std::string("the device doesn't tell its RSS ") +
                   (key.empty() ? "key" : "redirection table"));
  }
  if (device.write_reta(deal_reta(key, reta.size(), request.queues))) {
    reta = device.read_reta();
  }
  if (reta.empty()) {
    return give_up("the device doesn't tell its RSS redirection table");
  }
  Steering steering = by_rss(key, reta);
  if (!serves_all(steering, request)) {
    return give_up("the device's RSS redirection table can't be set, and leaves workers without ports");
  }
  return steering;
}

Expected<Steering> try_rules(SteeringDevice& device, const SteeringRequest& request) {
  const std::vector<FlowRule> rules = queue_rules(request.patterns, request.queues);
  if (const std::string wrong = device.add_rules(rules); !wrong.empty()) {
    return fail(ErrorCode::kUnavailable, "STEERING_UNAVAILABLE", "", "no rte_flow rules (" + wrong + ")");
  }
  Steering steering;
  steering.mode = SteeringMode::kRteFlow;
  for (auto& queues : steering.queues) {
    queues.resize(kPairs);
    for (const FlowRule& rule : rules) {
      for (std::size_t pair = rule.udp_port / 2U; pair < kPairs; pair += rule.mask / 2U + 1U) {
        queues[pair] = *rule.queue;
      }
    }
  }
  return steering;
}

Steering by_handoff(std::string why) {
  Steering steering;
  steering.mode = SteeringMode::kHandoff;
  steering.reason = std::move(why);
  return steering;
}

std::string too_few_queues(const SteeringRequest& request) {
  return std::to_string(request.queues) + (request.queues == 1 ? " receive queue" : " receive queues") +
         " for " + std::to_string(request.workers) + " relay workers: raise queues to " +
         std::to_string(request.workers);
}

}  // namespace

bool can_steer(const SteeringRequest& request) {
  return request.workers > 1 && request.queues >= request.workers;
}

std::vector<FlowRule> queue_rules(std::span<const FramePattern> patterns, std::uint16_t queues) {
  // Where the number of queues is no power of two, four times as many classes make shares nearly equal.
  const bool even = std::has_single_bit(queues);
  const auto classes = std::bit_ceil(static_cast<unsigned>(even ? queues : 4 * queues));
  std::vector<FlowRule> rules;
  for (const FramePattern& pattern : patterns) {
    for (unsigned i = 0; i < classes; ++i) {
      rules.push_back({pattern, static_cast<std::uint16_t>(2 * i),
                       static_cast<std::uint16_t>(2 * (classes - 1)),
                       static_cast<std::uint16_t>(i % queues)});
    }
  }
  return rules;
}

Expected<Steering> steer(SteeringDevice& device, const SteeringRequest& request) {
  if (request.workers <= 1) {
    return Steering{};
  }
  const bool demanded = request.choice == SteeringChoice::kRss || request.choice == SteeringChoice::kRteFlow;
  if (request.choice == SteeringChoice::kHandoff) {
    return by_handoff("asked for");
  }
  if (!can_steer(request)) {
    return demanded ? Expected<Steering>(fail(ErrorCode::kInvalidArgument, "STEERING_UNAVAILABLE", "",
                                              too_few_queues(request)))
                    : by_handoff(too_few_queues(request));
  }
  std::string why;
  if (request.choice != SteeringChoice::kRteFlow) {
    auto steering = try_rss(device, request);
    if (steering || request.choice == SteeringChoice::kRss) {
      return steering;
    }
    why = steering.error().message + "; ";
  }
  auto steering = try_rules(device, request);
  if (steering || demanded) {
    return steering;
  }
  return by_handoff(why + steering.error().message);
}

}  // namespace pollux::io
