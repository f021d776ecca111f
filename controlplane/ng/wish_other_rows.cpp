// Words that Pollux does nothing for, each with the reason or with what to use instead.
#include "controlplane/ng/wishes.hpp"

namespace pollux::ng {

namespace {

constexpr const char* kNoRecording = "no recording yet";
constexpr const char* kNoPlayer = "no announcements yet";
constexpr const char* kNoFax = "no T.38 gateway: fax goes through as G.711, or its section is rejected";
constexpr const char* kNoBundle = "a=group:BUNDLE is removed: each section has ports of its own";

void add_ignored(std::vector<WishRow>& rows, Place place, std::initializer_list<const char*> names,
                 const char* why) {
  for (const char* name : names) {
    rows.push_back({"", name, place, Coverage::kIgnored, why});
  }
}

}  // namespace

void add_other_rows(std::vector<WishRow>& rows) {
  add_ignored(rows, Place::kBoth, {"record-call", "metadata"}, kNoRecording);
  add_ignored(rows, Place::kKey,
              {"recording-file", "output-destination", "recording-dir", "recording-pattern",
               "recording-media-slot-offer", "recording-media-slot-answer", "recording-media-slots"},
              kNoRecording);
  add_ignored(rows, Place::kFlag,
              {"discard-recording", "exclude-recording", "recording-vsc", "recording-announcement",
               "skip-recording-db", "SIPREC"},
              kNoRecording);
  add_ignored(rows, Place::kBoth, {"audio-player", "player", "moh"}, kNoPlayer);
  add_ignored(rows, Place::kKey,
              {"file", "blob", "blob64", "db-id", "repeat-times", "repeat-duration", "start-pos"}, kNoPlayer);
  add_ignored(rows, Place::kFlag, {"no-player", "early-media", "mix", "block-egress", "egress"}, kNoPlayer);
  add_ignored(rows, Place::kKey, {"T38", "T.38", "T38-version"}, kNoFax);
  add_ignored(rows, Place::kFlag, {"T38-*", "T.38-*"}, kNoFax);
  add_ignored(rows, Place::kKey, {"bundle", "BUNDLE"}, kNoBundle);
  add_ignored(rows, Place::kFlag, {"BUNDLE-*"}, kNoBundle);
  add_ignored(rows, Place::kKey, {"sdp-attr", "extmap"}, "attributes are not edited: do it in the proxy");
  add_ignored(rows, Place::kFlag, {"sdp-attr-*", "strip-extmap"},
              "attributes are not edited: do it in the proxy");
  add_ignored(rows, Place::kBoth, {"generate-RTCP"}, "where media is transcoded or re-packetized, always");
  add_ignored(rows, Place::kFlag, {"mirror-RTCP"}, "RTCP goes on, or is made where media is");
  add_ignored(rows, Place::kFlag, {"loop-protect"},
              "not needed: a call stays one call however often it passes");
  add_ignored(rows, Place::kFlag, {"no-redis-update"}, "there is no redis");
  add_ignored(rows, Place::kFlag, {"no-jitter-buffer"}, "media.jitter_window of the node's configuration");
  add_ignored(rows, Place::kFlag, {"NAT-wait", "pierce-NAT"},
              "the address is learned from the party's packets");
  add_ignored(rows, Place::kFlag, {"unidirectional", "directional", "bidirectional"},
              "the directions in the SDP count");
  add_ignored(rows, Place::kFlag, {"provisional", "reset", "new-branch", "fragment"},
              "calls and branches are told apart by their tags and by via-branch");
  add_ignored(rows, Place::kFlag, {"debug"}, "log.level of the configuration");
  add_ignored(rows, Place::kFlag, {"force", "auto-bridge", "force-answer", "unsubscribe", "block-short"},
              "of no meaning here");
  add_ignored(rows, Place::kKey, {"template"}, "no templates: write the flags out");
  add_ignored(rows, Place::kKey,
              {"drop-traffic", "media-echo", "inbound-peer", "outbound-peer", "peer", "instance", "alias-key",
               "xmlrpc-callback", "calls", "tags", "from-tags", "media", "source-tag", "source-call-id",
               "to-call-id", "to-label", "loop-protect"},
              "not supported");
  add_ignored(rows, Place::kFlag, {"from-tags-*"}, "not supported");
}

}  // namespace pollux::ng
