#include "controlplane/cli/diagnosis.hpp"
#include "controlplane/cli/format.hpp"
#include "controlplane/cli/words.hpp"

namespace pollux::cli {

namespace {

// Where packets from elsewhere are refused, a short silence is suspect already; single ones are strays.
constexpr double kShortSilenceSeconds = 1;
constexpr std::uint64_t kManyRefused = 10;

bool seems_moved(const LegView& from) {
  return from.dropped({"source_mismatch"}) >= kManyRefused;
}

std::string events_command(const std::string& session_id) {
  return "polluxctl events --session " + session_id;
}

std::string capture_command(const LegView& leg, const std::string& session_id) {
  return "polluxctl capture " + session_id + " --leg " + leg.id() + " --out FILE";
}

std::string port_text(const v1::StreamState& stream) {
  return stream.has_local() ? " " + std::to_string(stream.local().port()) : "";
}

Finding port_down(const LegView& from) {
  return {Flow::kPortDown,
          "port " + from.state->port() + " is down, nothing comes from " + from.id() + " (link down)",
          "look at cable, switch and transceiver of port " + from.state->port() + "; polluxctl node info"};
}

// Packets come from a place that the leg doesn't believe, and from nowhere else.
Finding all_refused(const LegView& from, const std::string& session_id) {
  const std::string counts =
      " (" + from.drops_text({"source_mismatch", "source_unproven", "source_impossible"}) + ")";
  const bool off = from.spec->learning() == v1::LEARNING_MODE_OFF;
  const std::string names_it =
      events_command(session_id) + " or " + capture_command(from, session_id) + " shows where they come from";
  if (!from.spec->has_remote_rtp()) {
    return {Flow::kRefused,
            "packets come to " + from.id() + "'s port and are refused: they don't look like one RTP stream" +
                counts,
            "five in sequence with one SSRC are believed; " + names_it};
  }
  return {
      Flow::kRefused,
      "nothing received from " + from.id() + "'s signalled address " + address_text(from.spec->remote_rtp()) +
          ", packets come from elsewhere and are refused" + counts + ": a wrong address in its SDP, or NAT?",
      off ? "the leg's learning is off: correct its remote address, or set learning to heuristic for a "
            "party behind NAT; " +
                names_it
          : "correct its remote address, or find out why its packets are no steady RTP stream; " + names_it};
}

// Packets come, and are no media of this component.
std::optional<Finding> wrong_kind(const LegView& from, const std::string& session_id) {
  if (from.dropped({"rtp_on_rtcp_port"}) > 0) {
    return Finding{
        Flow::kRefused,
        from.id() + " sends its RTP to our RTCP port" + port_text(from.rtcp()) + " (" +
            from.drops_text({"rtp_on_rtcp_port"}) + ") instead of our RTP port" + port_text(from.rtp()),
        "its side has the ports mixed up: m= of the SDP that it got must name the RTP port, a=rtcp "
        "the RTCP port"};
  }
  if (from.dropped({"rtcp_on_rtp_port"}) > 0) {
    return Finding{Flow::kRefused,
                   "only RTCP comes from " + from.id() + ", and to our RTP port" + port_text(from.rtp()) +
                       " (" + from.drops_text({"rtcp_on_rtp_port"}) + ")",
                   "it takes rtcp-mux for granted: agree on a=rtcp-mux and set it on the leg; its RTP is "
                   "missing all the same"};
  }
  if (from.dropped({"not_media"}) > 0) {
    return Finding{Flow::kRefused,
                   "what comes from " + from.id() + " is neither RTP nor RTCP (" +
                       from.drops_text({"not_media"}) +
                       "): STUN or DTLS of a party that wants ICE or DTLS-SRTP?",
                   "take ICE and DTLS out of the SDP that goes to " + from.id() + "; " +
                       capture_command(from, session_id) + " shows what comes"};
  }
  if (const auto* drop = from.main_drop(); drop != nullptr) {
    return Finding{Flow::kRefused,
                   "packets come to " + from.id() + "'s port and are dropped (" + drop->reason() + " " +
                       human_count(drop->packets()) + ")",
                   drop->help().empty() ? capture_command(from, session_id) + " shows them" : drop->help()};
  }
  return std::nullopt;
}

Finding never(const LegView& from, const std::string& session_id) {
  if (auto finding = srtp_reception_fault(from, session_id)) {
    return *finding;
  }
  if (from.refused() > 0) {
    return all_refused(from, session_id);
  }
  if (auto finding = wrong_kind(from, session_id)) {
    return *finding;
  }
  const std::string text = "nothing received from " + from.id() + " yet";
  if (from.rtcp().rx_packets() > 0) {
    return {
        Flow::kNothingReceived,
        text + ", though its RTCP comes: muted, or a firewall that lets only RTCP pass?",
        "ask whether the party is muted or on hold; look at firewalls for UDP port" + port_text(from.rtp())};
  }
  const std::string ours =
      from.rtp().has_local() ? "our address " + address_text(from.rtp().local()) : std::string("our address");
  std::string advice = "check that the SDP which " + from.id() + " got has " + ours;
  if (from.spec->has_remote_rtp()) {
    advice += "; polluxctl capture --unmatched --address " + from.spec->remote_rtp().address() +
              " --out FILE shows packets that go to a wrong port of ours";
  }
  return {Flow::kNothingReceived,
          text + ": it doesn't send, it doesn't know " + ours + ", or a firewall is between", advice};
}

Finding silent(const LegView& from, const std::string& session_id) {
  const std::string text = from.id() + " has been silent for " + human_duration(from.silence_seconds());
  if (srtp_refuses_now(from)) {
    if (auto finding = srtp_reception_fault(from, session_id)) {
      finding->text = text + "; " + finding->text;
      return *finding;
    }
  }
  if (seems_moved(from)) {
    const std::string known =
        from.rtp().has_destination() ? " at " + address_text(from.rtp().destination()) : "";
    const bool strict = from.spec->source_policy() != v1::SOURCE_POLICY_MEDIA_HANDOVER;
    return {Flow::kSilent,
            text + known + ", packets come from elsewhere and are refused (" +
                from.drops_text({"source_mismatch", "source_unproven"}) +
                "): has its NAT given it a new address (rebinding)?",
            std::string(strict ? "policy handover on the leg lets media move"
                               : "the new source hasn't proved "
                                 "to be an RTP stream yet") +
                ", and so does a new remote address by signalling; " + events_command(session_id) +
                " names the new one"};
  }
  if (from.dropped({"rtp_on_rtcp_port"}) > 0) {
    auto finding = *wrong_kind(from, session_id);
    finding.text = text + "; " + finding.text;
    return finding;
  }
  if (from.rtcp_is_alive()) {
    return {Flow::kSilent,
            text + ", though its RTCP still comes: muted, silence suppression, or hold without signalling?",
            "ask the party; nothing is wrong with the way"};
  }
  return {
      Flow::kSilent, text + ": it has stopped sending, or the way from it broke",
      "look at the party and the network between; " + events_command(session_id) + " tells what went before"};
}

}  // namespace

std::optional<Finding> reception_fault(const LegView& from, const std::string& session_id) {
  if (from.port_down()) {  // no matter how lately something came
    return port_down(from);
  }
  const bool ever = from.rtp().rx_packets() > 0;
  const double age = from.silence_seconds();
  const bool suspect = seems_moved(from) || srtp_refuses_now(from);
  if (ever && age <= (suspect ? kShortSilenceSeconds : kSilenceSeconds)) {
    return std::nullopt;
  }
  return ever ? silent(from, session_id) : never(from, session_id);
}

std::vector<std::string> remarks(const LegView& from) {
  std::vector<std::string> result;
  const auto& rtp = from.rtp();
  if (const std::uint64_t packets = from.dropped({"direction"}); packets > 0 && !from.party_sends()) {
    result.push_back(from.id() + " sends although it is " + word(from.spec->direction()) + ": " +
                     human_count(packets) + " packets dropped (direction)");
  }
  const bool heard = rtp.rx_packets() > 0 && rtp.source_confirmed() && rtp.has_destination();
  if (heard && from.spec->has_remote_rtp() &&
      address_text(rtp.destination()) != address_text(from.spec->remote_rtp())) {
    result.push_back(from.id() + "'s media comes from " + address_text(rtp.destination()) +
                     ", not from the signalled " + address_text(from.spec->remote_rtp()) +
                     " (NAT?): it is answered there");
  }
  const bool told = seems_moved(from) && from.silence_seconds() > kShortSilenceSeconds;
  if (heard && !told && from.refused() > 0) {
    result.push_back("packets from elsewhere were refused (" +
                     from.drops_text({"source_mismatch", "source_unproven", "source_impossible"}) + ")");
  }
  const bool silent = from.silence_seconds() > kShortSilenceSeconds && srtp_refuses_now(from);
  if (auto remark = srtp_remark(from); remark && heard && !silent) {
    result.push_back(*remark);
  }
  if (auto remark = media_remark(from)) {
    result.push_back(*remark);
  }
  if (rtp.rx_packets() > 0 && from.dropped({"rtp_on_rtcp_port", "rtcp_on_rtp_port"}) > 0) {
    result.push_back(from.id() + " mixes up our RTP and RTCP ports (" +
                     from.drops_text({"rtp_on_rtcp_port", "rtcp_on_rtp_port"}) + ")");
  }
  return result;
}

}  // namespace pollux::cli
