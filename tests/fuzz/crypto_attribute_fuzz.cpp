// A line of SDP with a key: parsing, printing, and errors that give nothing away.
#include <string_view>

#include "controlplane/sdp/crypto_attribute.hpp"
#include "tests/fuzz/fuzz_input.hpp"

namespace pollux::sdp {
namespace {

constexpr std::size_t kRoomToGrow = 1024;  // printing adds "a=crypto:" and padding

void good(const CryptoAttribute& attribute) {
  POLLUX_FUZZ_CHECK(attribute.tag <= 999'999'999 && !attribute.keys.empty());
  POLLUX_FUZZ_CHECK(attribute.keys.size() <= kMaxCryptoKeys && attribute.kdr.value_or(0) <= 24);
  POLLUX_FUZZ_CHECK(attribute.wsh.value_or(64) >= 64);
  const SrtpSuiteFacts& facts = facts_of(attribute.suite());
  for (const SrtpParamsRef& key : attribute.keys) {
    POLLUX_FUZZ_CHECK(key->suite == facts.suite && key->lifetime <= kMaxSrtpLifetime);
    POLLUX_FUZZ_CHECK(key->master_key.size() == facts.key_bytes &&
                      key->master_salt.size() == facts.salt_bytes);
    POLLUX_FUZZ_CHECK(attribute.keys.size() == 1 || !key->mki.empty());
  }
  const auto allowed = usable(attribute);
  POLLUX_FUZZ_CHECK(allowed || allowed.error().cause == kCryptoParameterUnsupported);
}

// Every message begins alike, and the longest known is shorter: what is longer has something of the line.
void bad(const Error& error) {
  POLLUX_FUZZ_CHECK(error.code == ErrorCode::kInvalidArgument);
  POLLUX_FUZZ_CHECK(error.cause == kCryptoMalformed || error.cause == kCryptoSuiteUnknown ||
                    error.cause == kCryptoKeyMethodUnknown || error.cause == kCryptoParameterUnsupported);
  POLLUX_FUZZ_CHECK(error.message.starts_with("at character ") && error.message.size() < 140);
  POLLUX_FUZZ_CHECK(error.field.size() < 24);
}

void run(std::string_view line) {
  const auto parsed = parse_crypto(line);
  if (!parsed) {
    bad(parsed.error());
    return;
  }
  good(*parsed);
  const SecretText printed = print_crypto(*parsed);
  for (const Base64Padding padding : {Base64Padding::kPadded, Base64Padding::kBare}) {
    const auto again = parse_crypto(print_crypto(*parsed, padding).view());
    POLLUX_FUZZ_CHECK(line.size() + kRoomToGrow > kMaxCryptoLetters || again);
    POLLUX_FUZZ_CHECK(!again || (*again == *parsed && print_crypto(*again) == printed));
  }
}

}  // namespace
}  // namespace pollux::sdp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pollux::sdp::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
