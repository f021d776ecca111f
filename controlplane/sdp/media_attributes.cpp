#include "controlplane/sdp/media_attributes.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "controlplane/sdp/connection_line.hpp"
#include "controlplane/sdp/text_number.hpp"
#include "controlplane/sdp/words.hpp"

namespace pollux::sdp {

namespace {

constexpr std::uint32_t kMaxMilliseconds = 60000;

constexpr auto kDirections = std::to_array<std::pair<std::string_view, Direction>>({
    {"sendrecv", Direction::kSendRecv},
    {"sendonly", Direction::kSendOnly},
    {"recvonly", Direction::kRecvOnly},
    {"inactive", Direction::kInactive},
});

// "20", or "2.5", which is 3; none: no such number.
std::optional<std::uint32_t> read_milliseconds(std::string_view text) {
  const auto point = std::min(text.find('.'), text.size());
  const std::string_view fraction = text.substr(std::min(point + 1, text.size()));
  if (fraction.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  const auto whole = number(text.substr(0, point), 0, kMaxMilliseconds);
  const bool more = fraction.find_first_not_of('0') != std::string_view::npos;
  return whole ? std::optional(*whole + (more ? 1 : 0)) : std::nullopt;
}

}  // namespace

bool read_session_attribute(const Line& line, MediaDescription& media) {
  if (line.type != 'a') {
    return false;
  }
  const std::string_view name = line.attribute();
  for (const auto& [known, direction] : kDirections) {
    if (name == known) {
      media.direction = direction;
      media.direction_said = true;
      return true;
    }
  }
  media.fingerprint = media.fingerprint || name == "fingerprint";
  media.ice = media.ice || name == "ice-ufrag";
  return name == "fingerprint" || name == "ice-ufrag";
}

Expected<void> MediaAttributes::read(const Line& line) {
  if (read_session_attribute(line, media_)) {
    return {};
  }
  const std::string_view name = line.attribute();
  if (name == "ptime") {
    read_duration(line, media_.ptime_ms);
    return {};
  }
  if (name == "maxptime") {
    read_duration(line, media_.maxptime_ms);
    return {};
  }
  if (!media_.profile) {
    return {};
  }
  if (name == "rtpmap") {
    return formats_.read_rtpmap(line);
  }
  if (name == "fmtp") {
    return formats_.read_fmtp(line);
  }
  if (name == "crypto") {
    return read_crypto(line);
  }
  if (name == "rtcp") {
    return read_rtcp(line);
  }
  media_.rtcp_mux_only = media_.rtcp_mux_only || name == "rtcp-mux-only";
  media_.rtcp_mux = media_.rtcp_mux || name == "rtcp-mux" || name == "rtcp-mux-only";
  return {};
}

Expected<void> MediaAttributes::read_crypto(const Line& line) {
  auto crypto = parse_crypto(line.attribute_value());
  if (!crypto) {
    if (crypto.error().cause != kCryptoMalformed) {
      ++media_.crypto_unknown;
      return {};
    }
    return line_error(kSdpMalformed, line, "the a=crypto line breaks RFC 4568: " + crypto.error().message);
  }
  const bool again = std::any_of(media_.crypto.begin(), media_.crypto.end(),
                                 [&crypto](const auto& other) { return other.tag == crypto->tag; });
  if (again) {
    return line_error(kSdpMalformed, line,
                      "the a=crypto line has the tag of an earlier one; each has its own");
  }
  media_.crypto.push_back(std::move(*crypto));
  return {};
}

Expected<void> MediaAttributes::read_rtcp(const Line& line) {
  std::string_view rest = line.attribute_value();
  const auto port = number(take_word(rest), 1, 65535);
  if (!port) {
    return line_error(kSdpMalformed, line, "behind rtcp: must stand a port, 1..65535");
  }
  std::optional<IpAddress> address = media_.address;
  if (!trim(rest).empty()) {
    auto connection = read_connection(line, rest);
    if (!connection) {
      return tl::unexpected(std::move(connection.error()));
    }
    address = connection->address;
  }
  if (address) {
    media_.rtcp = SocketAddress{*address, static_cast<std::uint16_t>(*port)};
  }
  return {};
}

void MediaAttributes::read_duration(const Line& line, std::uint16_t& milliseconds) {
  if (const auto value = read_milliseconds(line.attribute_value())) {
    milliseconds = static_cast<std::uint16_t>(*value);
  }
}

}  // namespace pollux::sdp
