// What a worker's load means.
#pragma once

namespace pollux::cli {

// Share of the last second in which the worker's loop found work. Beyond it a burst finds no room.
inline constexpr double kOverloaded = 0.9;

}  // namespace pollux::cli
