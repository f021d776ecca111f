// Redundant payloads (RFC 2198).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/static_vector.hpp"

namespace pollux::dtmf {

// One block of a red packet. `data` points into the packet.
struct RedBlock {
  std::uint8_t payload_type = 0;
  std::uint32_t timestamp = 0;  // of its data
  std::span<const std::uint8_t> data;
};

inline constexpr std::size_t kMaxRedBlocks = 8;
inline constexpr std::uint32_t kMaxRedOffset = 0x3fff;  // RTP ticks
inline constexpr std::size_t kMaxRedLength = 0x3ff;     // bytes of a redundant block
using RedBlocks = StaticVector<RedBlock, kMaxRedBlocks>;

// The blocks in the order of the packet, that is the oldest first and the primary one last. False: the packet
// is cut short, or has more blocks than fit.
bool read_red(std::span<const std::uint8_t> payload, std::uint32_t timestamp, RedBlocks& blocks);

// Writes a packet with `timestamp`, whose last block is the primary one, and says how many bytes that took.
// 0: there is no room. Blocks that are too old or too long for the format are left out, the primary one
// never. Pre: `blocks` isn't empty.
std::size_t write_red(std::span<const RedBlock> blocks, std::uint32_t timestamp, std::span<std::uint8_t> out);

}  // namespace pollux::dtmf
