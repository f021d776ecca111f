// Reads the configuration file again and applies what may change while the node runs.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "controlplane/config/config_loader.hpp"
#include "controlplane/config/node_config.hpp"
#include "dataplane/base/expected.hpp"

namespace pollux::ops {

struct ConfigChange {
  std::string key;        // "log.level", "ports[0].mtu"
  std::string old_value;  // as the file would say it; empty: the key wasn't there
  std::string new_value;
  friend bool operator==(const ConfigChange&, const ConfigChange&) = default;
};

struct ReloadResult {
  std::vector<ConfigChange> applied;
  std::vector<ConfigChange> needs_restart;  // these keep their old values
};

// Every problem of the file; nothing has changed.
using ReloadProblems = std::vector<config::ConfigProblem>;

// What differs between two configurations.
ReloadResult compare_configs(const config::NodeConfig& running, const config::NodeConfig& loaded);

// All or nothing: a file with an error changes nothing. Threads: any; one reload at a time.
class ConfigReloader {
 public:
  // Makes the node do what `config` says: the running configuration with the hot keys of the file. On error,
  // which names the key, it must have changed nothing.
  using Apply = std::function<Expected<void>(const config::NodeConfig& config)>;
  // Reads and checks the file.
  using Load = std::function<config::ConfigResult()>;

  ConfigReloader(config::NodeConfig running, Load load, Apply apply)
      : load_(std::move(load)), apply_(std::move(apply)), running_(std::move(running)) {}

  // `dry_run`: only tells what would change.
  tl::expected<ReloadResult, ReloadProblems> reload(bool dry_run);

  config::NodeConfig running() const;

 private:
  const Load load_;
  const Apply apply_;
  std::mutex one_at_a_time_;
  mutable std::mutex mutex_;
  config::NodeConfig running_;  // guarded by mutex_; written by: reload()
};

// The file, checked as at the start: also against this machine.
config::ConfigResult load_checked(const std::string& path);

}  // namespace pollux::ops
