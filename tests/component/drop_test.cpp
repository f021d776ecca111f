// Each reason for which a packet can end here: something that produces it, exactly it, and nothing worse.
#include <algorithm>

#include "dataplane/base/checksum.hpp"
#include "tests/component/drop_fixture.hpp"

namespace pollux::testing {

Bytes DropTest::changed(Bytes frame, std::initializer_list<Change> changes, bool fix) {
  for (const Change& change : changes) {
    frame.at(change.offset) = change.value;
  }
  if (fix) {
    fix_ipv4_checksum(frame);
  }
  return frame;
}

void DropTest::fix_ipv4_checksum(Bytes& frame) {
  frame[kIp + 10] = frame[kIp + 11] = 0;
  const std::size_t length = std::size_t{4} * (frame[kIp] & 0x0fU);
  const std::uint16_t sum = checksum_finish(checksum_add(0, &frame[kIp], length));
  std::memcpy(&frame[kIp + 10], &sum, 2);
}

namespace {

std::vector<DropCase> all_cases() {
  std::vector<DropCase> cases;
  for (const auto& some : {frame_drops(), media_drops(), full_drops(), srtp_drops(), codec_drops()}) {
    cases.insert(cases.end(), some.begin(), some.end());
  }
  return cases;
}

TEST_P(DropTest, CountsExactlyItAndGoesOn) {
  const DropCase& drop = GetParam();
  const std::uint64_t count = drop.provoke(*this);
  bed().turn();
  EXPECT_GT(count, 0U);
  EXPECT_EQ(bed().drops(drop.reason) + bed().host_drops(drop.reason), count) << bed().describe();
  EXPECT_EQ(all_drops(), count) << bed().describe();
  bed().received(0);
  bed().received(1);
  drop.recover(*this);
  EXPECT_EQ(all_drops(), count) << bed().describe();
}

INSTANTIATE_TEST_SUITE_P(Cases, DropTest, ::testing::ValuesIn(all_cases()), [](const auto& of) {
  return std::string(kDropReasons[static_cast<std::size_t>(of.param.reason)].name) + "_" + of.param.name;
});

TEST(DropReasons, EachHasACase) {
  const auto cases = all_cases();
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    EXPECT_TRUE(std::any_of(cases.begin(), cases.end(),
                            [i](const DropCase& one) { return one.reason == static_cast<DropReason>(i); }))
        << kDropReasons[i].name << " has no case that produces it";
  }
}

}  // namespace
}  // namespace pollux::testing
