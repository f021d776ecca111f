// The key parameters of an a=crypto line (RFC 4568 §6.1).
#pragma once

#include <vector>

#include "controlplane/sdp/crypto_part.hpp"
#include "dataplane/base/srtp_params.hpp"

namespace pollux::sdp {

// "inline:…", several of them with ";" between; appended to `keys`, which has some of them on failure.
Expected<void> read_keys(const Part& part, SrtpSuite suite, std::vector<SrtpParamsRef>& keys);

}  // namespace pollux::sdp
