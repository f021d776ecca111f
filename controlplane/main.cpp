// polluxd: puts the parts together, waits for a signal, takes them apart in the opposite order.
#include <google/protobuf/stubs/common.h>
#include <grpcpp/grpcpp.h>
#include <rte_log.h>
#include <rte_version.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <stdio.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>

#include "controlplane/call/call_manager.hpp"
#include "controlplane/config/config_loader.hpp"
#include "controlplane/metrics/metrics_server.hpp"
#include "controlplane/metrics/node_metrics.hpp"
#include "controlplane/metrics/observations.hpp"
#include "controlplane/ops/bind_now.hpp"
#include "controlplane/ops/config_reloader.hpp"
#include "controlplane/ops/cpu_features.hpp"
#include "controlplane/ops/cpu_set.hpp"
#include "controlplane/ops/crash_handler.hpp"
#include "controlplane/ops/logging.hpp"
#include "controlplane/ops/mutex_checks.hpp"
#include "controlplane/ops/sd_notify.hpp"
#include "controlplane/ops/signals.hpp"
#include "controlplane/ops/supervisor.hpp"
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
      {"DPDK", std::string(rte_version()).substr(std::string_view("DPDK ").size())},
      {"gRPC", grpc::Version()},
      {"protobuf", google::protobuf::internal::VersionString(GOOGLE_PROTOBUF_VERSION)},
      {"yaml-cpp", POLLUX_YAML_CPP_VERSION},
      {"spdlog", POLLUX_SPDLOG_VERSION},
      {"CLI11", CLI11_VERSION},
      {"prometheus-cpp", POLLUX_PROMETHEUS_CPP_VERSION}};
  return versions;
}

template <typename Items, typename Text>
std::string joined(const Items& items, Text text, const char* separator = ", ") {
  std::string result;
  for (const auto& item : items) {
    result += (result.empty() ? "" : separator) + text(item);
  }
  return result.empty() ? "none" : result;
}

std::string version_text() {
  std::string text = "polluxd " POLLUX_VERSION " (built for " POLLUX_CPU_BASELINE ")";
  for (const auto& [name, version] : libraries()) {
    text += "\n" + name + " " + version;
  }
  return text + "\nCPU features " +
         joined(
             ops::cpu_features(), [](const auto& name) { return name; }, " ");
}

int failed(const Error& error) {
  spdlog::error("{}{}{}", error.field, error.field.empty() ? "" : ": ", error.message);
  return kFailure;
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
      metrics::BuildInfo{identity.version, libraries().at("DPDK"), grpc::Version(), identity.start_time});
  return metrics::MetricsServer::start(config, {node, observations});
}

// DPDK's log goes where ours goes, line by line.
void route_dpdk_log() {
  constexpr auto kWrite = [](void* /*cookie*/, const char* text, std::size_t size) {
    std::string_view line(text, size);
    while (line.ends_with('\n')) {
      line.remove_suffix(1);
    }
    const int level = rte_log_cur_msg_loglevel();
    spdlog::log(level <= static_cast<int>(RTE_LOG_ERR)       ? spdlog::level::err
                : level <= static_cast<int>(RTE_LOG_WARNING) ? spdlog::level::warn
                                                             : spdlog::level::info,
                "dpdk: {}", line);
    return static_cast<ssize_t>(size);
  };
  cookie_io_functions_t functions{};
  functions.write = kWrite;
  if (FILE* stream = fopencookie(nullptr, "w", functions)) {
    setvbuf(stream, nullptr, _IOLBF, BUFSIZ);
    rte_openlog_stream(stream);
  }
}

// What a configuration that was read again changes. Logging first: it alone may fail.
Expected<void> apply_config(const config::NodeConfig& config, control::ControlThread& control,
                            Dataplane& dataplane) {
  if (auto logging = ops::set_up_logging(config.log); !logging) {
    return logging;
  }
  control.call([&] {
    control::SessionManager& manager = control.manager();
    manager.set_media_timeout(config.timeouts.media);
    manager.set_jitter_window(static_cast<std::uint16_t>(config.media.jitter_window.count()));
    manager.set_one_way_audio(config.timeouts.one_way_audio);
    manager.set_limits(config.admission);
    manager.set_srtp_policy(config.srtp);
    manager.events().set_capacity(config.event_log_size);
    dataplane.set_learning(config.dataplane.learning);
    dataplane.set_max_packets_per_second(config.dataplane.max_packets_per_second);
    manager.log_config_reloaded();
  });
  return {};
}

void reload(ops::ConfigReloader& reloader) {
  ops::notify_service_manager(ops::reloading_state());
  if (auto opened = ops::reopen_log(); !opened) {
    spdlog::error("{}", opened.error().message);
  }
  if (const auto result = reloader.reload(false); !result) {
    spdlog::error("SIGHUP: the configuration has errors, nothing has changed");
    for (const config::ConfigProblem& problem : result.error()) {
      spdlog::error("{}:{}: {}: {}", problem.file, problem.line, problem.key, problem.message);
    }
  }
  ops::notify_service_manager("READY=1");
}

void wait_for_the_end(ops::Supervisor& supervisor, ops::ConfigReloader& reloader) {
  using Clock = std::chrono::steady_clock;
  const std::chrono::milliseconds interval = ops::look_interval(ops::watchdog_time());
  auto next_look = Clock::now();
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_look - Clock::now());
    const int number = left.count() > 0 ? ops::wait_for_signal(left) : 0;
    if (number == SIGHUP) {
      reload(reloader);
    } else if (number != 0) {
      return spdlog::info("{}: ending all sessions", number == SIGINT ? "SIGINT" : "SIGTERM");
    }
    if (Clock::now() >= next_look) {
      next_look = Clock::now() + interval;
      supervisor.look();
      ops::tell_suppressed();
    }
  }
}

ops::Supervisor::Hooks supervisor_hooks(control::ControlThread& control, const Dataplane& dataplane) {
  return {[&dataplane] { return dataplane.stats(); },
          [&control](ops::Supervisor::Answer answer) {
            control.post([&control, answer = std::move(answer)] {
              answer(control.manager().draining() ? "draining" : "serving");
            });
          },
          [](std::string_view text) { ops::notify_service_manager(text); }};
}

// Pre: signals are blocked, and no other thread exists.
int run(config::NodeConfig config, const std::string& path) {
  const config::NodeConfig as_written = config;
  const std::vector<unsigned> cpus = ops::control_cpus(config, ops::thread_cpus());
  // A second instance must not touch the first one's network before it finds that it is one too many.
  if (auto ready = rpc::prepare_doors(config.grpc); !ready) {
    return failed(ready.error());
  }
  auto& eal_arguments = config.dataplane.eal.extra_arguments;
  eal_arguments.insert(eal_arguments.begin(), ops::eal_log_argument(config.log.dpdk_level));
  const rpc::NodeIdentity identity{POLLUX_VERSION, control::make_node_run(), std::chrono::system_clock::now(),
                                   libraries(), ops::cpu_features()};

  route_dpdk_log();
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
  call::CallManager calls(manager);
  control::ControlThread control(manager, [&calls] { calls.poll(); });
  ops::ConfigReloader reloader(
      as_written, [path] { return ops::load_checked(path); },
      [&](const config::NodeConfig& changed) { return apply_config(changed, control, **dataplane); });
  auto server = rpc::RpcServer::start(control, calls, **dataplane, config, identity, reloader,
                                      [observations](std::string_view method, int code, auto took) {
                                        observations->api_call(method, code, took);
                                      });
  if (!server) {
    return failed(server.error());
  }
  auto metrics_server = start_metrics(config.metrics, control, **dataplane, identity, observations);
  if (!metrics_server) {
    return failed(metrics_server.error());
  }
  log_ready(**server, config, **dataplane);
  ops::notify_service_manager("READY=1");

  ops::Supervisor supervisor(supervisor_hooks(control, **dataplane));
  wait_for_the_end(supervisor, reloader);
  ops::notify_service_manager("STOPPING=1");
  (*server)->stop_serving();
  const std::chrono::milliseconds patience = reloader.running().timeouts.drain;
  if (const std::size_t left = control.drain(patience); left > 0) {
    spdlog::warn("{} sessions didn't end within {} ms", left, patience.count());
  }
  (*server)->shutdown();
  metrics_server->reset();
  control.stop();
  dataplane->reset();
  spdlog::info("ended");
  return kOk;
}

int check_and_run(const std::string& path, bool only_check) {
  config::ConfigResult loaded = ops::load_checked(path);
  std::cerr << config::format_problems(loaded.warnings, config::Severity::kWarning);
  if (!loaded.problems.empty()) {
    std::cerr << config::format_problems(loaded.problems);
    return kUsage;
  }
  if (only_check) {
    std::cout << loaded.file << ": ok\n";
    return kOk;
  }
  if (auto ready = ops::set_up_logging(loaded.config->log); !ready) {
    std::cerr << "polluxd: " << ready.error().message << "\n";
    return kFailure;
  }
  if (!ops::functions_are_bound()) {
    spdlog::warn("LD_BIND_NOW can't be set for polluxd: a core dump may have keys in it");
  }
  ops::install_crash_handler(crash_context);
  return run(std::move(*loaded.config), path);
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
  pollux::ops::bind_functions_now(argv);
  pollux::ops::block_signals();
  pollux::ops::switch_off_mutex_checks();
  try {
    return pollux::polluxd(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "polluxd: " << error.what() << "\n";
    return pollux::kFailure;
  }
}
