// One section of an offer or an answer, taken into the state of its dialog.
#pragma once

#include <string>
#include <vector>

#include "controlplane/sdp/dialog_state.hpp"
#include "controlplane/sdp/document.hpp"
#include "controlplane/sdp/sdp_options.hpp"
#include "dataplane/base/random_source.hpp"

namespace pollux::sdp {

// How a party is reached, the same for all sections.
struct PartyPlace {
  std::string network;
  std::optional<AddressFamily> family;  // unset: not known yet
};

struct Exchange {
  Side from;                        // whose SDP this is
  const SdpOptions& offer_options;  // of the offer that the exchange began with
  const SdpOptions& options;        // of this message
  std::array<PartyPlace, 2>& places;
  RandomSource& random;
  std::vector<std::string>& warnings;

  Side to() const { return other(from); }
  PartyPlace& place(Side side) const { return places[index_of(side)]; }
};

// What a section is in a body: `media` describes `section`; `index` counts from 0.
struct BodySection {
  const MediaDescription& media;
  const Section& section;
  std::size_t index;
};

// Errors: SDP_UNSUPPORTED, where the section can't be relayed; then it is rejected, and the rest may go on.
Expected<void> offer_section(SectionState& state, const BodySection& body, const Exchange& exchange);

// Pre: as many sections, of the same kinds, as the offer had. Errors: SDP_MALFORMED.
Expected<void> answer_section(SectionState& state, const BodySection& body, const Exchange& exchange);

}  // namespace pollux::sdp
