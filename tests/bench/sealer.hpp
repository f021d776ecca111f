// The parties' side of SRTP: packets sealed outside of what is timed.
#pragma once

#include <rte_mbuf.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/crypto/backend.hpp"

namespace pollux::bench {

class Sealer {
 public:
  // A key for each stream.
  Sealer(SrtpSuite suite, std::uint32_t streams);

  SrtpParamsRef key(std::uint32_t stream) const { return keys_[stream]; }
  // One that no stream has: for the direction that nothing goes.
  static SrtpParamsRef another_key(SrtpSuite suite, std::uint32_t number);
  // Makes SRTP of the RTP that write_frame() wrote. The UDP check sum is left out.
  void seal(std::uint32_t stream, rte_mbuf& mbuf);

 private:
  std::unique_ptr<crypto::Backend> backend_;
  std::unique_ptr<crypto::Engine> engine_;
  std::vector<SrtpParamsRef> keys_;
  std::vector<crypto::ContextId> contexts_;
};

}  // namespace pollux::bench
