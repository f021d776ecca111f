#include "controlplane/cli/render_event.hpp"

#include "controlplane/cli/format.hpp"
#include "controlplane/cli/render_dtmf.hpp"
#include "controlplane/cli/render_quality.hpp"
#include "controlplane/cli/words.hpp"

namespace pollux::cli {

namespace {

struct Line {
  std::string text;
  Tone tone = Tone::kPlain;
};

std::string address_or(const v1::SocketAddress& address, const char* otherwise) {
  return address.address().empty() ? otherwise : address_text(address);
}

// "deleted after 3 min 12 s; a: 9600 in, 9590 out, MOS 4.4 (lowest 3.9), 0.10 % lost, jitter 2.0 ms; b: ..."
std::string ended_text(const v1::Event& event) {
  std::string text = "session ended: " + word(event.end_reason());
  if (event.has_duration()) {
    text += " after " + human_duration(seconds_of(event.duration()));
  }
  for (const auto& leg : event.quality()) {
    const std::string quality = leg.has_quality() ? quality_words(leg.quality()) : "";
    text += "; " + leg.leg_id() + ": " + human_count(leg.rx_packets()) + " in, " +
            human_count(leg.tx_packets()) + " out" + (quality.empty() ? "" : ", " + quality);
  }
  return text;
}

// "leg b: the key it is sent with"
std::string key_text(const v1::Event& event) {
  return "leg " + event.leg_id() + ": the key " +
         (event.outgoing() ? "it is sent with" : "of what it sends") + (event.rtcp() ? " (RTCP)" : "");
}

Line describe(const v1::Event& event) {
  const std::string stream = "leg " + event.leg_id() + " " + (event.rtcp() ? "RTCP" : "RTP") + ": ";
  const std::string port = "port " + event.port() + ": ";
  const std::string to = address_or(event.to(), "an unknown address");
  switch (event.type()) {
    case v1::EVENT_TYPE_SESSION_STARTED:
      return {"session started"};
    case v1::EVENT_TYPE_SESSION_TIMED_OUT:
      return {"session timed out: no packet on any leg", Tone::kWarning};
    case v1::EVENT_TYPE_SESSION_ENDED:
      return {ended_text(event)};
    case v1::EVENT_TYPE_FIRST_MEDIA:
      return {stream + "first media" + (event.has_from() ? " from " + address_text(event.from()) : "") +
                  ", SSRC " + hex_ssrc(event.ssrc()),
              Tone::kGood};
    case v1::EVENT_TYPE_SOURCE_LEARNED:
      if (address_or(event.from(), "") == to) {
        return {stream + "source confirmed: " + to + ", as signalled", Tone::kGood};
      }
      return {stream + "source learned: " + to + " (signalled: " + address_or(event.from(), "none") + ")"};
    case v1::EVENT_TYPE_SOURCE_CHANGED:
      return {stream + "source changed from " + address_or(event.from(), "an unknown address") + " to " + to,
              Tone::kWarning};
    case v1::EVENT_TYPE_SOURCE_REJECTED:
      return {stream + "packets from " + to + " dropped; the believed source is " +
                  address_or(event.from(), "none"),
              Tone::kWarning};
    case v1::EVENT_TYPE_STREAM_CHANGED:
      return {stream + "new SSRC " + hex_ssrc(event.ssrc())};
    case v1::EVENT_TYPE_PORT_UP:
      return {port + "link up", Tone::kGood};
    case v1::EVENT_TYPE_PORT_DOWN:
      return {port + "LINK DOWN", Tone::kBad};
    case v1::EVENT_TYPE_DUPLICATE_ADDRESS:
      return {port + "another host answers for our address " + address_or(event.to(), "(unknown)"),
              Tone::kBad};
    case v1::EVENT_TYPE_ONE_WAY_AUDIO_SUSPECTED:
      return {"leg " + event.leg_id() + ": ONE-WAY AUDIO suspected" +
                  (event.has_to() ? ", sending to " + to : std::string()) + ": " +
                  word(event.one_way_cause()),
              Tone::kBad};
    case v1::EVENT_TYPE_ONE_WAY_AUDIO_ENDED:
      return {"leg " + event.leg_id() + ": media flows both ways again", Tone::kGood};
    case v1::EVENT_TYPE_NODE_DRAINING:
      return {"draining: no new sessions", Tone::kWarning};
    case v1::EVENT_TYPE_NODE_UNDRAINED:
      return {"takes new sessions again", Tone::kGood};
    case v1::EVENT_TYPE_CONFIG_RELOADED:
      return {"configuration read again"};
    case v1::EVENT_TYPE_WORKER_OVERLOADED:
      return {"worker " + std::to_string(event.worker()) +
                  " OVERLOADED: its calls may lose packets; polluxctl top shows its load",
              Tone::kBad};
    case v1::EVENT_TYPE_WORKER_RELIEVED:
      return {"worker " + std::to_string(event.worker()) + " is no longer overloaded", Tone::kGood};
    case v1::EVENT_TYPE_SRTP_KEY_EXPIRING:
      return {key_text(event) + " nears its end: re-key", Tone::kWarning};
    case v1::EVENT_TYPE_SRTP_KEY_EXPIRED:
      return {key_text(event) + " HAS EXPIRED: packets are dropped until there is another", Tone::kBad};
    case v1::EVENT_TYPE_DTMF:
      return {press_text(event), event.dtmf().phase() == v1::DTMF_PHASE_START ? Tone::kFaint : Tone::kPlain};
    default:
      return {"event of unknown type " + std::to_string(event.type()) +
              ": polluxctl may be older than the node"};
  }
}

}  // namespace

std::string render_event(const v1::Event& event, const Style& style) {
  const Line line = describe(event);
  const std::string who = event.session_id().empty() ? "node" : event.session_id();
  return style.paint(Tone::kFaint, utc_time(event.time()) + "  #" + std::to_string(event.sequence())) + "  " +
         who + "  " + style.paint(line.tone, line.text) + "\n";
}

}  // namespace pollux::cli
