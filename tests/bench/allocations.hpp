// How often the heap has been used by this process.
#pragma once

#include <cstdint>

namespace pollux::bench {

std::uint64_t allocations();

}  // namespace pollux::bench
