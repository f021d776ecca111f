// Looks at the files of grpc.tls before the server does, whose own words about them help nobody.
#pragma once

#include <chrono>
#include <vector>

#include "controlplane/config/config_loader.hpp"

namespace pollux::config {

struct CertificateReport {
  std::vector<ConfigProblem> problems;  // the door wouldn't open
  std::vector<ConfigProblem> warnings;  // it would, but clients or strangers may find it wrong
};

// Reads the files that are named where grpc.tls.listen has an address. Pre: loaded.config is set.
CertificateReport check_certificates(const ConfigResult& loaded, std::chrono::system_clock::time_point now);

}  // namespace pollux::config
