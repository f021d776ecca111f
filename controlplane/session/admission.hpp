// Whether a new session or leg may come in: the limits, against what is there and what was measured.
#pragma once

#include <cstdint>
#include <optional>

#include "controlplane/config/node_config.hpp"
#include "controlplane/session/load_monitor.hpp"
#include "dataplane/base/expected.hpp"

namespace pollux::control {

// Belongs to the control thread. Errors are kExhausted; their cause names what ran out, and their message
// which figure met which limit and what to do.
class Admission {
 public:
  // `most_sessions` is what memory has been set aside for. Pre: `load` outlives this.
  Admission(const config::AdmissionConfig& limits, std::uint32_t most_sessions, LoadMonitor& load);

  void set_limits(const config::AdmissionConfig& limits);
  const config::AdmissionConfig& limits() const { return limits_; }
  std::uint32_t session_limit() const;

  // One session more, where there are `sessions`: SESSIONS_EXHAUSTED, MEMORY_EXHAUSTED.
  std::optional<Error> refuse_session(std::size_t sessions) const;
  // One leg more on a session that runs on `worker`: MEMORY_EXHAUSTED, WORKERS_OVERLOADED.
  std::optional<Error> refuse_leg(std::uint16_t worker) const;

 private:
  std::optional<Error> refuse_for_memory() const;

  config::AdmissionConfig limits_;
  std::uint32_t most_sessions_;
  LoadMonitor& load_;
};

// "87 %"
std::string percent_text(double percent);

}  // namespace pollux::control
