#include "controlplane/rpc/node_service.hpp"

#include <algorithm>

#include "controlplane/rpc/capture_stream.hpp"
#include "controlplane/rpc/node_codecs.hpp"
#include "controlplane/rpc/node_stats.hpp"
#include "controlplane/rpc/status.hpp"
#include "controlplane/rpc/times.hpp"

namespace pollux::rpc {

namespace {

const char* idle_name(IdleMode mode) {
  switch (mode) {
    case IdleMode::kPoll:
      return "poll";
    case IdleMode::kPause:
      return "pause";
    case IdleMode::kInterrupt:
      return "interrupt";
    case IdleMode::kSleep:
      break;
  }
  return "sleep";
}

v1::NodeStatus node_status(const control::SessionManager& manager) {
  if (manager.stopping()) {
    return v1::NODE_STATUS_STOPPING;
  }
  return manager.draining() ? v1::NODE_STATUS_DRAINING : v1::NODE_STATUS_SERVING;
}

}  // namespace

grpc::ServerUnaryReactor* NodeService::Info(grpc::CallbackServerContext* context,
                                            const v1::InfoRequest* /*request*/, v1::InfoResponse* response) {
  auto* reactor = context->DefaultReactor();
  response->set_version(identity_.version);
  response->set_node_run(identity_.node_run);
  write_time(identity_.start_time, *response->mutable_start_time());
  response->mutable_libraries()->insert(identity_.libraries.begin(), identity_.libraries.end());
  response->mutable_cpu_features()->Assign(identity_.cpu_features.begin(), identity_.cpu_features.end());
  const NodeStats stats = dataplane_.stats();
  response->set_huge_pages(stats.huge_pages);
  response->set_srtp_backend(stats.srtp_backend);
  write_workers(*response);
  write_ports(stats, *response);
  write_codec_costs(dataplane_, *response);
  const bool posted = control_.post([this, reactor, response] {
    response->set_status(node_status(control_.manager()));
    write_networks(*response);
    reactor->Finish(grpc::Status::OK);
  });
  if (!posted) {
    reactor->Finish(draining_status());
  }
  return reactor;
}

grpc::ServerUnaryReactor* NodeService::Stats(grpc::CallbackServerContext* context,
                                             const v1::StatsRequest* /*request*/,
                                             v1::StatsResponse* response) {
  auto* reactor = context->DefaultReactor();
  const auto uptime = std::chrono::system_clock::now() - identity_.start_time;
  write_duration(std::max(uptime, std::chrono::system_clock::duration{0}), *response->mutable_uptime());
  write_node_stats(dataplane_.stats(), *response);
  const bool posted = control_.post([this, reactor, response] {
    const control::SessionTotals totals = control_.manager().totals();
    v1::SessionTotals& sessions = *response->mutable_sessions();
    sessions.set_active(totals.active);
    sessions.set_created(totals.created);
    sessions.set_deleted(totals.deleted);
    sessions.set_timed_out(totals.timed_out);
    sessions.set_refused(totals.refused);
    const std::vector<double> loads = control_.manager().worker_loads();
    const std::vector<double>& committed = control_.manager().media_committed();
    for (v1::WorkerCounters& worker : *response->mutable_workers()) {
      worker.set_load(worker.worker() < loads.size() ? loads[worker.worker()] : 0.0);
      worker.set_media_committed(worker.worker() < committed.size() ? committed[worker.worker()] : 0.0);
      worker.set_overloaded(
          worker.worker() < loads.size() &&
          control_.manager().worker_overloaded(static_cast<std::uint16_t>(worker.worker())));
    }
    reactor->Finish(grpc::Status::OK);
  });
  if (!posted) {
    reactor->Finish(draining_status());
  }
  return reactor;
}

grpc::ServerWriteReactor<v1::CaptureResponse>* NodeService::Capture(grpc::CallbackServerContext* /*context*/,
                                                                    const v1::CaptureRequest* request) {
  return CaptureStream::start(control_, *request);
}

grpc::ServerUnaryReactor* NodeService::Ports(grpc::CallbackServerContext* context,
                                             const v1::PortsRequest* /*request*/,
                                             v1::PortsResponse* response) {
  auto* reactor = context->DefaultReactor();
  for (const PortStats& port : dataplane_.stats().ports) {
    v1::PortSteering& steering = *response->add_steering();
    steering.set_port(port.name);
    steering.set_queues(port.queues);
    steering.set_method(std::string(steering_name(port.steering)));
    steering.set_reason(port.steering_reason);
    steering.set_handed_off(port.handed_off);
    steering.set_rx_packets(port.rx_packets);
  }
  const bool posted = control_.post([this, reactor, response] {
    for (const control::AddressPortUse& use : control_.manager().address_port_uses()) {
      v1::AddressPorts& address = *response->add_addresses();
      address.set_network(use.network);
      address.set_address(use.address.to_string());
      address.set_worker(use.worker);
      address.set_total(use.ports.total);
      address.set_used(use.ports.used);
    }
    reactor->Finish(grpc::Status::OK);
  });
  if (!posted) {
    reactor->Finish(draining_status());
  }
  return reactor;
}

void NodeService::write_workers(v1::InfoResponse& response) const {
  for (const WorkerInfo& worker : dataplane_.workers()) {
    v1::WorkerInfo& to = *response.add_workers();
    to.set_worker(worker.index);
    to.set_cpu(worker.cpu);
    if (worker.roles.relay) {
      to.add_roles("relay");
    }
    if (worker.roles.media) {
      to.add_roles("media");
    }
    if (worker.index < config_.dataplane.workers.size()) {
      to.set_idle(idle_name(config_.dataplane.workers[worker.index].idle));
    }
  }
}

void NodeService::write_ports(const NodeStats& stats, v1::InfoResponse& response) const {
  for (std::size_t i = 0; i < config_.dataplane.ports.size(); ++i) {
    const PortConfig& port = config_.dataplane.ports[i];
    v1::PortInfo& to = *response.add_ports();
    to.set_name(port.name);
    to.set_device(port.device);
    to.set_queues(port.queues);
    to.set_mtu(port.mtu);
    for (const InterfaceConfig& interface : port.interfaces) {
      for (const IpPrefix& address : interface.addresses) {
        to.add_addresses(address.to_string());
      }
    }
    if (i < stats.ports.size()) {
      to.set_mac(stats.ports[i].mac);
      to.set_link_up(stats.ports[i].link_up);
      to.set_queues(stats.ports[i].queues);
    }
  }
}

void NodeService::write_networks(v1::InfoResponse& response) const {
  for (std::size_t i = 0; i < config_.networks.size(); ++i) {
    const config::NetworkConfig& network = config_.networks[i];
    v1::NetworkInfo& to = *response.add_networks();
    to.set_name(network.name);
    for (const IpAddress& address : network.addresses) {
      to.add_addresses(address.to_string());
    }
    to.set_first_port(network.first_port);
    to.set_last_port(network.last_port);
    const control::PortUse use = control_.manager().port_use(i);
    to.set_ports_total(use.total);
    to.set_ports_used(use.used);
  }
}

}  // namespace pollux::rpc
