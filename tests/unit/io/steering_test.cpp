#include "dataplane/io/steering.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support/fake_nic.hpp"

namespace pollux::io {
namespace {

using pollux::testing::FakeNic;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr FramePattern kPlainV4{AddressFamily::kIpv4, false};
constexpr FramePattern kTaggedV6{AddressFamily::kIpv6, true};

SteeringRequest request(SteeringChoice choice, std::uint16_t queues = 4, std::uint16_t workers = 4) {
  return {choice, queues, workers, {kPlainV4, kTaggedV6}};
}

Error error_of(FakeNic& nic, const SteeringRequest& asked) {
  const auto steering = steer(nic, asked);
  EXPECT_FALSE(steering);
  return steering ? Error{} : steering.error();
}

TEST(Steering, OneWorkerHasNothingToSteer) {
  FakeNic nic;
  for (const auto choice : {SteeringChoice::kAuto, SteeringChoice::kRss, SteeringChoice::kHandoff}) {
    const auto steering = steer(nic, request(choice, 4, 1));
    ASSERT_TRUE(steering);
    EXPECT_EQ(steering->mode, SteeringMode::kSingle);
    EXPECT_FALSE(steering->steered());
  }
  EXPECT_THAT(nic.reta, ::testing::Each(0)) << "left alone";
}

TEST(Steering, RssFollowsWhatTheDeviceTells) {
  FakeNic nic;
  const auto steering = steer(nic, request(SteeringChoice::kAuto));
  ASSERT_TRUE(steering);
  EXPECT_EQ(steering->mode, SteeringMode::kRss);
  EXPECT_EQ(steering->reason, "");
  EXPECT_THAT(nic.rules, IsEmpty());
  const PortRss rss(nic.key, nic.reta);
  std::set<std::uint16_t> queues;
  for (unsigned port = 20000; port < 20064; ++port) {
    const auto udp_port = static_cast<std::uint16_t>(port);
    ASSERT_EQ(steering->queue(AddressFamily::kIpv4, udp_port), rss.queue(AddressFamily::kIpv4, udp_port));
    ASSERT_EQ(steering->queue(AddressFamily::kIpv6, udp_port), rss.queue(AddressFamily::kIpv6, udp_port));
    queues.insert(rss.queue(AddressFamily::kIpv4, udp_port));
  }
  EXPECT_THAT(queues, SizeIs(4));
}

// The table is in force as it is read back, whatever was written.
TEST(Steering, ATableThatCannotBeSetIsTakenAsItIs) {
  for (const bool deaf : {false, true}) {
    FakeNic nic;
    nic.writable_reta = deaf;
    nic.deaf = deaf;
    for (std::size_t i = 0; i < nic.reta.size(); ++i) {
      nic.reta[i] = static_cast<std::uint16_t>((i + 1) % 4);
    }
    const auto steering = steer(nic, request(SteeringChoice::kRss));
    ASSERT_TRUE(steering);
    const PortRss rss(nic.key, nic.reta);
    for (unsigned port = 0; port <= 0xffff; port += 2) {
      ASSERT_EQ(steering->queue(AddressFamily::kIpv4, static_cast<std::uint16_t>(port)),
                rss.queue(AddressFamily::kIpv4, static_cast<std::uint16_t>(port)));
    }
    // RTP decides; an odd port goes with the even one below it.
    EXPECT_EQ(steering->queue(AddressFamily::kIpv4, 20001), steering->queue(AddressFamily::kIpv4, 20000));
  }
}

TEST(Steering, ATableThatLeavesAWorkerWithoutPortsIsNoUse) {
  FakeNic nic;
  nic.writable_reta = false;
  for (std::size_t i = 0; i < nic.reta.size(); ++i) {
    nic.reta[i] = static_cast<std::uint16_t>(i % 3);
  }
  const auto steering = steer(nic, request(SteeringChoice::kAuto));
  ASSERT_TRUE(steering);
  EXPECT_EQ(steering->mode, SteeringMode::kHandoff);
  EXPECT_THAT(steering->reason, HasSubstr("leaves workers without ports"));
  nic.reta.assign(128, 9);  // no such queue
  EXPECT_THAT(error_of(nic, request(SteeringChoice::kRss)).message, HasSubstr("leaves workers"));
}

TEST(Steering, RssByRuleWhereTheDeviceIsNotConfiguredForIt) {
  FakeNic nic;
  nic.port_rss = false;
  nic.rss_by_rule = true;
  const auto steering = steer(nic, request(SteeringChoice::kAuto));
  ASSERT_TRUE(steering);
  EXPECT_EQ(steering->mode, SteeringMode::kRss);
  ASSERT_THAT(nic.rules, SizeIs(2));
  EXPECT_EQ(nic.rules[0].pattern, kPlainV4);
  EXPECT_EQ(nic.rules[1].pattern, kTaggedV6);
  EXPECT_FALSE(nic.rules[0].queue);
}

TEST(Steering, RulesWhereRssIsMissing) {
  FakeNic nic;
  nic.port_rss = false;
  nic.queue_rules = true;
  const auto steering = steer(nic, request(SteeringChoice::kAuto));
  ASSERT_TRUE(steering);
  EXPECT_EQ(steering->mode, SteeringMode::kRteFlow);
  ASSERT_THAT(nic.rules, SizeIs(8));  // four queues, two kinds of frames
  for (unsigned port = 0; port <= 0xffff; ++port) {
    for (const FramePattern& pattern : {kPlainV4, kTaggedV6}) {
      unsigned matching = 0;
      for (const FlowRule& rule : nic.rules) {
        if (rule.pattern == pattern && (port & rule.mask) == rule.udp_port) {
          ++matching;
          ASSERT_EQ(*rule.queue, steering->queue(pattern.family, static_cast<std::uint16_t>(port)));
        }
      }
      ASSERT_EQ(matching, 1U) << port;
    }
  }
}

// No key or no table: what the device does can't be known, and its rules for it go.
TEST(Steering, RssThatTheDeviceDoesNotTellOf) {
  FakeNic nic;
  nic.port_rss = false;
  nic.rss_by_rule = true;
  nic.key.clear();
  EXPECT_THAT(error_of(nic, request(SteeringChoice::kRss)).message, HasSubstr("RSS key"));
  EXPECT_THAT(nic.rules, IsEmpty());
  nic.key = repeating_key(40);
  nic.reta.clear();
  EXPECT_THAT(error_of(nic, request(SteeringChoice::kRss)).message, HasSubstr("redirection table"));
  nic.queue_rules = true;
  const auto steering = steer(nic, request(SteeringChoice::kAuto));
  ASSERT_TRUE(steering);
  EXPECT_EQ(steering->mode, SteeringMode::kRteFlow);
  EXPECT_THAT(nic.rules, SizeIs(8)) << "those for RSS are gone";
}

TEST(Steering, HandoffIsTheLastResortAndSaysWhy) {
  FakeNic nic;
  nic.port_rss = false;
  const auto steering = steer(nic, request(SteeringChoice::kAuto));
  ASSERT_TRUE(steering);
  EXPECT_EQ(steering->mode, SteeringMode::kHandoff);
  EXPECT_EQ(steering->reason,
            "no RSS over the UDP destination port (no RSS action); no rte_flow rules (no queue action)");
  EXPECT_FALSE(steering->steered());
  FakeNic able;
  EXPECT_EQ(steer(able, request(SteeringChoice::kHandoff))->mode, SteeringMode::kHandoff);
  EXPECT_EQ(steer(able, request(SteeringChoice::kAuto, 3))->reason,
            "3 receive queues for 4 relay workers: raise queues to 4");
}

TEST(Steering, WhatIsDemandedAndImpossibleIsAnError) {
  FakeNic nic;
  nic.port_rss = false;
  EXPECT_EQ(error_of(nic, request(SteeringChoice::kRss)).cause, "STEERING_UNAVAILABLE");
  EXPECT_THAT(error_of(nic, request(SteeringChoice::kRss)).message, HasSubstr("no RSS action"));
  EXPECT_THAT(error_of(nic, request(SteeringChoice::kRteFlow)).message, HasSubstr("no queue action"));
  EXPECT_EQ(error_of(nic, request(SteeringChoice::kRteFlow, 1)).message,
            "1 receive queue for 4 relay workers: raise queues to 4");
  FakeNic able;  // RSS would do, but rules were asked for
  EXPECT_THAT(error_of(able, request(SteeringChoice::kRteFlow)).message, HasSubstr("no rte_flow rules"));
}

TEST(QueueRules, AnyNumberOfQueuesGetsAFairShare) {
  const FramePattern patterns[] = {kPlainV4};
  for (std::uint16_t queues = 2; queues <= 64; ++queues) {
    const auto rules = queue_rules(patterns, queues);
    EXPECT_LE(rules.size(), 256U);
    std::vector<unsigned> share(queues);
    for (const FlowRule& rule : rules) {
      EXPECT_EQ(rule.mask & 1, 0) << "a pair stays together";
      ++share[*rule.queue];
    }
    const auto [least, most] = std::minmax_element(share.begin(), share.end());
    EXPECT_GE(*least * 2, *most) << queues;
    EXPECT_GE(*least, 1U);
  }
}

}  // namespace
}  // namespace pollux::io
