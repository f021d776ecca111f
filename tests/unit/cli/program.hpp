// Running a program that a test compares ours with.
#pragma once

#include <cstdio>
#include <stdexcept>
#include <string>

namespace pollux::cli {

struct ProgramResult {
  int exit_code = -1;
  std::string out;
};

// By the shell; standard error goes along with standard output.
inline ProgramResult run_program(const std::string& command) {
  FILE* pipe = popen(("exec 2>&1; " + command).c_str(), "r");
  if (pipe == nullptr) {
    throw std::runtime_error("no pipe to " + command);
  }
  ProgramResult result;
  char buffer[4096];
  while (const std::size_t got = fread(buffer, 1, sizeof buffer, pipe)) {
    result.out.append(buffer, got);
  }
  const int status = pclose(pipe);
  result.exit_code = (status & 0x7f) == 0 ? (status >> 8) & 0xff : -1;
  return result;
}

}  // namespace pollux::cli
