// Payloads of telephone-event and of red. What was read is written again, and read as the same.
#include <algorithm>
#include <array>
#include <vector>

#include "dataplane/dtmf/event_payload.hpp"
#include "dataplane/dtmf/redundancy.hpp"
#include "tests/fuzz/fuzz_input.hpp"

namespace pollux::dtmf {
namespace {

void events(std::span<const std::uint8_t> payload) {
  EventPayloads read;
  const bool whole = !payload.empty() && payload.size() % kEventBytes == 0;
  POLLUX_FUZZ_CHECK(read_events(payload, read) == whole);
  POLLUX_FUZZ_CHECK(read.size() == (whole ? std::min(payload.size() / kEventBytes, kMaxEventsPerPacket) : 0));
  for (std::size_t i = 0; i < read.size(); ++i) {
    std::array<std::uint8_t, kEventBytes> written;
    write_event(read[i], written);
    const auto from = payload.subspan(i * kEventBytes, kEventBytes);
    // All but R, which is written as 0.
    POLLUX_FUZZ_CHECK(written[0] == from[0] && written[1] == (from[1] & 0xbfU) && written[2] == from[2] &&
                      written[3] == from[3]);
  }
}

void redundancy(std::span<const std::uint8_t> payload, std::uint32_t timestamp) {
  RedBlocks read;
  if (!read_red(payload, timestamp, read)) {
    POLLUX_FUZZ_CHECK(read.empty());
    return;
  }
  POLLUX_FUZZ_CHECK(!read.empty());
  std::size_t size = 1 + read[read.size() - 1].data.size();
  for (std::size_t i = 0; i + 1 < read.size(); ++i) {
    size += 4 + read[i].data.size();
  }
  POLLUX_FUZZ_CHECK(size == payload.size());
  for (const RedBlock& block : read) {
    POLLUX_FUZZ_CHECK(block.payload_type < 128 && timestamp - block.timestamp <= kMaxRedOffset);
    POLLUX_FUZZ_CHECK(block.data.data() >= payload.data() &&
                      block.data.data() + block.data.size() <= payload.data() + payload.size());
    events(block.data);
  }
  std::vector<std::uint8_t> out(size, 0xee);
  POLLUX_FUZZ_CHECK(write_red(read.span(), timestamp, std::span(out).first(size - 1)) == 0);
  POLLUX_FUZZ_CHECK(write_red(read.span(), timestamp, out) == size);
  POLLUX_FUZZ_CHECK(std::equal(out.begin(), out.end(), payload.begin()));
}

}  // namespace
}  // namespace pollux::dtmf

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pollux::FuzzInput input(data, size);
  const std::uint32_t timestamp = input.u32();
  const auto payload = input.rest();
  pollux::dtmf::events(payload);
  pollux::dtmf::redundancy(payload, timestamp);
  return 0;
}
