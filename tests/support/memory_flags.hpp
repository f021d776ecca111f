// What the kernel has been told of a mapping: the VmFlags of /proc/self/smaps.
#pragma once

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>

namespace pollux {

// "rd wr mr ... dd ", of the mapping that `memory` lies in; empty: there is none.
inline std::string vm_flags_of(const void* memory) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  std::ifstream smaps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(smaps, line);) {
    std::uintptr_t from = 0;
    std::uintptr_t to = 0;
    if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2) {
      inside = address >= from && address < to;
    } else if (inside && line.starts_with("VmFlags: ")) {
      return line.substr(9);
    }
  }
  return {};
}

inline bool has_vm_flag(const void* memory, const std::string& flag) {
  return (" " + vm_flags_of(memory) + " ").find(" " + flag + " ") != std::string::npos;
}

}  // namespace pollux
