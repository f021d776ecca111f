#include "controlplane/config/machine_check.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/config/config_text.hpp"

namespace pollux::config {
namespace {

Lines found_on(const Machine& machine, const std::string& text) {
  const ConfigResult loaded = load_config_text(text, "test.yaml");
  EXPECT_TRUE(loaded.config.has_value()) << format_problems(loaded.problems);
  return loaded.config ? lines_of(check_machine(loaded, machine)) : Lines{};
}

TEST(MachineCheck, CpusExist) {
  EXPECT_EQ(found_on({{0, 1}, 0}, kGood), Lines{});
  EXPECT_EQ(found_on({{0, 2, 3, 8}, 0}, kGood),
            (Lines{"2: workers[0].cpu: this machine has no CPU 1; it has 0, 2-3, 8"}));
  EXPECT_EQ(found_on({{0, 1}, 0}, kGood + "eal:\n  main_cpu: 5\ncontrol:\n  cpus: [0, 4]\n"),
            (Lines{"20: eal.main_cpu: this machine has no CPU 5; it has 0-1",
                   "22: control.cpus[1]: this machine has no CPU 4; it has 0-1"}));
}

TEST(MachineCheck, HugePagesAreThereWhenRequired) {
  const std::string text = kGood + "eal: {huge_pages: required, memory: 512 MiB}\n";
  EXPECT_EQ(found_on({{0, 1}, 512}, text), Lines{});
  EXPECT_EQ(
      found_on({{0, 1}, 511}, text),
      (Lines{"19: eal.huge_pages: huge pages are required, but of the 512 MiB in eal.memory this machine has "
             "511 MiB; set vm.nr_hugepages with sysctl"}));
  EXPECT_EQ(found_on({{0, 1}, 0}, kGood + "eal: {huge_pages: auto}\n"), Lines{});
}

TEST(MachineCheck, CpuLists) {
  EXPECT_EQ(parse_cpu_list("0-3,8"), (std::set<unsigned>{0, 1, 2, 3, 8}));
  EXPECT_EQ(parse_cpu_list("5\n"), (std::set<unsigned>{5}));
  EXPECT_EQ(parse_cpu_list(""), std::set<unsigned>{});
  EXPECT_EQ(parse_cpu_list("x,-3,3-1"), std::set<unsigned>{});
  EXPECT_EQ(parse_cpu_list("0-99999999999999999999").size(), 1U);  // more than 64 bit: taken for 0
}

TEST(MachineCheck, ReadsSys) {
  namespace fs = std::filesystem;
  const fs::path root = fs::path(testing::TempDir()) / "pollux_machine_check_test";
  fs::create_directories(root / "sys/devices/system/cpu");
  fs::create_directories(root / "sys/kernel/mm/hugepages/hugepages-2048kB");
  fs::create_directories(root / "sys/kernel/mm/hugepages/hugepages-1048576kB");
  std::ofstream(root / "sys/devices/system/cpu/online") << "0-2\n";
  std::ofstream(root / "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages") << "100\n";
  std::ofstream(root / "sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages") << "1\n";
  const Machine machine = this_machine(root.string());
  EXPECT_EQ(machine.cpus, (std::set<unsigned>{0, 1, 2}));
  EXPECT_EQ(machine.huge_page_memory, 200U + 1024U);
  fs::remove_all(root);
  const Machine nothing = this_machine(root.string());
  EXPECT_TRUE(nothing.cpus.empty());
  EXPECT_EQ(nothing.huge_page_memory, 0U);
  EXPECT_FALSE(this_machine().cpus.empty());
}

}  // namespace
}  // namespace pollux::config
