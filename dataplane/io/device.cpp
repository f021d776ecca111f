#include "dataplane/io/device.hpp"

#include <net/if.h>
#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "dataplane/io/eal.hpp"
#include "dataplane/io/ethdev_steering.hpp"
#include "dataplane/io/link.hpp"
#include "dataplane/io/port_rss.hpp"

namespace pollux::io {

namespace {

constexpr std::uint64_t kWantedRxOffloads = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM;
constexpr std::uint64_t kWantedTxOffloads = RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM;
constexpr std::uint64_t kUdpRss = RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_NONFRAG_IPV6_UDP;
constexpr std::uint64_t kWantedRss = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_IPV6 | kUdpRss;
constexpr std::uint32_t kFrameOverhead = RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;

// "net_af_packet0" of "net_af_packet0,iface=veth0"; PCI addresses in full.
std::string device_name(const std::string& device) {
  const std::string name = device.substr(0, device.find(','));
  return is_pci_address(device) && std::count(name.begin(), name.end(), ':') == 1 ? "0000:" + name : name;
}

std::string reason(int error) {
  return rte_strerror(error < 0 ? -error : error);
}

// MTU of a kernel interface; 0 when it can't be had.
unsigned kernel_mtu(unsigned if_index) {
  ifreq request{};
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || if_indextoname(if_index, request.ifr_name) == nullptr) {
    if (fd >= 0) {
      ::close(fd);
    }
    return 0;
  }
  const bool known = ioctl(fd, SIOCGIFMTU, &request) == 0;
  ::close(fd);
  return known ? static_cast<unsigned>(request.ifr_mtu) : 0;
}

// The largest MTU the device says it takes, reckoned as ethdev does it.
std::uint32_t largest_mtu(const rte_eth_dev_info& info) {
  const bool exact = info.max_mtu != UINT16_MAX && info.max_rx_pktlen > info.max_mtu;
  const std::uint32_t overhead = exact ? info.max_rx_pktlen - info.max_mtu : kFrameOverhead;
  return std::min<std::uint32_t>(info.max_mtu, info.max_rx_pktlen - std::min(info.max_rx_pktlen, overhead));
}

// Marks ports as taken, so that two entries of the configuration can't name the same device.
std::uint64_t owner_id() {
  static const std::uint64_t kId = [] {
    std::uint64_t id = RTE_ETH_DEV_NO_OWNER;
    rte_eth_dev_owner_new(&id);
    return id;
  }();
  return kId;
}

}  // namespace

std::string Device::field(const char* name) const {
  return "ports[" + std::to_string(port_index_) + "]." + name;
}

Expected<std::unique_ptr<Device>> Device::open(const PortConfig& config, std::size_t port_index,
                                               unsigned workers, std::span<rte_mempool* const> rx_pools,
                                               const DeviceSetup& setup) {
  std::unique_ptr<Device> device(new Device(config, port_index));
  device->setup_ = setup;
  if (auto done = device->find_or_probe(); !done) {
    return tl::unexpected<Error>(done.error());
  }
  if (auto done = device->configure(workers); !done) {
    return tl::unexpected<Error>(done.error());
  }
  if (auto done = device->set_up_queues(rx_pools); !done) {
    return tl::unexpected<Error>(done.error());
  }
  if (auto done = device->set_mtu(); !done) {
    return tl::unexpected<Error>(done.error());
  }
  return device;
}

Device::~Device() {
  close();
}

Expected<void> Device::find_or_probe() {
  const std::string name = device_name(config_.device);
  if (rte_eth_dev_get_port_by_name(name.c_str(), &port_id_) != 0) {
    const int error = rte_dev_probe(config_.device.c_str());
    if (error != 0 || rte_eth_dev_get_port_by_name(name.c_str(), &port_id_) != 0) {
      const char* hint =
          is_pci_address(config_.device)
              ? "is it bound to vfio-pci (dpdk-devbind.py --status), and was it configured at start?"
              : "does its kernel interface exist, and is the driver's name right?";
      return fail(ErrorCode::kUnavailable, "DEVICE_MISSING", field("device"),
                  "no DPDK driver takes \"" + config_.device + "\" (" + reason(error) + "): " + hint);
    }
    probed_ = true;
  }
  rte_eth_dev_owner owner{};
  if (rte_eth_dev_owner_get(port_id_, &owner) == 0 && owner.id != RTE_ETH_DEV_NO_OWNER) {
    return fail(ErrorCode::kInvalidArgument, "DEVICE_IN_USE", field("device"),
                "\"" + name + "\" is used by another port already");
  }
  owner.id = owner_id();
  std::snprintf(owner.name, sizeof owner.name, "pollux");
  rte_eth_dev_owner_set(port_id_, &owner);
  opened_ = true;
  return {};
}

Expected<void> Device::configure(unsigned workers) {
  rte_eth_dev_info info{};
  if (const int error = rte_eth_dev_info_get(port_id_, &info); error != 0) {
    return fail(ErrorCode::kInternal, "DEVICE_FAILED", field("device"),
                "the device doesn't describe itself: " + reason(error));
  }
  rx_queues_ = config_.queues;
  if (rx_queues_ == 0 || rx_queues_ > info.max_rx_queues) {
    const std::string offers =
        std::to_string(info.max_rx_queues) + " receive queue" + (info.max_rx_queues == 1 ? "" : "s");
    const bool af_packet = std::strstr(info.driver_name, "af_packet") != nullptr;
    return fail(
        ErrorCode::kInvalidArgument, "QUEUES_UNAVAILABLE", field("queues"),
        "the device offers " + offers +
            (af_packet ? "; add qpairs=" + std::to_string(rx_queues_) + " to the device string" : ""));
  }
  const bool is_tap = std::strcmp(info.driver_name, "net_tap") == 0;
  // One for each worker, where the device has them. A tap wants as many of one kind as of the other.
  tx_queues_ =
      is_tap ? rx_queues_
             : static_cast<std::uint16_t>(std::min<unsigned>(std::max(workers, 1U), info.max_tx_queues));
  partial_checksums_ = std::strncmp(info.driver_name, "net_af_", 7) == 0;
  if (tx_queues_ == 0) {
    return fail(ErrorCode::kInvalidArgument, "QUEUES_UNAVAILABLE", field("device"),
                "the device can't transmit");
  }
  if (config_.mtu > largest_mtu(info)) {
    return fail(ErrorCode::kInvalidArgument, "MTU_UNAVAILABLE", field("mtu"),
                "the device takes an MTU of at most " + std::to_string(largest_mtu(info)));
  }

  rte_eth_conf conf{};
  conf.intr_conf.rxq = setup_.rx_interrupts ? 1 : 0;
  conf.rxmode.mtu = config_.mtu;
  conf.rxmode.offloads = info.rx_offload_capa & kWantedRxOffloads;
  conf.txmode.offloads = info.tx_offload_capa & kWantedTxOffloads;
  if (rx_queues_ > 1 && (info.flow_type_rss_offloads & kWantedRss) != 0) {
    conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    conf.rx_adv_conf.rss_conf.rss_hf = info.flow_type_rss_offloads & kWantedRss;
    if (wants_port_rss()) {
      ask_for_port_rss(info, conf.rx_adv_conf.rss_conf);
    }
  }
  tx_ipv4_checksum_ = (conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM) != 0;
  tx_udp_checksum_ = (conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_UDP_CKSUM) != 0;
  if (const int error = configure_queues(info, conf); error != 0) {
    return fail(
        ErrorCode::kUnavailable, "DEVICE_FAILED", field("device"),
        "the device refuses " + std::to_string(rx_queues_) + " receive and " + std::to_string(tx_queues_) +
            " transmit queues" +
            (setup_.rx_interrupts ? " with receive interrupts, which idle: interrupt wants: " : ": ") +
            reason(error));
  }
  rx_descriptors_ = config_.rx_descriptors;
  tx_descriptors_ = config_.tx_descriptors;
  rte_eth_dev_adjust_nb_rx_tx_desc(port_id_, &rx_descriptors_, &tx_descriptors_);

  rte_ether_addr address{};
  if (const int error = rte_eth_macaddr_get(port_id_, &address); error != 0) {
    return fail(ErrorCode::kInternal, "DEVICE_FAILED", field("device"),
                "the device has no MAC address: " + reason(error));
  }
  if (rte_is_zero_ether_addr(&address) != 0) {
    rte_eth_random_addr(
        address.addr_bytes);  // a device without an address of its own (net_ring): a local one
  }
  std::copy(std::begin(address.addr_bytes), std::end(address.addr_bytes), mac_.begin());
  if (is_tap) {
    // What net_tap reports is the MAC of the kernel's end of the cable. Ours must differ, or the two can't
    // talk.
    mac_[5] ^= 0x01;
  }
  return {};
}

// A device may refuse the hash that it offers. Steering is worth much, but not the start.
int Device::configure_queues(const rte_eth_dev_info& info, rte_eth_conf& conf) {
  const int error = rte_eth_dev_configure(port_id_, rx_queues_, tx_queues_, &conf);
  if (error == 0 || (!port_rss_ && key_.empty()) || config_.steering != SteeringChoice::kAuto) {
    return error;
  }
  port_rss_ = false;
  key_.clear();
  conf.rx_adv_conf.rss_conf = {};
  conf.rx_adv_conf.rss_conf.rss_hf = info.flow_type_rss_offloads & kWantedRss;
  return rte_eth_dev_configure(port_id_, rx_queues_, tx_queues_, &conf);
}

Expected<void> Device::set_up_queues(std::span<rte_mempool* const> rx_pools) {
  const auto socket = static_cast<unsigned>(rte_eth_dev_socket_id(port_id_));
  for (std::uint16_t queue = 0; queue < rx_queues_; ++queue) {
    rte_mempool* const pool = rx_pools.size() == 1 ? rx_pools[0] : rx_pools[queue];
    const std::uint32_t room = std::uint32_t{rte_pktmbuf_data_room_size(pool)} - RTE_PKTMBUF_HEADROOM;
    if (room < config_.mtu + kFrameOverhead + RTE_VLAN_HLEN) {
      return fail(ErrorCode::kInvalidArgument, "MTU_UNAVAILABLE", field("mtu"),
                  "an MTU of " + std::to_string(config_.mtu) +
                      " doesn't fit the packet buffers, which hold frames of " + std::to_string(room) +
                      " bytes");
    }
    if (const int error = rte_eth_rx_queue_setup(port_id_, queue, rx_descriptors_, socket, nullptr, pool);
        error != 0) {
      return fail(ErrorCode::kUnavailable, "DEVICE_FAILED", field("rx_descriptors"),
                  "receive queue " + std::to_string(queue) + " can't be set up with " +
                      std::to_string(rx_descriptors_) + " descriptors: " + reason(error));
    }
  }
  for (std::uint16_t queue = 0; queue < tx_queues_; ++queue) {
    if (const int error = rte_eth_tx_queue_setup(port_id_, queue, tx_descriptors_, socket, nullptr);
        error != 0) {
      return fail(ErrorCode::kUnavailable, "DEVICE_FAILED", field("tx_descriptors"),
                  "transmit queue " + std::to_string(queue) + " can't be set up with " +
                      std::to_string(tx_descriptors_) + " descriptors: " + reason(error));
    }
  }
  return {};
}

// For a device on a kernel interface only as far as needed: the interface is not ours alone.
Expected<void> Device::set_mtu() {
  rte_eth_dev_info info{};
  const bool described = rte_eth_dev_info_get(port_id_, &info) == 0;
  if (described && info.if_index != 0 && kernel_mtu(info.if_index) >= config_.mtu) {
    return {};
  }
  const int error = rte_eth_dev_set_mtu(port_id_, config_.mtu);
  if (error != 0 && error != -ENOTSUP) {
    return fail(ErrorCode::kUnavailable, "MTU_UNAVAILABLE", field("mtu"),
                "the device doesn't take an MTU of " + std::to_string(config_.mtu) + ": " + reason(error));
  }
  return {};
}

Expected<void> Device::start() {
  if (const int error = rte_eth_dev_start(port_id_); error != 0) {
    return fail(ErrorCode::kUnavailable, "DEVICE_FAILED", field("device"),
                "the device doesn't start: " + reason(error));
  }
  started_ = true;
  receive_multicast();
  return steer();
}

SteeringRequest Device::steering_request() const {
  SteeringRequest request{config_.steering, rx_queues_, setup_.workers, {}};
  for (const InterfaceConfig& interface : config_.interfaces) {
    for (const IpPrefix& prefix : interface.addresses) {
      const FramePattern pattern{prefix.address.family(), interface.vlan != 0};
      if (std::find(request.patterns.begin(), request.patterns.end(), pattern) == request.patterns.end()) {
        request.patterns.push_back(pattern);
      }
    }
  }
  return request;
}

bool Device::wants_port_rss() const {
  return can_steer(steering_request()) &&
         (config_.steering == SteeringChoice::kAuto || config_.steering == SteeringChoice::kRss);
}

// Nothing but UDP is hashed then: the rest, fragments among it, goes to the device's default queue. The key
// is one that makes the hash independent of how the device lays out its input.
void Device::ask_for_port_rss(const rte_eth_dev_info& info, rte_eth_rss_conf& rss) {
  constexpr std::uint64_t kPortOnly = kUdpRss | RTE_ETH_RSS_L4_DST_ONLY;
  port_rss_ = (info.flow_type_rss_offloads & kPortOnly) == kPortOnly;
  if (port_rss_) {
    rss.rss_hf = kPortOnly;
  }
  key_ = repeating_key(info.hash_key_size);
  if (!key_.empty()) {
    rss.rss_key = key_.data();
    rss.rss_key_len = info.hash_key_size;
  }
}

SteeringDevice* Device::steering_device() const {
  return setup_.steering != nullptr ? setup_.steering : steering_device_.get();
}

Expected<void> Device::steer() {
  steering_device_ = make_ethdev_steering(port_id_, port_rss_);
  auto steering = io::steer(*steering_device(), steering_request());
  if (!steering) {
    return fail(steering.error().code, steering.error().cause, field("steering"),
                steering.error().message + "; with auto the node starts all the same");
  }
  steering_ = std::move(*steering);
  return {};
}

// Neighbour Discovery asks our solicited-node groups. A device that can neither take all multicast nor
// everything (net_ring, net_null) doesn't filter at all.
void Device::receive_multicast() {
  if (rte_eth_allmulticast_enable(port_id_) != 0) {
    rte_eth_promiscuous_enable(port_id_);
  }
}

void Device::stop() {
  if (started_) {
    if (SteeringDevice* const steered = steering_device(); steered != nullptr) {
      steered->remove_rules();
    }
    rte_eth_dev_stop(port_id_);
    started_ = false;
  }
}

void Device::close() {
  if (!opened_) {
    return;
  }
  stop();
  opened_ = false;
  rte_eth_dev_info info{};
  const bool described = rte_eth_dev_info_get(port_id_, &info) == 0;
  rte_eth_dev_owner_unset(port_id_, owner_id());
  if (probed_ || is_pci_address(config_.device)) {
    rte_eth_dev_close(port_id_);
  }
  if (probed_ && described) {
    rte_dev_remove(info.device);
  }
}

bool Device::link_up() const {
  return link_is_up(port_id_);
}

PortStats Device::stats() const {
  PortStats stats;
  stats.name = config_.name;
  stats.device = config_.device;
  char mac[18];
  std::snprintf(mac, sizeof mac, "%02x:%02x:%02x:%02x:%02x:%02x", mac_[0], mac_[1], mac_[2], mac_[3], mac_[4],
                mac_[5]);
  stats.mac = mac;
  stats.link_up = link_up();
  stats.queues = rx_queues_;
  stats.steering = steering_.mode;
  stats.steering_reason = steering_.reason;
  rte_eth_stats counted{};
  if (rte_eth_stats_get(port_id_, &counted) == 0) {
    stats.rx_packets = counted.ipackets;
    stats.rx_bytes = counted.ibytes;
    stats.tx_packets = counted.opackets;
    stats.tx_bytes = counted.obytes;
    stats.rx_missed = counted.imissed;
    stats.rx_errors = counted.ierrors;
    stats.tx_errors = counted.oerrors;
    stats.rx_no_mbuf = counted.rx_nombuf;
  }
  return stats;
}

}  // namespace pollux::io
