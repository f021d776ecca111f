#include "controlplane/sdp/media_description.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "controlplane/sdp/connection_line.hpp"
#include "controlplane/sdp/media_attributes.hpp"
#include "controlplane/sdp/media_line.hpp"
#include "controlplane/sdp/words.hpp"

namespace pollux::sdp {

namespace {

constexpr auto kKinds = std::to_array<std::pair<std::string_view, MediaKind>>({
    {"audio", MediaKind::kAudio},
    {"video", MediaKind::kVideo},
    {"text", MediaKind::kText},
    {"image", MediaKind::kImage},
    {"application", MediaKind::kApplication},
    {"message", MediaKind::kMessage},
});

MediaKind kind_of(std::string_view name) {
  for (const auto& [known, kind] : kKinds) {
    if (same_word(known, name)) {
      return kind;
    }
  }
  return MediaKind::kOther;
}

const Line* find_connection(const Section& section) {
  const auto found = std::find_if(section.lines.begin(), section.lines.end(),
                                  [](const Line& line) { return line.type == 'c'; });
  return found == section.lines.end() ? nullptr : &*found;
}

Expected<void> read_address(const Line* line, MediaDescription& media) {
  if (line == nullptr) {
    return {};  // parse_document() asks for it; a Document made here may lack it
  }
  auto connection = read_connection(*line, line->value);
  if (!connection) {
    // What isn't RTP isn't relayed: only the parties need to make sense of it.
    return media.profile ? tl::unexpected(std::move(connection.error())) : Expected<void>{};
  }
  media.address = connection->address;
  media.zero_address = !connection->address;
  media.ipv6 = connection->ipv6;
  return {};
}

Expected<MediaDescription> describe_section(const Document& document, const Section& section,
                                            const MediaDescription& session) {
  const Line& first = section.lines.front();
  auto line = read_media_line(first);
  if (!line) {
    return tl::unexpected(std::move(line.error()));
  }
  MediaDescription media;
  media.kind = kind_of(line->kind);
  media.kind_name = line->kind;
  media.port = line->port;
  media.protocol = line->protocol;
  media.profile = parse_profile(line->protocol);
  media.line = first.number;
  FormatList formats;
  if (media.profile) {
    if (auto fine = formats.read_numbers(first, line->formats); !fine && media.port != 0) {
      return tl::unexpected(std::move(fine.error()));
    }
  }
  if (media.port == 0) {
    media.formats = formats.take(media.kind == MediaKind::kAudio);
    return media;
  }
  if (media.profile && line->port_count > 1) {
    return line_error(kSdpUnsupported, first,
                      "only one port can be used for a section; offer one section for each");
  }
  const Line* const own = find_connection(section);
  if (auto fine = read_address(own != nullptr ? own : document.find('c'), media); !fine) {
    return tl::unexpected(std::move(fine.error()));
  }
  media.direction = session.direction;
  media.direction_said = session.direction_said;
  media.fingerprint = session.fingerprint;
  media.ice = session.ice;
  MediaAttributes attributes(media, formats);
  for (const Line& attribute : section.lines) {
    if (attribute.type != 'a') {
      continue;
    }
    if (auto fine = attributes.read(attribute); !fine) {
      return tl::unexpected(std::move(fine.error()));
    }
  }
  media.formats = formats.take(media.kind == MediaKind::kAudio);
  return media;
}

}  // namespace

std::optional<SocketAddress> MediaDescription::remote_rtp() const {
  return address && port != 0 ? std::optional(SocketAddress{*address, port}) : std::nullopt;
}

std::optional<SocketAddress> MediaDescription::remote_rtcp() const {
  return rtcp_mux ? remote_rtp() : remote_rtcp_apart();
}

std::optional<SocketAddress> MediaDescription::remote_rtcp_apart() const {
  if (rtcp || !address || port == 0 || port == UINT16_MAX) {
    return rtcp;
  }
  return SocketAddress{*address, static_cast<std::uint16_t>(port + 1)};
}

Expected<std::vector<MediaDescription>> describe(const Document& document) {
  MediaDescription session;
  for (const Line& line : document.session) {
    read_session_attribute(line, session);
  }
  std::vector<MediaDescription> all;
  all.reserve(document.sections.size());
  for (const Section& section : document.sections) {
    auto media = describe_section(document, section, session);
    if (!media) {
      return tl::unexpected(std::move(media.error()));
    }
    all.push_back(std::move(*media));
  }
  return all;
}

}  // namespace pollux::sdp
