// What speaks the NG protocol, for a bed: started, waited for, ended.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace pollux::bench {

// On the CPUs of the caller, and gone with it.
class NgProcess {
 public:
  // The pollux-ng that was built with this program. `node`: gRPC address. Its files go into `folder`. Ends
  // the program when it can't be had.
  static std::unique_ptr<NgProcess> gateway(const std::string& node, const std::string& folder);
  // rtpengine in user space, with networks "a" and "b" on loopback. nullptr: it isn't installed.
  static std::unique_ptr<NgProcess> rtpengine();
  ~NgProcess();
  NgProcess(const NgProcess&) = delete;
  NgProcess& operator=(const NgProcess&) = delete;

  const std::string& address() const { return address_; }  // "127.0.0.1:22222"
  double cpu_seconds() const;                              // so far

 private:
  NgProcess(const std::vector<std::string>& command, std::uint16_t port);

  std::string address_;
  pid_t pid_ = -1;
};

}  // namespace pollux::bench
