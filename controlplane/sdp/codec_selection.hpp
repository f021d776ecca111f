// Which formats of an offer go on to the receiver, and which new ones (CodecOptions).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "controlplane/sdp/media_description.hpp"
#include "controlplane/sdp/sdp_options.hpp"
#include "controlplane/sdp/section_plan.hpp"

namespace pollux::sdp {

// Formats that go along with audio: telephone-event, CN, red.
bool rides(const Format& format);
bool known_audio(const Format& format);
// The same but for number and parameters.
bool same_format(const Format& a, const Format& b);

// "opus/48000/2", as a=rtpmap has it behind the number.
std::string print_rtpmap(const Format& format);

// One of the list that the receiver is told.
struct ToldFormat {
  Format format;                      // with the number that it is told
  std::optional<std::size_t> origin;  // its place in the offerer's list; unset: added
  bool new_parameters = false;        // other ones than the offerer's
};

struct CodecOffer {
  std::vector<ToldFormat> told;
  std::vector<bool> usable;  // by place in the offerer's list: not stripped
  std::vector<bool> kept;    // the offerer may use it whatever the answer says
};

// Post: `told` has no number twice; the numbers of what the offerer has are the offerer's.
CodecOffer select_formats(std::span<const Format> offered, const CodecOptions& options,
                          std::uint32_t known_codecs, std::vector<std::string>& warnings);
// Everything, as it is: of media that isn't audio.
CodecOffer all_formats(std::span<const Format> offered);

std::vector<FormatPlan> plan_offer(const CodecOffer& offer);

}  // namespace pollux::sdp
