// A media description in words, for tests: a line for each section, one below for each format and key.
#pragma once

#include <string>
#include <vector>

#include "controlplane/sdp/media_description.hpp"

namespace pollux::sdp::test {

inline std::string told_of(const std::optional<SocketAddress>& address) {
  return address ? address->to_string() : "nowhere";
}

inline std::string told_of(const Format& format) {
  std::string text = "  " + std::to_string(format.payload_type) + " ";
  text += format.encoding.empty() ? "?" : format.encoding + "/" + std::to_string(format.clock_rate);
  text += format.channels == 1 ? "" : "/" + std::to_string(format.channels);
  text += format.fmtp.empty() ? "" : " (" + format.fmtp + ")";
  if (format.params) {
    text += " known as " + std::string(codec_facts(format.params->id).name);
  }
  return text + "\n";
}

inline std::string told_of(const MediaDescription& media) {
  constexpr const char* kDirections[] = {"sendrecv", "sendonly", "recvonly", "inactive"};
  std::string text = "line " + std::to_string(media.line) + ": " + media.kind_name + " " +
                     std::to_string(media.port) + " " + media.protocol;
  text += media.profile ? "" : " (not RTP)";
  text += "; RTP to " + told_of(media.remote_rtp()) + ", RTCP to " + told_of(media.remote_rtcp());
  text += media.rtcp_mux ? (media.rtcp_mux_only ? " or mux only" : " or mux") : "";
  text += media.rtcp_mux ? " apart " + told_of(media.remote_rtcp_apart()) : "";
  text += media.zero_address ? "; zero" : "";
  text += media.ipv6 ? "; IPv6" : "";
  text += std::string("; ") + kDirections[static_cast<unsigned>(media.direction)];
  text += media.direction_said ? "" : " unsaid";
  text += media.ptime_ms == 0 ? "" : "; ptime " + std::to_string(media.ptime_ms);
  text += media.maxptime_ms == 0 ? "" : "; maxptime " + std::to_string(media.maxptime_ms);
  text += media.fingerprint ? "; fingerprint" : "";
  text += media.ice ? "; ice" : "";
  text += "\n";
  for (const Format& format : media.formats) {
    text += told_of(format);
  }
  for (const CryptoAttribute& crypto : media.crypto) {
    text += "  crypto " + std::to_string(crypto.tag) + " " + std::string(facts_of(crypto.suite()).name) +
            (usable(crypto) ? "" : " not usable") + "\n";
  }
  return text +
         (media.crypto_unknown == 0 ? "" : "  " + std::to_string(media.crypto_unknown) + " unknown crypto\n");
}

inline std::string told_of(const std::vector<MediaDescription>& all) {
  std::string text;
  for (const MediaDescription& media : all) {
    text += told_of(media);
  }
  return text;
}

}  // namespace pollux::sdp::test
