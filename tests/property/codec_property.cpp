// However payloads are cut and joined, the same frames come out in the same order.
#include <gtest/gtest.h>
#include <opus/opus.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

#include "dataplane/codec/frame_queue.hpp"
#include "dataplane/codec/payload.hpp"
#include "dataplane/codec/types.hpp"

namespace pollux::codec {
namespace {

using Bytes = std::vector<std::uint8_t>;

CodecParams some_params() {
  CodecParams params;
  params.id = *rc::gen::element(CodecId::kPcmu, CodecId::kPcma, CodecId::kG722, CodecId::kG726_16,
                                CodecId::kG726_24, CodecId::kG726_32, CodecId::kG726_40, CodecId::kGsm,
                                CodecId::kG729, CodecId::kOpus, CodecId::kL16);
  if (params.id == CodecId::kOpus) {
    params.clock_rate = 48'000;
  } else if (params.id == CodecId::kL16) {
    params.clock_rate = *rc::gen::element(8'000U, 44'100U, 48'000U);
    params.channels = *rc::gen::element<std::uint8_t>(1, 2);
  }
  return params;
}

// Octets that tell where they were, so that any change of order shows.
class Source {
 public:
  Bytes next(const CodecParams& params) { return params.id == CodecId::kOpus ? opus() : plain(params); }

 private:
  std::uint8_t octet() {
    state_ = state_ * 1'664'525 + 1'013'904'223;
    return static_cast<std::uint8_t>(state_ >> 24);
  }
  Bytes plain(const CodecParams& params) {
    const std::uint32_t frame = frame_bytes(params);
    const std::uint32_t most = params.clock_rate * kMostMs / 1000 / frame_ticks(params);
    Bytes payload(std::size_t{*rc::gen::inRange(1U, std::min(most, 400U) + 1)} * frame);
    std::generate(payload.begin(), payload.end(), [this] { return octet(); });
    if (params.id == CodecId::kGsm) {
      for (std::size_t at = 0; at < payload.size(); at += frame) {
        payload[at] = static_cast<std::uint8_t>(0xd0 | (payload[at] & 0x0f));
      }
    }
    if (params.id == CodecId::kG729 && *rc::gen::inRange(0, 4) == 0) {
      payload.resize(payload.size() - 8);  // the last one is a SID frame
    }
    return payload;
  }
  // One to three frames of sizes of their own, 2.5 to 20 ms, of two kinds.
  Bytes opus() {
    const auto config = *rc::gen::element<std::uint8_t>(28, 29, 30, 31);
    const auto count = *rc::gen::inRange(1, 4);
    Bytes payload = {static_cast<std::uint8_t>(config << 3 | 3), static_cast<std::uint8_t>(0x80 | count)};
    std::vector<std::uint8_t> sizes;
    for (int i = 0; i < count; ++i) {
      sizes.push_back(*rc::gen::inRange<std::uint8_t>(0, 100));
    }
    payload.insert(payload.end(), sizes.begin(), sizes.end() - 1);
    for (const std::uint8_t size : sizes) {
      std::generate_n(std::back_inserter(payload), size, [this] { return octet(); });
    }
    return payload;
  }

  std::uint32_t state_ = 1;
};

// What is inside, without how it is packed.
Bytes content(const CodecParams& params, const Bytes& payload) {
  if (params.id != CodecId::kOpus) {
    return payload;
  }
  const unsigned char* frames[48];
  opus_int16 sizes[48];
  unsigned char toc = 0;
  const int count = opus_packet_parse(payload.data(), static_cast<opus_int32>(payload.size()), &toc, frames,
                                      sizes, nullptr);
  RC_ASSERT(count > 0);
  Bytes result;
  for (int i = 0; i < count; ++i) {
    result.push_back(static_cast<std::uint8_t>(toc & 0xfc));
    result.push_back(static_cast<std::uint8_t>(sizes[i]));
    result.insert(result.end(), frames[i], frames[i] + sizes[i]);
  }
  return result;
}

void append(Bytes& to, const Bytes& more) {
  to.insert(to.end(), more.begin(), more.end());
}

struct Flow {
  CodecParams params;
  FrameQueue queue;
  Bytes in;
  Bytes out;
  std::uint64_t ticks_in = 0;
  std::uint64_t ticks_out = 0;

  // False: it was empty.
  bool take(std::uint32_t most_ticks, std::size_t room) {
    Bytes payload(room);
    const std::uint32_t before = queue.ticks();
    const auto taken = queue.take(most_ticks, payload);
    payload.resize(taken.bytes);
    RC_ASSERT(queue.ticks() == before - taken.ticks);
    RC_ASSERT((taken.bytes == 0) == (taken.ticks == 0));
    if (taken.bytes == 0) {
      return false;
    }
    RC_ASSERT(payload_ticks(params, payload).value_or(taken.ticks) == taken.ticks);
    RC_ASSERT(taken.ticks <= std::max(most_ticks, queue.frame_ticks()));
    RC_ASSERT(taken.ticks % queue.frame_ticks() == 0);
    append(out, content(params, payload));
    ticks_out += taken.ticks;
    return true;
  }
};

RC_GTEST_PROP(FrameQueue, GivesBackTheFramesInOrder, ()) {
  const CodecParams params = some_params();
  Flow flow{params, FrameQueue::make(params).value(), {}, {}, 0, 0};
  Source source;
  const int steps = *rc::gen::inRange(1, 40);
  for (int i = 0; i < steps; ++i) {
    const Bytes payload = source.next(params);
    const auto ticks = payload_ticks(params, payload);
    RC_ASSERT(ticks.has_value());
    while (!flow.queue.append(payload)) {
      RC_ASSERT(flow.take(*rc::gen::inRange(1U, 5760U), kMostPayloadBytes));  // ends: an empty one takes it
    }
    append(flow.in, content(params, payload));
    flow.ticks_in += *ticks;
    if (*rc::gen::inRange(0, 3) == 0) {
      flow.take(*rc::gen::inRange(1U, 5760U), *rc::gen::inRange<std::size_t>(0, 400));
    }
  }
  while (flow.take(*rc::gen::inRange(1U, 5760U), kMostPayloadBytes)) {
  }
  RC_ASSERT(flow.queue.ticks() == 0U);
  RC_ASSERT(!flow.queue.complete());
  RC_ASSERT(flow.ticks_in == flow.ticks_out);
  RC_ASSERT(flow.in == flow.out);
}

}  // namespace
}  // namespace pollux::codec
