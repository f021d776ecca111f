// What tests of the control plane share: two networks, a two-leg call, and a manager over a fake data plane.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/session/session_manager.hpp"
#include "controlplane/session/session_rules.hpp"
#include "tests/support/fake_dataplane.hpp"

namespace pollux::test {

inline IpAddress ip(const char* text) {
  return IpAddress::parse(text).value();
}
inline SocketAddress at(const char* text) {
  return SocketAddress::parse(text).value();
}

// "inside" has IPv4 only, "outside" both families.
inline std::vector<config::NetworkConfig> two_networks(std::uint16_t first = 20000,
                                                       std::uint16_t last = 59999) {
  return {{"inside", {ip("10.0.0.1"), ip("10.0.0.2")}, first, last, 46},
          {"outside", {ip("192.0.2.1"), ip("2001:db8::1")}, first, last, 34}};
}

inline control::SessionRequest two_legs(const char* remote_a = "10.0.0.100:4000",
                                        const char* remote_b = "198.51.100.7:5000") {
  control::SessionRequest request;
  control::LegRequest a;
  a.id = "a";
  a.network = "inside";
  a.remote_rtp = at(remote_a);
  control::LegRequest b;
  b.id = "b";
  b.network = "outside";
  b.remote_rtp = at(remote_b);
  request.legs = {a, b};
  return request;
}

// A manager whose clocks stand until they are moved; poll() by hand.
struct ManagerFixture {
  explicit ManagerFixture(std::size_t workers = 1, std::uint16_t first_port = 20000,
                          std::uint16_t last_port = 59999, std::uint32_t max_sessions = 1000)
      : dataplane(workers), manager(dataplane, options(first_port, last_port, max_sessions)) {}

  control::ManagerOptions options(std::uint16_t first_port, std::uint16_t last_port,
                                  std::uint32_t max_sessions) {
    control::ManagerOptions options;
    options.networks = two_networks(first_port, last_port);
    options.port_names = {"lan", "wan"};
    options.max_sessions = max_sessions;
    options.event_log_size = 256;
    options.node_run = "run-1";
    options.steady_now = [this] { return steady; };
    options.system_now = [this] { return system; };
    return options;
  }

  // Collects the one answer of a command.
  struct Answer {
    std::vector<control::SessionResult> results;
    bool arrived() const { return !results.empty(); }
    const control::SessionView& session() const { return results.at(0).value(); }
    const Error& error() const { return results.at(0).error().error; }
  };
  static control::SessionCallback into(Answer& answer) {
    return [&answer](const control::SessionResult& result) { answer.results.push_back(result); };
  }

  control::SessionRequest resolved(control::SessionRequest request) {
    control::resolve_defaults(request, manager.defaults(), control::SinkDefault::kEachOther);
    return request;
  }
  void create(const std::string& id, Answer& answer, const control::SessionRequest& request = two_legs()) {
    manager.create(id, resolved(request), into(answer));
  }
  // Polls until nothing happens any more.
  void settle() {
    while (manager.poll()) {
    }
  }
  std::uint64_t ports_used() const { return manager.port_use(0).used + manager.port_use(1).used; }
  std::vector<control::LogEventType> logged() {
    std::vector<control::LogEventType> types;
    for (const auto& event : manager.events().read(1, "", 1000).events) {
      types.push_back(event->type);
    }
    return types;
  }

  std::chrono::steady_clock::time_point steady{std::chrono::seconds(1000)};
  std::chrono::system_clock::time_point system{std::chrono::seconds(1'700'000'000)};
  FakeDataplane dataplane;
  control::SessionManager manager;
};

}  // namespace pollux::test
