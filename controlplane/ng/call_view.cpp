#include "controlplane/ng/call_view.hpp"

#include <chrono>
#include <cmath>

namespace pollux::ng {

namespace {

std::int64_t unix_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Dict endpoint(const std::string& address, std::uint32_t port) {
  return {{"family", address.find(':') == std::string::npos ? "IPv4" : "IPv6"},
          {"address", address},
          {"port", port}};
}

Dict traffic(std::uint64_t packets, std::uint64_t bytes, std::uint64_t errors) {
  return {{"packets", packets}, {"bytes", bytes}, {"errors", errors}};
}

// One socket of a leg.
Dict stream(const v1::StreamState& state, const v1::LegSpec* spec, bool rtcp, v1::SrtpSuite suite) {
  Dict view = {{"local port", state.local().port()},
               {"local address", state.local().address()},
               {"family", state.local().address().find(':') == std::string::npos ? "IPv4" : "IPv6"}};
  view.set("endpoint", endpoint(state.destination().address(), state.destination().port()));
  if (spec != nullptr) {
    const v1::SocketAddress& told =
        rtcp && spec->has_remote_rtcp() ? spec->remote_rtcp() : spec->remote_rtp();
    const std::uint32_t next = rtcp && !spec->has_remote_rtcp() && told.port() != 0 ? 1 : 0;
    view.set("advertised endpoint", endpoint(told.address(), told.port() + next));
  }
  if (suite != v1::SRTP_SUITE_UNSPECIFIED) {
    view.set("crypto suite", suite_name(suite));
  }
  view.set("last packet", state.has_last_rx_age() ? unix_seconds() - state.last_rx_age().seconds() : 0);
  view.set("SSRC", state.ssrc());
  List flags{rtcp ? "RTCP" : "RTP"};
  if (state.destination().port() != 0) {
    flags.emplace_back("filled");
  }
  if (state.source_confirmed()) {
    flags.emplace_back("confirmed");
  }
  if (spec != nullptr && spec->source_policy() == v1::SOURCE_POLICY_MEDIA_HANDOVER) {
    flags.emplace_back("media handover");
  } else if (spec != nullptr && spec->source_policy() != v1::SOURCE_POLICY_ACCEPT_ANY) {
    flags.emplace_back("strict source");
  }
  view.set("flags", std::move(flags));
  view.set("stats", traffic(state.rx_packets(), state.rx_bytes(), state.dropped()));
  view.set("stats_out", traffic(state.tx_packets(), state.tx_bytes(), 0));
  return view;
}

List media_flags(const v1::CallMedia& media, const v1::LegSpec* spec) {
  List flags{"initialized"};
  const auto add = [&flags](bool wanted, const char* flag) {
    if (wanted) {
      flags.emplace_back(flag);
    }
  };
  add(spec != nullptr && spec->learning() == v1::LEARNING_MODE_OFF, "asymmetric");
  const v1::Direction direction = media.direction();
  add(direction != v1::DIRECTION_RECVONLY && direction != v1::DIRECTION_INACTIVE, "send");
  add(direction != v1::DIRECTION_SENDONLY && direction != v1::DIRECTION_INACTIVE, "recv");
  add(spec != nullptr && spec->rtcp_mux(), "rtcp-mux");
  add(media.srtp_suite() != v1::SRTP_SUITE_UNSPECIFIED, "SDES");
  return flags;
}

Dict media_view(const v1::Call& call, const v1::CallMedia& media) {
  const v1::LegSpec* spec = leg_spec(call, media.leg_id());
  const v1::LegState* state = leg_state(call, media.leg_id());
  Dict view = {{"index", media.index()}, {"type", media.kind()}, {"protocol", media.protocol()}};
  if (media.codecs_size() > 0) {
    view.set("codec", media.codecs(0).encoding());
  }
  List streams;
  List ssrcs;
  if (state != nullptr) {
    streams.emplace_back(stream(state->rtp(), spec, false, media.srtp_suite()));
    if (spec == nullptr || !spec->rtcp_mux()) {
      streams.emplace_back(stream(state->rtcp(), spec, true, media.srtp_suite()));
    }
    if (state->rtp().rx_packets() > 0) {
      ssrcs.emplace_back(Dict{{"SSRC", state->rtp().ssrc()},
                              {"bytes", state->rtp().rx_bytes()},
                              {"packets", state->rtp().rx_packets()}});
    }
  }
  view.set("streams", std::move(streams));
  view.set("flags", media_flags(media, spec));
  view.set("ingress SSRCs", std::move(ssrcs));
  return view;
}

Dict party_view(const v1::Call& call, const v1::Party& party) {
  Dict view = {{"tag", party.tag()}};
  if (!party.via_branch().empty()) {
    view.set("via-branch", party.via_branch());
  }
  if (const std::string label = label_of(call, party.tag()); !label.empty()) {
    view.set("label", label);
  }
  view.set("created", party.create_time().seconds());
  List peers;
  for (const std::string& tag : party.peer_tags()) {
    peers.emplace_back(Dict{{"tag", tag}, {"type", "offer/answer"}});
  }
  if (party.peer_tags_size() > 0) {
    view.set("in dialogue with", party.peer_tags(0));
  }
  view.set("subscriptions", peers);
  view.set("subscribers", std::move(peers));
  List medias;
  for (const v1::CallMedia& media : party.media()) {
    medias.emplace_back(media_view(call, media));
  }
  view.set("medias", std::move(medias));
  return view;
}

Dict mos_view(double mos, const v1::StreamQuality& quality) {
  const double lost = quality.expected() > 0 ? 100.0 * static_cast<double>(quality.lost()) /
                                                   static_cast<double>(quality.expected())
                                             : 0;
  return {{"MOS", std::lround(mos * 10)},
          {"round-trip time", quality.has_round_trip_ms() ? std::lround(quality.round_trip_ms() * 1000) : 0},
          {"jitter", std::lround(quality.jitter_ms())},
          {"packet loss", std::lround(lost)},
          {"samples", 1}};
}

Dict ssrc_view(const v1::LegState& leg) {
  const v1::StreamQuality& quality = leg.quality();
  Dict view = {{"SSRC", leg.rtp().ssrc()},
               {"bytes", leg.rtp().rx_bytes()},
               {"packets", leg.rtp().rx_packets()},
               {"cumulative loss", quality.lost()}};
  if (quality.has_mos()) {
    const double lowest = quality.has_lowest_mos() ? quality.lowest_mos() : quality.mos();
    view.set("average MOS", mos_view(quality.mos(), quality));
    view.set("lowest MOS", mos_view(lowest, quality));
    view.set("highest MOS", mos_view(std::max(quality.mos(), lowest), quality));
  }
  return view;
}

}  // namespace

std::string suite_name(v1::SrtpSuite suite) {
  // Names in SDP (RFC 4568 §6.2) are those of the enum without its prefix.
  constexpr std::string_view kPrefix = "SRTP_SUITE_";
  const std::string& name = v1::SrtpSuite_Name(suite);
  return name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : name;
}

const v1::LegState* leg_state(const v1::Call& call, std::string_view leg_id) {
  for (const v1::LegState& leg : call.session().state().legs()) {
    if (leg.leg_id() == leg_id) {
      return &leg;
    }
  }
  return nullptr;
}

const v1::LegSpec* leg_spec(const v1::Call& call, std::string_view leg_id) {
  for (const v1::LegSpec& leg : call.session().spec().legs()) {
    if (leg.leg_id() == leg_id) {
      return &leg;
    }
  }
  return nullptr;
}

std::string label_of(const v1::Call& call, const std::string& tag) {
  const auto& labels = call.session().spec().labels();
  const auto found = labels.find("label." + tag);
  return found != labels.end() ? found->second : "";
}

Dict view_of(const v1::Call& call, const TagFilter& filter) {
  const auto& created = call.session().state().create_time();
  constexpr std::int64_t kMicroseconds = 1'000'000;
  const std::int64_t microseconds = created.nanos() / 1000;
  Dict view = {{"created", created.seconds()},
               {"created_us", microseconds},
               {"created_ts", created.seconds() * kMicroseconds + microseconds},
               {"last signal", call.last_signal_time().seconds()}};
  Dict ssrcs;
  std::uint64_t sums[2][3] = {};
  for (const v1::LegState& leg : call.session().state().legs()) {
    const v1::StreamState* streams[2] = {&leg.rtp(), &leg.rtcp()};
    for (int i = 0; i < 2; ++i) {
      sums[i][0] += streams[i]->rx_packets();
      sums[i][1] += streams[i]->rx_bytes();
      sums[i][2] += streams[i]->dropped();
    }
    if (leg.rtp().rx_packets() > 0) {
      ssrcs.set(std::to_string(leg.rtp().ssrc()), ssrc_view(leg));
    }
  }
  view.set("SSRC", std::move(ssrcs));
  Dict tags;
  const bool all = filter.from_tag.empty() && filter.to_tag.empty();
  for (const v1::Party& party : call.parties()) {
    if (!party.tag().empty() && (all || party.tag() == filter.from_tag || party.tag() == filter.to_tag)) {
      tags.set(party.tag(), party_view(call, party));
    }
  }
  view.set("tags", std::move(tags));
  view.set("totals", Dict{{"RTP", traffic(sums[0][0], sums[0][1], sums[0][2])},
                          {"RTCP", traffic(sums[1][0], sums[1][1], sums[1][2])}});
  view.set("session-id", call.session().session_id());
  return view;
}

}  // namespace pollux::ng
