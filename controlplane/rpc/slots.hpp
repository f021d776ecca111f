// A bounded number of something at once.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace pollux::rpc {

// Any thread. A slot may outlive its Slots.
class Slots {
 public:
  explicit Slots(std::uint32_t most) : most_(most), taken_(std::make_shared<std::atomic<std::uint32_t>>(0)) {}

  std::uint32_t most() const { return most_; }

  // A slot that is taken until the last copy is gone; null when there is none left.
  std::shared_ptr<void> take() const {
    std::shared_ptr<void> slot(static_cast<void*>(taken_.get()), [taken = taken_](void*) { --*taken; });
    return ++*taken_ <= most_ ? slot : nullptr;
  }

 private:
  const std::uint32_t most_;
  std::shared_ptr<std::atomic<std::uint32_t>> taken_;
};

}  // namespace pollux::rpc
