#include "controlplane/sdp/secret_text.hpp"

#include <algorithm>
#include <utility>

#include "dataplane/base/secret.hpp"

namespace pollux::sdp {

SecretText::~SecretText() {
  if (letters_) {
    wipe(letters_.get(), capacity_);
  }
}

SecretText::SecretText(SecretText&& other) noexcept
    : letters_(std::move(other.letters_)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

SecretText& SecretText::operator=(SecretText&& other) noexcept {
  SecretText taken(std::move(other));
  std::swap(letters_, taken.letters_);
  std::swap(size_, taken.size_);
  std::swap(capacity_, taken.capacity_);
  return *this;
}

void SecretText::append(std::string_view text) {
  const std::span<char> place = extend(text.size());
  std::copy(text.begin(), text.end(), place.begin());
}

std::span<char> SecretText::extend(std::size_t length) {
  const std::size_t begin = size_;
  if (capacity_ - size_ < length) {
    SecretText larger;
    larger.capacity_ = std::max(size_ + length, std::max<std::size_t>(2 * capacity_, 128));
    larger.letters_ = std::make_unique<char[]>(larger.capacity_);
    std::copy_n(letters_.get(), size_, larger.letters_.get());
    larger.size_ = size_;
    *this = std::move(larger);
  }
  size_ += length;
  return {letters_.get() + begin, length};
}

bool operator==(const SecretText& a, const SecretText& b) {
  const auto bytes = [](const SecretText& text) {
    return reinterpret_cast<const std::uint8_t*>(text.letters_.get());
  };
  return a.size_ == b.size_ && (a.size_ == 0 || equal_in_constant_time(bytes(a), bytes(b), a.size_));
}

}  // namespace pollux::sdp
