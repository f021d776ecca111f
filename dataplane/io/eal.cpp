#include "dataplane/io/eal.hpp"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_log.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <optional>

namespace pollux::io {

namespace {

struct EalState {
  bool attempted = false;
  bool initialised = false;
  bool huge_pages = false;
  cpu_set_t original_cpus{};
};

// EAL itself is one per process.
EalState& eal_state() {
  static EalState state;
  return state;
}

cpu_set_t current_cpu_set() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  return set;
}

// Free huge pages of all sizes, in MiB.
std::uint64_t free_huge_memory_mb() {
  std::uint64_t total_kb = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/kernel/mm/hugepages", error)) {
    // "hugepages-2048kB"
    const std::string name = entry.path().filename();
    const std::uint64_t page_kb = std::strtoull(name.c_str() + name.find('-') + 1, nullptr, 10);
    std::uint64_t free_pages = 0;
    std::ifstream(entry.path() / "free_hugepages") >> free_pages;
    total_kb += page_kb * free_pages;
  }
  return total_kb / 1024;
}

Expected<bool> choose_memory(const EalConfig& config) {
  if (config.huge_pages == HugePages::kOff) {
    return false;
  }
  if (free_huge_memory_mb() >= config.memory_mb) {
    return true;
  }
  if (config.huge_pages == HugePages::kAuto) {
    return false;
  }
  const std::uint32_t pages = (config.memory_mb + 1) / 2;
  return fail(ErrorCode::kUnavailable, "HUGE_PAGES_MISSING", "eal.huge_pages",
              std::to_string(config.memory_mb) + " MiB of huge pages are required and " +
                  std::to_string(free_huge_memory_mb()) + " MiB are free; run: echo " +
                  std::to_string(std::max(512U, pages)) + " > /proc/sys/vm/nr_hugepages");
}

Expected<void> check_cpus(const DataplaneConfig& config, const cpu_set_t& usable) {
  const auto check = [&](unsigned cpu, const std::string& field) -> Expected<void> {
    if (cpu < CPU_SETSIZE && CPU_ISSET(cpu, &usable)) {
      return {};
    }
    return fail(ErrorCode::kInvalidArgument, "CPU_MISSING", field,
                "this process can't run on CPU " + std::to_string(cpu));
  };
  if (auto checked = check(config.eal.main_cpu, "eal.main_cpu"); !checked) {
    return checked;
  }
  for (std::size_t i = 0; i < config.workers.size(); ++i) {
    if (auto checked = check(config.workers[i].cpu, "workers[" + std::to_string(i) + "].cpu"); !checked) {
      return checked;
    }
  }
  return {};
}

Expected<void> check_lcores(const DataplaneConfig& config) {
  for (unsigned i = 0; i <= config.workers.size(); ++i) {
    if (i >= RTE_MAX_LCORE || rte_lcore_is_enabled(i) == 0) {
      return fail(ErrorCode::kExhausted, "LCORES_EXHAUSTED", "workers",
                  "EAL runs with " + std::to_string(rte_lcore_count()) +
                      " lcores, of which one is the main one; " + std::to_string(config.workers.size()) +
                      " workers don't fit");
    }
  }
  return {};
}

bool is_hex(const std::string& text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
}

}  // namespace

bool is_pci_address(const std::string& device) {
  // [domain:]bus:device.function
  const std::string name = device.substr(0, device.find(','));
  const auto dot = name.rfind('.');
  const auto last_colon = name.rfind(':');
  if (dot == std::string::npos || last_colon == std::string::npos || dot != last_colon + 3 ||
      dot + 2 != name.size() || !is_hex(name.substr(last_colon + 1, 2)) || name[dot + 1] < '0' ||
      name[dot + 1] > '7') {
    return false;
  }
  const std::string before = name.substr(0, last_colon);  // "0000:3b" or "3b"
  const auto colon = before.find(':');
  if (colon == std::string::npos) {
    return before.size() == 2 && is_hex(before);
  }
  return is_hex(before.substr(0, colon)) && before.size() == colon + 3 && is_hex(before.substr(colon + 1));
}

std::vector<std::string> eal_arguments(const DataplaneConfig& config, bool huge_pages) {
  std::string lcores = "0@" + std::to_string(config.eal.main_cpu);
  for (std::size_t i = 0; i < config.workers.size(); ++i) {
    lcores.append(",")
        .append(std::to_string(i + 1))
        .append("@")
        .append(std::to_string(config.workers[i].cpu));
  }
  std::vector<std::string> arguments{"pollux",
                                     "--lcores=" + lcores,
                                     "--file-prefix=" + config.eal.file_prefix,
                                     "--log-level=error",
                                     "-m",
                                     std::to_string(config.eal.memory_mb)};
  if (huge_pages) {
    arguments.emplace_back("--in-memory");
  } else {
    // --in-memory can't go with --no-huge; this is the part of it that matters: no files left behind.
    arguments.emplace_back("--no-huge");
    arguments.emplace_back("--no-shconf");
  }
  if (!config.eal.telemetry) {
    arguments.emplace_back("--no-telemetry");
  }
  bool pci = false;
  for (const PortConfig& port : config.ports) {
    if (is_pci_address(port.device)) {
      pci = true;
      arguments.emplace_back("-a");  // only these are touched
      arguments.push_back(port.device);
    }
  }
  if (!pci) {
    arguments.emplace_back("--no-pci");
    arguments.emplace_back("--iova-mode=va");
  }
  arguments.insert(arguments.end(), config.eal.extra_arguments.begin(), config.eal.extra_arguments.end());
  return arguments;
}

Expected<void> init_eal(const DataplaneConfig& config) {
  EalState& state = eal_state();
  if (state.initialised) {
    return check_lcores(config);
  }
  if (state.attempted) {
    return fail(ErrorCode::kInternal, "EAL_FAILED", "eal",
                "EAL failed before; it can be tried once per process");
  }
  if (config.workers.size() >= RTE_MAX_LCORE) {
    return fail(ErrorCode::kExhausted, "LCORES_EXHAUSTED", "workers",
                "at most " + std::to_string(RTE_MAX_LCORE - 1) + " workers are possible");
  }
  const cpu_set_t usable = current_cpu_set();
  if (auto checked = check_cpus(config, usable); !checked) {
    return checked;
  }
  const auto huge_pages = choose_memory(config.eal);
  if (!huge_pages) {
    return tl::unexpected<Error>(huge_pages.error());
  }

  std::vector<std::string> arguments = eal_arguments(config, *huge_pages);
  std::vector<char*> argv;
  for (std::string& argument : arguments) {
    argv.push_back(argument.data());
  }
  argv.push_back(nullptr);
  // --log-level works only once EAL has read it; this silences what comes before.
  rte_log_set_global_level(RTE_LOG_ERR);
  state.attempted = true;
  state.original_cpus = usable;
  state.huge_pages = *huge_pages;
  optind = 1;  // rte_eal_init() parses with getopt
  if (rte_eal_init(static_cast<int>(arguments.size()), argv.data()) < 0) {
    std::string text;
    for (const std::string& argument : arguments) {
      text.append(text.empty() ? "" : " ").append(argument);
    }
    return fail(
        ErrorCode::kInternal, "EAL_FAILED", "eal",
        "EAL didn't start (" + std::string(rte_strerror(rte_errno)) + "); its arguments were: " + text);
  }
  state.initialised = true;
  return check_lcores(config);
}

bool eal_uses_huge_pages() {
  return eal_state().huge_pages;
}

cpu_set_t original_cpu_set() {
  return eal_state().attempted ? eal_state().original_cpus : current_cpu_set();
}

}  // namespace pollux::io
