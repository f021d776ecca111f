// The memory that endpoints live in.
#pragma once

#include <cstdint>
#include <new>
#include <vector>

#include "dataplane/session/arena.hpp"
#include "dataplane/session/endpoint.hpp"

namespace pollux::session {

// A fixed number of endpoints in one arena, named by 32-bit index; index 0 is never handed out, so that 0 can
// mean "none" in tables. take() and give_back() belong to the control thread; at() may be called by any.
class EndpointPool {
 public:
  explicit EndpointPool(std::uint32_t capacity) : arena_((std::size_t{capacity} + 1) * sizeof(Endpoint)) {
    if (arena_.data() == nullptr) {
      return;
    }
    free_.reserve(capacity);
    for (std::uint32_t index = capacity; index > 0; --index) {
      free_.push_back(index);
    }
  }

  bool ok() const { return arena_.data() != nullptr; }
  std::uint32_t free_count() const { return static_cast<std::uint32_t>(free_.size()); }

  // A fresh endpoint, or nullptr when all are in use.
  Endpoint* take() {
    if (free_.empty()) {
      return nullptr;
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    auto* endpoint = new (slot(index)) Endpoint();
    endpoint->index = index;
    return endpoint;
  }
  // Pre: no worker can reach it any more.
  void give_back(Endpoint* endpoint) { free_.push_back(endpoint->index); }

  Endpoint* at(std::uint32_t index) const { return std::launder(reinterpret_cast<Endpoint*>(slot(index))); }

 private:
  std::byte* slot(std::uint32_t index) const { return arena_.data() + std::size_t{index} * sizeof(Endpoint); }

  Arena arena_;
  std::vector<std::uint32_t> free_;
};

}  // namespace pollux::session
