#include "controlplane/rpc/node_service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/rpc_fixture.hpp"

namespace pollux::rpc {
namespace {

using test::RpcFixture;
using testing::ElementsAre;

v1::InfoResponse info(RpcFixture& f) {
  grpc::ClientContext context;
  RpcFixture::set_deadline(context);
  v1::InfoResponse response;
  EXPECT_TRUE(f.node->Info(&context, {}, &response).ok());
  return response;
}

v1::StatsResponse stats(RpcFixture& f) {
  grpc::ClientContext context;
  RpcFixture::set_deadline(context);
  v1::StatsResponse response;
  EXPECT_TRUE(f.node->Stats(&context, {}, &response).ok());
  return response;
}

TEST(NodeService, TellsWhatTheNodeIs) {
  RpcFixture f;
  NodeStats node;
  node.huge_pages = true;
  node.srtp_backend = "ipsec_mb 1.3.0";
  node.ports.resize(2);
  node.ports[1].mac = "02:00:00:00:00:01";
  node.ports[1].link_up = true;
  node.ports[1].queues = 4;
  f.dataplane.set_node_stats(node);
  ASSERT_TRUE(f.create("call").status.ok());
  const v1::InfoResponse response = info(f);
  EXPECT_EQ(response.version(), "1.2.3");
  EXPECT_EQ(response.node_run(), "run-1");
  EXPECT_EQ(response.status(), v1::NODE_STATUS_SERVING);
  EXPECT_EQ(response.libraries().at("grpc"), "1.51");
  EXPECT_THAT(response.cpu_features(), ElementsAre("avx2", "aes"));
  EXPECT_TRUE(response.huge_pages());
  EXPECT_EQ(response.srtp_backend(), "ipsec_mb 1.3.0");
  EXPECT_GT(response.start_time().seconds(), 0);
  ASSERT_EQ(response.workers_size(), 2);
  EXPECT_THAT(response.workers(0).roles(), ElementsAre("relay", "media"));
  EXPECT_EQ(response.workers(0).idle(), "poll");
  EXPECT_EQ(response.workers(1).idle(), "pause");
  ASSERT_EQ(response.ports_size(), 2);
  EXPECT_EQ(response.ports(0).name(), "lan");
  EXPECT_THAT(response.ports(0).addresses(), ElementsAre("10.0.0.1/24"));
  EXPECT_EQ(response.ports(1).mac(), "02:00:00:00:00:01");
  EXPECT_TRUE(response.ports(1).link_up());
  EXPECT_EQ(response.ports(1).queues(), 4U);
  ASSERT_EQ(response.networks_size(), 2);
  EXPECT_EQ(response.networks(0).name(), "inside");
  EXPECT_EQ(response.networks(0).ports_total(), 80000U);
  EXPECT_EQ(response.networks(0).ports_used(), 2U);
}

TEST(NodeService, TellsWhatCodecsCost) {
  RpcFixture f;
  f.dataplane.costs = {
      {CodecId::kPcmu, 0, 0}, {CodecId::kPcma, 0.0001, 0.0002}, {CodecId::kOpus, 0.002, 0.007}};
  // As the data plane reckons: nothing between the two laws, else a core's 1/100 a call.
  f.dataplane.cost_of = [](const SessionSpec& call) {
    EXPECT_EQ(call.legs.size(), 2U);
    EXPECT_EQ(call.legs[0].sinks[0], call.legs[1].id);
    EXPECT_EQ(call.legs[1].sinks[0], call.legs[0].id);
    EXPECT_EQ(call.legs[1].codecs[0].params.id,
              call.legs[0].codecs[0].params.id == CodecId::kPcma ? CodecId::kPcmu : CodecId::kPcma);
    return call.legs[0].codecs[0].params.clock_rate == 48000 ? 0.01 : 0.0;
  };
  const v1::InfoResponse response = info(f);
  ASSERT_EQ(response.codecs_size(), 3);
  EXPECT_EQ(response.codecs(0).encoding(), "PCMU");
  EXPECT_EQ(response.codecs(0).calls_per_core(), 0);
  EXPECT_EQ(response.codecs(1).decode_share(), 0.0001);
  EXPECT_EQ(response.codecs(2).encoding(), "opus");
  EXPECT_EQ(response.codecs(2).encode_share(), 0.007);
  EXPECT_DOUBLE_EQ(response.codecs(2).calls_per_core(), 100);
}

TEST(NodeService, TellsWhatIsCommittedToMedia) {
  RpcFixture f;
  f.dataplane.media_cost_of_all = 0.25;
  NodeStats node;
  node.workers.resize(2);
  node.workers[1].worker = 1;
  f.dataplane.set_node_stats(node);
  const auto created = f.create("call");
  ASSERT_TRUE(created.status.ok());
  EXPECT_EQ(created.session.state().media_cost(), 0.25);
  EXPECT_TRUE(created.session.state().has_media_worker());
  const v1::StatsResponse response = stats(f);
  const int worker = static_cast<int>(created.session.state().media_worker());
  EXPECT_EQ(response.workers(worker).media_committed(), 0.25);
  EXPECT_EQ(response.workers(1 - worker).media_committed(), 0);
}

TEST(NodeService, SaysThatItStops) {
  RpcFixture f;
  f.control.drain(std::chrono::seconds(10));
  EXPECT_EQ(info(f).status(), v1::NODE_STATUS_STOPPING);
}

TEST(NodeService, TellsWhatItCounts) {
  RpcFixture f;
  NodeStats node;
  node.tsc_hz = 2.5e9;
  node.mbufs_total = 100;
  node.mbufs_free = 60;
  WorkerStats worker;
  worker.worker = 1;
  worker.busy_cycles = 25;
  worker.total_cycles = 100;
  worker.handed_off = 7;
  DurationHistogram delay;
  delay.add(100, 999);
  delay.add(200'000'000);
  worker.forward_delay = delay.counts();
  worker.stages = {{"classify", "sorts", 1000, 50, 10, 420}, {"tx", "sends", 0, 0, 0, 0}};
  worker.drops[static_cast<std::size_t>(DropReason::no_sink)] = 9;
  node.workers = {worker};
  node.ports.resize(1);
  node.ports[0].name = "lan";
  node.ports[0].rx_missed = 3;
  node.host.arp_sent = 5;
  node.host.drops[static_cast<std::size_t>(DropReason::not_for_us)] = 2;
  f.dataplane.set_node_stats(node);
  ASSERT_TRUE(f.create("call").status.ok());
  ASSERT_TRUE(f.create("gone").status.ok());
  ASSERT_TRUE(f.remove("gone").status.ok());
  f.dataplane.fail_next({ErrorCode::kInternal, "X", "", ""});
  f.create("refused");
  const v1::StatsResponse response = stats(f);
  EXPECT_EQ(response.sessions().active(), 1U);
  EXPECT_EQ(response.sessions().created(), 2U);
  EXPECT_EQ(response.sessions().deleted(), 1U);
  EXPECT_EQ(response.sessions().refused(), 1U);
  EXPECT_EQ(response.sessions().timed_out(), 0U);
  EXPECT_EQ(response.tsc_hz(), 2.5e9);
  EXPECT_EQ(response.mbufs_free(), 60U);
  ASSERT_EQ(response.workers_size(), 1);
  EXPECT_EQ(response.workers(0).busy_ratio(), 0.25);
  EXPECT_EQ(response.workers(0).handed_off(), 7U);
  const v1::DurationHistogram& shown = response.workers(0).forward_delay();
  EXPECT_EQ(shown.count(), 1000U);
  EXPECT_EQ(shown.sum_ns(), 200'099'900U);
  EXPECT_EQ(shown.max_ns(), 200'000'000U);
  ASSERT_EQ(shown.buckets_size(), 2);
  EXPECT_EQ(shown.buckets(0).up_to_ns(), 112U);
  EXPECT_EQ(shown.buckets(0).count(), 999U);
  EXPECT_EQ(shown.buckets(1).up_to_ns(), 200'000'000U) << "without a limit of its own";
  EXPECT_EQ(shown.p50_ns(), 112U);
  EXPECT_EQ(shown.p99_ns(), 112U);
  EXPECT_EQ(shown.p999_ns(), 112U);
  EXPECT_FALSE(response.workers(0).loop_time().has_p50_ns()) << "there was no loop";
  EXPECT_EQ(response.workers(0).stages(0).cycles_per_packet(), 42.0);
  EXPECT_EQ(response.workers(0).stages(1).cycles_per_packet(), 0.0);
  ASSERT_EQ(response.workers(0).drops_size(), 1);
  EXPECT_EQ(response.workers(0).drops(0).reason(), "no_sink");
  EXPECT_EQ(response.workers(0).drops(0).packets(), 9U);
  EXPECT_EQ(response.ports(0).rx_missed(), 3U);
  EXPECT_EQ(response.host().arp_sent(), 5U);
  EXPECT_EQ(response.host().drops(0).reason(), "not_for_us");
}

}  // namespace
}  // namespace pollux::rpc
