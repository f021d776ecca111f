#include "dataplane/dtmf/redundancy.hpp"

#include <algorithm>
#include <array>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/base/byte_reader.hpp"

namespace pollux::dtmf {

namespace {

constexpr std::uint8_t kFollowed = 0x80;  // F: another header comes after this one
constexpr std::size_t kLongHeader = 4;    // bytes, of a redundant block; the primary one's has 1
constexpr unsigned kLengthBits = 10;

}  // namespace

bool read_red(std::span<const std::uint8_t> payload, std::uint32_t timestamp, RedBlocks& blocks) {
  blocks.clear();
  std::array<std::size_t, kMaxRedBlocks> lengths;
  ByteReader reader(payload);
  for (bool followed = true; followed;) {
    const std::uint8_t first = reader.u8();
    followed = (first & kFollowed) != 0;
    RedBlock block{
        .payload_type = static_cast<std::uint8_t>(first & 0x7fU), .timestamp = timestamp, .data = {}};
    std::size_t length = 0;
    if (followed) {
      const std::uint32_t high = reader.u8();
      const std::uint32_t rest = high << 16 | reader.u16();
      block.timestamp -= rest >> kLengthBits;
      length = rest & kMaxRedLength;
    }
    if (!reader.ok() || blocks.full()) {
      blocks.clear();
      return false;
    }
    lengths[blocks.size()] = length;
    blocks.push_back(block);
  }
  lengths[blocks.size() - 1] = 0;
  for (std::size_t i = 0; i + 1 < blocks.size(); ++i) {
    blocks[i].data = reader.bytes(lengths[i]);
  }
  if (!reader.ok()) {
    blocks.clear();
    return false;
  }
  blocks[blocks.size() - 1].data = reader.bytes(reader.left());
  return true;
}

std::size_t write_red(std::span<const RedBlock> blocks, std::uint32_t timestamp,
                      std::span<std::uint8_t> out) {
  // No more than a reader has to take: the oldest go first.
  const auto fits = blocks.last(std::min(blocks.size(), kMaxRedBlocks));
  const RedBlock& primary = fits.back();
  const auto redundant = fits.first(fits.size() - 1);
  const auto kept = [timestamp](const RedBlock& block) {
    return timestamp - block.timestamp <= kMaxRedOffset && block.data.size() <= kMaxRedLength;
  };
  std::size_t total = 1 + primary.data.size();
  for (const RedBlock& block : redundant) {
    total += kept(block) ? kLongHeader + block.data.size() : 0;
  }
  if (total > out.size()) {
    return 0;
  }
  std::size_t at = 0;
  for (const RedBlock& block : redundant) {
    if (kept(block)) {
      const std::uint32_t offset = timestamp - block.timestamp;
      store_be32(&out[at], std::uint32_t{kFollowed | (block.payload_type & 0x7fU)} << 24 |
                               offset << kLengthBits | static_cast<std::uint32_t>(block.data.size()));
      at += kLongHeader;
    }
  }
  out[at++] = primary.payload_type & 0x7fU;
  const auto copy = [&out, &at](const RedBlock& block) {
    std::copy(block.data.begin(), block.data.end(), out.begin() + static_cast<std::ptrdiff_t>(at));
    at += block.data.size();
  };
  for (const RedBlock& block : redundant) {
    if (kept(block)) {
      copy(block);
    }
  }
  copy(primary);
  return at;
}

}  // namespace pollux::dtmf
