#include <algorithm>

#include "controlplane/cli/diagnosis.hpp"
#include "controlplane/cli/format.hpp"
#include "controlplane/cli/render_media.hpp"

namespace pollux::cli {

namespace {

constexpr double kMuch = 0.2;  // of what was received

bool much(const LegView& from, const LegView& to, const char* reason) {
  const std::uint64_t packets = from.dropped({reason});
  return packets > 0 &&
         (to.rtp().tx_packets() == 0 ||
          static_cast<double>(packets) >= kMuch * static_cast<double>(from.rtp().rx_packets()));
}

std::string of_received(const LegView& from, const char* reason) {
  return human_count(from.dropped({reason})) + " of " + human_count(from.rtp().rx_packets()) + " packets";
}

Finding floods(const LegView& from, const std::string& session_id) {
  return {Flow::kPoor,
          "receiving, but " + human_count(from.dropped({"rate_exceeded"})) +
              " packets were more than media.max_packets_per_second lets through (rate_exceeded)",
          "the party " + from.id() + " floods, or somebody does in its name; polluxctl capture " +
              session_id + " --leg " + from.id() +
              " --out FILE shows what comes; raise the limit if it is media"};
}

std::string worker_between(const LegView& from, const LegView& to) {
  for (const auto& path : to.state->paths()) {
    if (path.from_leg() == from.id()) {
      return "worker " + std::to_string(path.worker());
    }
  }
  return "the media worker";
}

}  // namespace

std::optional<Finding> media_fault(const LegView& from, const LegView& to, const std::string& session_id) {
  if (much(from, to, "rate_exceeded")) {
    return floods(from, session_id);
  }
  if (from.spec->codecs().empty()) {
    return std::nullopt;
  }
  if (much(from, to, "media_malformed")) {
    return Finding{Flow::kNotSent,
                   "receiving, but " + of_received(from, "media_malformed") +
                       " aren't what their payload type says (media_malformed)",
                   "compare the payload types in the SDP of " + from.id() + " with codecs of leg " +
                       from.id() + " (there: " + codecs_text(*from.spec) + "); polluxctl capture " +
                       session_id + " --leg " + from.id() + " --out FILE shows what comes"};
  }
  if (much(from, to, "media_overloaded")) {
    return Finding{
        Flow::kNotSent,
        "receiving, but " + worker_between(from, to) + " had no time to transcode " +
            of_received(from, "media_overloaded") + " (media_overloaded)",
        "polluxctl top shows its load: lower admission.max_media_load, or give more workers the role "
        "media (workers[].roles)"};
  }
  if (much(from, to, "media_too_fast")) {
    return Finding{Flow::kPoor,
                   "receiving, but " + of_received(from, "media_too_fast") +
                       " are more media than time has passed for (media_too_fast)",
                   "the party " + from.id() +
                       " floods, or its packets say more than they hold; polluxctl capture " + session_id +
                       " --leg " + from.id() + " --out FILE shows what comes"};
  }
  if (much(from, to, "media_late")) {
    return Finding{Flow::kPoor,
                   "receiving, forwarding to " + address_text(to.rtp().destination()) + ", but " +
                       of_received(from, "media_late") + " came too late to be transcoded (media_late)",
                   "the network between " + from.id() +
                       " and us delays packets; a longer jitter window of leg " + from.id() + " (now " +
                       std::to_string(from.spec->jitter_window_ms()) + " ms at most) waits for more of them"};
  }
  return std::nullopt;
}

std::optional<std::string> media_remark(const LegView& from) {
  const std::string counts =
      from.drops_text({"media_malformed", "media_overloaded", "media_late", "media_too_fast"});
  const std::uint64_t packets =
      from.dropped({"media_malformed", "media_overloaded", "media_late", "media_too_fast"});
  const bool told = static_cast<double>(packets) >= kMuch * static_cast<double>(from.rtp().rx_packets());
  return counts.empty() || told
             ? std::nullopt
             : std::optional("some packets of " + from.id() + " couldn't be transcoded (" + counts + ")");
}

}  // namespace pollux::cli
