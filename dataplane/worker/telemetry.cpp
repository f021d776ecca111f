#include "dataplane/worker/telemetry.hpp"

#include <rte_telemetry.h>

#include <array>
#include <charconv>
#include <cstring>
#include <mutex>
#include <string>

namespace pollux::worker {

namespace {

// DPDK's callbacks carry no context, and can't be taken back.
struct Shown {
  std::mutex mutex;
  const Dataplane* dataplane = nullptr;  // guarded by mutex
};
Shown& shown() {
  static Shown instance;
  return instance;
}

// Runs `write` with the counters; an error for the asker when nothing runs.
template <typename Write>
int answer(Write write) {
  const std::lock_guard lock(shown().mutex);
  return shown().dataplane == nullptr ? -1 : write(shown().dataplane->stats());
}

int list_workers(const char* /*command*/, const char* /*parameters*/, rte_tel_data* data) {
  return answer([data](const NodeStats& stats) {
    rte_tel_data_start_array(data, RTE_TEL_U64_VAL);
    for (const WorkerStats& worker : stats.workers) {
      rte_tel_data_add_array_u64(data, worker.worker);
    }
    return 0;
  });
}

rte_tel_data* stages_of(const WorkerStats& worker) {
  rte_tel_data* stages = rte_tel_data_alloc();
  if (stages == nullptr) {
    return nullptr;
  }
  rte_tel_data_start_dict(stages);
  for (const StageStats& stage : worker.stages) {
    const std::string name(stage.name);
    rte_tel_data_add_dict_u64(stages, (name + "_packets").c_str(), stage.packets);
    rte_tel_data_add_dict_u64(stages, (name + "_batches").c_str(), stage.batches);
    rte_tel_data_add_dict_u64(stages, (name + "_sampled_packets").c_str(), stage.sampled_packets);
    rte_tel_data_add_dict_u64(stages, (name + "_sampled_cycles").c_str(), stage.sampled_cycles);
  }
  return stages;
}

int write_worker(const WorkerStats& worker, rte_tel_data* data) {
  rte_tel_data_start_dict(data);
  rte_tel_data_add_dict_u64(data, "cpu", worker.cpu);
  rte_tel_data_add_dict_u64(data, "sessions", worker.sessions);
  rte_tel_data_add_dict_u64(data, "loops", worker.loops);
  rte_tel_data_add_dict_u64(data, "busy_loops", worker.busy_loops);
  rte_tel_data_add_dict_u64(data, "busy_cycles", worker.busy_cycles);
  rte_tel_data_add_dict_u64(data, "total_cycles", worker.total_cycles);
  rte_tel_data_add_dict_u64(data, "commands", worker.commands);
  rte_tel_data_add_dict_u64(data, "events_lost", worker.events_lost);
  rte_tel_data_add_dict_u64(data, "handed_off", worker.handed_off);
  if (const auto delay = worker.forward_delay.quantile_ns(0.99)) {
    rte_tel_data_add_dict_u64(data, "forward_delay_p99_ns", *delay);
  }
  if (const auto loop = worker.loop_time.quantile_ns(0.99)) {
    rte_tel_data_add_dict_u64(data, "loop_time_p99_ns", *loop);
  }
  rte_tel_data* stages = stages_of(worker);
  if (stages != nullptr && rte_tel_data_add_dict_container(data, "stages", stages, 0) != 0) {
    rte_tel_data_free(stages);
  }
  return 0;
}

int show_worker(const char* /*command*/, const char* parameters, rte_tel_data* data) {
  unsigned index = 0;
  const char* end = parameters == nullptr ? nullptr : parameters + std::strlen(parameters);
  const auto parsed = std::from_chars(parameters, end, index);
  if (parameters == end || parsed.ec != std::errc{} || parsed.ptr != end) {
    return -1;
  }
  return answer([index, data](const NodeStats& stats) {
    for (const WorkerStats& worker : stats.workers) {
      if (worker.worker == index) {
        return write_worker(worker, data);
      }
    }
    return -1;
  });
}

int show_drops(const char* /*command*/, const char* /*parameters*/, rte_tel_data* data) {
  return answer([data](const NodeStats& stats) {
    rte_tel_data_start_dict(data);
    for (std::size_t i = 0; i < kDropReasonCount; ++i) {
      std::uint64_t packets = stats.host.drops[i];
      for (const WorkerStats& worker : stats.workers) {
        packets += worker.drops[i];
      }
      rte_tel_data_add_dict_u64(data, std::string(kDropReasons[i].name).c_str(), packets);
    }
    return 0;
  });
}

}  // namespace

void show_in_telemetry(const Dataplane& dataplane) {
  static std::once_flag registered;
  std::call_once(registered, [] {
    rte_telemetry_register_cmd("/pollux/workers", list_workers, "Numbers of the workers. No parameters.");
    rte_telemetry_register_cmd("/pollux/worker", show_worker, "Counters of a worker. Parameters: int worker");
    rte_telemetry_register_cmd("/pollux/drops", show_drops,
                               "Packets that ended here, by reason. No parameters.");
  });
  const std::lock_guard lock(shown().mutex);
  shown().dataplane = &dataplane;
}

void hide_from_telemetry(const Dataplane& dataplane) {
  const std::lock_guard lock(shown().mutex);
  if (shown().dataplane == &dataplane) {
    shown().dataplane = nullptr;
  }
}

}  // namespace pollux::worker
