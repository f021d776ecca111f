#include "controlplane/ng/message_buffer.hpp"

#include <algorithm>

namespace pollux::ng {

MessageBuffer::~MessageBuffer() {
  wipe(bytes_);
}

void MessageBuffer::append(std::string_view bytes) {
  const std::size_t wanted = rest().size() + bytes.size();
  if (begin_ + wanted > bytes_.capacity()) {  // to other memory, by hand: a string that grows wipes nothing
    std::string larger;
    larger.reserve(
        std::max(wanted, wanted > bytes_.capacity() / 2 ? bytes_.capacity() * 2 : bytes_.capacity()));
    larger += rest();
    wipe(bytes_);
    bytes_ = std::move(larger);
    begin_ = 0;
  }
  bytes_ += bytes;
}

Extent MessageBuffer::front() {
  const std::string_view text = rest();
  const std::size_t line_ends = std::min(text.find_first_not_of("\r\n"), text.size());
  begin_ += line_ends;
  return rest().empty() ? Extent{Extent::Kind::kUnfinished, 0} : scanner_.scan(rest());
}

void MessageBuffer::drop(std::size_t length) {
  std::fill_n(bytes_.begin() + static_cast<std::ptrdiff_t>(begin_), length, '\0');
  begin_ += length;
  if (begin_ == bytes_.size()) {
    bytes_.clear();
    begin_ = 0;
  }
  scanner_ = {};
}

}  // namespace pollux::ng
