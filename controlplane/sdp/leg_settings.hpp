// What legs take from what their parties say and from the options.
#pragma once

#include "controlplane/sdp/exchange.hpp"

namespace pollux::sdp {

// Where the party that says `media` is sent to, and what it does. Pre: party.leg.family and rtcp_mux are set.
void aim_leg(PartyState& party, const MediaDescription& media, const Exchange& exchange);

// After rtcp_mux of the leg has changed.
void aim_rtcp(PartyState& party);

// The codecs of both legs and all that depends on them. `warnings`: nullptr before there is an answer.
void set_codecs(SectionState& state, Side offerer, std::vector<CodecFormat> offerer_codecs,
                std::vector<CodecFormat> receiver_codecs, const SdpOptions& options,
                std::vector<std::string>* warnings);

}  // namespace pollux::sdp
