// Keys by SDES between the relay and one party (RFC 4568): what is offered, taken and answered.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "controlplane/sdp/media_description.hpp"
#include "controlplane/sdp/sdp_options.hpp"
#include "controlplane/sdp/section_plan.hpp"
#include "dataplane/base/random_source.hpp"

namespace pollux::sdp {

// What Pollux sends a party with: one key for each suite, the same as long as the section is relayed.
class OwnKeys {
 public:
  // Makes it where there is none of the kind. `mki` of 0: none.
  SrtpParamsRef get(SrtpSuite suite, std::uint64_t lifetime, std::uint8_t mki, RandomSource& random);
  // A key that was given up must not come back: packets would be protected with it twice (RFC 3711 §9.1).
  void forget(const SrtpParamsRef& key) { std::erase(keys_, key); }
  void clear() { keys_.clear(); }
  bool has(const SrtpParams& key) const;

 private:
  std::vector<SrtpParamsRef> keys_;
};

// The line of an offer that is taken.
struct TakenCrypto {
  std::uint32_t tag = 0;
  SrtpParamsRef key;  // by which its party sends
  friend bool operator==(const TakenCrypto&, const TakenCrypto&) = default;
};

// The first line that Pollux can honour; none: there is no such line. `keys`: of what the same party is sent.
std::optional<TakenCrypto> take_crypto(std::span<const CryptoAttribute> lines, const OwnKeys& keys);

// The lines of an offer to a party. `theirs`: the suite that the offerer has, which comes first unless the
// options say otherwise. Empty: the options leave none.
std::vector<CryptoPlan> offer_crypto(const SdesOptions& options, std::optional<SrtpSuite> theirs,
                                     OwnKeys& keys, RandomSource& random);

struct AgreedCrypto {
  SrtpParamsRef receive, send;
};
// Pre: `offered` is what offer_crypto() gave. Errors: SDP_MALFORMED, naming a line of `section`.
Expected<AgreedCrypto> accept_crypto(std::span<const CryptoAttribute> lines,
                                     std::span<const CryptoPlan> offered, const Section& section);

}  // namespace pollux::sdp
