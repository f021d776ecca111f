// Words about keys: SDES, opportunistic SRTP, DTLS and ICE.
#include "controlplane/ng/wishes.hpp"

namespace pollux::ng {

namespace {

using Text = std::string_view;
using Sdes = v1::SdesOptions;
constexpr Coverage kDone = Coverage::kDone;
constexpr Coverage kIgnored = Coverage::kIgnored;
constexpr const char* kNoIce = "no ICE yet: candidates are removed, as by ICE=remove";
constexpr const char* kNoDtls = "no DTLS-SRTP yet: SDES or plain RTP";

v1::SrtpSuite suite_of(Text text) {
  // RFC 4568, RFC 6188 and RFC 7714 have the names.
  static constexpr std::pair<Text, v1::SrtpSuite> kSuites[] = {
      {"AES_CM_128_HMAC_SHA1_80", v1::SRTP_SUITE_AES_CM_128_HMAC_SHA1_80},
      {"AES_CM_128_HMAC_SHA1_32", v1::SRTP_SUITE_AES_CM_128_HMAC_SHA1_32},
      {"AES_256_CM_HMAC_SHA1_80", v1::SRTP_SUITE_AES_256_CM_HMAC_SHA1_80},
      {"AES_256_CM_HMAC_SHA1_32", v1::SRTP_SUITE_AES_256_CM_HMAC_SHA1_32},
      {"AES_CM_256_HMAC_SHA1_80", v1::SRTP_SUITE_AES_256_CM_HMAC_SHA1_80},
      {"AES_CM_256_HMAC_SHA1_32", v1::SRTP_SUITE_AES_256_CM_HMAC_SHA1_32},
      {"AEAD_AES_128_GCM", v1::SRTP_SUITE_AEAD_AES_128_GCM},
      {"AEAD_AES_256_GCM", v1::SRTP_SUITE_AEAD_AES_256_GCM},
      {"NULL_HMAC_SHA1_80", v1::SRTP_SUITE_NULL_HMAC_SHA1_80},
  };
  for (const auto& [name, suite] : kSuites) {
    if (name == text) {
      return suite;
    }
  }
  return v1::SRTP_SUITE_UNSPECIFIED;
}

// Suites that Pollux doesn't have are not offered anyway.
template <void (Sdes::*kAdd)(v1::SrtpSuite)>
void add_suite(Wishes& wishes, Text text) {
  if (const v1::SrtpSuite suite = suite_of(text); suite != v1::SRTP_SUITE_UNSPECIFIED) {
    (wishes.options.mutable_sdes()->*kAdd)(suite);
  } else {
    wishes.odd.push_back("SDES suite " + std::string(text.substr(0, 64)));
  }
}
// "SUITE;SUITE"
void add_order(Wishes& wishes, Text text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    add_suite<&Sdes::add_order>(wishes, text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}
template <void (Sdes::*kSet)(bool)>
void turn_on(Wishes& wishes, Text /*text*/) {
  (wishes.options.mutable_sdes()->*kSet)(true);
}
template <v1::OsrtpMode kMode>
void set_osrtp(Wishes& wishes, Text /*text*/) {
  wishes.options.set_osrtp(kMode);
}
// That it isn't wanted is what Pollux does; that it is has to be told.
void want_ice(Wishes& wishes, Text text) {
  if (text != "remove" && text != "default" && text != "optional") {
    wishes.ignored.push_back({"ICE: " + std::string(text.substr(0, 64)), kNoIce});
  }
}
void want_dtls(Wishes& wishes, Text text) {
  if (text != "off" && text != "no" && text != "disable") {
    wishes.ignored.push_back({"DTLS: " + std::string(text.substr(0, 64)), kNoDtls});
  }
}

}  // namespace

void add_security_rows(std::vector<WishRow>& rows) {
  rows.insert(
      rows.end(),
      {
          {"SDES", "off", Place::kItem, kDone, "no keys are offered, none taken", turn_on<&Sdes::set_off>},
          {"SDES", "no", Place::kItem, kDone, "as off", turn_on<&Sdes::set_off>},
          {"SDES", "disable", Place::kItem, kDone, "as off", turn_on<&Sdes::set_off>},
          {"SDES", "pad", Place::kItem, kDone, "base64 with its padding", turn_on<&Sdes::set_pad>},
          {"SDES", "lifetime", Place::kItem, kDone, "a lifetime is offered", turn_on<&Sdes::set_lifetime>},
          {"SDES", "MKI", Place::kItem, kDone, "a master key identifier is offered",
           turn_on<&Sdes::set_with_mki>},
          {"SDES", "no-*", Place::kItem, kDone, "the suite isn't offered", add_suite<&Sdes::add_without>},
          {"SDES", "only-*", Place::kItem, kDone, "only such suites are offered", add_suite<&Sdes::add_only>},
          {"SDES", "order:*", Place::kItem, kDone, "these suites first", add_order},
          {"SDES", "order-*", Place::kItem, kDone, "these suites first", add_order},
          {"SDES", "nonew", Place::kItem, kIgnored, "`SDES-only-SUITE` says what is offered"},
          {"SDES", "static", Place::kItem, kIgnored, "a re-offer keeps suite and keys where it can"},
          {"SDES", "prefer", Place::kItem, kIgnored, "SDES is the only way"},
          {"SDES", "unencrypted_srtp", Place::kItem, kIgnored, "SRTP is always encrypted"},
          {"SDES", "unencrypted_srtcp", Place::kItem, kIgnored, "SRTCP is always encrypted"},
          {"SDES", "unauthenticated_srtp", Place::kItem, kIgnored, "SRTP is always authenticated"},
          {"", "pad-crypto", Place::kFlag, kDone, "as SDES-pad", turn_on<&Sdes::set_pad>},
          {"OSRTP", "offer", Place::kItem, kDone, "keys are offered with a plain profile (RFC 8643)",
           set_osrtp<v1::OSRTP_MODE_OFFER>},
          {"OSRTP", "offer-RFC", Place::kItem, kDone, "as offer", set_osrtp<v1::OSRTP_MODE_OFFER>},
          {"OSRTP", "accept", Place::kItem, kDone, "the default", set_osrtp<v1::OSRTP_MODE_ACCEPT>},
          {"OSRTP", "accept-RFC", Place::kItem, kDone, "the default", set_osrtp<v1::OSRTP_MODE_ACCEPT>},
          {"OSRTP", "off", Place::kItem, kDone, "keys in a plain profile aren't looked at",
           set_osrtp<v1::OSRTP_MODE_OFF>},
          {"", "ICE", Place::kKey, Coverage::kDifferent, kNoIce, want_ice},
          {"", "ICE-lite", Place::kKey, kIgnored, kNoIce},
          {"", "ICE-reject", Place::kFlag, kIgnored, kNoIce},
          {"", "trickle-ICE", Place::kFlag, kIgnored, kNoIce},
          {"", "DTLS", Place::kKey, Coverage::kDifferent, kNoDtls, want_dtls},
          {"", "DTLS-reverse", Place::kKey, Coverage::kDifferent, kNoDtls, want_dtls},
          {"", "DTLS-fingerprint", Place::kKey, kIgnored, kNoDtls},
          {"", "no-tls-id", Place::kFlag, kDone, "there is never one"},
          {"", "WebRTC", Place::kFlag, kIgnored, "needs ICE and DTLS-SRTP, which aren't there yet"},
          {"", "passthrough", Place::kBoth, kIgnored,
           "SRTP is opened and made anew; RTP that isn't looked at passes"},
          {"", "no-passthrough", Place::kFlag, kDone, "the default"},
          {"", "recrypt", Place::kFlag, kDone, "always: each side has keys of its own"},
      });
}

}  // namespace pollux::ng
