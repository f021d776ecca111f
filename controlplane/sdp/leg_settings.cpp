#include "controlplane/sdp/leg_settings.hpp"

#include <algorithm>
#include <utility>

#include "controlplane/sdp/leg_rules.hpp"

namespace pollux::sdp {

namespace {

bool reachable(const std::optional<SocketAddress>& address, AddressFamily family) {
  return address && address->port != 0 && sendable(address->ip) && address->ip.family() == family;
}

bool passes_both_ways(const CodecFormat* a, const CodecFormat* b) {
  return a != nullptr && b != nullptr && passes_as(a->params, b->params) && passes_as(b->params, a->params);
}

}  // namespace

void aim_leg(PartyState& party, const MediaDescription& media, const Exchange& exchange) {
  MediaLeg& leg = party.leg;
  leg.direction = party.said.effective_direction();
  std::optional<SocketAddress> rtp = media.remote_rtp();
  std::optional<SocketAddress> rtcp = media.remote_rtcp_apart();
  const SdpOptions& options = exchange.options;
  if (options.received_from && !options.trust_address) {
    for (auto* const address : {&rtp, &rtcp}) {
      if (*address) {
        (*address)->ip = *options.received_from;
      }
    }
  }
  if (rtp && !reachable(rtp, leg.family)) {
    exchange.warnings.push_back("line " + std::to_string(media.line) + ": " + rtp->to_string() +
                                (sendable(rtp->ip) ? " isn't of the family that the party is reached by"
                                                   : " is an address that no other host has") +
                                "; media is sent where the party's media comes from");
    rtp.reset();
  }
  if (!rtp || !reachable(rtcp, leg.family)) {
    rtcp.reset();
  }
  if (rtp && rtp->port == UINT16_MAX && !rtcp) {
    rtcp = rtp;  // there is no port above
  }
  leg.remote_rtp = rtp;
  party.remote_rtcp_apart = rtcp;
  aim_rtcp(party);
}

void aim_rtcp(PartyState& party) {
  party.leg.remote_rtcp = party.leg.rtcp_mux ? std::nullopt : party.remote_rtcp_apart;
}

void set_codecs(SectionState& state, Side offerer, std::vector<CodecFormat> offerer_codecs,
                std::vector<CodecFormat> receiver_codecs, const SdpOptions& options,
                std::vector<std::string>* warnings) {
  std::vector<std::string> unheard;
  state.party(offerer).leg.codecs = std::move(offerer_codecs);
  state.party(other(offerer)).leg.codecs = std::move(receiver_codecs);
  const bool transcoded =
      !passes_both_ways(first_audio(state.parties[0].leg.codecs), first_audio(state.parties[1].leg.codecs));
  for (const Side side : {offerer, other(offerer)}) {
    PartyState& party = state.party(side);
    MediaLeg& leg = party.leg;
    const std::uint16_t wish = party.ptime_ms != 0 ? party.ptime_ms : transcoded ? party.said.ptime_ms : 0;
    leg.ptime_ms = leg_ptime(wish, leg.codecs);
    leg.dtmf = leg_dtmf(party.dtmf, leg.codecs, side == Side::kCaller ? "caller" : "callee",
                        warnings != nullptr ? *warnings : unheard);
    leg.rtcp_xr = options.rtcp_xr && !leg.codecs.empty();
    leg.jitter_window_ms.reset();
    if (options.jitter_window_ms != 0 && !leg.codecs.empty()) {
      leg.jitter_window_ms = std::min(options.jitter_window_ms, kMaxJitterWindowMs);
    }
  }
}

}  // namespace pollux::sdp
