// What a worker's load means.
#pragma once

#include <string>

#include "pollux/v1/node.pb.h"

namespace pollux::cli {

// Share of the last second in which the worker's loop found work. Beyond it a burst finds no room.
inline constexpr double kOverloaded = 0.9;

// "worker 0 is OVERLOADED (load 97 %): ..."; empty: it isn't.
std::string overload_warning(const v1::WorkerCounters& worker);

}  // namespace pollux::cli
