// Each word of the protocol and what it becomes; the table in the documentation is the reader's own.
#include "controlplane/ng/wishes.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "controlplane/ng/bencode.hpp"

namespace pollux::ng {
namespace {

Wishes flags(const List& words) {
  return read_wishes({{"flags", words}});
}
v1::SdpOptions options_of(const Dict& dict) {
  v1::SdpOptions options = read_wishes(dict).options;
  options.clear_trust_address();
  return options;
}
std::string shown(const v1::SdpOptions& options) {
  return options.ShortDebugString();
}

struct Mapping {
  const char* name;
  Dict dict;
  const char* options;  // as text of protobuf
};

class Mapped : public testing::TestWithParam<Mapping> {};

TEST_P(Mapped, IsWhatTheApiCallsIt) {
  EXPECT_EQ(shown(options_of(GetParam().dict)), GetParam().options);
}

Dict key(const char* name, Value value) {
  return {{name, std::move(value)}};
}
Dict flag(const char* name) {
  return {{"flags", List{name}}};
}

const std::vector<Mapping> kMappings = {
    {"avp", key("transport-protocol", "RTP/AVP"), "transport_profile: TRANSPORT_PROFILE_RTP_AVP"},
    {"avpf", key("transport protocol", "RTP/AVPF"), "transport_profile: TRANSPORT_PROFILE_RTP_AVPF"},
    {"savp", key("transport-protocol", "RTP/SAVP"), "transport_profile: TRANSPORT_PROFILE_RTP_SAVP"},
    {"savpf", key("transport-protocol", "RTP/SAVPF"), "transport_profile: TRANSPORT_PROFILE_RTP_SAVPF"},
    {"dtls", key("transport-protocol", "UDP/TLS/RTP/SAVPF"),
     "transport_profile: TRANSPORT_PROFILE_RTP_SAVPF"},
    {"ip4", key("address-family", "IP4"), "address_family: ADDRESS_FAMILY_IPV4"},
    {"ip6", key("address family", "IP6"), "address_family: ADDRESS_FAMILY_IPV6"},
    {"media_address", key("media-address", "203.0.113.1"), "media_address: \"203.0.113.1\""},
    {"origin", key("replace", List{"origin", "session connection"}),
     "replace { origin: true session_connection: true }"},
    {"origin_flag", flag("replace-origin"), "replace { origin: true }"},
    {"connection_flag", flag("replace-session-connection"), "replace { session_connection: true }"},
    {"version_flag", flag("replace-sdp-version"), "replace { version: true }"},
    {"SDP_version_flag", flag("replace-SDP-version"), "replace { version: true }"},
    {"force_version", flag("replace-force-increment-sdp-ver"), "replace { version: true }"},
    {"username", flag("replace-username"), "replace { username: true }"},
    {"session_name", flag("replace-session-name"), "replace { session_name: true }"},
    {"session_id", flag("replace-session-id"), "replace { session_id: true }"},
    {"zero_address", flag("replace-zero-address"), "replace { zero_address: true }"},
    {"origin_full", flag("replace-origin-full"),
     "replace { origin: true username: true session_id: true version: true }"},
    {"mux", key("rtcp-mux", List{"offer", "require", "demux", "accept", "reject"}),
     "rtcp_mux { offer: true require: true demux: true accept: true reject: true }"},
    {"mux_flag", flag("rtcp-mux-demux"), "rtcp_mux { demux: true }"},
    {"codecs",
     key("codec", Dict{{"strip", List{"all"}},
                       {"offer", List{"PCMA", "telephone-event"}},
                       {"transcode", "PCMU"},
                       {"mask", List{"G729"}},
                       {"set", List{"opus/48000/2/32000"}},
                       {"accept", List{"GSM"}},
                       {"consume", List{"G722"}},
                       {"except", List{"PCMU"}}}),
     "codecs { strip: \"all\" except: \"PCMU\" offer: \"PCMA\" offer: \"telephone-event\" mask: \"G729\" "
     "consume: "
     "\"G722\" accept: \"GSM\" transcode: \"PCMU\" set: \"opus/48000/2//maxaveragebitrate=32000\" }"},
    {"codecs_key", key("codecs", Dict{{"ignore", List{"AMR"}}}), "codecs { strip: \"AMR\" }"},
    {"codec_flag", flag("codec-strip-all"), "codecs { strip: \"all\" }"},
    {"codec_transcode_flag", flag("codec-transcode-opus/48000/2//20/useinbandfec=1"),
     "codecs { transcode: \"opus/48000/2//useinbandfec=1\" }"},
    {"codec_parameters", flag("codec-transcode-iLBC/8000/1///mode=30"),
     "codecs { transcode: \"iLBC/8000/1//mode=30\" }"},
    {"transcode_flag", flag("transcode-PCMU"), "codecs { transcode: \"PCMU\" }"},
    {"always", flag("always-transcode"), "codecs { always_transcode: true }"},
    {"single", flag("single codec"), "codecs { single: true }"},
    {"ptime", {{"ptime", 20}, {"ptime-reverse", "30"}}, "ptime_ms: 20 ptime_reverse_ms: 30"},
    {"sdes", key("SDES", List{"pad", "lifetime", "no-AES_CM_128_HMAC_SHA1_32", "only-AEAD_AES_256_GCM"}),
     "sdes { without: SRTP_SUITE_AES_CM_128_HMAC_SHA1_32 only: SRTP_SUITE_AEAD_AES_256_GCM pad: true "
     "lifetime: "
     "true }"},
    {"sdes_off", flag("SDES-off"), "sdes { off: true }"},
    {"sdes_no_key", key("SDES", "no"), "sdes { off: true }"},
    {"sdes_order", flag("SDES-order:AES_256_CM_HMAC_SHA1_80;AES_CM_128_HMAC_SHA1_80"),
     "sdes { order: SRTP_SUITE_AES_256_CM_HMAC_SHA1_80 order: SRTP_SUITE_AES_CM_128_HMAC_SHA1_80 }"},
    {"pad_crypto", flag("pad-crypto"), "sdes { pad: true }"},
    {"osrtp", key("OSRTP", "offer"), "osrtp: OSRTP_MODE_OFFER"},
    {"osrtp_flag", flag("OSRTP-off"), "osrtp: OSRTP_MODE_OFF"},
    {"osrtp_accept", flag("OSRTP-accept"), "osrtp: OSRTP_MODE_ACCEPT"},
    {"tos", key("TOS", 184), "dscp: 46"},
    {"tos_zero", key("TOS", "0"), "dscp: 0"},
    {"asymmetric", flag("asymmetric"), "learning: LEARNING_MODE_OFF source_policy: SOURCE_POLICY_ACCEPT_ANY"},
    {"asymmetric_strict",
     {{"flags", List{"asymmetric", "strict-source"}}},
     "learning: LEARNING_MODE_OFF source_policy: SOURCE_POLICY_STRICT_SOURCE"},
    {"strict_asymmetric",
     {{"flags", List{"strict source", "asymmetric"}}},
     "learning: LEARNING_MODE_OFF source_policy: SOURCE_POLICY_STRICT_SOURCE"},
    {"handover", flag("media handover"), "source_policy: SOURCE_POLICY_MEDIA_HANDOVER"},
    {"learning", key("endpoint-learning", "immediate"), "learning: LEARNING_MODE_IMMEDIATE"},
    {"learning_flag", flag("endpoint-learning-delayed"), "learning: LEARNING_MODE_DELAYED"},
    {"learning_off", flag("endpoint-learning-off"), "learning: LEARNING_MODE_OFF"},
    {"learning_heuristic", flag("endpoint-learning-heuristic"), "learning: LEARNING_MODE_HEURISTIC"},
    {"mid", flag("generate-mid"), "generate_mid: true"},
    {"no_rtcp", flag("no-rtcp-attribute"), "no_rtcp_attribute: true"},
    {"full_rtcp", flag("full-rtcp-attribute"), "full_rtcp_attribute: true"},
    {"original", flag("original-sendrecv"), "original_direction: true"},
    {"inactive", flag("inactive"), "inactive: true"},
    {"remove", key("sdp-media-remove", List{"video", "image"}),
     "remove_media: \"video\" remove_media: \"image\""},
    {"dtmf_send", key("DTMF-send", "sip-info"), "receiver_dtmf { send: DTMF_SEND_SIP_INFO }"},
    {"dtmf_send_reverse", key("DTMF-send-reverse", "in-band"), "offerer_dtmf { send: DTMF_SEND_IN_BAND }"},
    {"dtmf_receive", key("DTMF-receive-in-band", "off"),
     "receiver_dtmf { receive_in_band: DTMF_RECEIVE_OFF }"},
    {"dtmf_receive_reverse", key("DTMF-receive-in-band-reverse", "on"),
     "offerer_dtmf { receive_in_band: DTMF_RECEIVE_ON }"},
    {"dtmf_block", flag("block-DTMF"),
     "offerer_dtmf { block: DTMF_BLOCK_DROP } receiver_dtmf { block: DTMF_BLOCK_DROP }"},
    {"dtmf_block_how",
     {{"flags", List{"block DTMF"}}, {"DTMF-security", "silence"}},
     "offerer_dtmf { block: DTMF_BLOCK_SILENCE } receiver_dtmf { block: DTMF_BLOCK_SILENCE }"},
    {"dtmf_security_alone", key("DTMF-security", "silence"), ""},
    {"dtmf_detect", flag("detect-DTMF"),
     "offerer_dtmf { receive_in_band: DTMF_RECEIVE_ON } receiver_dtmf { receive_in_band: DTMF_RECEIVE_ON }"},
    {"received_from", key("received-from", List{"IP4", "192.0.2.7"}), "received_from: \"192.0.2.7\""},
    {"rtpp_flags",
     key("rtpp-flags",
         "SRTP AVPF replace-origin ICE=remove codec-strip-all ptime=20 transcode-PCMA "
         "replace=[username session-name] codec=[mask=[G729 GSM]]"),
     "transport_profile: TRANSPORT_PROFILE_RTP_SAVPF replace { origin: true username: true session_name: "
     "true } "
     "codecs { strip: \"all\" mask: \"G729\" mask: \"GSM\" transcode: \"PCMA\" } ptime_ms: 20"},
};
INSTANTIATE_TEST_SUITE_P(Words, Mapped, testing::ValuesIn(kMappings),
                         [](const auto& mapping) { return std::string(mapping.param.name); });

TEST(Wishes, WhereTheAddressInTheSdpIsntBelieved) {
  EXPECT_TRUE(read_wishes({{"received-from", "192.0.2.7"}}).options.trust_address());
  const Dict request = {{"received-from", List{"IP4", "192.0.2.7"}}, {"flags", List{"SIP-source-address"}}};
  EXPECT_FALSE(read_wishes(request).options.trust_address());
  EXPECT_EQ(read_wishes(request).options.received_from(), "192.0.2.7");
  EXPECT_TRUE(flags({"SIP source address"}).options.trust_address()) << "nobody has said where it came from";
  EXPECT_TRUE(flags({"SIP-source-address", "trust-address"}).options.trust_address());
}

TEST(Wishes, NamesOfNetworks) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(read_wishes({{"direction", List{"internal", "external"}}}).directions,
            (Names{"internal", "external"}));
  EXPECT_EQ(flags({"internal", "external"}).directions, (Names{"internal", "external"}));
  EXPECT_EQ(read_wishes({{"from-interface", "x"}, {"to-interface", "y"}}).directions, (Names{"x", "y"}));
  EXPECT_EQ(read_wishes({{"interface", "x"}}).directions, (Names{"x", "x"}));
  EXPECT_EQ(read_wishes({{"rtpp-flags", "direction=a direction=b"}}).directions, (Names{"a", "b"}));
}

TEST(Wishes, WordsOfCommands) {
  const Wishes wishes = read_wishes({{"flags", List{"fatal"}},
                                     {"all", "all"},
                                     {"delete-delay", 5},
                                     {"via-branch", "z9hG4bK1"},
                                     {"label", "alice"},
                                     {"sip-code", 200},
                                     {"code", 11},
                                     {"duration", 300},
                                     {"pause", "150"},
                                     {"volume", -10},
                                     {"address", "192.0.2.1"},
                                     {"supports", List{"load limit"}}});
  EXPECT_TRUE(wishes.fatal && wishes.all && wishes.supports_load_limit);
  EXPECT_EQ(wishes.delete_delay_s, 5);
  EXPECT_EQ(wishes.via_branch, "z9hG4bK1");
  EXPECT_EQ(wishes.label, "alice");
  EXPECT_EQ(wishes.sip_code, "200");
  EXPECT_EQ(wishes.code, "11");
  EXPECT_EQ(wishes.duration_ms, 300);
  EXPECT_EQ(wishes.pause_ms, 150);
  EXPECT_EQ(wishes.volume, -10);
  EXPECT_EQ(wishes.address, "192.0.2.1");
  EXPECT_FALSE(read_wishes({{"all", "none"}}).all);
}

TEST(Wishes, WhatIsntKnownIsIgnoredAndTold) {
  const Wishes wishes = read_wishes({{"no-such-key", 1}, {"flags", List{"no-such-flag", "trickle-ICE"}}});
  ASSERT_EQ(wishes.ignored.size(), 3U);
  EXPECT_EQ(wishes.ignored[0].word, "no-such-key");
  EXPECT_EQ(wishes.ignored[0].why, "");
  EXPECT_EQ(wishes.ignored[1].word, "no-such-flag");
  EXPECT_EQ(wishes.ignored[2].word, "trickle-ICE");
  EXPECT_NE(wishes.ignored[2].why, "");
}

TEST(Wishes, WhatPolluxDoesAnywayIsntTold) {
  EXPECT_TRUE(read_wishes({{"ICE", "remove"}, {"DTLS", "off"}}).ignored.empty());
  EXPECT_EQ(read_wishes({{"ICE", "force"}}).ignored.size(), 1U);
  EXPECT_EQ(read_wishes({{"DTLS", "passive"}}).ignored.size(), 1U);
  EXPECT_EQ(read_wishes({{"transport-protocol", "UDP/TLS/RTP/SAVP"}}).ignored.size(), 1U);
}

TEST(Wishes, OddValuesLeaveTheDefault) {
  for (const Dict& dict : {key("ptime", "x"), key("TOS", 256), key("transport-protocol", "TCP"),
                           key("address-family", "IP5"), key("SDES", List{"no-NO_SUCH"}),
                           key("DTMF-send", "x"), key("DTMF-security", "x"), key("delete-delay", -1)}) {
    const Wishes wishes = read_wishes(dict);
    EXPECT_EQ(wishes.odd.size(), 1U) << print_bencode(Value(dict));
    EXPECT_EQ(shown(options_of(dict)).find("ptime"), std::string::npos);
  }
}

TEST(Wishes, ATextOfFlagsHasListsDictionariesAndTags) {
  Dict dict = {{"rtpp-flags", "a=[x y] b=[k=v l=[m n]] to-tag=t  lone [x"}, {"flags", List{"before"}}};
  expand_rtpp_flags(dict);
  dict.entries().erase(dict.entries().begin());
  EXPECT_EQ(print_bencode(Value(dict)),
            "d5:flagsl6:before6:to-tag4:lone2:[xe1:al1:x1:ye1:bd1:k1:v1:ll1:m1:nee6:to-tag1:te");
}

}  // namespace
}  // namespace pollux::ng
