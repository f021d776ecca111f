// polluxd: puts the parts together, waits for a signal, takes them apart in the opposite order.
#include <google/protobuf/stubs/common.h>
#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "controlplane/config/certificate_check.hpp"
#include "controlplane/config/config_loader.hpp"
#include "controlplane/config/machine_check.hpp"
#include "controlplane/metrics/metrics_server.hpp"
#include "controlplane/metrics/node_metrics.hpp"
#include "controlplane/metrics/observations.hpp"
#include "controlplane/ops/cpu_features.hpp"
#include "controlplane/ops/cpu_set.hpp"
#include "controlplane/ops/logging.hpp"
#include "controlplane/ops/sd_notify.hpp"
#include "controlplane/ops/signals.hpp"
#include "controlplane/rpc/doors.hpp"
#include "controlplane/rpc/library_logs.hpp"
#include "controlplane/rpc/rpc_server.hpp"
#include "controlplane/session/control_thread.hpp"
#include "dataplane/api/dataplane.hpp"

namespace pollux {
namespace {

enum ExitStatus : int { kOk = 0, kFailure = 1, kUsage = 2 };

const std::map<std::string, std::string>& libraries() {
  static const std::map<std::string, std::string> versions = {
      {"DPDK", POLLUX_DPDK_VERSION},
      {"gRPC", grpc::Version()},
      {"protobuf", google::protobuf::internal::VersionString(GOOGLE_PROTOBUF_VERSION)}};
  return versions;
}

std::string version_text() {
  std::string text = "polluxd " POLLUX_VERSION " (built for " POLLUX_CPU_BASELINE ")";
  for (const auto& [name, version] : libraries()) {
    text += "\n" + name + " " + version;
  }
  return text;
}

int failed(const Error& error) {
  spdlog::error("{}{}{}", error.field, error.field.empty() ? "" : ": ", error.message);
  return kFailure;
}

template <typename Items, typename Text>
std::string joined(const Items& items, Text text) {
  std::string result;
  for (const auto& item : items) {
    result += (result.empty() ? "" : ", ") + text(item);
  }
  return result.empty() ? "none" : result;
}

void log_ready(const rpc::RpcServer& server, const config::NodeConfig& config, const Dataplane& dataplane) {
  spdlog::info(
      "ready: gRPC on {}; ports {}; workers {}",
      joined(server.doors(), [](const auto& door) { return door; }),
      joined(config.dataplane.ports, [](const auto& port) { return port.name + " (" + port.device + ")"; }),
      joined(dataplane.workers(), [](const WorkerInfo& worker) {
        return std::to_string(worker.index) + " on CPU " + std::to_string(worker.cpu) +
               (worker.roles.relay ? " relay" : "") + (worker.roles.media ? " media" : "");
      }));
}

// Null where the configuration names no address.
Expected<std::unique_ptr<metrics::MetricsServer>> start_metrics(
    const config::MetricsConfig& config, control::ControlThread& control, const Dataplane& dataplane,
    const rpc::NodeIdentity& identity, const std::shared_ptr<metrics::Observations>& observations) {
  if (config.listen.empty()) {
    return nullptr;
  }
  const auto node = std::make_shared<metrics::NodeMetrics>(
      control, dataplane,
      metrics::BuildInfo{identity.version, POLLUX_DPDK_VERSION, grpc::Version(), identity.start_time});
  return metrics::MetricsServer::start(config, {node, observations});
}

void wait_for_the_end() {
  int number = 0;
  while ((number = ops::wait_for_signal()) == SIGHUP) {
    spdlog::warn("SIGHUP: a changed configuration takes effect with a restart");
  }
  spdlog::info("{}: ending all sessions", number == SIGINT ? "SIGINT" : "SIGTERM");
}

// Pre: signals are blocked, and no other thread exists.
int run(config::NodeConfig config) {
  const std::vector<unsigned> cpus = ops::control_cpus(config, ops::thread_cpus());
  // A second instance must not touch the first one's network before it finds that it is one too many.
  if (auto ready = rpc::prepare_doors(config.grpc); !ready) {
    return failed(ready.error());
  }
  auto& eal_arguments = config.dataplane.eal.extra_arguments;
  eal_arguments.insert(eal_arguments.begin(), ops::eal_log_argument(config.log.dpdk_level));
  const rpc::NodeIdentity identity{POLLUX_VERSION, control::make_node_run(), std::chrono::system_clock::now(),
                                   libraries(), ops::cpu_features()};

  auto dataplane = Dataplane::start(config.dataplane);
  if (!dataplane) {
    return failed(dataplane.error());
  }
  // EAL has tied this thread to its main CPU. Threads made from here on inherit these CPUs.
  if (auto moved = ops::set_thread_cpus(cpus); !moved) {
    return failed(moved.error());
  }
  rpc::route_library_logs();
  const auto observations = std::make_shared<metrics::Observations>();
  control::ManagerOptions options = control::make_manager_options(config, identity.node_run);
  options.on_session_ended = [observations](const auto& event) { observations->session_ended(event); };
  control::SessionManager manager(**dataplane, std::move(options));
  control::ControlThread control(manager);
  auto server = rpc::RpcServer::start(control, **dataplane, config, identity);
  if (!server) {
    return failed(server.error());
  }
  auto metrics_server = start_metrics(config.metrics, control, **dataplane, identity, observations);
  if (!metrics_server) {
    return failed(metrics_server.error());
  }
  log_ready(**server, config, **dataplane);
  ops::notify_service_manager("READY=1");

  wait_for_the_end();
  ops::notify_service_manager("STOPPING=1");
  (*server)->stop_serving();
  if (const std::size_t left = control.drain(config.timeouts.drain); left > 0) {
    spdlog::warn("{} sessions didn't end within {} ms", left, config.timeouts.drain.count());
  }
  (*server)->shutdown();
  metrics_server->reset();
  control.stop();
  dataplane->reset();
  spdlog::info("ended");
  return kOk;
}

int check_and_run(const std::string& path, bool only_check) {
  config::ConfigResult loaded = config::load_config_file(path);
  std::cerr << config::format_problems(loaded.warnings, config::Severity::kWarning);
  if (loaded.config) {
    loaded.problems = config::check_machine(loaded);
    config::CertificateReport report = config::check_certificates(loaded, std::chrono::system_clock::now());
    std::cerr << config::format_problems(report.warnings, config::Severity::kWarning);
    std::move(report.problems.begin(), report.problems.end(), std::back_inserter(loaded.problems));
  }
  if (!loaded.problems.empty()) {
    std::cerr << config::format_problems(loaded.problems);
    return kUsage;
  }
  if (only_check) {
    std::cout << loaded.file << ": ok\n";
    return kOk;
  }
  ops::set_up_logging(loaded.config->log.level);
  return run(std::move(*loaded.config));
}

int polluxd(int argc, char** argv) {
  CLI::App app("polluxd: the Pollux media relay");
  std::string path;
  bool only_check = false;
  app.add_option("--config", path, "configuration file (YAML); see config/pollux.example.yaml")
      ->required()
      ->type_name("FILE");
  app.add_flag("--check", only_check,
               "tell everything that is wrong with the configuration, and start nothing");
  app.set_version_flag("--version", version_text());
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kUsage;
  }
  return check_and_run(path, only_check);
}

}  // namespace
}  // namespace pollux

int main(int argc, char** argv) {
  pollux::ops::block_signals();
  try {
    return pollux::polluxd(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "polluxd: " << error.what() << "\n";
    return pollux::kFailure;
  }
}
