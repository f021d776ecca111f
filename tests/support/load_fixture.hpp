// A manager whose workers are as busy as a test says.
#pragma once

#include <chrono>
#include <vector>

#include "tests/support/control_fixture.hpp"

namespace pollux::test {

struct LoadFixture : ManagerFixture {
  explicit LoadFixture(std::size_t workers, std::uint16_t first_port = 20000, std::uint16_t last_port = 59999,
                       std::uint32_t max_sessions = 1000)
      : ManagerFixture(workers, first_port, last_port, max_sessions) {
    stats.workers.resize(workers);
    for (std::size_t i = 0; i < workers; ++i) {
      stats.workers[i].worker = static_cast<std::uint16_t>(i);
    }
    stats.mbufs_total = 1000;
    stats.mbufs_free = 900;
    second(std::vector<double>(workers));
  }

  // A second goes by in which the workers are so busy, and the manager looks at it.
  void second(const std::vector<double>& loads) {
    for (std::size_t i = 0; i < loads.size(); ++i) {
      stats.workers[i].total_cycles += 1000;
      stats.workers[i].busy_cycles += static_cast<std::uint64_t>(loads[i] * 1000);
    }
    dataplane.set_node_stats(stats);
    steady += std::chrono::seconds(1);
    settle();
  }

  Answer created(const std::string& id, const control::SessionRequest& request = two_legs()) {
    Answer answer;
    create(id, answer, request);
    settle();
    return answer;
  }

  NodeStats stats;
};

}  // namespace pollux::test
