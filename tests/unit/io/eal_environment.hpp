// EAL for tests of what needs it: initialised once per program, without huge pages or privileges.
#pragma once

#include <gtest/gtest.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <unistd.h>

#include <string>

#include "dataplane/io/eal.hpp"

namespace pollux::io {

inline DataplaneConfig test_config(std::size_t workers) {
  cpu_set_t cpus = original_cpu_set();
  unsigned cpu = 0;
  while (!CPU_ISSET(cpu, &cpus)) {
    ++cpu;
  }
  DataplaneConfig config;
  config.eal.main_cpu = cpu;
  config.eal.huge_pages = HugePages::kOff;
  config.eal.memory_mb = 64;
  config.eal.file_prefix = "pollux_unit_io_" + std::to_string(getpid());
  config.workers.assign(workers, WorkerConfig{cpu, {}, IdleMode::kSleep, 0});
  return config;
}

// Call from SetUpTestSuite.
inline void require_eal() {
  const auto initialised = init_eal(test_config(2));
  ASSERT_TRUE(initialised) << initialised.error().message;
}

inline rte_mempool* test_pool() {
  static rte_mempool* const kPool = rte_pktmbuf_pool_create_by_ops(
      "unit_io", 2047, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY, "ring_mt_rts");
  return kPool;
}

}  // namespace pollux::io
