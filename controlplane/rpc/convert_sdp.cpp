#include "controlplane/rpc/convert_sdp.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "controlplane/rpc/convert.hpp"
#include "controlplane/rpc/convert_dtmf.hpp"
#include "controlplane/rpc/convert_media.hpp"
#include "controlplane/rpc/convert_srtp.hpp"
#include "controlplane/rpc/read_enum.hpp"
#include "controlplane/rpc/times.hpp"

namespace pollux::rpc {

namespace {

using control::Violations;

constexpr std::size_t kMostNames = 64;  // in one list of codecs, suites or media

template <typename Repeated>
int bounded(const Repeated& list, const std::string& field, Violations& violations) {
  const auto size = static_cast<std::size_t>(list.size());
  if (size > kMostNames) {
    violations.push_back(
        {field, "at most " + std::to_string(kMostNames) + " entries, not " + std::to_string(size)});
  }
  return static_cast<int>(std::min(size, kMostNames));
}

template <typename Repeated>
std::vector<sdp::CodecName> read_names(const Repeated& list, const std::string& field,
                                       Violations& violations) {
  std::vector<sdp::CodecName> names;
  const int count = bounded(list, field, violations);
  for (int i = 0; i < count; ++i) {
    if (auto name = sdp::parse_codec_name(list.Get(i))) {
      names.push_back(std::move(*name));
    } else {
      violations.push_back({field + "[" + std::to_string(i) + "]", name.error().message});
    }
  }
  return names;
}

sdp::CodecOptions read_codec_options(const v1::CodecOptions& from, const std::string& path,
                                     Violations& violations) {
  sdp::CodecOptions to;
  to.strip = read_names(from.strip(), path + ".strip", violations);
  to.except = read_names(from.except(), path + ".except", violations);
  to.offer = read_names(from.offer(), path + ".offer", violations);
  to.mask = read_names(from.mask(), path + ".mask", violations);
  to.consume = read_names(from.consume(), path + ".consume", violations);
  to.accept = read_names(from.accept(), path + ".accept", violations);
  to.transcode = read_names(from.transcode(), path + ".transcode", violations);
  to.set = read_names(from.set(), path + ".set", violations);
  to.always_transcode = from.always_transcode();
  to.single = from.single();
  to.keep_order = from.keep_order();
  return to;
}

template <typename Repeated>
std::vector<SrtpSuite> read_suites(const Repeated& list, const std::string& field, Violations& violations) {
  std::vector<SrtpSuite> suites;
  const int count = bounded(list, field, violations);
  for (int i = 0; i < count; ++i) {
    if (const auto suite = read_suite(list.Get(i), field + "[" + std::to_string(i) + "]", violations)) {
      suites.push_back(*suite);
    }
  }
  return suites;
}

sdp::SdesOptions read_sdes(const v1::SdesOptions& from, const std::string& path, Violations& violations) {
  sdp::SdesOptions to;
  to.off = from.off();
  to.without = read_suites(from.without(), path + ".without", violations);
  to.only = read_suites(from.only(), path + ".only", violations);
  to.order = read_suites(from.order(), path + ".order", violations);
  to.pad = from.pad();
  to.lifetime = from.lifetime();
  to.with_mki = from.with_mki();
  return to;
}

std::optional<IpAddress> read_ip(const std::string& text, const std::string& field, Violations& violations) {
  if (text.empty()) {
    return std::nullopt;
  }
  const auto address = IpAddress::parse(text);
  if (!address) {
    violations.push_back({field, "must be an IPv4 or IPv6 address as text, not " + control::shown(text)});
  }
  return address;
}

std::string read_network(const std::string& name, const std::string& field,
                         const control::NodeDefaults& defaults, Violations& violations) {
  if (!name.empty() && control::find_network(defaults.networks, name) == nullptr) {
    std::string known;
    for (const config::NetworkConfig& network : defaults.networks) {
      known += (known.empty() ? "" : ", ") + network.name;
    }
    violations.push_back(
        {field, "must be one of the node's networks (" + known + "), not " + control::shown(name)});
  }
  return name;
}

std::uint16_t read_ms(std::uint32_t ms, std::uint16_t most, const std::string& field,
                      Violations& violations) {
  if (ms > most) {
    violations.push_back({field, "must be 0.." + std::to_string(most) + ", not " + std::to_string(ms)});
    return 0;
  }
  return static_cast<std::uint16_t>(ms);
}

// What the node decodes and encodes, and what only rides along with it.
std::uint32_t known_codecs(const control::NodeDefaults& defaults) {
  std::uint32_t known = 0;
  for (const CodecCost& codec : defaults.codecs) {
    known |= 1U << static_cast<unsigned>(codec.id);
  }
  for (const CodecFacts& codec : kCodecs) {
    known |= codec.audio ? 0U : 1U << static_cast<unsigned>(codec.id);
  }
  return known;
}

void read_transport(const v1::SdpOptions& from, const std::string& path, sdp::SdpOptions& to,
                    Violations& violations) {
  to.profile = read_enum<std::optional<sdp::RtpProfile>>(
      from.transport_profile(), std::nullopt,
      {{v1::TRANSPORT_PROFILE_RTP_AVP, sdp::RtpProfile{false, false, false}},
       {v1::TRANSPORT_PROFILE_RTP_AVPF, sdp::RtpProfile{false, true, false}},
       {v1::TRANSPORT_PROFILE_RTP_SAVP, sdp::RtpProfile{true, false, false}},
       {v1::TRANSPORT_PROFILE_RTP_SAVPF, sdp::RtpProfile{true, true, false}}},
      path + ".transport_profile", violations);
  const v1::ReplaceOptions& replace = from.replace();
  to.replace = {replace.origin(),       replace.session_connection(), replace.username(),
                replace.session_name(), replace.session_id(),         replace.version(),
                replace.zero_address()};
  const v1::RtcpMuxOptions& mux = from.rtcp_mux();
  to.rtcp_mux = {mux.offer(), mux.require(), mux.demux(), mux.accept(), mux.reject()};
  to.no_rtcp_attribute = from.no_rtcp_attribute();
  to.full_rtcp_attribute = from.full_rtcp_attribute();
  to.generate_mid = from.generate_mid();
  to.sdes = read_sdes(from.sdes(), path + ".sdes", violations);
  to.osrtp = read_enum<sdp::OsrtpMode>(from.osrtp(), sdp::OsrtpMode::kAccept,
                                       {{v1::OSRTP_MODE_OFF, sdp::OsrtpMode::kOff},
                                        {v1::OSRTP_MODE_ACCEPT, sdp::OsrtpMode::kAccept},
                                        {v1::OSRTP_MODE_OFFER, sdp::OsrtpMode::kOffer}},
                                       path + ".osrtp", violations);
  to.other_media = read_enum<sdp::OtherMedia>(
      from.other_media(), sdp::OtherMedia::kReject,
      {{v1::OTHER_MEDIA_REJECT, sdp::OtherMedia::kReject}, {v1::OTHER_MEDIA_PASS, sdp::OtherMedia::kPass}},
      path + ".other_media", violations);
}

sdp::SdpOptions read_options(const v1::SdpOptions& from, const control::NodeDefaults& defaults,
                             Violations& violations) {
  const std::string path = "options";
  sdp::SdpOptions to;
  read_transport(from, path, to, violations);
  to.known_codecs = known_codecs(defaults);
  to.from_network = read_network(from.from_network(), path + ".from_network", defaults, violations);
  to.to_network = read_network(from.to_network(), path + ".to_network", defaults, violations);
  to.family = read_family(from.address_family(), path + ".address_family", violations);
  to.media_address = read_ip(from.media_address(), path + ".media_address", violations);
  to.codecs = read_codec_options(from.codecs(), path + ".codecs", violations);
  to.ptime_ms = read_ms(from.ptime_ms(), kMaxPtimeMs, path + ".ptime_ms", violations);
  to.ptime_reverse_ms = read_ms(from.ptime_reverse_ms(), kMaxPtimeMs, path + ".ptime_reverse_ms", violations);
  const int removed = bounded(from.remove_media(), path + ".remove_media", violations);
  to.remove_media.assign(from.remove_media().begin(), from.remove_media().begin() + removed);
  to.received_from = read_ip(from.received_from(), path + ".received_from", violations);
  to.trust_address = from.trust_address();
  if (from.learning() != v1::LEARNING_MODE_UNSPECIFIED) {
    to.learning = read_learning(from.learning(), path + ".learning", violations);
  }
  if (from.source_policy() != v1::SOURCE_POLICY_UNSPECIFIED) {
    to.source_policy = read_source_policy(from.source_policy(), path + ".source_policy", violations);
  }
  if (from.has_dscp()) {
    to.dscp = static_cast<std::uint8_t>(
        read_ms(static_cast<std::uint32_t>(from.dscp()), 63, path + ".dscp", violations));
  }
  to.offerer_dtmf =
      read_dtmf_policy(from.offerer_dtmf(), control::LegFields::dtmf(), path + ".offerer_dtmf", violations);
  to.receiver_dtmf =
      read_dtmf_policy(from.receiver_dtmf(), control::LegFields::dtmf(), path + ".receiver_dtmf", violations);
  to.rtcp_xr = from.rtcp_xr();
  to.inactive = from.inactive();
  to.original_direction = from.original_direction();
  to.jitter_window_ms =
      read_ms(from.jitter_window_ms(), kMaxJitterWindowMs, path + ".jitter_window_ms", violations);
  return to;
}

enum class Need : bool { kMayBeEmpty, kMustBeSet };

std::string read_text(const std::string& text, const char* field, Need need, Violations& violations) {
  const bool printable = std::none_of(text.begin(), text.end(),
                                      [](unsigned char letter) { return letter < 0x20 || letter == 0x7f; });
  if (text.size() > call::kMaxNameBytes || !printable || (text.empty() && need == Need::kMustBeSet)) {
    violations.push_back({field, "must be " + std::string(need == Need::kMustBeSet ? "1" : "0") + ".." +
                                     std::to_string(call::kMaxNameBytes) +
                                     " bytes without control characters, not " + control::shown(text)});
  }
  return text;
}

sdp::Document read_body(const std::string& body, Violations& violations, std::string& malformed) {
  auto document = sdp::parse_document(body);
  if (!document) {
    malformed = document.error().cause;
    violations.push_back({document.error().field, document.error().message});
    return {};
  }
  return std::move(*document);
}

void write_media(const call::MediaView& media, std::uint32_t index, v1::CallMedia& message) {
  message.set_index(index);
  message.set_kind(media.kind);
  message.set_protocol(media.protocol);
  message.set_leg_id(media.leg_id);
  message.set_direction(direction_of(media.direction));
  for (const CodecFormat& codec : media.codecs) {
    write_codec(codec, *message.add_codecs());
  }
  if (media.srtp_suite) {
    message.set_srtp_suite(suite_of(*media.srtp_suite));
  }
}

}  // namespace

call::Offer read_offer(const v1::OfferRequest& request, const control::NodeDefaults& defaults,
                       Violations& violations, std::string& malformed) {
  call::Offer offer;
  offer.name = {read_text(request.call_id(), "call_id", Need::kMustBeSet, violations),
                read_text(request.from_tag(), "from_tag", Need::kMustBeSet, violations),
                read_text(request.to_tag(), "to_tag", Need::kMayBeEmpty, violations),
                read_text(request.via_branch(), "via_branch", Need::kMayBeEmpty, violations)};
  offer.options = read_options(request.options(), defaults, violations);
  offer.labels.insert(request.labels().begin(), request.labels().end());
  if (request.has_media_timeout()) {
    offer.media_timeout = read_media_timeout(request.media_timeout(), "media_timeout", violations);
  }
  if (violations.empty()) {
    offer.sdp = read_body(request.sdp(), violations, malformed);
  }
  return offer;
}

call::Answer read_answer(const v1::AnswerRequest& request, const control::NodeDefaults& defaults,
                         Violations& violations, std::string& malformed) {
  call::Answer answer;
  answer.name = {read_text(request.call_id(), "call_id", Need::kMustBeSet, violations),
                 read_text(request.from_tag(), "from_tag", Need::kMustBeSet, violations),
                 read_text(request.to_tag(), "to_tag", Need::kMustBeSet, violations),
                 read_text(request.via_branch(), "via_branch", Need::kMayBeEmpty, violations)};
  answer.options = read_options(request.options(), defaults, violations);
  answer.final = request.final();
  if (violations.empty()) {
    answer.sdp = read_body(request.sdp(), violations, malformed);
  }
  return answer;
}

call::DialogName read_name(const v1::DeleteCallRequest& request, Violations& violations) {
  return {read_text(request.call_id(), "call_id", Need::kMustBeSet, violations),
          read_text(request.from_tag(), "from_tag", Need::kMayBeEmpty, violations),
          read_text(request.to_tag(), "to_tag", Need::kMayBeEmpty, violations),
          read_text(request.via_branch(), "via_branch", Need::kMayBeEmpty, violations)};
}

void check_call_id(const std::string& call_id, Violations& violations) {
  read_text(call_id, "call_id", Need::kMustBeSet, violations);
}

void write_call(const call::CallView& view, v1::Call& message) {
  message.set_call_id(view.call_id);
  write_session(view.session, *message.mutable_session());
  write_time(view.last_signal, *message.mutable_last_signal_time());
  for (const call::PartyView& party : view.parties) {
    v1::Party& to = *message.add_parties();
    to.set_tag(party.tag);
    to.set_via_branch(party.via_branch);
    write_time(party.create_time, *to.mutable_create_time());
    for (const call::MediaView& media : party.media) {
      const auto index = static_cast<std::uint32_t>(to.media_size() + 1);  // before there is one more
      write_media(media, index, *to.add_media());
    }
    for (const std::string& tag : party.peer_tags) {
      to.add_peer_tags(tag);
    }
    to.set_active(party.active);
  }
}

}  // namespace pollux::rpc
