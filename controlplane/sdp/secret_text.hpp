// Text with key material in it: wiped when it goes, never copied by accident.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace pollux::sdp {

// Owned text of any length; growing wipes what it leaves behind. Nothing turns it into a std::string, which
// would leave copies in memory: hand view() to what sends it.
class SecretText {
 public:
  SecretText() = default;
  explicit SecretText(std::string_view text) { append(text); }
  ~SecretText();
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  SecretText(SecretText&& other) noexcept;
  SecretText& operator=(SecretText&& other) noexcept;

  // Pre: `text` isn't part of this text.
  void append(std::string_view text);
  // `length` letters more, to be written by the caller; good until the next change.
  std::span<char> extend(std::size_t length);

  std::string_view view() const { return {letters_.get(), size_}; }
  bool empty() const { return size_ == 0; }
  friend bool operator==(const SecretText& a, const SecretText& b);

 private:
  std::unique_ptr<char[]> letters_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace pollux::sdp
