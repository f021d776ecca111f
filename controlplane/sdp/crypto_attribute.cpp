#include "controlplane/sdp/crypto_attribute.hpp"

#include <array>
#include <bit>

#include "controlplane/sdp/mki_number.hpp"

namespace pollux::sdp {

namespace {

void append_key(SecretText& text, const SrtpParams& key, Base64Padding padding) {
  std::array<std::uint8_t, kMaxMasterKeyBytes + kMaxMasterSaltBytes> bytes;
  const auto master_key = key.master_key.bytes();
  const auto master_salt = key.master_salt.bytes();
  std::copy(master_key.begin(), master_key.end(), bytes.begin());
  std::copy(master_salt.begin(), master_salt.end(), bytes.begin() + master_key.size());
  text.append("inline:");
  base64_append(text, std::span(bytes).first(master_key.size() + master_salt.size()), padding);
  wipe(bytes.data(), bytes.size());
  if (key.lifetime != 0) {
    const bool power = std::has_single_bit(key.lifetime);
    text.append(power ? "|2^" : "|");
    text.append(
        std::to_string(power ? static_cast<std::uint64_t>(std::countr_zero(key.lifetime)) : key.lifetime));
  }
  if (!key.mki.empty()) {
    text.append("|" + mki_to_decimal(key.mki.span()) + ":" + std::to_string(key.mki.size()));
  }
}

tl::unexpected<Error> unsupported(const char* field, const char* message) {
  return fail(ErrorCode::kInvalidArgument, kCryptoParameterUnsupported, field, message);
}

}  // namespace

SecretText print_crypto(const CryptoAttribute& attribute, Base64Padding padding) {
  SecretText text("a=crypto:" + std::to_string(attribute.tag) + " ");
  text.append(facts_of(attribute.suite()).name);
  for (std::size_t i = 0; i < attribute.keys.size(); ++i) {
    text.append(i == 0 ? " " : ";");
    append_key(text, *attribute.keys[i], padding);
  }
  const auto flag = [&text](bool set, std::string_view name) {
    if (set) {
      text.append(name);
    }
  };
  if (attribute.kdr) {
    text.append(" KDR=" + std::to_string(*attribute.kdr));
  }
  flag(attribute.unencrypted_srtp, " UNENCRYPTED_SRTP");
  flag(attribute.unencrypted_srtcp, " UNENCRYPTED_SRTCP");
  flag(attribute.unauthenticated_srtp, " UNAUTHENTICATED_SRTP");
  if (!attribute.fec_order.empty()) {
    text.append(" FEC_ORDER=");
    text.append(attribute.fec_order);
  }
  if (!attribute.fec_key.empty()) {
    text.append(" FEC_KEY=");
    text.append(attribute.fec_key.view());
  }
  if (attribute.wsh) {
    text.append(" WSH=" + std::to_string(*attribute.wsh));
  }
  for (const SecretText& parameter : attribute.optional_parameters) {
    text.append(" ");
    text.append(parameter.view());
  }
  return text;
}

Expected<void> usable(const CryptoAttribute& attribute) {
  if (attribute.keys.size() > 1) {
    return unsupported("keys", "offers several master keys; only one per direction can be used: offer one");
  }
  if (attribute.kdr.value_or(0) != 0) {
    return unsupported("kdr", "asks for keys that are derived anew; they are derived once: leave KDR out");
  }
  if (attribute.unencrypted_srtp) {
    return unsupported("unencrypted_srtp", "asks for RTP in the clear; leave UNENCRYPTED_SRTP out");
  }
  if (attribute.unencrypted_srtcp) {
    return unsupported("unencrypted_srtcp", "asks for RTCP in the clear; leave UNENCRYPTED_SRTCP out");
  }
  if (attribute.unauthenticated_srtp) {
    return unsupported("unauthenticated_srtp",
                       "asks for RTP that anyone can forge; leave UNAUTHENTICATED_SRTP out");
  }
  if (!attribute.fec_order.empty()) {
    return unsupported("fec_order",
                       "asks for forward error correction, which isn't done; leave FEC_ORDER out");
  }
  if (!attribute.fec_key.empty()) {
    return unsupported("fec_key",
                       "has a key for forward error correction, which isn't done; leave FEC_KEY out");
  }
  return {};
}

}  // namespace pollux::sdp
