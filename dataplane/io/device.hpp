// One DPDK port: found or probed, configured, started, stopped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dataplane/api/dataplane_config.hpp"
#include "dataplane/api/stats.hpp"
#include "dataplane/base/expected.hpp"
#include "dataplane/base/mac_address.hpp"
#include "dataplane/io/steering.hpp"

struct rte_eth_conf;
struct rte_eth_dev_info;
struct rte_eth_rss_conf;
struct rte_mempool;

namespace pollux::io {

// What a device is wanted for.
struct DeviceSetup {
  std::uint16_t workers = 1;           // that own ports and share the receive queues
  SteeringDevice* steering = nullptr;  // a test's, instead of the device itself; outlives it
  bool rx_interrupts = false;          // some worker waits for them
};

// What stages must know of frames as devices deliver them:
//  * The VLAN tag is in the frame: no device is asked to strip it, and net_af_packet puts back the tag that
//  the
//    kernel has taken out (RTE_MBUF_F_RX_VLAN may be set besides; it says nothing). A device that strips all
//    the same says so by RTE_MBUF_F_RX_VLAN_STRIPPED in ol_flags: then, and only then, the frame is untagged
//    and its tag is mbuf->vlan_tci. VLAN 0 (priority tag) is untagged traffic. frame_vlan() in
//    host_thread.hpp does it.
//  * net_af_packet delivers the kernel's own outgoing frames on the interface as well (router solicitations,
//    its DAD). They bear our own MAC as source: drop frames from our own MAC.
//  * UDP check sums of frames from a local kernel peer (veth) may be partial: only the pseudo-header's sum.
//    Neither verify them in software nor update them incrementally: compute the outgoing one afresh. Devices
//    that do check them say so by RTE_MBUF_F_RX_*_CKSUM_BAD in ol_flags.
//  * A frame larger than the device's frame size (GRO) is cut silently: the IP length then exceeds the frame.
class Device {
 public:
  // Finds the device named by `config.device`, or probes it, and configures it: `config.queues` receive
  // queues and up to `workers` transmit queues (fewer when it offers fewer: see tx_queues()). `rx_pools`
  // holds one pool per receive queue, or a single one for all; it outlives the device. `port_index` is the
  // place in DataplaneConfig::ports, for errors ("ports[1].device"). EAL is initialised. The device is not
  // started yet.
  static Expected<std::unique_ptr<Device>> open(const PortConfig& config, std::size_t port_index,
                                                unsigned workers, std::span<rte_mempool* const> rx_pools,
                                                const DeviceSetup& setup = {});
  ~Device();  // stops and closes
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  // Starts receiving, and makes the device steer. Errors: STEERING_UNAVAILABLE besides those of the device.
  Expected<void> start();
  void stop();  // no worker may use the device any more
  // Stops the device and gives it back: a probed one is removed, one that existed before is left stopped.
  void close();

  std::uint16_t port_id() const { return port_id_; }
  std::uint16_t rx_queues() const { return rx_queues_; }
  // When smaller than the number of workers, workers must not share a queue without a lock of their own.
  std::uint16_t tx_queues() const { return tx_queues_; }
  // What our frames bear as source. Not the device's own on net_tap.
  const MacAddress& mac() const { return mac_; }
  bool tx_ipv4_checksum_offload() const { return tx_ipv4_checksum_; }
  bool tx_udp_checksum_offload() const { return tx_udp_checksum_; }
  // The driver hands over UDP check sums that a local kernel hasn't finished: see above.
  bool partial_checksums() const { return partial_checksums_; }
  // How packets get to the owner of their UDP port. Valid once started.
  const Steering& steering() const { return steering_; }
  bool link_up() const;
  PortStats stats() const;

 private:
  Device(const PortConfig& config, std::size_t port_index) : config_(config), port_index_(port_index) {}
  Expected<void> find_or_probe();
  Expected<void> configure(unsigned workers);
  int configure_queues(const rte_eth_dev_info& info, rte_eth_conf& conf);
  Expected<void> set_up_queues(std::span<rte_mempool* const> rx_pools);
  Expected<void> set_mtu();
  Expected<void> steer();
  SteeringRequest steering_request() const;
  bool wants_port_rss() const;
  SteeringDevice* steering_device() const;
  void ask_for_port_rss(const rte_eth_dev_info& info, rte_eth_rss_conf& rss);
  void receive_multicast();
  std::string field(const char* name) const;

  PortConfig config_;
  std::size_t port_index_;
  std::uint16_t port_id_ = 0;
  std::uint16_t rx_queues_ = 0;
  std::uint16_t tx_queues_ = 0;
  std::uint16_t rx_descriptors_ = 0;
  std::uint16_t tx_descriptors_ = 0;
  MacAddress mac_{};
  bool tx_ipv4_checksum_ = false;
  bool tx_udp_checksum_ = false;
  bool partial_checksums_ = false;
  bool port_rss_ = false;          // hashes nothing but the UDP destination port
  std::vector<std::uint8_t> key_;  // that RSS was asked to use; empty: the device's own
  DeviceSetup setup_;
  std::unique_ptr<SteeringDevice> steering_device_;
  Steering steering_;
  bool probed_ = false;  // by us: removed when closed
  bool opened_ = false;
  bool started_ = false;
};

}  // namespace pollux::io
