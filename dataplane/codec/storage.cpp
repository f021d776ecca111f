#include "dataplane/codec/storage.hpp"

#include <cstdlib>

namespace pollux::codec {

void FreeStorage::operator()(std::uint8_t* bytes) const {
  std::free(bytes);
}

Storage make_storage(std::size_t bytes) {
  return Storage(static_cast<std::uint8_t*>(std::calloc(bytes, 1)));
}

}  // namespace pollux::codec
