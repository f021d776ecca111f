#include "dataplane/io/device.hpp"

#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ring.h>

#include "tests/support/fake_nic.hpp"
#include "tests/unit/io/eal_environment.hpp"

namespace pollux::io {
namespace {

class DeviceTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { require_eal(); }

  static PortConfig port(const std::string& device, std::uint16_t queues = 1) {
    PortConfig config;
    config.name = "test";
    config.device = device;
    config.queues = queues;
    return config;
  }
  static Expected<std::unique_ptr<Device>> open(const PortConfig& config, unsigned workers = 1,
                                                const DeviceSetup& setup = {}) {
    rte_mempool* const pool = test_pool();
    return Device::open(config, 1, workers, {&pool, 1}, setup);
  }
  static void expect_error(const PortConfig& config, const char* cause, const char* field, const char* says) {
    const auto device = open(config);
    ASSERT_FALSE(device) << config.device << " " << config.queues << " " << config.mtu;
    EXPECT_EQ(device.error().cause, cause);
    EXPECT_EQ(device.error().field, field);
    EXPECT_NE(device.error().message.find(says), std::string::npos) << device.error().message;
  }
};

TEST_F(DeviceTest, ProbesStartsAndGivesBack) {
  for (int round = 0; round < 2; ++round) {
    auto device = open(port("net_null0,no-rx=1", 1), 2);
    ASSERT_TRUE(device) << device.error().message;
    ASSERT_TRUE((*device)->start());
    EXPECT_EQ((*device)->rx_queues(), 1);
    EXPECT_EQ((*device)->tx_queues(), 2) << "one for each worker";
    EXPECT_TRUE((*device)->link_up());
    EXPECT_FALSE((*device)->tx_udp_checksum_offload());

    rte_mbuf* frame = rte_pktmbuf_alloc(test_pool());
    ASSERT_NE(frame, nullptr);
    rte_pktmbuf_append(frame, 60);
    EXPECT_EQ(rte_eth_tx_burst((*device)->port_id(), 0, &frame, 1), 1);
    const PortStats stats = (*device)->stats();
    EXPECT_EQ(stats.name, "test");
    EXPECT_EQ(stats.device, "net_null0,no-rx=1");
    EXPECT_EQ(stats.tx_packets, 1U);
    EXPECT_EQ(stats.queues, 1);
    EXPECT_EQ(stats.mac.size(), 17U);
    EXPECT_TRUE(stats.link_up);

    (*device)->close();
    (*device)->close();
    std::uint16_t id = 0;
    EXPECT_NE(rte_eth_dev_get_port_by_name("net_null0", &id), 0) << "removed, so that it can be probed again";
  }
}

TEST_F(DeviceTest, UsesARingDeviceThatExistsAndLeavesIt) {
  rte_ring* rings[2];
  for (int i = 0; i < 2; ++i) {
    rings[i] = rte_ring_create(("device_test" + std::to_string(i)).c_str(), 64, SOCKET_ID_ANY, 0);
    ASSERT_NE(rings[i], nullptr);
  }
  const int created = rte_eth_from_rings("device_test", rings, 2, rings, 2, 0);
  ASSERT_GE(created, 0);
  for (int round = 0; round < 2; ++round) {
    auto device = open(port("net_ring_device_test", 2), 2);
    ASSERT_TRUE(device) << device.error().message;
    EXPECT_EQ((*device)->port_id(), created);
    EXPECT_EQ((*device)->rx_queues(), 2);
    EXPECT_EQ((*device)->tx_queues(), 2);
    ASSERT_TRUE((*device)->start());

    rte_mbuf* frame = rte_pktmbuf_alloc(test_pool());
    rte_pktmbuf_append(frame, 60);
    rte_mbuf* received = nullptr;
    EXPECT_EQ(rte_eth_tx_burst((*device)->port_id(), 1, &frame, 1), 1);
    EXPECT_EQ(rte_eth_rx_burst((*device)->port_id(), 1, &received, 1), 1);
    EXPECT_EQ(received, frame);
    rte_pktmbuf_free(received);
    (*device)->stop();
    EXPECT_FALSE((*device)->link_up());
  }
  std::uint16_t id = 0;
  EXPECT_EQ(rte_eth_dev_get_port_by_name("net_ring_device_test", &id), 0);
}

TEST_F(DeviceTest, ErrorsNameTheField) {
  expect_error(port("no_such_driver0"), "DEVICE_MISSING", "ports[1].device", "no_such_driver0");
  expect_error(port("net_af_packet0,iface=nosuchif"), "DEVICE_MISSING", "ports[1].device",
               "kernel interface");
  expect_error(port("0000:ff:1f.7"), "DEVICE_MISSING", "ports[1].device", "vfio-pci");
  expect_error(port("net_null1", 0), "QUEUES_UNAVAILABLE", "ports[1].queues", "the device offers");
  PortConfig jumbo = port("net_null1");
  jumbo.mtu = 9000;
  expect_error(jumbo, "MTU_UNAVAILABLE", "ports[1].mtu", "packet buffers");
}

TEST_F(DeviceTest, DeviceWithOneQueue) {
  rte_ring* ring = rte_ring_create("one_queue", 64, SOCKET_ID_ANY, 0);
  ASSERT_GE(rte_eth_from_rings("one_queue", &ring, 1, &ring, 1, 0), 0);
  expect_error(port("net_ring_one_queue", 2), "QUEUES_UNAVAILABLE", "ports[1].queues",
               "the device offers 1 receive queue");
  const auto device = open(port("net_ring_one_queue"), 2);
  ASSERT_TRUE(device) << device.error().message;
  EXPECT_EQ((*device)->tx_queues(), 1) << "fewer than workers";
}

// net_ring knows neither RSS nor rte_flow.
TEST_F(DeviceTest, SteersAsFarAsTheDeviceCan) {
  rte_ring* rings[2];
  for (int i = 0; i < 2; ++i) {
    rings[i] = rte_ring_create(("steered" + std::to_string(i)).c_str(), 64, SOCKET_ID_ANY, 0);
  }
  ASSERT_GE(rte_eth_from_rings("steered", rings, 2, rings, 2, 0), 0);
  PortConfig config = port("net_ring_steered", 2);
  config.interfaces.resize(1);
  config.interfaces[0].addresses = {*IpPrefix::parse("192.0.2.1/24"), *IpPrefix::parse("192.0.2.2/24")};
  {
    auto device = open(config, 2, {.workers = 2});
    ASSERT_TRUE(device) << device.error().message;
    ASSERT_TRUE((*device)->start());
    const PortStats stats = (*device)->stats();
    EXPECT_EQ(stats.steering, SteeringMode::kHandoff);
    EXPECT_NE(stats.steering_reason.find("no RSS over the UDP destination port"), std::string::npos)
        << stats.steering_reason;
    EXPECT_NE(stats.steering_reason.find("no rte_flow rules"), std::string::npos) << stats.steering_reason;
  }
  {
    auto device = open(config, 2, {.workers = 1});
    ASSERT_TRUE(device && (*device)->start());
    EXPECT_EQ((*device)->stats().steering, SteeringMode::kSingle);
  }
  for (const auto choice : {SteeringChoice::kRss, SteeringChoice::kRteFlow}) {
    config.steering = choice;
    auto device = open(config, 2, {.workers = 2});
    ASSERT_TRUE(device) << device.error().message;
    const auto started = (*device)->start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().cause, "STEERING_UNAVAILABLE");
    EXPECT_EQ(started.error().field, "ports[1].steering");
  }
  pollux::testing::FakeNic nic;
  nic.queue_rules = true;
  auto device = open(config, 2, {.workers = 2, .steering = &nic});
  ASSERT_TRUE(device && (*device)->start());
  EXPECT_EQ((*device)->stats().steering, SteeringMode::kRteFlow);
  EXPECT_EQ(nic.rules.size(), 2U) << "one kind of frames: IPv4, untagged";
  (*device)->stop();
  EXPECT_EQ(nic.rules.size(), 0U) << "gone before the device stops";
}

TEST_F(DeviceTest, ADeviceServesOnePortOnly) {
  auto device = open(port("net_null2"));
  ASSERT_TRUE(device) << device.error().message;
  expect_error(port("net_null2"), "DEVICE_IN_USE", "ports[1].device", "used by another port");
}

}  // namespace
}  // namespace pollux::io
