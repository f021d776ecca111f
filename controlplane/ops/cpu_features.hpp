// What the machine's processor can do, as far as media processing cares.
#pragma once

#include <istream>
#include <string>
#include <vector>

namespace pollux::ops {

// Those of the features Pollux can profit from that a /proc/cpuinfo names, by the kernel's names.
std::vector<std::string> cpu_features(std::istream& cpuinfo);
std::vector<std::string> cpu_features();  // of this machine

}  // namespace pollux::ops
