// What the libraries themselves cost, with nothing of Pollux around them: the floors beside the SRTP rows.
#pragma once

#include <cstdint>
#include <memory>

#include "dataplane/base/srtp_suite.hpp"

namespace pollux::bench {

// Packets of G.711 at 20 ms, hot in the cache, one key; cycles per packet. AES-CM: one synchronous burst of
// ciphers and one of hashes, by the quickest manager for so many. AES-GCM: one call per packet.
class RawIpsecMb {
 public:
  RawIpsecMb();
  ~RawIpsecMb();
  double protect(SrtpSuite suite, std::uint32_t at_once);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// libsrtp2 as Debian builds it (with NSS): srtp_protect() and srtp_unprotect().
class RawLibsrtp {
 public:
  explicit RawLibsrtp(SrtpSuite suite);
  ~RawLibsrtp();
  double protect();
  double unprotect();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pollux::bench
