// SDES: the "a=crypto" attribute of SDP, which carries the key of a media stream (RFC 4568, with the suites
// of RFC 6188 and RFC 7714).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/sdp/base64.hpp"
#include "controlplane/sdp/secret_text.hpp"
#include "dataplane/base/expected.hpp"
#include "dataplane/base/srtp_params.hpp"

namespace pollux::sdp {

// What a hostile line may cost.
inline constexpr std::size_t kMaxCryptoLetters = 8192;
inline constexpr std::size_t kMaxCryptoKeys = 16;
inline constexpr std::size_t kMaxSessionParameters = 32;

// The causes of parse_crypto() and usable(). Whoever answers an offer skips a line that has one of the last
// three and goes on to the next (RFC 4568 §5.1.2); a malformed one is the offerer's fault.
inline constexpr const char* kCryptoMalformed = "CRYPTO_MALFORMED";
inline constexpr const char* kCryptoSuiteUnknown = "CRYPTO_SUITE_UNKNOWN";
inline constexpr const char* kCryptoKeyMethodUnknown = "CRYPTO_KEY_METHOD_UNKNOWN";
inline constexpr const char* kCryptoParameterUnsupported = "CRYPTO_PARAMETER_UNSUPPORTED";

// One line, complete: what was parsed is printed again, whether Pollux can honour it or not. It can be moved
// but not copied, since it holds secrets.
struct CryptoAttribute {
  std::uint32_t tag = 0;  // 0..999999999; names the line among those of its media description
  // At least one, all of one suite. Of several each has an MKI, all of one length, no two the same.
  std::vector<SrtpParamsRef> keys;

  // Session parameters (RFC 4568 §6.3); unset or empty: the line has none.
  std::optional<std::uint8_t> kdr;  // 0..24: keys are derived anew every 2^kdr packets
  bool unencrypted_srtp = false;
  bool unencrypted_srtcp = false;
  bool unauthenticated_srtp = false;
  std::string fec_order;                        // FEC_SRTP or SRTP_FEC
  SecretText fec_key;                           // as written, not looked into
  std::optional<std::uint32_t> wsh;             // packets of the replay window, at least 64: a hint
  std::vector<SecretText> optional_parameters;  // unknown ones that may be ignored, "-" included

  // Pre: has a key.
  SrtpSuite suite() const { return keys.front()->suite; }
  friend bool operator==(const CryptoAttribute&, const CryptoAttribute&) = default;
};

// Takes "a=crypto:1 …", with its line end or without, or what follows "a=crypto:". On failure `field` names
// the part ("tag", "suite", "keys[0].mki", "wsh", "session_parameters[2]"; empty: the whole line), and the
// message the character where it begins. Nothing of the line itself is ever in an error: it could be the key.
// Post: the line was left as it is, and is the caller's to wipe.
Expected<CryptoAttribute> parse_crypto(std::string_view line);

// "a=crypto:1 …" without line end, canonical: known session parameters first, powers of two as 2^n. The text
// holds the key: it is for the SDP that the party gets, never for logs, and wipes itself.
// Pre: as parse_crypto() gives it; what SrtpParams has beyond SDES (the rollover counter) is left out.
SecretText print_crypto(const CryptoAttribute& attribute, Base64Padding padding = Base64Padding::kPadded);

// Whether Pollux can do what the line asks for: one key, encrypted and authenticated as the suite says,
// derived once. Which suites a node wants is not asked here.
Expected<void> usable(const CryptoAttribute& attribute);

}  // namespace pollux::sdp
