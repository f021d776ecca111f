// Words about the call: its names, its parties, where its signalling comes from.
#include "controlplane/ng/wishes.hpp"

namespace pollux::ng {

namespace {

using Text = std::string_view;
constexpr Coverage kDone = Coverage::kDone;
constexpr Coverage kDifferent = Coverage::kDifferent;
constexpr std::int64_t kLongestDelay = 3600;  // DeleteCallRequest.delay, seconds

void set_delay(Wishes& wishes, Text text) {
  wishes.delete_delay_s = wished_number(wishes, "delete-delay", text, 0, kLongestDelay);
}

// ["IP4", "192.0.2.1"] comes item by item; "IP4 192.0.2.1" and "192.0.2.1" as well.
void set_received_from(Wishes& wishes, Text text) {
  const Text address = text.substr(text.find(' ') == Text::npos ? 0 : text.find(' ') + 1);
  if (address != "IP4" && address != "IP6") {
    wishes.received_from = address;
  }
}

void add_direction(Wishes& wishes, Text text) {
  if (!text.empty() && wishes.directions.size() < 2) {
    wishes.directions.emplace_back(text);
  }
}

}  // namespace

void add_call_rows(std::vector<WishRow>& rows) {
  rows.insert(
      rows.end(),
      {
          {"", "command", Place::kKey, kDone, "see the commands"},
          {"", "call-id", Place::kKey, kDone, "names the call; 1..255 bytes"},
          {"", "from-tag", Place::kKey, kDone, "the party that sends, in an answer the one that offered"},
          {"", "to-tag", Place::kBoth, kDone, "key: the other party; as a flag of delete without effect"},
          {"", "sdp", Place::kKey, kDone, "at most 64 KiB"},
          {"", "via-branch", Place::kKey, kDone, "tells the forks of a call apart, each with its own ports",
           [](Wishes& wishes, Text text) { wishes.via_branch = text; }},
          {"", "received-from", Place::kKey, kDone, "used with SIP-source-address", set_received_from},
          {"", "sip-code", Place::kKey, kDone, "2xx in an answer: the other forks are over",
           [](Wishes& wishes, Text text) { wishes.sip_code = text; }},
          {"", "sip-message-type", Place::kKey, kDone, "sip-code says all that matters"},
          {"", "supports", Place::kKey, kDone, "`load limit`: that reply instead of an error",
           [](Wishes& wishes, Text text) { wishes.supports_load_limit |= same_name(text, "load-limit"); }},
          {"", "label", Place::kKey, kDifferent, "of the offerer only; found by query and by DTMF commands",
           [](Wishes& wishes, Text text) { wishes.label = text; }},
          {"", "from-label", Place::kKey, kDifferent, "as label",
           [](Wishes& wishes, Text text) { wishes.label = text; }},
          {"", "set-label", Place::kKey, kDifferent, "as label",
           [](Wishes& wishes, Text text) { wishes.label = text; }},
          {"", "address", Place::kKey, kDone,
           "DTMF commands: the party that media is sent to at this address",
           [](Wishes& wishes, Text text) { wishes.address = text; }},
          {"", "all", Place::kBoth, kDone, "DTMF commands: all parties",
           [](Wishes& wishes, Text text) { wishes.all = text != "none"; }},
          {"", "limit", Place::kKey, kDone, "of list; default 32"},
          {"", "delete-delay", Place::kKey, kDifferent,
           "seconds, at most 3600; default `requests.delete_delay`: at once, where rtpengine waits 30 s",
           set_delay},
          {"", "fatal", Place::kFlag, kDone, "delete of a call that isn't known is an error",
           [](Wishes& wishes, Text /*text*/) { wishes.fatal = true; }},
          {"", "fast", Place::kFlag, kDone, "delete is always fast"},
          {"", "direction", Place::kKey, kDone,
           "two of them: networks of the sender and of the receiver, by `interfaces` of the configuration or "
           "by "
           "their own names",
           add_direction},
          {"", "from-interface", Place::kKey, kDone, "network of the sender",
           [](Wishes& wishes, Text text) {
             wishes.directions.resize(2);
             wishes.directions[0] = text;
           }},
          {"", "to-interface", Place::kKey, kDone, "network of the receiver",
           [](Wishes& wishes, Text text) {
             wishes.directions.resize(2);
             wishes.directions[1] = text;
           }},
          {"", "interface", Place::kKey, kDifferent, "network of both parties",
           [](Wishes& wishes, Text text) { wishes.directions.assign(2, std::string(text)); }},
          {"", "internal", Place::kFlag, kDone, "as direction=internal",
           [](Wishes& wishes, Text /*text*/) { add_direction(wishes, "internal"); }},
          {"", "external", Place::kFlag, kDone, "as direction=external",
           [](Wishes& wishes, Text /*text*/) { add_direction(wishes, "external"); }},
          {"", "flags", Place::kKey, kDone, "list of flags"},
          {"", "rtpp-flags", Place::kKey, kDone,
           "the proxy module's text as it is: read here into keys and flags"},
      });
}

}  // namespace pollux::ng
