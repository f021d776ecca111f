#include "controlplane/config/machine_check.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "controlplane/config/read_context.hpp"

namespace pollux::config {

namespace {

std::uint64_t leading_number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// "0-3, 8", for people.
std::string show_cpus(const std::set<unsigned>& cpus) {
  std::string out;
  for (auto at = cpus.begin(); at != cpus.end();) {
    const unsigned first = *at;
    unsigned last = first;
    while (++at != cpus.end() && *at == last + 1) {
      last = *at;
    }
    out +=
        (out.empty() ? "" : ", ") + std::to_string(first) + (last > first ? "-" + std::to_string(last) : "");
  }
  return out;
}

}  // namespace

std::set<unsigned> parse_cpu_list(const std::string& text) {
  constexpr std::uint64_t kMostCpus = 65536;  // against a list that was tampered with
  std::set<unsigned> cpus;
  std::istringstream ranges(text);
  for (std::string range; std::getline(ranges, range, ',');) {
    if (range.empty() || range[0] < '0' || range[0] > '9') {
      continue;
    }
    const auto dash = range.find('-');
    const std::uint64_t first = leading_number(range);
    const std::uint64_t last = dash == std::string::npos ? first : leading_number(range.substr(dash + 1));
    for (std::uint64_t cpu = first; cpu <= last && cpu < kMostCpus; ++cpu) {
      cpus.insert(static_cast<unsigned>(cpu));
    }
  }
  return cpus;
}

Machine this_machine(const std::string& root) {
  Machine machine;
  machine.cpus = parse_cpu_list(first_line(root + "/sys/devices/system/cpu/online"));
  std::error_code error;
  // Folders are named for the size of the pages: "hugepages-2048kB".
  static const std::string kPrefix = "hugepages-";
  for (const auto& folder : std::filesystem::directory_iterator(root + "/sys/kernel/mm/hugepages", error)) {
    const std::string name = folder.path().filename().string();
    if (name.starts_with(kPrefix)) {
      const std::uint64_t page_kib = leading_number(std::string_view(name).substr(kPrefix.size()));
      machine.huge_page_memory +=
          leading_number(first_line(folder.path() / "nr_hugepages")) * page_kib / 1024;
    }
  }
  return machine;
}

std::vector<ConfigProblem> check_machine(const ConfigResult& loaded, const Machine& machine) {
  const NodeConfig& config = *loaded.config;
  ReadContext context(loaded.file);
  const auto check_cpu = [&](unsigned cpu, const std::string& key) {
    if (!machine.cpus.contains(cpu)) {
      context.error(key, nearest_line(loaded.key_lines, key),
                    "this machine has no CPU " + std::to_string(cpu) + "; it has " + show_cpus(machine.cpus));
    }
  };
  check_cpu(config.dataplane.eal.main_cpu, "eal.main_cpu");
  for (std::size_t i = 0; i < config.dataplane.workers.size(); ++i) {
    check_cpu(config.dataplane.workers[i].cpu, item_key("workers", i) + ".cpu");
  }
  for (std::size_t i = 0; i < config.control_cpus.size(); ++i) {
    check_cpu(config.control_cpus[i], item_key("control.cpus", i));
  }
  const EalConfig& eal = config.dataplane.eal;
  if (eal.huge_pages == HugePages::kRequired && machine.huge_page_memory < eal.memory_mb) {
    context.error("eal.huge_pages", nearest_line(loaded.key_lines, "eal.huge_pages"),
                  "huge pages are required, but of the " + std::to_string(eal.memory_mb) +
                      " MiB in eal.memory this " + "machine has " + std::to_string(machine.huge_page_memory) +
                      " MiB; set vm.nr_hugepages with sysctl");
  }
  return context.take_errors();
}

}  // namespace pollux::config
