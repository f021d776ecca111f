// Memory that the control thread takes and gives back, so that the files in the packet's way needn't.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace pollux::codec {

struct FreeStorage {
  void operator()(std::uint8_t* bytes) const;
};
using Storage = std::unique_ptr<std::uint8_t[], FreeStorage>;

// Zeroed; nullptr: there is no memory.
Storage make_storage(std::size_t bytes);

}  // namespace pollux::codec
