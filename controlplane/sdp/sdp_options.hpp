// How the SDP for the other party is to be made: SdpOptions of the API (offer_answer.proto), as plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/sdp/media_description.hpp"

namespace pollux::sdp {

// One name in a list of CodecOptions: "opus/48000/2//useinbandfec=1", "all", "full".
struct CodecName {
  std::string encoding;
  std::uint32_t clock_rate = 0;  // 0: any, or the codec's usual one
  std::uint32_t channels = 0;
  std::string fmtp;
  bool all = false;   // every one
  bool full = false;  // every one that Pollux decodes
  friend bool operator==(const CodecName&, const CodecName&) = default;
};
Expected<CodecName> parse_codec_name(std::string_view text);

struct CodecOptions {
  std::vector<CodecName> strip, except, offer, mask, consume, accept, transcode, set;
  bool always_transcode = false;
  bool single = false;
  bool keep_order = false;
  friend bool operator==(const CodecOptions&, const CodecOptions&) = default;
};

struct ReplaceOptions {
  bool origin = false, session_connection = false, username = false, session_name = false, session_id = false,
       version = false, zero_address = false;
  friend bool operator==(const ReplaceOptions&, const ReplaceOptions&) = default;
};

struct RtcpMuxOptions {
  bool offer = false, require = false, demux = false, accept = false, reject = false;
  friend bool operator==(const RtcpMuxOptions&, const RtcpMuxOptions&) = default;
};

struct SdesOptions {
  bool off = false;
  std::vector<SrtpSuite> without, only, order;
  bool pad = false, lifetime = false, with_mki = false;
  friend bool operator==(const SdesOptions&, const SdesOptions&) = default;
};

enum class OsrtpMode : std::uint8_t { kAccept, kOff, kOffer };
enum class OtherMedia : std::uint8_t { kReject, kPass };

struct SdpOptions {
  std::optional<RtpProfile> profile;  // towards the receiver; unset: the offer's
  std::string from_network, to_network;
  std::optional<AddressFamily> family;
  std::optional<IpAddress> media_address;
  ReplaceOptions replace;
  RtcpMuxOptions rtcp_mux;
  bool no_rtcp_attribute = false;
  bool full_rtcp_attribute = false;
  bool generate_mid = false;
  CodecOptions codecs;
  std::uint16_t ptime_ms = 0;
  std::uint16_t ptime_reverse_ms = 0;
  SdesOptions sdes;
  OsrtpMode osrtp = OsrtpMode::kAccept;
  OtherMedia other_media = OtherMedia::kReject;
  std::vector<std::string> remove_media;
  std::optional<IpAddress> received_from;
  bool trust_address = false;
  std::optional<LearningMode> learning;
  std::optional<SourcePolicy> source_policy;
  std::optional<std::uint8_t> dscp;
  DtmfPolicy offerer_dtmf, receiver_dtmf;
  bool rtcp_xr = false;
  bool inactive = false;
  bool original_direction = false;
  std::uint16_t jitter_window_ms = 0;
  std::uint32_t known_codecs = ~std::uint32_t{0};  // a bit by CodecId: what this node can decode and encode
  friend bool operator==(const SdpOptions&, const SdpOptions&) = default;
};

}  // namespace pollux::sdp
