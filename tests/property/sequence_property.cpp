// Serial-number arithmetic and receiver statistics against models that count in 64 bits and never wrap.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <vector>

#include "dataplane/base/sequence.hpp"
#include "dataplane/rtp/stream_quality.hpp"

namespace pollux {
namespace {

std::uint16_t low16(std::int64_t value) {
  return static_cast<std::uint16_t>(value);
}
std::uint32_t low32(std::int64_t value) {
  return static_cast<std::uint32_t>(value);
}

RC_GTEST_PROP(Sequence, DistanceIsTheTrueOneWithinHalfACircle, ()) {
  const auto from = *rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << 40);
  const auto distance = *rc::gen::inRange<std::int64_t>(-0x8000, 0x8000);
  RC_ASSERT(sequence_distance(low16(from), low16(from + distance)) == distance);
  RC_ASSERT(sequence_newer(low16(from + distance), low16(from)) == (distance > 0));
}

RC_GTEST_PROP(Sequence, TimestampDistanceIsTheTrueOneWithinHalfACircle, ()) {
  const auto from = *rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << 50);
  const auto distance = *rc::gen::inRange<std::int64_t>(-0x80000000LL, 0x80000000LL);
  RC_ASSERT(timestamp_distance(low32(from), low32(from + distance)) == distance);
}

RC_GTEST_PROP(Sequence, ExtendingFindsTheTrueNumber, ()) {
  const auto highest = *rc::gen::inRange<std::int64_t>(0, 0xf0000000LL);
  const auto distance = *rc::gen::inRange<std::int64_t>(-0x8000, 0x8000);
  RC_PRE(highest + distance >= 0);
  RC_ASSERT(extend_sequence(low32(highest), low16(highest + distance)) == low32(highest + distance));
}

// A stream with loss, duplicates and shuffling within fewer packets than A.1 takes for a restart.
RC_GTEST_PROP(Reception, CountsWhatTheModelCounts, ()) {
  const auto first = *rc::gen::inRange<std::int64_t>(0, 0x10000);
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(-40, 60));
  rtp::Reception reception;
  rtp::StreamQuality quality;
  std::set<std::int64_t> different;
  std::int64_t newest = first;
  std::int64_t received = 0;
  const auto show = [&](std::int64_t number) {
    rtp::RtpHeader header;
    header.sequence = low16(number);
    rtp::receive(reception, quality, header, 0);
    ++received;
    different.insert(number);
    newest = std::max(newest, number);
  };
  show(first);
  for (const int step : steps) {
    show(std::max(first, newest + step));
  }
  RC_ASSERT(std::int64_t{reception.highest_sequence()} == newest);
  RC_ASSERT(std::int64_t{reception.expected()} == newest - first + 1);
  RC_ASSERT(reception.lost() == newest - first + 1 - received);
  RC_ASSERT(quality.received(reception) == different.size());
  RC_ASSERT(quality.duplicates() == static_cast<std::uint64_t>(received) - different.size());
}

}  // namespace
}  // namespace pollux
