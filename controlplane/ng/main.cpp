// pollux-ng: speaks the NG protocol to SIP proxies and gRPC to polluxd.
#include <signal.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <string>

#include "controlplane/config/problem.hpp"
#include "controlplane/ng/gateway.hpp"
#include "controlplane/ops/bind_now.hpp"
#include "controlplane/ops/logging.hpp"
#include "controlplane/ops/mutex_checks.hpp"
#include "controlplane/ops/sd_notify.hpp"
#include "controlplane/ops/signals.hpp"

namespace pollux::ng {
namespace {

enum ExitStatus : int { kOk = 0, kFailure = 1, kUsage = 2 };

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

// All of it, or, where the file has a mistake, nothing.
void reload(Gateway& gateway, const std::string& path) {
  ops::notify_service_manager("RELOADING=1");
  if (auto opened = ops::reopen_log(); !opened) {
    spdlog::error("{}", opened.error().message);
  }
  const GatewayResult read = load_gateway_file(path);
  for (const config::ConfigProblem& problem : read.problems) {
    spdlog::error("SIGHUP: nothing has changed: {}:{}: {}: {}", problem.file, problem.line, problem.key,
                  problem.message);
  }
  if (read.config) {
    const auto reloaded = gateway.reload(*read.config);
    const auto logging = reloaded ? ops::set_up_logging(read.config->log) : Expected<void>();
    if (!reloaded || !logging) {
      const Error& error = !reloaded ? reloaded.error() : logging.error();
      spdlog::error("SIGHUP: {}: {}", error.field, error.message);
    } else {
      spdlog::info("SIGHUP: nodes and log are as the configuration says; other keys need a restart");
    }
  }
  ops::notify_service_manager("READY=1");
}

void wait_for_the_end(Gateway& gateway, const std::string& path) {
  while (true) {
    const int number = ops::wait_for_signal(std::chrono::seconds(1));
    ops::tell_suppressed();
    if (number == SIGHUP) {
      reload(gateway, path);
    } else if (number != 0) {
      spdlog::info("{}: finishing what is under way", number == SIGINT ? "SIGINT" : "SIGTERM");
      return;
    }
  }
}

int run(const GatewayConfig& config, const std::string& path) {
  if (auto logging = ops::set_up_logging(config.log); !logging) {
    return failed(logging.error());
  }
  auto gateway = Gateway::start(config);
  if (!gateway) {
    return failed(gateway.error());
  }
  const auto text = [](const SocketAddress& address) { return address.to_string(); };
  spdlog::info("ready: UDP on {}; TCP on {}; nodes {}", joined(config.listen_udp, text),
               joined(config.listen_tcp, text),
               joined(config.nodes, [](const NodeEntry& node) { return node.address; }));
  ops::notify_service_manager("READY=1");
  wait_for_the_end(**gateway, path);
  ops::notify_service_manager("STOPPING=1");
  return kOk;
}

int pollux_ng(int argc, char** argv) {
  CLI::App app("pollux-ng: the NG protocol of SIP proxies, for Pollux");
  std::string path;
  bool only_check = false;
  app.add_option("--config", path, "configuration file (YAML); see config/pollux-ng.example.yaml")
      ->required()
      ->type_name("FILE");
  app.add_flag("--check", only_check,
               "tell everything that is wrong with the configuration, and start nothing");
  app.set_version_flag("--version", "pollux-ng " POLLUX_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kUsage;
  }
  const GatewayResult read = load_gateway_file(path);
  std::cerr << config::format_problems(read.problems);
  if (!read.config) {
    return kUsage;
  }
  if (only_check) {
    std::cout << path << ": no mistakes\n";
    return kOk;
  }
  return run(*read.config, path);
}

}  // namespace
}  // namespace pollux::ng

int main(int argc, char** argv) {
  pollux::ops::bind_functions_now(argv);
  pollux::ops::block_signals();
  pollux::ops::switch_off_mutex_checks();
  try {
    return pollux::ng::pollux_ng(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "pollux-ng: " << error.what() << "\n";
    return 1;
  }
}
