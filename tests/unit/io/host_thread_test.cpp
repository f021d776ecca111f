#include "dataplane/io/host_thread.hpp"

#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include <chrono>
#include <cstring>
#include <functional>
#include <mutex>

#include "tests/unit/io/eal_environment.hpp"
#include "tests/unit/io/stack_fixture.hpp"

namespace pollux::io {
namespace {

// Waits for what another thread does; the time is a limit, not a schedule.
bool eventually(const std::function<bool()>& happened) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!happened()) {
    if (std::chrono::steady_clock::now() > limit) {
      return false;
    }
    std::this_thread::yield();
  }
  return true;
}

class HostThreadTest : public StackTest {
 protected:
  static void SetUpTestSuite() {
    require_eal();
    rte_ring* ring = rte_ring_create("host_thread", 64, SOCKET_ID_ANY, 0);
    const int created = rte_eth_from_rings("host_thread", &ring, 1, &ring, 1, 0);
    ASSERT_GE(created, 0);
    port_id = static_cast<std::uint16_t>(created);
    rte_eth_conf conf{};
    ASSERT_EQ(rte_eth_dev_configure(port_id, 1, 1, &conf), 0);
    ASSERT_EQ(rte_eth_rx_queue_setup(port_id, 0, 64, 0, nullptr, test_pool()), 0);
    ASSERT_EQ(rte_eth_tx_queue_setup(port_id, 0, 64, 0, nullptr), 0);
  }

  void SetUp() override {
    free_before = rte_mempool_avail_count(test_pool());
    DataplaneConfig config;
    config.ports.resize(1);
    config.ports[0].interfaces.resize(2);
    config.ports[0].interfaces[0].addresses = {*IpPrefix::parse("10.0.0.1/24")};
    config.ports[0].interfaces[1].vlan = 100;
    config.ports[0].interfaces[1].addresses = {*IpPrefix::parse("10.1.0.1/24")};
    interfaces =
        std::make_unique<InterfaceTable>(*InterfaceTable::build(config, {&kOurMac, 1}, {&port_id, 1}));
    neighbours = std::make_unique<NeighbourTable>(1);
    start(test_pool());
  }
  void TearDown() override {
    host.reset();
    rte_eth_dev_stop(port_id);
    EXPECT_EQ(rte_mempool_avail_count(test_pool()), free_before) << "every buffer came back";
  }

  void start(rte_mempool* pool) {
    host.reset();
    HostThread::Options options;
    options.workers = 2;
    options.link_poll_ms = 1;
    auto started =
        HostThread::start(*interfaces, *neighbours, {&port_id, 1}, pool, options, [this](const Event& event) {
          const std::lock_guard lock(mutex);
          events.push_back(event);
        });
    ASSERT_TRUE(started) << started.error().message;
    host = std::move(*started);
  }
  static rte_mbuf* mbuf(const Bytes& bytes) {
    rte_mbuf* const frame = rte_pktmbuf_alloc(test_pool());
    std::memcpy(rte_pktmbuf_append(frame, static_cast<std::uint16_t>(bytes.size())), bytes.data(),
                bytes.size());
    frame->port = port_id;
    return frame;
  }
  static Bytes reply_on_vlan(const char* to) {
    Bytes reply = with_vlan(arp(kPeer, kOur, 2, "10.1.0.1", kPeer, to), 100);
    reply.resize(60);  // the tag counts towards the shortest frame
    return reply;
  }
  // The next frame for worker 0 to send; empty when none comes.
  Bytes take() {
    rte_mbuf* frame = nullptr;
    if (!eventually([&] { return host->take_transmit(&frame, 1) == 1; })) {
      return {};
    }
    EXPECT_EQ(frame->port, port_id);
    const auto* data = rte_pktmbuf_mtod(frame, const std::uint8_t*);
    Bytes bytes(data, data + frame->data_len);
    rte_pktmbuf_free(frame);
    return bytes;
  }
  std::vector<Event> seen(EventType type) {
    const std::lock_guard lock(mutex);
    std::vector<Event> some;
    std::copy_if(events.begin(), events.end(), std::back_inserter(some),
                 [&](const Event& e) { return e.type == type; });
    return some;
  }
  std::uint64_t host_drops(DropReason reason) const {
    return host->stats().drops[static_cast<std::size_t>(reason)];
  }

  static inline std::uint16_t port_id = 0;
  std::unique_ptr<HostThread> host;
  std::mutex mutex;
  std::vector<Event> events;
  unsigned free_before = 0;
};

TEST_F(HostThreadTest, AnswersWhatWorkersPunt) {
  ASSERT_TRUE(host->punt(0, mbuf(arp_request("10.0.0.10", "10.0.0.1"))));
  EXPECT_EQ(take(), arp("02000000000a", kOur, 2, "10.0.0.1", kPeer, "10.0.0.10"));
  ASSERT_TRUE(host->punt(1, mbuf(with_vlan(arp_request("10.1.0.10", "10.1.0.1"), 100))));
  EXPECT_EQ(take(), reply_on_vlan("10.1.0.10"));
  rte_mbuf* const stripped = mbuf(arp_request("10.1.0.11", "10.1.0.1"));
  stripped->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
  stripped->vlan_tci = 0x2000 | 100;  // with a priority
  ASSERT_TRUE(host->punt(1, stripped));
  EXPECT_EQ(take(), reply_on_vlan("10.1.0.11"));
  EXPECT_EQ(host->stats().arp_received, 3U);
}

TEST_F(HostThreadTest, ResolvesAndReturnsTheVeryFrame) {
  Bytes frame = with_vlan(outgoing("10.1.0.10", 5), 100);
  rte_mbuf* const waiting = mbuf(frame);
  waiting->l2_len = 18;
  waiting->ol_flags = RTE_MBUF_F_TX_UDP_CKSUM | RTE_MBUF_F_RX_VLAN_STRIPPED;
  ASSERT_TRUE(host->punt_unresolved(1, waiting));
  EXPECT_EQ(take()[25], 1) << "an ARP request";
  ASSERT_TRUE(host->punt(0, mbuf(with_vlan(arp(kOur, kPeer, 2, "10.1.0.10", kOur, "10.1.0.1"), 100))));
  rte_mbuf* sent = nullptr;
  ASSERT_TRUE(eventually([&] { return host->take_transmit(&sent, 1) == 1; }));
  EXPECT_EQ(sent, waiting) << "with its offload requests";
  EXPECT_EQ(sent->l2_len, 18);
  EXPECT_EQ(sent->ol_flags, RTE_MBUF_F_TX_UDP_CKSUM);
  std::copy(kPeerMac.begin(), kPeerMac.end(), frame.begin());
  const auto* data = rte_pktmbuf_mtod(sent, const std::uint8_t*);
  EXPECT_EQ(Bytes(data, data + sent->data_len), frame);
  rte_pktmbuf_free(sent);
  ASSERT_TRUE(eventually([&] { return !resolved("10.1.0.10", 1).empty(); }));
}

TEST_F(HostThreadTest, CountsWhatItCantPlace) {
  ASSERT_TRUE(host->punt(0, mbuf(with_vlan(arp_request("10.0.0.10", "10.0.0.1"), 7))));
  ASSERT_TRUE(host->punt_unresolved(0, mbuf(with_vlan(outgoing("10.0.0.10"), 7))));
  EXPECT_TRUE(eventually([&] { return host_drops(DropReason::vlan_unknown) == 2; }));
  rte_mbuf* const two_segments = mbuf(arp_request("10.0.0.10", "10.0.0.1"));
  ASSERT_EQ(rte_pktmbuf_chain(two_segments, mbuf({1, 2, 3})), 0);
  ASSERT_TRUE(host->punt(0, two_segments));
  EXPECT_TRUE(eventually([&] { return host_drops(DropReason::ethernet_malformed) == 1; }));
}

TEST_F(HostThreadTest, ReportsLinksAndProbesWhenTheyComeUp) {
  ASSERT_TRUE(eventually([&] { return seen(EventType::kPortDown).size() == 1; }));
  ASSERT_EQ(rte_eth_dev_start(port_id), 0);
  ASSERT_TRUE(eventually([&] { return seen(EventType::kPortUp).size() == 1; }));
  EXPECT_EQ(seen(EventType::kPortUp)[0].port, 0);
  EXPECT_GT(seen(EventType::kPortUp)[0].time_unix_ns, 0U);
  EXPECT_EQ(take(), arp(kBroadcast, kOur, 1, "0.0.0.0", "000000000000", "10.0.0.1"));
  ASSERT_TRUE(host->punt(0, mbuf(arp(kOur, kPeer, 2, "10.0.0.1", kOur, "10.0.0.1"))));
  ASSERT_TRUE(eventually([&] { return seen(EventType::kDuplicateAddress).size() == 1; }));
  EXPECT_EQ(seen(EventType::kDuplicateAddress)[0].to.ip, ip("10.0.0.1"));
  ASSERT_EQ(rte_eth_dev_stop(port_id), 0);
  EXPECT_TRUE(eventually([&] { return seen(EventType::kPortDown).size() == 2; }));
}

TEST_F(HostThreadTest, FullRingsLeaveTheFrameToTheWorker) {
  host->stop();  // so that nothing is taken out
  host->stop();
  unsigned punted = 0;
  unsigned unresolved = 0;
  rte_mbuf* frame = mbuf(arp_request("10.0.0.10", "10.0.0.1"));
  while (host->punt(1, frame)) {
    ++punted;
    frame = mbuf(arp_request("10.0.0.10", "10.0.0.1"));
  }
  while (host->punt_unresolved(1, frame)) {
    ++unresolved;
    frame = mbuf(outgoing("10.0.0.10"));
  }
  rte_pktmbuf_free(frame);
  EXPECT_EQ(punted, 512U);
  EXPECT_EQ(unresolved, 1024U);
}

TEST_F(HostThreadTest, SurvivesWantOfBuffers) {
  rte_mempool* const empty =
      rte_pktmbuf_pool_create("host_empty", 1, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
  ASSERT_NE(empty, nullptr);
  rte_mbuf* const only = rte_pktmbuf_alloc(empty);
  start(empty);
  ASSERT_TRUE(host->punt(0, mbuf(arp_request("10.0.0.10", "10.0.0.1"))));
  EXPECT_TRUE(eventually([&] { return host_drops(DropReason::no_mbuf) == 1; }));
  host.reset();
  rte_pktmbuf_free(only);
  rte_mempool_free(empty);
}

TEST_F(HostThreadTest, CountsWhatWorkerZeroLeavesUnsent) {
  // More answers than the transmit ring holds.
  for (unsigned i = 0; i < 1100; ++i) {
    rte_mbuf* const frame = mbuf(arp_request("10.0.0.10", "10.0.0.1"));
    ASSERT_TRUE(eventually([&] { return host->punt(0, frame); }));
  }
  EXPECT_TRUE(eventually([&] { return host_drops(DropReason::tx_full) == 76; }));
}

// A flood of pings leaves room for the answers that media waits for.
TEST_F(HostThreadTest, PingsDontCrowdOutNeighbours) {
  host->stop();  // nothing is taken out of the ring any more
  const auto punted = [this](PuntKind kind) {
    int taken = 0;
    for (rte_mbuf* frame = mbuf(Bytes(60));; frame = mbuf(Bytes(60))) {
      if (!host->punt(0, frame, kind)) {
        rte_pktmbuf_free(frame);
        return taken;
      }
      ++taken;
    }
  };
  EXPECT_EQ(punted(PuntKind::kOther), 256);
  EXPECT_EQ(punted(PuntKind::kNeighbour), 256);
  EXPECT_EQ(punted(PuntKind::kNeighbour), 0);
}

}  // namespace
}  // namespace pollux::io
