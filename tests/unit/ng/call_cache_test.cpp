#include "controlplane/ng/call_cache.hpp"

#include <gtest/gtest.h>

#include "tests/unit/ng/fake_polluxd.hpp"

namespace pollux::ng {
namespace {

class Cache : public testing::Test {
 protected:
  Cache() {
    fake.calls["call-1"] = call_in_progress("call-1");
    event.set_session_id("call-1");
    event.set_leg_id("callee-1");
  }
  std::string callee() {
    const auto call = cache.call_of(event);
    return call != nullptr ? call->parties(1).tag() : "(none)";
  }

  FakePolluxd fake;
  CallCache::Clock::time_point now{};
  CallCache cache{*Node::open({.address = fake.address(), .weight = 1, .drain = false, .tls = {}}),
                  [this] { return now; }};
  v1::Event event;
};

TEST_F(Cache, AsksOnceForTheKeysOfANumber) {
  EXPECT_EQ(callee(), "b");
  EXPECT_EQ(callee(), "b");
  EXPECT_EQ(fake.queries.size(), 1U);
  event.set_leg_id("callee2-1");  // not known: it may be new
  callee();
  EXPECT_EQ(fake.queries.size(), 2U);
}

TEST_F(Cache, SeesThatAnotherForkHasTakenTheLeg) {
  EXPECT_EQ(callee(), "b");
  fake.calls["call-1"].mutable_parties(1)->set_tag("c");
  now += CallCache::kKeep;
  EXPECT_EQ(callee(), "c");
}

TEST_F(Cache, TheLastKeyOfACallThatHasJustEndedIsToldOf) {
  EXPECT_EQ(callee(), "b");
  fake.calls.clear();
  now += CallCache::kKeep;
  EXPECT_EQ(callee(), "b");
  cache.forget("call-1");
  EXPECT_EQ(callee(), "(none)");
}

}  // namespace
}  // namespace pollux::ng
