// A device that offers a hash of the UDP destination port and then doesn't take it. Linked with --wrap:
// DPDK's functions below are the test's own, in front of a ring device that knows no RSS.
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ring.h>

#include "dataplane/io/device.hpp"
#include "tests/unit/io/eal_environment.hpp"

namespace {
constexpr std::uint64_t kPortOnly =
    RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_NONFRAG_IPV6_UDP | RTE_ETH_RSS_L4_DST_ONLY;
std::vector<std::uint64_t> asked_for;  // hashes, one a call
}  // namespace

extern "C" {
int __real_rte_eth_dev_info_get(std::uint16_t port, rte_eth_dev_info* info);
int __wrap_rte_eth_dev_info_get(std::uint16_t port, rte_eth_dev_info* info) {
  const int error = __real_rte_eth_dev_info_get(port, info);
  info->flow_type_rss_offloads = kPortOnly | RTE_ETH_RSS_IPV4;
  info->hash_key_size = 40;
  return error;
}

int __real_rte_eth_dev_configure(std::uint16_t port, std::uint16_t rx_queues, std::uint16_t tx_queues,
                                 const rte_eth_conf* conf);
int __wrap_rte_eth_dev_configure(std::uint16_t port, std::uint16_t rx_queues, std::uint16_t tx_queues,
                                 const rte_eth_conf* conf) {
  const rte_eth_rss_conf& rss = conf->rx_adv_conf.rss_conf;
  asked_for.push_back(rss.rss_hf);
  if ((rss.rss_hf & RTE_ETH_RSS_L4_DST_ONLY) != 0) {
    return -EINVAL;
  }
  EXPECT_EQ(rss.rss_key, nullptr) << "the device's own key will do";
  rte_eth_conf plain = *conf;
  plain.rxmode.mq_mode = RTE_ETH_MQ_RX_NONE;
  plain.rx_adv_conf.rss_conf = {};
  return __real_rte_eth_dev_configure(port, rx_queues, tx_queues, &plain);
}
}

namespace pollux::io {
namespace {

struct DeviceRefusal : ::testing::Test {
  DeviceRefusal() {
    require_eal();
    asked_for.clear();
    static const int kPort = [] {
      rte_ring* rings[2];
      for (int i = 0; i < 2; ++i) {
        rings[i] = rte_ring_create(("refusing" + std::to_string(i)).c_str(), 64, SOCKET_ID_ANY, 0);
      }
      return rte_eth_from_rings("refusing", rings, 2, rings, 2, 0);
    }();
    EXPECT_GE(kPort, 0);
    config.name = "test";
    config.device = "net_ring_refusing";
    config.queues = 2;
    config.interfaces.resize(1);
    config.interfaces[0].addresses = {*IpPrefix::parse("192.0.2.1/24")};
  }
  Expected<std::unique_ptr<Device>> open() {
    rte_mempool* const pool = test_pool();
    return Device::open(config, 0, 2, {&pool, 1}, {.workers = 2});
  }
  PortConfig config;
};

TEST_F(DeviceRefusal, WithAutoItStartsUnsteered) {
  const auto device = open();
  ASSERT_TRUE(device) << device.error().message;
  EXPECT_EQ(asked_for, (std::vector<std::uint64_t>{
                           kPortOnly, (kPortOnly & ~RTE_ETH_RSS_L4_DST_ONLY) | RTE_ETH_RSS_IPV4}));
  ASSERT_TRUE((*device)->start());
  EXPECT_EQ((*device)->stats().steering, SteeringMode::kHandoff);
}

TEST_F(DeviceRefusal, WhoAskedForRssIsTold) {
  config.steering = SteeringChoice::kRss;
  const auto device = open();
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().cause, "DEVICE_FAILED");
  EXPECT_EQ(asked_for.size(), 1U);
}

}  // namespace
}  // namespace pollux::io
