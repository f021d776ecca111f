#include "dataplane/codec/frame_queue.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "dataplane/codec/codec.hpp"
#include "tests/unit/codec/speech.hpp"

namespace pollux::codec {
namespace {

class Queue {
 public:
  explicit Queue(const CodecParams& params) : queue(FrameQueue::make(params).value()) {}
  explicit Queue(CodecId id) : Queue(params_of(id)) {}
  Bytes take(std::uint32_t most_ticks, std::size_t room = kMostPayloadBytes) {
    Bytes out(room);
    const auto taken = queue.take(most_ticks, out);
    ticks = taken.ticks;
    out.resize(taken.bytes);
    return out;
  }
  FrameQueue queue;
  std::uint32_t ticks = 0;  // of the last take()
};

Bytes counted(std::size_t bytes, std::uint8_t from = 0) {
  Bytes result(bytes);
  std::iota(result.begin(), result.end(), from);
  return result;
}

TEST(FrameQueue, CutsSampleCodecsAnywhere) {
  Queue queue(CodecId::kPcma);
  EXPECT_EQ(queue.queue.frame_ticks(), 1U);
  EXPECT_TRUE(queue.queue.append(counted(160)));
  EXPECT_TRUE(queue.queue.append(counted(80, 160)));
  EXPECT_EQ(queue.queue.ticks(), 240U);
  EXPECT_EQ(queue.take(100), counted(100));
  EXPECT_EQ(queue.ticks, 100U);
  EXPECT_EQ(queue.take(1000), counted(140, 100));
  EXPECT_EQ(queue.ticks, 140U);
  EXPECT_EQ(queue.queue.ticks(), 0U);
  EXPECT_EQ(queue.take(160), Bytes{});
}

TEST(FrameQueue, CutsByWholeUnits) {
  const std::pair<CodecId, std::pair<std::uint32_t, std::size_t>> rows[] = {{CodecId::kG726_16, {8, 2}},
                                                                            {CodecId::kG726_24, {8, 3}},
                                                                            {CodecId::kG726_32, {8, 4}},
                                                                            {CodecId::kG726_40, {8, 5}},
                                                                            {CodecId::kG729, {80, 10}}};
  for (const auto& [id, unit] : rows) {
    Queue queue(id);
    ASSERT_TRUE(queue.queue.append(counted(unit.second * 6)));
    EXPECT_EQ(queue.queue.frame_ticks(), unit.first);
    EXPECT_EQ(queue.take(unit.first * 3 - 1).size(), unit.second * 2);
    EXPECT_EQ(queue.ticks, unit.first * 2);
    EXPECT_EQ(queue.take(1).size(), unit.second);                                          // one at least
    EXPECT_EQ(queue.take(unit.first * 100, unit.second * 2 + 1).size(), unit.second * 2);  // room
    EXPECT_EQ(queue.take(unit.first, unit.second - 1).size(), 0U);
    EXPECT_EQ(queue.queue.ticks(), unit.first);
  }
}

TEST(FrameQueue, NothingComesBehindASid) {
  Queue queue(CodecId::kG729);
  EXPECT_TRUE(queue.queue.append(counted(20)));
  EXPECT_FALSE(queue.queue.complete());
  EXPECT_TRUE(queue.queue.append(counted(12, 20)));
  EXPECT_TRUE(queue.queue.complete());
  EXPECT_EQ(queue.queue.ticks(), 320U);
  EXPECT_FALSE(queue.queue.append(counted(10)));
  EXPECT_EQ(queue.take(160), counted(20));
  EXPECT_TRUE(queue.queue.complete());
  EXPECT_EQ(queue.take(160), counted(12, 20));
  EXPECT_EQ(queue.ticks, 160U);
  EXPECT_FALSE(queue.queue.complete());
  EXPECT_TRUE(queue.queue.append(counted(2)));
  EXPECT_TRUE(queue.queue.complete());
  EXPECT_EQ(queue.take(80), counted(2));
}

TEST(FrameQueue, HasRoomFor240Ms) {
  for (const CodecFacts& facts : kCodecs) {
    if (!facts.audio || facts.id == CodecId::kOpus) {
      continue;
    }
    Queue queue(facts.id);
    const std::uint32_t frame = frame_bytes(params_of(facts.id));
    const Bytes payload(frame * 480 / queue.queue.frame_ticks(), 0xd0);  // 60 ms
    for (int i = 0; i < 4; ++i) {
      EXPECT_TRUE(queue.queue.append(payload)) << facts.name;
    }
    EXPECT_FALSE(queue.queue.append(Bytes(frame, 0xd0))) << facts.name;
    EXPECT_EQ(queue.queue.ticks(), 1920U);
    queue.queue.clear();
    EXPECT_EQ(queue.queue.ticks(), 0U);
    EXPECT_TRUE(queue.queue.append(payload));
  }
}

TEST(FrameQueue, RefusesWhatIsMalformed) {
  Queue queue(CodecId::kG729);
  EXPECT_FALSE(queue.queue.append({}));
  EXPECT_FALSE(queue.queue.append(counted(11)));
  EXPECT_FALSE(queue.queue.append(counted(130)));
  EXPECT_EQ(queue.queue.ticks(), 0U);
  EXPECT_FALSE(FrameQueue::make(params_of(CodecId::kTelephoneEvent)));
}

Bytes opus_frame(std::uint8_t config, std::uint8_t fill, std::size_t bytes) {
  Bytes payload(bytes + 1, fill);
  payload[0] = static_cast<std::uint8_t>(config << 3);
  return payload;
}

TEST(FrameQueue, JoinsAndCutsOpusAtFrames) {
  Queue queue(CodecId::kOpus);
  for (std::uint8_t i = 0; i < 6; ++i) {
    ASSERT_TRUE(queue.queue.append(opus_frame(9, i, 30U + i)));  // wideband, 20 ms
  }
  EXPECT_EQ(queue.queue.frame_ticks(), 960U);
  EXPECT_EQ(queue.queue.ticks(), 5760U);
  const Bytes forty = queue.take(1920 + 959);
  EXPECT_EQ(queue.ticks, 1920U);
  EXPECT_EQ(payload_ticks(params_of(CodecId::kOpus), forty), 1920U);
  EXPECT_EQ(forty.size(), 1U + 1 + 30 + 31);  // TOC, length of the first, both frames
  EXPECT_EQ(queue.take(1), opus_frame(9, 2, 32));
  const Bytes rest = queue.take(48'000);
  EXPECT_EQ(queue.ticks, 2880U);
  // and what was joined can be cut again
  ASSERT_TRUE(queue.queue.append(rest));
  EXPECT_EQ(queue.take(960), opus_frame(9, 3, 33));
  EXPECT_EQ(queue.take(960), opus_frame(9, 4, 34));
  EXPECT_EQ(queue.take(960), opus_frame(9, 5, 35));
}

TEST(FrameQueue, KeepsOpusOfOtherKindsApart) {
  Queue queue(CodecId::kOpus);
  ASSERT_TRUE(queue.queue.append(opus_frame(9, 1, 30)));
  EXPECT_FALSE(queue.queue.append(opus_frame(8, 1, 30)));  // 10 ms
  EXPECT_FALSE(queue.queue.append(opus_frame(1, 1, 30)));  // narrowband
  Bytes stereo = opus_frame(9, 1, 30);
  stereo[0] |= 4;
  EXPECT_FALSE(queue.queue.append(stereo));
  EXPECT_EQ(queue.take(960), opus_frame(9, 1, 30));
  EXPECT_TRUE(queue.queue.append(stereo));
  EXPECT_EQ(queue.take(960), stereo);
}

TEST(FrameQueue, OpusHasRoomFor240MsAndPacketsOf120) {
  Queue queue(CodecId::kOpus);
  for (int i = 0; i < 12; ++i) {
    ASSERT_TRUE(queue.queue.append(opus_frame(31, 1, 1275)));
  }
  EXPECT_FALSE(queue.queue.append(opus_frame(31, 1, 1)));
  queue.take(48'000);
  EXPECT_EQ(queue.ticks, 5760U);
  // As much as there is room for.
  const Bytes two = queue.take(48'000, 2 * 1275 + 10);
  EXPECT_EQ(queue.ticks, 1920U);
  EXPECT_EQ(payload_ticks(params_of(CodecId::kOpus), two), 1920U);
  EXPECT_TRUE(queue.take(960, 100).empty());
  EXPECT_EQ(queue.queue.ticks(), 4U * 960);
}

}  // namespace
}  // namespace pollux::codec
