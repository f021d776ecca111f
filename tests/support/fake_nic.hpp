// A NIC for steering: tells and takes what a real one would, and says where it would deliver a packet.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "dataplane/io/port_rss.hpp"
#include "dataplane/io/steering.hpp"

namespace pollux::testing {

class FakeNic : public io::SteeringDevice {
 public:
  // What it can do.
  bool port_rss = true;      // by its configuration
  bool rss_by_rule = false;  // by a rule of rte_flow
  bool queue_rules = false;  // takes rules that name a queue
  bool writable_reta = true;
  bool deaf = false;  // says that it has written the table, and hasn't
  std::vector<std::uint8_t> key = io::repeating_key(40);
  std::vector<std::uint16_t> reta = std::vector<std::uint16_t>(128);
  // What it was asked for.
  std::vector<io::FlowRule> rules;
  unsigned removals = 0;

  bool has_port_rss() override { return port_rss; }
  std::vector<std::uint8_t> read_key() override { return key; }
  std::vector<std::uint16_t> read_reta() override { return reta; }
  bool write_reta(std::span<const std::uint16_t> to) override {
    if (writable_reta && !deaf) {
      reta.assign(to.begin(), to.end());
    }
    return writable_reta;
  }
  std::string add_rules(std::span<const io::FlowRule> more) override {
    for (const io::FlowRule& rule : more) {
      if (!(rule.queue ? queue_rules : rss_by_rule)) {
        return rule.queue ? "no queue action" : "no RSS action";
      }
    }
    rules.insert(rules.end(), more.begin(), more.end());
    return {};
  }
  void remove_rules() override {
    rules.clear();
    ++removals;
  }
};

}  // namespace pollux::testing
