#include "dataplane/io/ethdev_steering.hpp"

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_flow.h>

namespace pollux::io {

namespace {

std::string text_of(const rte_flow_error& error, int code) {
  return error.message != nullptr ? error.message : rte_strerror(code < 0 ? -code : code);
}

// A rule in rte_flow's words. Items and actions point to members: it stays where it is.
class RuleText {
 public:
  explicit RuleText(const FlowRule& rule) {
    const bool v4 = rule.pattern.family == AddressFamily::kIpv4;
    std::size_t items = 0;
    items_[items++].type = RTE_FLOW_ITEM_TYPE_ETH;
    if (rule.pattern.tagged) {
      items_[items++].type = RTE_FLOW_ITEM_TYPE_VLAN;
    }
    items_[items++].type = v4 ? RTE_FLOW_ITEM_TYPE_IPV4 : RTE_FLOW_ITEM_TYPE_IPV6;
    rte_flow_item& udp = items_[items++];
    udp.type = RTE_FLOW_ITEM_TYPE_UDP;
    if (rule.mask != 0) {
      value_.hdr.dst_port = rte_cpu_to_be_16(rule.udp_port);
      mask_.hdr.dst_port = rte_cpu_to_be_16(rule.mask);
      udp.spec = &value_;
      udp.mask = &mask_;
    }
    items_[items].type = RTE_FLOW_ITEM_TYPE_END;
    if (rule.queue) {
      queue_.index = *rule.queue;
      actions_[0] = {RTE_FLOW_ACTION_TYPE_QUEUE, &queue_};
    } else {
      // Without queues the device's own redirection table decides, and without a key its own key.
      rss_.types =
          (v4 ? RTE_ETH_RSS_NONFRAG_IPV4_UDP : RTE_ETH_RSS_NONFRAG_IPV6_UDP) | RTE_ETH_RSS_L4_DST_ONLY;
      actions_[0] = {RTE_FLOW_ACTION_TYPE_RSS, &rss_};
    }
    actions_[1].type = RTE_FLOW_ACTION_TYPE_END;
    attributes_.ingress = 1;
  }
  RuleText(const RuleText&) = delete;
  RuleText& operator=(const RuleText&) = delete;

  std::string validate(std::uint16_t port_id) const {
    rte_flow_error error{};
    const int code = rte_flow_validate(port_id, &attributes_, items_, actions_, &error);
    return code == 0 ? "" : text_of(error, code);
  }
  rte_flow* create(std::uint16_t port_id, std::string& wrong) const {
    rte_flow_error error{};
    rte_flow* const flow = rte_flow_create(port_id, &attributes_, items_, actions_, &error);
    if (flow == nullptr) {
      wrong = text_of(error, rte_errno);
    }
    return flow;
  }

 private:
  rte_flow_attr attributes_{};
  rte_flow_item items_[5]{};
  rte_flow_action actions_[2]{};
  rte_flow_item_udp value_{};
  rte_flow_item_udp mask_{};
  rte_flow_action_queue queue_{};
  rte_flow_action_rss rss_{};
};

class EthdevSteering final : public SteeringDevice {
 public:
  EthdevSteering(std::uint16_t port_id, bool port_rss) : port_id_(port_id), port_rss_(port_rss) {}
  ~EthdevSteering() override { destroy_rules(); }
  EthdevSteering(const EthdevSteering&) = delete;
  EthdevSteering& operator=(const EthdevSteering&) = delete;

  bool has_port_rss() override { return port_rss_; }

  std::vector<std::uint8_t> read_key() override {
    std::vector<std::uint8_t> key(info().hash_key_size);
    rte_eth_rss_conf conf{};
    conf.rss_key = key.data();
    conf.rss_key_len = static_cast<std::uint8_t>(key.size());
    if (key.empty() || rte_eth_dev_rss_hash_conf_get(port_id_, &conf) != 0) {
      return {};
    }
    return key;
  }

  std::vector<std::uint16_t> read_reta() override {
    std::vector<std::uint16_t> reta(info().reta_size);
    auto groups = groups_of(reta.size());
    if (reta.empty() ||
        rte_eth_dev_rss_reta_query(port_id_, groups.data(), static_cast<std::uint16_t>(reta.size())) != 0) {
      return {};
    }
    for (std::size_t i = 0; i < reta.size(); ++i) {
      reta[i] = groups[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE];
    }
    return reta;
  }

  bool write_reta(std::span<const std::uint16_t> reta) override {
    auto groups = groups_of(reta.size());
    for (std::size_t i = 0; i < reta.size(); ++i) {
      groups[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] = reta[i];
    }
    return rte_eth_dev_rss_reta_update(port_id_, groups.data(), static_cast<std::uint16_t>(reta.size())) == 0;
  }

  std::string add_rules(std::span<const FlowRule> rules) override {
    for (const FlowRule& rule : rules) {
      if (std::string wrong = RuleText(rule).validate(port_id_); !wrong.empty()) {
        return wrong;
      }
    }
    std::string wrong;
    for (const FlowRule& rule : rules) {
      rte_flow* const flow = RuleText(rule).create(port_id_, wrong);
      if (flow == nullptr) {
        destroy_rules();
        return wrong;
      }
      flows_.push_back(flow);
    }
    return {};
  }

  void remove_rules() override { destroy_rules(); }

 private:
  rte_eth_dev_info info() const {
    rte_eth_dev_info info{};
    return rte_eth_dev_info_get(port_id_, &info) == 0 ? info : rte_eth_dev_info{};
  }

  static std::vector<rte_eth_rss_reta_entry64> groups_of(std::size_t size) {
    std::vector<rte_eth_rss_reta_entry64> groups((size + RTE_ETH_RETA_GROUP_SIZE - 1) /
                                                 RTE_ETH_RETA_GROUP_SIZE);
    for (std::size_t i = 0; i < size; ++i) {
      groups[i / RTE_ETH_RETA_GROUP_SIZE].mask |= RTE_BIT64(i % RTE_ETH_RETA_GROUP_SIZE);
    }
    return groups;
  }

  void destroy_rules() {
    for (rte_flow* flow : flows_) {
      rte_flow_error error{};
      rte_flow_destroy(port_id_, flow, &error);
    }
    flows_.clear();
  }

  const std::uint16_t port_id_;
  const bool port_rss_;
  std::vector<rte_flow*> flows_;
};

}  // namespace

std::unique_ptr<SteeringDevice> make_ethdev_steering(std::uint16_t port_id, bool port_rss) {
  return std::make_unique<EthdevSteering>(port_id, port_rss);
}

}  // namespace pollux::io
