// What the client that sets sessions up prints, and whoever ran it reads: one line, both by the same format.
#pragma once

namespace pollux::bench {

struct SetupResult {
  unsigned in_flight = 0;
  unsigned sessions = 0;
  unsigned failures = 0;
  double seconds = 0;  // in which `sessions` were made, and as many ended
  double sessions_per_s = 0;
  double p50_ms = 0;  // of Create
  double p99_ms = 0;
  double p999_ms = 0;
  double most_ms = 0;
  double client_cpu_s = 0;  // within `seconds`
};

#define POLLUX_SETUP_RESULT_FORMAT                                                                         \
  "{\"name\":\"grpc_setup\",\"in_flight\":%u,\"sessions\":%u,\"failures\":%u,\"seconds\":%lf,"             \
  "\"sessions_per_s\":%lf,\"p50_ms\":%lf,\"p99_ms\":%lf,\"p999_ms\":%lf,\"max_ms\":%lf,\"client_cpu_s\":%" \
  "lf}\n"

}  // namespace pollux::bench
