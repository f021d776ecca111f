// What has come on a connection and isn't answered yet.
#pragma once

#include <string>
#include <string_view>

#include "controlplane/ng/message.hpp"

namespace pollux::ng {

// One thread. Leaves no copy of anything behind: SDP has keys (RFC 4568). Cost: linear in the bytes, however
// small the pieces in which they come.
class MessageBuffer {
 public:
  MessageBuffer() = default;
  ~MessageBuffer();
  MessageBuffer(const MessageBuffer&) = delete;
  MessageBuffer& operator=(const MessageBuffer&) = delete;

  void append(std::string_view bytes);
  // The message at the front; line ends before it are passed over. kUnfinished: also where there is none.
  Extent front();
  // Pre: front() was kWhole, and `length` is its length.
  std::string_view message(std::size_t length) const { return rest().substr(0, length); }
  void drop(std::size_t length);

 private:
  std::string_view rest() const { return std::string_view(bytes_).substr(begin_); }

  std::string bytes_;
  std::size_t begin_ = 0;  // all before it is wiped
  MessageScanner scanner_;
};

}  // namespace pollux::ng
