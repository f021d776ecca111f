// An Ethernet address.
#pragma once

#include <array>
#include <cstdint>

namespace pollux {

using MacAddress = std::array<std::uint8_t, 6>;

}  // namespace pollux
