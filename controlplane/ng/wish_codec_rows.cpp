// Words about formats.
#include "controlplane/ng/wishes.hpp"

namespace pollux::ng {

namespace {

using Text = std::string_view;
using Codecs = v1::CodecOptions;
constexpr Coverage kDone = Coverage::kDone;
constexpr Coverage kIgnored = Coverage::kIgnored;
constexpr Coverage kDifferent = Coverage::kDifferent;

// The proxies write NAME/CLOCK/CHANNELS/BITRATE/PTIME/PARAMETERS with "--" for "=" where their own syntax
// can't have that; the node takes NAME/CLOCK/CHANNELS//PARAMETERS.
std::string codec_name(Wishes& wishes, Text text) {
  std::vector<std::string> parts(1);
  for (const char letter : text) {
    if (letter == '/' && parts.size() < 6) {
      parts.emplace_back();
    } else {
      parts.back() += letter;
    }
  }
  std::string name = parts[0];
  for (std::size_t i = 1; i < parts.size() && i < 3; ++i) {
    name += "/" + parts[i];
  }
  if (parts.size() <= 3) {
    return name;
  }
  std::string parameters = parts.size() > 4 ? parts.back() : "";
  if (parts.size() == 5 && parameters.find('=') == std::string::npos && Value(parameters).number()) {
    wishes.odd.push_back("packet time of codec " + std::string(text.substr(0, 64)));
    parameters.clear();
  }
  if (parts.size() > 5 && !parts[4].empty()) {
    wishes.odd.push_back("packet time of codec " + std::string(text.substr(0, 64)));
  }
  if (const std::string& bitrate = parts[3]; !bitrate.empty() && parts[0] == "opus") {
    parameters += (parameters.empty() ? "" : ";") + std::string("maxaveragebitrate=") + bitrate;
  } else if (!bitrate.empty()) {
    wishes.odd.push_back("bit rate of codec " + std::string(text.substr(0, 64)));
  }
  return parameters.empty() ? name : name + "//" + parameters;
}

template <void (Codecs::*kAdd)(std::string&&)>
void add(Wishes& wishes, Text text) {
  (wishes.options.mutable_codecs()->*kAdd)(codec_name(wishes, text));
}
template <void (Codecs::*kSet)(bool)>
void turn_on(Wishes& wishes, Text /*text*/) {
  (wishes.options.mutable_codecs()->*kSet)(true);
}

}  // namespace

void add_codec_rows(std::vector<WishRow>& rows) {
  rows.insert(
      rows.end(),
      {
          {"codec", "strip-*", Place::kItem, kDone, "taken out of the offer; `all` is every one",
           add<&Codecs::add_strip>},
          {"codec", "except-*", Place::kItem, kDone, "not by strip-all or mask-all",
           add<&Codecs::add_except>},
          {"codec", "offer-*", Place::kItem, kDone, "with strip-all: kept, in this order",
           add<&Codecs::add_offer>},
          {"codec", "mask-*", Place::kItem, kDone, "taken out of the offer and transcoded",
           add<&Codecs::add_mask>},
          {"codec", "consume-*", Place::kItem, kDone, "mask, where anything is transcoded",
           add<&Codecs::add_consume>},
          {"codec", "accept-*", Place::kItem, kDone, "the offerer may use it whatever the answer says",
           add<&Codecs::add_accept>},
          {"codec", "transcode-*", Place::kItem, kDone, "added to the offer", add<&Codecs::add_transcode>},
          {"codec", "set-*", Place::kItem, kDone, "other parameters for a format of the offer",
           add<&Codecs::add_set>},
          {"codec", "ignore-*", Place::kItem, kDifferent, "as strip", add<&Codecs::add_strip>},
          {"", "transcode-*", Place::kFlag, kDone, "as codec-transcode", add<&Codecs::add_transcode>},
          {"", "always-transcode", Place::kFlag, kDone, "even where both parties share a format",
           turn_on<&Codecs::set_always_transcode>},
          {"", "force-transcoding", Place::kFlag, kDone, "as always-transcode",
           turn_on<&Codecs::set_always_transcode>},
          {"", "allow-transcoding", Place::kFlag, kDone, "always: codec lists say what is transcoded"},
          {"", "single-codec", Place::kFlag, kDone, "the answer has one audio format",
           turn_on<&Codecs::set_single>},
          {"", "reorder-codecs", Place::kFlag, kDone, "the default: the answerer's order counts"},
          {"", "no-codec-renegotiation", Place::kFlag, kIgnored, "a re-offer is negotiated as an offer is"},
          {"", "reuse-codecs", Place::kFlag, kIgnored, "a re-offer is negotiated as an offer is"},
          {"", "allow-no-codec-media", Place::kFlag, kIgnored, "a section without a format is rejected"},
          {"", "asymmetric-codecs", Place::kFlag, kIgnored,
           "each direction is transcoded as it needs anyway"},
          {"", "allow-asymmetric-codecs", Place::kFlag, kIgnored,
           "each direction is transcoded as it needs anyway"},
          {"", "symmetric-codecs", Place::kFlag, kIgnored, "each direction is transcoded as it needs anyway"},
          {"", "static-codecs", Place::kFlag, kIgnored, "each direction is transcoded as it needs anyway"},
          {"", "repacketize", Place::kKey, kIgnored, "use ptime, as rtpengine wants it too"},
      });
}

}  // namespace pollux::ng
