// What two parties agreed on: the formats that the answer to the offerer has, and those of both legs.
#pragma once

#include <span>
#include <vector>

#include "controlplane/sdp/codec_selection.hpp"

namespace pollux::sdp {

struct CodecAnswer {
  std::vector<FormatPlan> formats;             // of the answer to the offerer; empty: nothing in common
  std::vector<CodecFormat> offerer, answerer;  // of the legs; both empty: opaque
};

// `offered` is the offerer's list that `offer` was made of. `audio`: false for media that is never looked at.
CodecAnswer answer_formats(const CodecOffer& offer, std::span<const Format> offered,
                           std::span<const Format> answered, const CodecOptions& options, bool audio,
                           std::vector<std::string>& warnings);

// Of the legs before there is an answer; both empty: opaque.
CodecAnswer expect_formats(const CodecOffer& offer, std::span<const Format> offered);

}  // namespace pollux::sdp
