#include "controlplane/session/admission.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace pollux::control {

namespace {

Error exhausted(const char* cause, std::string message) {
  return Error{ErrorCode::kExhausted, cause, {}, std::move(message)};
}

}  // namespace

std::string percent_text(double percent) {
  return std::to_string(std::lround(percent)) + " %";
}

Admission::Admission(const config::AdmissionConfig& limits, std::uint32_t most_sessions, LoadMonitor& load)
    : most_sessions_(most_sessions), load_(load) {
  set_limits(limits);
}

void Admission::set_limits(const config::AdmissionConfig& limits) {
  limits_ = limits;
  load_.set_max_load(limits.max_worker_load / 100.0);
}

std::uint32_t Admission::session_limit() const {
  return limits_.max_sessions == 0 ? most_sessions_ : std::min(limits_.max_sessions, most_sessions_);
}

std::optional<Error> Admission::refuse_session(std::size_t sessions) const {
  const std::uint32_t limit = session_limit();
  if (sessions >= limit) {
    const char* key = limit < most_sessions_ ? "admission.max_sessions" : "memory.max_sessions";
    return exhausted("SESSIONS_EXHAUSTED", std::to_string(sessions) + " sessions are in use and " + key +
                                               " is " + std::to_string(limit) +
                                               ": use another node, end sessions, or raise it");
  }
  return refuse_for_memory();
}

std::optional<Error> Admission::refuse_leg(std::uint16_t worker) const {
  if (load_.overloaded(worker)) {
    return exhausted("WORKERS_OVERLOADED",
                     "worker " + std::to_string(worker) + ", which has this session, is at " +
                         percent_text(100 * load_.load(worker)) + " load and admission.max_worker_load is " +
                         percent_text(limits_.max_worker_load) + ": try again when calls have ended");
  }
  return refuse_for_memory();
}

std::optional<Error> Admission::refuse_for_memory() const {
  if (load_.free_mbufs_percent() < limits_.min_free_mbufs) {
    return exhausted("MEMORY_EXHAUSTED",
                     percent_text(std::floor(load_.free_mbufs_percent())) +
                         " of the packet buffers are free and admission.min_free_mbufs is " +
                         percent_text(limits_.min_free_mbufs) + ": use another node, or raise memory.mbufs");
  }
  return std::nullopt;
}

}  // namespace pollux::control
