// A pollux-ng for a bed: started, waited for, ended.
#pragma once

#include <sys/types.h>

#include <string>

namespace pollux::bench {

// The program that was built with this one, on the CPUs of the caller.
class GatewayProcess {
 public:
  // `node`: gRPC address. Its files go into `folder`. Ends the program when it can't be had.
  GatewayProcess(const std::string& node, const std::string& folder);
  ~GatewayProcess();
  GatewayProcess(const GatewayProcess&) = delete;
  GatewayProcess& operator=(const GatewayProcess&) = delete;

  const std::string& address() const { return address_; }  // "127.0.0.1:22222"
  double cpu_seconds() const;                              // so far

 private:
  std::string address_;
  pid_t pid_ = -1;
};

}  // namespace pollux::bench
