// Counts of dropped packets as the API's messages show them.
#pragma once

#include <array>
#include <string>

#include "dataplane/api/drop_reason.hpp"
#include "pollux/v1/session.pb.h"

namespace pollux::rpc {

// Adds those above zero to the message's `drops`.
template <typename Message>
void write_drops(const std::array<std::uint64_t, kDropReasonCount>& drops, Message& message) {
  for (std::size_t i = 0; i < drops.size(); ++i) {
    if (drops[i] > 0) {
      v1::DropCounter& to = *message.add_drops();
      to.set_reason(std::string(kDropReasons[i].name));
      to.set_help(std::string(kDropReasons[i].help));
      to.set_packets(drops[i]);
    }
  }
}

}  // namespace pollux::rpc
