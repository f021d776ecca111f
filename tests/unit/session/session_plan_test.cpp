#include "dataplane/session/session_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <numeric>
#include <vector>

#include "dataplane/session/endpoint_pool.hpp"
#include "dataplane/session/payload_types.hpp"
#include "dataplane/session/port_ownership.hpp"

namespace pollux::session {
namespace {

// A session of two legs on ports 20000/20001 and 30000/30001 of local address 0, built as control builds it.
struct SessionPlanTest : ::testing::Test {
  SessionPlanTest() {
    first = make_leg(1, 20000);
    second = make_leg(2, 30000);
  }
  std::unique_ptr<Leg> make_leg(std::uint16_t id, std::uint16_t port) {
    auto leg = std::make_unique<Leg>();
    leg->session = &session;
    leg->local = {.mac = {}, .vlan = 0, .ip = *IpAddress::parse("192.0.2.1"), .udp_port = port};
    leg->rtp = pool.take();
    leg->rtcp = leg->rtcp_apart = pool.take();
    leg->rtp->local_port = port;
    leg->rtcp->local_port = static_cast<std::uint16_t>(port + 1);
    leg->rtp->payload_types = leg->rtcp->payload_types = &identity_payload_types();
    ids.emplace(leg.get(), id);
    return leg;
  }
  LegSpec spec_of(const Leg& leg, const char* remote) const {
    LegSpec spec;
    spec.id = ids.at(&leg);
    spec.local_rtp_port = leg.rtp->local_port;
    spec.local_rtcp_port = leg.rtcp->local_port;
    spec.remote_rtp = *SocketAddress::parse(remote);
    return spec;
  }
  LegPlan leg_plan(Leg& leg, Leg* sink, const LegSpec& spec, bool added) {
    LegPlan plan;
    plan.leg = &leg;
    plan.spec = &specs.emplace_back(spec);
    plan.routing = std::make_unique<Routing>();
    if (sink != nullptr) {
      plan.routing->routes.push_back({sink, &identity_payload_types()});
    }
    plan.added = added;
    return plan;
  }
  // To be changed before the plan is applied.
  static LegSpec& spec_in(LegPlan& plan) { return const_cast<LegSpec&>(*plan.spec); }
  SessionPlan two_legs(PlanKind kind, const char* remote = "192.0.2.7:4000") {
    SessionPlan plan;
    plan.kind = kind;
    plan.session = &session;
    const bool added = kind == PlanKind::kAdd;
    plan.legs.push_back(leg_plan(*first, second.get(), spec_of(*first, remote), added));
    plan.legs.push_back(leg_plan(*second, first.get(), spec_of(*second, "192.0.2.9:5000"), added));
    plan.session_legs = {first.get(), second.get()};
    return plan;
  }
  void add() {
    SessionPlan plan = two_legs(PlanKind::kAdd);
    apply(plan, table, srtp, 1, 1);
  }

  // No leg here has keys: nothing is asked of it.
  struct NoKeys : crypto::Engine {
    void protect_rtp(std::span<crypto::SrtpJob>) override {}
    void protect_rtcp(std::span<crypto::SrtpJob>) override {}
    void unprotect_rtp(std::span<crypto::SrtpJob>) override {}
    void unprotect_rtcp(std::span<crypto::SrtpJob>) override {}
    crypto::ContextId set_former(crypto::ContextId, crypto::ContextId) override { return 0; }
  };

  NoKeys srtp;
  EndpointPool pool{16};
  EndpointTable table{1};
  Session session;
  std::map<const Leg*, std::uint16_t> ids;
  std::deque<LegSpec> specs;  // as control keeps them
  std::unique_ptr<Leg> first;
  std::unique_ptr<Leg> second;
};

TEST_F(SessionPlanTest, AddingLinksEveryPortAndTheSinks) {
  add();
  EXPECT_EQ(*table.slot(0, 20000), first->rtp->index);
  EXPECT_EQ(*table.slot(0, 20001), first->rtcp->index);
  EXPECT_EQ(*table.slot(0, 30000), second->rtp->index);
  EXPECT_EQ(first->rtp->sink, second->rtp);
  EXPECT_EQ(first->rtp->remote.load().port, 4000);
  EXPECT_EQ(first->rtcp->remote.load().port, 4001);
  EXPECT_NE(first->rtcp->rx_flags & kRxRtcpPort, 0);
  EXPECT_EQ(session.legs.size(), 2U);
}

TEST_F(SessionPlanTest, AnUpdateKeepsWhatWasLearnedUnlessTheSignalledAddressChanges) {
  add();
  first->rtp->rx_flags |= kRxBelieved;
  SessionPlan same = two_legs(PlanKind::kUpdate);
  apply(same, table, srtp, 2, 2);
  EXPECT_NE(first->rtp->rx_flags & kRxBelieved, 0);

  SessionPlan other = two_legs(PlanKind::kUpdate, "192.0.2.8:4400");
  apply(other, table, srtp, 3, 3);
  EXPECT_EQ(first->rtp->rx_flags & kRxBelieved, 0);
  EXPECT_EQ(first->rtp->remote.load().port, 4400);
  EXPECT_EQ(first->rtcp->remote.load().port, 4401);
  EXPECT_EQ(second->rtp->remote.load().port, 5000);
}

TEST_F(SessionPlanTest, DirectionsBecomeFlags) {
  add();
  SessionPlan plan = two_legs(PlanKind::kUpdate);
  spec_in(plan.legs[0]).direction = Direction::kSendOnly;
  apply(plan, table, srtp, 2, 2);
  EXPECT_NE(first->rtp->rx_flags & kRxForward, 0);
  EXPECT_EQ(first->rtp->tx_flags & kTxForward, 0);
  SessionPlan held = two_legs(PlanKind::kUpdate);
  spec_in(held.legs[0]).direction = Direction::kInactive;
  apply(held, table, srtp, 3, 3);
  EXPECT_EQ(first->rtp->rx_flags & kRxForward, 0);
}

TEST_F(SessionPlanTest, ANewCodePointIsInTheHeadersAndKeepsTheLearnedAddress) {
  add();
  first->rtp->remote.store({*IpAddress::parse("192.0.2.77"), 7777, true});
  SessionPlan plan = two_legs(PlanKind::kUpdate);
  spec_in(plan.legs[0]).dscp = 34;
  apply(plan, table, srtp, 2, 2);
  EXPECT_EQ(first->rtp->v4_header[15], 34 << 2);
  EXPECT_EQ(load_be16(first->rtp->v4_header + 36), 7777);
  EXPECT_TRUE(first->rtp->remote.load().confirmed);
}

TEST_F(SessionPlanTest, ALegThatIsRemovedIsReachedNoMore) {
  add();
  SessionPlan plan;
  plan.kind = PlanKind::kUpdate;
  plan.session = &session;
  plan.legs.push_back(leg_plan(*first, nullptr, spec_of(*first, "192.0.2.7:4000"), false));
  plan.session_legs = {first.get()};
  plan.removed.push_back(std::move(second));
  apply(plan, table, srtp, 2, 2);
  EXPECT_EQ(*table.slot(0, 30000), 0U);
  EXPECT_EQ(*table.slot(0, 30001), 0U);
  EXPECT_EQ(*table.slot(0, 20000), first->rtp->index);
  EXPECT_EQ(first->rtp->sink, nullptr);
  EXPECT_EQ(session.legs.size(), 1U);
}

TEST_F(SessionPlanTest, RtcpGoesOverToTheRtpPortAndBack) {
  add();
  Endpoint* const apart = first->rtcp;
  first->rtp->rx_flags |= kRxBelieved;
  SessionPlan mux = two_legs(PlanKind::kUpdate);
  spec_in(mux.legs[0]).local_rtcp_port = 20000;
  apply(mux, table, srtp, 2, 2);
  EXPECT_EQ(first->rtcp, first->rtp);
  EXPECT_EQ(*table.slot(0, 20000), first->rtp->index);
  EXPECT_EQ(*table.slot(0, 20001), 0U);
  EXPECT_NE(first->rtp->rx_flags & kRxMux, 0);
  EXPECT_EQ(first->rtp->rx_flags & kRxRtcpPort, 0);
  EXPECT_NE(first->rtp->rx_flags & kRxBelieved, 0);  // media goes on

  SessionPlan back = two_legs(PlanKind::kUpdate);
  spec_in(back.legs[0]).local_rtcp_port = 20001;
  spec_in(back.legs[0]).dscp = 34;
  apply(back, table, srtp, 3, 3);
  EXPECT_EQ(first->rtcp, apart);
  EXPECT_EQ(*table.slot(0, 20001), apart->index);
  EXPECT_EQ(first->rtp->rx_flags & kRxMux, 0);
  EXPECT_EQ(apart->remote.load().port, 4001);
  EXPECT_EQ(apart->v4_header[15], 34 << 2);
  EXPECT_NE(first->rtp->rx_flags & kRxBelieved, 0);
}

TEST_F(SessionPlanTest, ALegThatIsRemovedWithRtcpMuxLeavesNeitherPort) {
  add();
  SessionPlan mux = two_legs(PlanKind::kUpdate);
  spec_in(mux.legs[0]).local_rtcp_port = 20000;
  apply(mux, table, srtp, 2, 2);
  SessionPlan plan;
  plan.kind = PlanKind::kRemove;
  plan.session = &session;
  apply(plan, table, srtp, 3, 3);
  EXPECT_EQ(*table.slot(0, 20000), 0U);
  EXPECT_EQ(*table.slot(0, 20001), 0U);
}

TEST_F(SessionPlanTest, RemovingUnlinksAllAndLeavesTheLegsForTheirStatistics) {
  add();
  SessionPlan plan;
  plan.kind = PlanKind::kRemove;
  plan.session = &session;
  apply(plan, table, srtp, 2, 2);
  for (const std::uint16_t port : std::initializer_list<std::uint16_t>{20000, 20001, 30000, 30001}) {
    EXPECT_EQ(*table.slot(0, port), 0U) << port;
  }
  EXPECT_EQ(session.legs.size(), 2U);
}

TEST(EndpointPool, HandsOutEachIndexOnceAndNeverZero) {
  EndpointPool pool(3);
  Endpoint* const a = pool.take();
  Endpoint* const b = pool.take();
  Endpoint* const c = pool.take();
  ASSERT_NE(c, nullptr);
  EXPECT_EQ(pool.take(), nullptr);
  EXPECT_EQ(a->index + b->index + c->index, 6U);
  b->rx_packets.add(5);
  const std::uint32_t index = b->index;
  pool.give_back(b);
  EXPECT_EQ(pool.take(), pool.at(index));
  EXPECT_EQ(pool.at(index)->rx_packets.get(), 0U);  // nothing of the former one is left
}

TEST(PortOwnership, APairHasOneOwnerAndSharesAreEven) {
  for (std::uint16_t workers = 1; workers <= 64; ++workers) {
    std::vector<std::uint16_t> all(workers);
    std::iota(all.begin(), all.end(), std::uint16_t{0});
    const PortOwnership ownership(all);
    std::vector<unsigned> share(workers);
    for (unsigned port = 0; port < 65536; port += 2) {
      const auto even = static_cast<std::uint16_t>(port);
      const std::uint16_t owner = ownership.owner(3, false, even);
      ASSERT_EQ(owner, ownership.owner(3, false, static_cast<std::uint16_t>(even + 1)));
      ASSERT_EQ(owner, ownership.owner(0, true, even));
      ASSERT_LT(owner, workers);
      ++share[owner];
    }
    const auto [least, most] = std::minmax_element(share.begin(), share.end());
    EXPECT_LE(*most - *least, 1U);
  }
}

TEST(PortOwnership, WhatADeviceSteersIsByDeviceAndFamily) {
  const std::array<std::uint16_t, 2> workers{1, 4};
  PortOwnership ownership(workers);
  PortOwnership::Owners owners;
  owners.fill(4);
  ownership.steer(255, true, owners);
  EXPECT_EQ(ownership.owner(255, true, 20000), 4);
  EXPECT_EQ(ownership.owner(255, true, 20002), 4);
  EXPECT_EQ(ownership.owner(255, false, 20000), 1);
  EXPECT_EQ(ownership.owner(255, false, 20002), 4);
  EXPECT_EQ(ownership.owner(254, true, 20000), 1);
  owners.fill(1);
  ownership.steer(254, true, owners);
  EXPECT_EQ(ownership.owner(254, true, 65535), 1);
  EXPECT_EQ(ownership.owner(255, true, 65535), 4);
}

}  // namespace
}  // namespace pollux::session
