#include "controlplane/ops/config_reloader.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>

#include "controlplane/config/certificate_check.hpp"
#include "controlplane/config/machine_check.hpp"
#include "controlplane/config/node_schema.hpp"
#include "controlplane/config/read_context.hpp"

namespace pollux::ops {

namespace {

const std::set<std::string>& hot_keys() {
  static const std::set<std::string> keys = [] {
    std::set<std::string> hot;
    for (const config::KeyInfo& key : config::known_keys()) {
      if (key.apply == config::Apply::kHot) {
        hot.insert(key.path);  // none of them is inside a list, so the path is the key
      }
    }
    return hot;
  }();
  return keys;
}

std::string value_of(const std::map<std::string, std::string>& values, const std::string& key) {
  const auto found = values.find(key);
  return found == values.end() ? std::string() : found->second;
}

std::string list(const std::vector<ConfigChange>& changes) {
  std::string text;
  for (const ConfigChange& change : changes) {
    text +=
        (text.empty() ? "" : ", ") + change.key + " (" + change.old_value + " -> " + change.new_value + ")";
  }
  return text.empty() ? "nothing" : text;
}

}  // namespace

ReloadResult compare_configs(const config::NodeConfig& running, const config::NodeConfig& loaded) {
  const auto before = config::shown_values(running);
  const auto after = config::shown_values(loaded);
  std::set<std::string> keys;
  for (const auto* values : {&before, &after}) {
    for (const auto& [key, value] : *values) {
      keys.insert(key);
    }
  }
  ReloadResult result;
  for (const std::string& key : keys) {
    const std::string old_value = value_of(before, key);
    const std::string new_value = value_of(after, key);
    if (old_value != new_value || before.contains(key) != after.contains(key)) {
      (hot_keys().contains(key) ? result.applied : result.needs_restart)
          .push_back({key, old_value, new_value});
    }
  }
  return result;
}

tl::expected<ReloadResult, ReloadProblems> ConfigReloader::reload(bool dry_run) {
  const std::lock_guard lock(one_at_a_time_);
  config::ConfigResult loaded = load_();
  if (!loaded.problems.empty() || !loaded.config) {
    return tl::unexpected(std::move(loaded.problems));
  }
  const config::NodeConfig before = running();
  config::NodeConfig merged = before;
  config::node_schema().take_hot(*loaded.config, merged);
  ReloadResult result = compare_configs(before, *loaded.config);
  if (dry_run) {
    return result;
  }
  if (auto applied = apply_(merged); !applied) {
    const std::string& key = applied.error().field;
    return tl::unexpected(ReloadProblems{
        {loaded.file, config::nearest_line(loaded.key_lines, key), key, applied.error().message}});
  }
  {
    const std::lock_guard running_lock(mutex_);
    running_ = std::move(merged);
  }
  spdlog::info("configuration read again; changed: {}; needs a restart: {}", list(result.applied),
               list(result.needs_restart));
  return result;
}

config::NodeConfig ConfigReloader::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

config::ConfigResult load_checked(const std::string& path) {
  config::ConfigResult loaded = config::load_config_file(path);
  if (loaded.config) {
    loaded.problems = config::check_machine(loaded);
    config::CertificateReport files = config::check_certificates(loaded, std::chrono::system_clock::now());
    std::move(files.problems.begin(), files.problems.end(), std::back_inserter(loaded.problems));
    std::move(files.warnings.begin(), files.warnings.end(), std::back_inserter(loaded.warnings));
  }
  return loaded;
}

}  // namespace pollux::ops
