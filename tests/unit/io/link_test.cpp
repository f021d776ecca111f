#include "dataplane/io/link.hpp"

#include <gtest/gtest.h>
#include <net/if.h>

namespace pollux::io {
namespace {

TEST(Link, LoopbackRuns) {
  const unsigned loopback = if_nametoindex("lo");
  ASSERT_NE(loopback, 0U);
  EXPECT_TRUE(kernel_interface_runs(loopback));
}

TEST(Link, WhatIsntThereDoesntRun) {
  EXPECT_FALSE(kernel_interface_runs(0));
  EXPECT_FALSE(kernel_interface_runs(2'000'000'000));
}

TEST(Link, NoSuchPort) {
  EXPECT_FALSE(link_is_up(9999));
}

}  // namespace
}  // namespace pollux::io
