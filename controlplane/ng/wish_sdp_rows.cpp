// Words about how the SDP for the other party is made, and how its media is treated.
#include "controlplane/ng/wishes.hpp"

namespace pollux::ng {

namespace {

using Text = std::string_view;
constexpr Coverage kDone = Coverage::kDone;
constexpr Coverage kIgnored = Coverage::kIgnored;
constexpr Coverage kDifferent = Coverage::kDifferent;

void set_profile(Wishes& wishes, Text text) {
  struct Word {
    Text text;
    v1::TransportProfile profile;
    bool dtls;
  };
  static constexpr Word kWords[] = {
      {"RTP/AVP", v1::TRANSPORT_PROFILE_RTP_AVP, false},
      {"RTP/AVPF", v1::TRANSPORT_PROFILE_RTP_AVPF, false},
      {"RTP/SAVP", v1::TRANSPORT_PROFILE_RTP_SAVP, false},
      {"RTP/SAVPF", v1::TRANSPORT_PROFILE_RTP_SAVPF, false},
      {"UDP/TLS/RTP/SAVP", v1::TRANSPORT_PROFILE_RTP_SAVP, true},
      {"UDP/TLS/RTP/SAVPF", v1::TRANSPORT_PROFILE_RTP_SAVPF, true},
  };
  for (const Word& word : kWords) {
    if (word.text == text) {
      wishes.options.set_transport_profile(word.profile);
      if (word.dtls) {
        wishes.ignored.push_back({"transport-protocol: " + std::string(text),
                                  "no DTLS-SRTP yet: SRTP with keys by SDES is offered instead"});
      }
      return;
    }
  }
  wishes.odd.push_back("transport-protocol: " + std::string(text.substr(0, 64)));
}

void set_family(Wishes& wishes, Text text) {
  if (text == "IP4" || text == "IP6") {
    wishes.options.set_address_family(text == "IP4" ? v1::ADDRESS_FAMILY_IPV4 : v1::ADDRESS_FAMILY_IPV6);
  } else {
    wishes.odd.push_back("address-family: " + std::string(text.substr(0, 64)));
  }
}

void set_ptime(Wishes& wishes, Text text) {
  wishes.options.set_ptime_ms(
      static_cast<std::uint32_t>(wished_number(wishes, "ptime", text, 1, 200).value_or(0)));
}
void set_ptime_reverse(Wishes& wishes, Text text) {
  wishes.options.set_ptime_reverse_ms(
      static_cast<std::uint32_t>(wished_number(wishes, "ptime-reverse", text, 1, 200).value_or(0)));
}
void set_tos(Wishes& wishes, Text text) {
  if (const auto tos = wished_number(wishes, "TOS", text, 0, 255)) {
    wishes.options.set_dscp(static_cast<std::uint32_t>(*tos >> 2));  // RFC 2474: the upper six bits
  }
}
void set_asymmetric(Wishes& wishes, Text /*text*/) {
  wishes.options.set_learning(v1::LEARNING_MODE_OFF);
  if (wishes.options.source_policy() == v1::SOURCE_POLICY_UNSPECIFIED) {
    wishes.options.set_source_policy(v1::SOURCE_POLICY_ACCEPT_ANY);
  }
}
template <v1::LearningMode kMode>
void set_learning(Wishes& wishes, Text /*text*/) {
  wishes.options.set_learning(kMode);
}
template <v1::SourcePolicy kPolicy>
void set_policy(Wishes& wishes, Text /*text*/) {
  wishes.options.set_source_policy(kPolicy);
}
// A flag of SdpOptions or of one of its parts.
template <void (v1::SdpOptions::*kSet)(bool)>
void turn_on(Wishes& wishes, Text /*text*/) {
  (wishes.options.*kSet)(true);
}
template <void (v1::ReplaceOptions::*kSet)(bool)>
void replace(Wishes& wishes, Text /*text*/) {
  (wishes.options.mutable_replace()->*kSet)(true);
}
template <void (v1::RtcpMuxOptions::*kSet)(bool)>
void mux(Wishes& wishes, Text /*text*/) {
  (wishes.options.mutable_rtcp_mux()->*kSet)(true);
}

using Options = v1::SdpOptions;
using Replace = v1::ReplaceOptions;
using Mux = v1::RtcpMuxOptions;

void add_replace_rows(std::vector<WishRow>& rows) {
  rows.insert(
      rows.end(),
      {
          {"replace", "origin", Place::kItem, kDone, "the address of o=", replace<&Replace::set_origin>},
          {"replace", "session-connection", Place::kItem, kDone,
           "c= of the session; that of each m= section always is", replace<&Replace::set_session_connection>},
          {"replace", "username", Place::kItem, kDone,
           "the user name of o=", replace<&Replace::set_username>},
          {"replace", "session-name", Place::kItem, kDone, "s=", replace<&Replace::set_session_name>},
          {"replace", "session-id", Place::kItem, kDone, "the id of o=", replace<&Replace::set_session_id>},
          {"replace", "sdp-version", Place::kItem, kDone, "the version of o= is Pollux's own",
           replace<&Replace::set_version>},
          {"replace", "SDP-version", Place::kItem, kDone, "as sdp-version", replace<&Replace::set_version>},
          {"replace", "force-increment-sdp-ver", Place::kItem, kDifferent,
           "as sdp-version: it goes up where something has changed", replace<&Replace::set_version>},
          {"replace", "origin-full", Place::kItem, kDone, "all of o=",
           [](Wishes& wishes, Text /*text*/) {
             Replace& parts = *wishes.options.mutable_replace();
             parts.set_origin(true);
             parts.set_username(true);
             parts.set_session_id(true);
             parts.set_version(true);
           }},
          {"replace", "zero-address", Place::kItem, kDone, "0.0.0.0 of a hold becomes the real address",
           replace<&Replace::set_zero_address>},
          {"rtcp-mux", "offer", Place::kItem, kDone, "offered whatever the offerer did",
           mux<&Mux::set_offer>},
          {"rtcp-mux", "require", Place::kItem, kDone, "a=rtcp-mux-only (RFC 8858)", mux<&Mux::set_require>},
          {"rtcp-mux", "demux", Place::kItem, kDone, "not offered", mux<&Mux::set_demux>},
          {"rtcp-mux", "accept", Place::kItem, kDone, "the offerer's is accepted", mux<&Mux::set_accept>},
          {"rtcp-mux", "reject", Place::kItem, kDone, "the offerer's isn't", mux<&Mux::set_reject>},
      });
}

void add_source_rows(std::vector<WishRow>& rows) {
  rows.insert(
      rows.end(),
      {
          {"", "trust-address", Place::kFlag, kDone, "the default: media goes to the address in the SDP",
           [](Wishes& wishes, Text /*text*/) { wishes.sip_source_address = false; }},
          {"", "SIP-source-address", Place::kFlag, kDone, "media goes to the address in received-from",
           [](Wishes& wishes, Text /*text*/) { wishes.sip_source_address = true; }},
          {"", "asymmetric", Place::kFlag, kDone,
           "nothing is learned: media goes to the signalled address and is taken from any", set_asymmetric},
          {"", "symmetric", Place::kFlag, kDone, "the default"},
          {"", "strict-source", Place::kFlag, kDone,
           "the default of Pollux: packets from elsewhere are dropped",
           set_policy<v1::SOURCE_POLICY_STRICT_SOURCE>},
          {"", "media-handover", Place::kFlag, kDone,
           "a new source is believed when the known one is silent and the new one proved",
           set_policy<v1::SOURCE_POLICY_MEDIA_HANDOVER>},
          {"endpoint-learning", "delayed", Place::kItem, kDone, "other sources count after a delay only",
           set_learning<v1::LEARNING_MODE_DELAYED>},
          {"endpoint-learning", "immediate", Place::kItem, kDone, "the first packet's source is believed",
           set_learning<v1::LEARNING_MODE_IMMEDIATE>},
          {"endpoint-learning", "off", Place::kItem, kDone, "the signalled address only",
           set_learning<v1::LEARNING_MODE_OFF>},
          {"endpoint-learning", "heuristic", Place::kItem, kDone, "the default",
           set_learning<v1::LEARNING_MODE_HEURISTIC>},
          {"", "port-latching", Place::kFlag, kDone, "always: a re-offer keeps the ports of its sections"},
          {"", "no-port-latching", Place::kFlag, kIgnored, "ports are always kept"},
      });
}

}  // namespace

void add_sdp_rows(std::vector<WishRow>& rows) {
  rows.insert(
      rows.end(),
      {
          {"", "transport-protocol", Place::kKey, kDone,
           "RTP/AVP, RTP/AVPF, RTP/SAVP, RTP/SAVPF; UDP/TLS/... becomes SRTP with SDES", set_profile},
          {"", "address-family", Place::kKey, kDone, "IP4 or IP6, towards the receiver", set_family},
          {"", "media-address", Place::kKey, kDone, "told to the receiver instead of the local address",
           [](Wishes& wishes, Text text) { wishes.options.set_media_address(std::string(text)); }},
          {"", "ptime", Place::kKey, kDone, "ms, towards the receiver of the offer", set_ptime},
          {"", "ptime-reverse", Place::kKey, kDone, "ms, towards the offerer", set_ptime_reverse},
          {"", "TOS", Place::kKey, kDone, "its upper six bits are the DSCP", set_tos},
          {"", "generate-mid", Place::kFlag, kDone, "a=mid (RFC 5888)", turn_on<&Options::set_generate_mid>},
          {"", "no-rtcp-attribute", Place::kFlag, kDone, "no a=rtcp",
           turn_on<&Options::set_no_rtcp_attribute>},
          {"", "full-rtcp-attribute", Place::kFlag, kDone, "a=rtcp with its address",
           turn_on<&Options::set_full_rtcp_attribute>},
          {"", "original-sendrecv", Place::kFlag, kDone, "the direction goes on as it was said",
           turn_on<&Options::set_original_direction>},
          {"", "inactive", Place::kFlag, kDone, "the receiver is offered an inactive stream",
           turn_on<&Options::set_inactive>},
          {"", "sdp-media-remove", Place::kKey, kDone, "kinds of m= sections that are rejected",
           [](Wishes& wishes, Text text) { wishes.options.add_remove_media(std::string(text)); }},
          {"sdp-media-remove", "*", Place::kItem, kDone, "the same as a flag",
           [](Wishes& wishes, Text text) { wishes.options.add_remove_media(std::string(text)); }},
      });
  add_replace_rows(rows);
  add_source_rows(rows);
}

}  // namespace pollux::ng
