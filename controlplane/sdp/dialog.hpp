// Offer and answer between two parties with a relay in between (RFC 3264): what each was told, what it said,
// and what the relay has to provide for it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "controlplane/sdp/dialog_state.hpp"
#include "controlplane/sdp/document.hpp"
#include "controlplane/sdp/exchange.hpp"
#include "controlplane/sdp/media_leg.hpp"
#include "controlplane/sdp/sdp_options.hpp"
#include "dataplane/base/random_source.hpp"

namespace pollux::sdp {

// What a section came to, for people: CallMedia of the API.
struct SectionView {
  std::string kind;
  std::array<std::string, 2> protocol;  // by Side; empty: rejected
  std::array<Direction, 2> direction{};
  std::array<std::vector<CodecFormat>, 2> codecs;  // empty: not looked at
};

// A value: copy it, let the copy take the offer, make the legs, and keep the copy if all went well. Keys that
// it made stay the same while the other side's SDP asks for the same. Any thread, one at a time; no clock.
class Dialog {
 public:
  // `offer` came from `from`. Post: legs() say what is needed, write() makes the offer for the other side. An
  // offer while another one is open replaces it. `warnings` get what is done in another way than asked for.
  // Errors: line_error()s; SDP_UNSUPPORTED when no section is left that can be relayed (names the first).
  Expected<void> take_offer(Side from, const Document& offer, const SdpOptions& options, RandomSource& random,
                            std::vector<std::string>& warnings);

  // `answer` came from `from`, to the last offer that write() made for it; the first of several holds no more
  // than the last. Of `options` only what may be in an answer. Sections that it leaves out at its end are
  // rejected. Errors: as above, NO_OFFER without an offer (kInvalidArgument), SDP_MALFORMED when sections
  // don't match the offer's (RFC 3264 §6).
  Expected<void> take_answer(Side from, const Document& answer, const SdpOptions& options,
                             RandomSource& random, std::vector<std::string>& warnings);

  // One for each m= line so far; sections never go away (RFC 3264 §8).
  std::vector<SectionLegs> legs() const;
  std::size_t sections() const { return sections_.size(); }

  // The SDP for other(from), made of the body that was taken last from `from`, with all sections. Keeps in
  // mind what it told: the version of o= goes up when the text has changed. Pre: `ports` are those of legs(),
  // in order.
  Document write(Side from, const Document& body, std::span<const SectionPorts> ports);

  std::vector<SectionView> view() const;
  bool offer_open() const;  // an offer went on, and no answer came
  Side offerer() const;     // of the last offer
  // No media is to be waited for: an answer is still to come, or no party sends to one that receives.
  bool silent() const;

  // A dialog with another receiver of the same offer, for a fork: the caller's side as it is here, its keys
  // included, the callee's new. Pre: the last offer was the caller's; take_offer() it again.
  Dialog fork() const;

 private:
  std::vector<SectionState> sections_;
  std::array<ToldSession, 2> told_;   // by Side
  std::array<PartyPlace, 2> places_;  // by Side
  SdpOptions options_;                // of the last offer
  Side offerer_ = Side::kCaller;
  bool offered_ = false;  // there was an offer at all
  bool open_ = false;
};

}  // namespace pollux::sdp
