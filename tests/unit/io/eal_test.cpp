#include "dataplane/io/eal.hpp"

#include <rte_lcore.h>

#include <algorithm>
#include <fstream>

#include "tests/unit/io/eal_environment.hpp"

namespace pollux::io {
namespace {

bool has(const std::vector<std::string>& arguments, const std::string& wanted) {
  return std::find(arguments.begin(), arguments.end(), wanted) != arguments.end();
}

TEST(Eal, KnowsPciAddresses) {
  for (const char* pci : {"0000:3b:00.0", "3b:00.1", "0001:AF:1f.7", "0000:3b:00.0,key=value"}) {
    EXPECT_TRUE(is_pci_address(pci)) << pci;
  }
  for (const char* other :
       {"net_ring0", "net_af_packet0,iface=veth0", "", "0000:3b:00", "0000:3b:00.8", "3b:00.00", "00:3b:0.0",
        "x:3b:00.0", ":3b:00.0", "3:00.0", "net_tap0,mac=02:00:00:00:00.1"}) {
    EXPECT_FALSE(is_pci_address(other)) << other;
  }
}

TEST(Eal, Arguments) {
  DataplaneConfig config;
  config.eal.main_cpu = 2;
  config.eal.memory_mb = 128;
  config.eal.file_prefix = "x";
  config.eal.extra_arguments = {"--log-level=pmd.net.*:debug"};
  config.workers = {{4, {}, {}}, {5, {}, {}}, {5, {}, {}}};
  config.ports.resize(1);
  config.ports[0].device = "net_ring0";
  const auto small = eal_arguments(config, false);
  EXPECT_TRUE(has(small, "--lcores=0@2,1@4,2@5,3@5"));
  EXPECT_TRUE(has(small, "--file-prefix=x"));
  EXPECT_TRUE(has(small, "--no-pci"));
  EXPECT_TRUE(has(small, "--no-huge"));
  EXPECT_FALSE(has(small, "--in-memory")) << "EAL refuses both together";
  EXPECT_EQ(*(std::find(small.begin(), small.end(), "-m") + 1), "128");
  EXPECT_EQ(small.back(), "--log-level=pmd.net.*:debug") << "the last one wins";

  config.ports[0].device = "0000:3b:00.0";
  const auto bare_metal = eal_arguments(config, true);
  EXPECT_FALSE(has(bare_metal, "--no-pci"));
  EXPECT_EQ(*(std::find(bare_metal.begin(), bare_metal.end(), "-a") + 1), "0000:3b:00.0");
  EXPECT_TRUE(has(bare_metal, "--in-memory"));
  EXPECT_FALSE(has(bare_metal, "--no-huge"));
}

// One test, because the order matters: what fails before EAL was tried leaves it untried.
TEST(Eal, LifeInOneProcess) {
  const cpu_set_t before = original_cpu_set();

  DataplaneConfig no_such_cpu = test_config(1);
  no_such_cpu.workers[0].cpu = 1000;
  auto failed = init_eal(no_such_cpu);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().cause, "CPU_MISSING");
  EXPECT_EQ(failed.error().field, "workers[0].cpu");

  DataplaneConfig greedy = test_config(1);
  greedy.eal.huge_pages = HugePages::kRequired;
  greedy.eal.memory_mb = 4000000000U;
  failed = init_eal(greedy);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().cause, "HUGE_PAGES_MISSING");
  EXPECT_EQ(failed.error().field, "eal.huge_pages");
  EXPECT_NE(failed.error().message.find("> /proc/sys/vm/nr_hugepages"), std::string::npos);

  require_eal();
  EXPECT_FALSE(eal_uses_huge_pages());
  EXPECT_EQ(rte_lcore_count(), 3U);
  const cpu_set_t original = original_cpu_set();
  EXPECT_TRUE(CPU_EQUAL(&before, &original)) << "from before the pinning";

  EXPECT_TRUE(init_eal(test_config(1))) << "fewer workers fit";
  failed = init_eal(test_config(3));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().cause, "LCORES_EXHAUSTED");
  EXPECT_EQ(failed.error().field, "workers");
}

}  // namespace
}  // namespace pollux::io
