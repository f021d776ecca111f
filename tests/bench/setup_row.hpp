// The row that says how fast sessions are made through gRPC while media runs.
#pragma once

#include <string>

namespace pollux::bench {

inline constexpr const char* kSetupRow = "grpc_setup";

struct SetupOptions {
  unsigned repetitions = 9;
  unsigned running = 10000;   // sessions with media in both directions
  unsigned sessions = 10000;  // made in each repetition
  unsigned in_flight = 8;     // calls of the client
};

// Measures, prints, and returns the row for the JSON.
std::string run_setup_row(const SetupOptions& options);

}  // namespace pollux::bench
