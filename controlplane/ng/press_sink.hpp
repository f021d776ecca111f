// Who is told of key presses: a UDP address, or Kamailio's module evapi by TCP.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "controlplane/ng/counters.hpp"
#include "controlplane/ng/gateway_config.hpp"
#include "controlplane/ng/socket.hpp"

namespace pollux::ng {

// tell() never waits; what can't be told is counted, not kept. Any thread.
class PressSink {
 public:
  virtual ~PressSink() = default;
  virtual void tell(const std::string& json) = 0;
};

std::unique_ptr<PressSink> make_sink(const SinkEntry& entry, Counters& counters);

// "12:hello world!,": how evapi knows where a message ends.
std::string netstring(const std::string& text);

}  // namespace pollux::ng
