#include "controlplane/metrics/node_snapshot.hpp"

#include <future>
#include <memory>

namespace pollux::metrics {

ControlSnapshot take_control_snapshot(control::SessionManager& manager) {
  ControlSnapshot snapshot;
  snapshot.sessions = manager.totals();
  snapshot.session_limit = manager.session_limit();
  snapshot.loads = manager.worker_loads();
  for (std::size_t worker = 0; worker < snapshot.loads.size(); ++worker) {
    snapshot.overloaded.push_back(manager.worker_overloaded(static_cast<std::uint16_t>(worker)));
  }
  snapshot.media_committed = manager.media_committed();
  const auto networks = manager.defaults().networks;
  for (std::size_t i = 0; i < networks.size(); ++i) {
    snapshot.networks.push_back({networks[i].name, manager.port_use(i)});
  }
  snapshot.events = manager.events().counts();
  snapshot.watchers = manager.events().waiters();
  return snapshot;
}

NodeSnapshot take_snapshot(control::ControlThread& control, const Dataplane& dataplane,
                           std::chrono::milliseconds patience) {
  NodeSnapshot snapshot;
  // Shared, since a late answer may find that nobody waits any more.
  const auto answer = std::make_shared<std::promise<ControlSnapshot>>();
  auto answered = answer->get_future();
  const bool posted =
      control.post([answer, &control] { answer->set_value(take_control_snapshot(control.manager())); });
  snapshot.stats = dataplane.stats();  // while the control thread works
  if (posted && answered.wait_for(patience) == std::future_status::ready) {
    snapshot.control = answered.get();
  }
  return snapshot;
}

}  // namespace pollux::metrics
