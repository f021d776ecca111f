#include "dataplane/base/sequence.hpp"

#include <gtest/gtest.h>

namespace pollux {
namespace {

TEST(Sequence, WrapsForward) {
  EXPECT_EQ(sequence_distance(65535, 0), 1);
  EXPECT_EQ(sequence_distance(65530, 5), 11);
  EXPECT_TRUE(sequence_newer(3, 65000));
  EXPECT_FALSE(sequence_newer(65000, 3));
}

TEST(Sequence, HalfACircleAwayIsOlder) {
  EXPECT_EQ(sequence_distance(0, 0x8000), -32768);
  EXPECT_FALSE(sequence_newer(0x8000, 0));
}

TEST(Sequence, TimestampWraps) {
  EXPECT_EQ(timestamp_distance(0xFFFFFF60U, 0), 160);
  EXPECT_EQ(timestamp_distance(0, 0xFFFFFF60U), -160);
}

TEST(Sequence, ExtendsToTheNearestCycle) {
  EXPECT_EQ(extend_sequence(0x0001FFFE, 2), 0x00020002U);
  EXPECT_EQ(extend_sequence(0x00020002, 0xFFFE), 0x0001FFFEU);
  EXPECT_EQ(extend_sequence(2, 0xFFFE), 0xFFFEU);  // no cycle below the first
}

}  // namespace
}  // namespace pollux
