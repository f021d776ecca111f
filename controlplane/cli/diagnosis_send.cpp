#include <algorithm>

#include "controlplane/cli/diagnosis.hpp"
#include "controlplane/cli/format.hpp"
#include "controlplane/cli/render_media.hpp"
#include "controlplane/cli/words.hpp"

namespace pollux::cli {

namespace {

constexpr double kMuch = 0.2;    // of what was received: dropping so much is a fault, less a remark's worth
constexpr double kLowMos = 3.6;  // below it many users are dissatisfied (ITU-T G.107, annex B)
constexpr double kHighLoss = 0.05;         // where there is no MOS to go by
constexpr double kHighJitterMs = 60;       // more than usual jitter buffers hold
constexpr std::uint64_t kFewPackets = 50;  // too few to judge by
// SSRCs that last shorter than 5 s of 20 ms packets aren't those of transfers and announcements.
constexpr std::uint64_t kFlappingChanges = 5;
constexpr std::uint64_t kFlappingPackets = 250;

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string payload_map(const LegView& leg) {
  std::string out;
  for (const auto& mapping : leg.spec->payload_types()) {
    out += (out.empty() ? "" : " ") + std::to_string(mapping.wire());
  }
  return out.empty() ? "all" : out;
}

std::string port_of(const LegView& leg) {
  return "port " + (leg.state->port().empty() ? std::string("(unknown)") : leg.state->port());
}

Finding no_next_hop(const LegView& to) {
  const std::string destination = address_text(to.rtp().destination());
  const std::string& hop = to.rtp().next_hop_address();
  const std::string protocol = to.rtp().destination().address().find(':') == std::string::npos ? "ARP" : "ND";
  if (hop.empty() || hop == to.rtp().destination().address()) {
    return {Flow::kNotSent,
            "receiving, but " + destination + " doesn't answer " + protocol +
                " (next hop unresolved): is the host up, is the address right?",
            "the address is on our own link: ping it from there, check VLAN and " + port_of(to) +
                ", and the remote address that was signalled for " + to.id()};
  }
  return {Flow::kNotSent,
          "receiving, but the gateway " + hop + " towards " + destination + " doesn't answer " + protocol +
              " (next hop unresolved)",
          "check that the gateway is up, its address in the configuration, and the VLAN of " + port_of(to)};
}

// What has to be there before anything can leave.
std::optional<Finding> no_way(const LegView& to) {
  if (!to.rtp().has_destination()) {
    return Finding{Flow::kNoAddress, "receiving, but " + to.id() + " has no address to send to yet",
                   "signalling has to set remote_rtp of leg " + to.id() + " (0.0.0.0 counts as none), or " +
                       to.id() + " has to send something to learn it from"};
  }
  if (to.port_down()) {
    return Finding{Flow::kPortDown,
                   "receiving, but " + port_of(to) + " towards " + to.id() + " is down (link down)",
                   "look at cable, switch and transceiver of " + port_of(to) + "; polluxctl node info"};
  }
  if (to.rtp().next_hop() == v1::NEXT_HOP_NO_ROUTE) {
    return Finding{
        Flow::kNotSent,
        "receiving, but there is no route to " + address_text(to.rtp().destination()) +
            ": no on-link prefix and no gateway covers it",
        "give the interface a gateway in the configuration, or correct the remote address of leg " + to.id()};
  }
  return std::nullopt;
}

Finding unmapped(const LegView& from, const LegView& to) {
  const std::string codec =
      from.quality().codec().empty() ? "" : "; the last codec was " + from.quality().codec();
  if (!from.spec->codecs().empty()) {
    return {Flow::kNotSent,
            "receiving, but " + human_count(from.dropped({"payload_type_unmapped"})) + " of " +
                human_count(from.rtp().rx_packets()) +
                " packets have a payload type that isn't among the codecs (payload_type_unmapped)",
            "add what " + from.id() + " really sends to codecs of leg " + from.id() +
                " (there: " + codecs_text(*from.spec) + "), or correct its SDP" + codec};
  }
  return {Flow::kNotSent,
          "receiving, but " + human_count(from.dropped({"payload_type_unmapped"})) + " of " +
              human_count(from.rtp().rx_packets()) +
              " packets have a payload type that isn't in the map (payload_type_unmapped)",
          "add the payload type that " + from.id() + " really sends to payload_types of leg " + from.id() +
              " (there: " + payload_map(from) + ") and of leg " + to.id() + " (there: " + payload_map(to) +
              "), or correct its SDP" + codec};
}

// Packets that came in and ended on their way out: the share of them decides.
std::optional<Finding> dropped_inside(const LegView& from, const LegView& to) {
  const std::uint64_t received = from.rtp().rx_packets();
  const auto much = [&](const char* reason) {
    const std::uint64_t packets = from.dropped({reason});
    return packets > 0 && (to.rtp().tx_packets() == 0 || share(packets, received) >= kMuch);
  };
  if (much("payload_type_unmapped")) {
    return unmapped(from, to);
  }
  if (from.dropped({"exceeds_mtu"}) > 0) {  // any of them: audio is cut, or a picture never whole
    return Finding{
        Flow::kNotSent,
        "receiving, but " + human_count(from.dropped({"exceeds_mtu"})) + " of " + human_count(received) +
            " packets are larger than the MTU of " + port_of(to) + " (exceeds_mtu)",
        "let " + from.id() + " send smaller packets (ptime, video packet size), or raise the MTU of " +
            port_of(to) + " and of the network behind it"};
  }
  if (much("tx_full")) {
    return Finding{Flow::kNotSent, "receiving, but " + port_of(to) + " takes no more packets (tx_full)",
                   "link down, or more traffic than it carries: polluxctl top"};
  }
  if (much("no_mbuf")) {
    return Finding{Flow::kNotSent, "receiving, but packet buffers ran out (no_mbuf)",
                   "raise memory.mbufs in the configuration"};
  }
  if (to.rtp().tx_packets() > 0) {
    return std::nullopt;
  }
  const std::string text = "receiving, but nothing was sent to " + address_text(to.rtp().destination());
  const auto* drop = from.main_drop();
  return drop == nullptr
             ? Finding{Flow::kNotSent, text, "polluxctl stats --drops says why"}
             : Finding{Flow::kNotSent,
                       text + " (" + drop->reason() + " " + human_count(drop->packets()) + ")",
                       drop->help().empty() ? "polluxctl stats --drops says what it means" : drop->help()};
}

bool flaps(const v1::StreamQuality& quality) {
  return quality.stream_changes() >= kFlappingChanges &&
         quality.expected() / (quality.stream_changes() + 1) < kFlappingPackets;
}

// Empty: it is good enough, or not known.
std::string poor_reception(const LegView& from) {
  const auto& quality = from.quality();
  const double loss = share(quality.lost(), quality.expected());
  const bool judged = quality.expected() >= kFewPackets;
  const bool poor = quality.has_mos() ? quality.mos() < kLowMos
                                      : judged && (loss >= kHighLoss || quality.jitter_ms() >= kHighJitterMs);
  if (!poor) {
    return "";
  }
  return (quality.has_mos() ? "MOS " + decimal(quality.mos(), 1) + ", " : "") + human_percent(loss) +
         " lost, jitter " + decimal(quality.jitter_ms(), 0) + " ms";
}

std::string heard_from(const LegView& to) {
  if (!to.party_sends()) {
    return " (as signalled: " + to.id() + " is " + word(to.spec->direction()) + ")";
  }
  return to.rtp().source_confirmed() ? "" : " (as signalled; its packets come from elsewhere)";
}

}  // namespace

std::optional<Finding> sending_fault(const LegView& from, const LegView& to, const std::string& session_id) {
  if (auto finding = no_way(to)) {
    return finding;
  }
  if (auto finding = srtp_sending_fault(from, to)) {
    return finding;
  }
  if (to.rtp().next_hop() ==
      v1::NEXT_HOP_UNRESOLVED) {  // nobody asks for it while there is no key to send with
    return no_next_hop(to);
  }
  if (auto finding = media_fault(from, to, session_id)) {
    return finding;
  }
  return dropped_inside(from, to);
}

Finding flowing(const LegView& from, const LegView& to, const std::string& session_id) {
  const std::string destination = address_text(to.rtp().destination());
  const std::string base = "receiving, forwarding to " + destination;
  if (flaps(from.quality())) {
    return {Flow::kPoor,
            base + ", but " + from.id() + " changes its SSRC all the time (" +
                human_count(from.quality().stream_changes()) + " times in " +
                human_count(from.quality().expected()) + " packets)",
            "two senders on one address, or a broken one: polluxctl capture " + session_id + " --leg " +
                from.id() + " --out FILE shows them; stream rewrite on leg " + to.id() + " gives " + to.id() +
                " one SSRC"};
  }
  if (to.rtp().rx_packets() == 0 && to.party_sends()) {
    if (to.rtcp().rx_packets() > 0) {
      return {Flow::kFlowing, base + ", which sends RTCP and no RTP", ""};
    }
    if (to.state->drops_size() > 0) {
      return {Flow::kUnheard,
              base + ", nothing believed from it: see " + to.id() + " → " + from.id() +
                  " why its packets are dropped",
              ""};
    }
    return {Flow::kUnheard, base + ", never heard from it: NAT, or a wrong address in its SDP?",
            "compare " + destination + " with the SDP of " + to.id() +
                " and ask what it hears; a private address there means NAT without its packets reaching us"};
  }
  if (const std::string poor = poor_reception(from); !poor.empty()) {
    return {Flow::kPoor, base + ", but it comes poorly: " + poor,
            "the network between " + from.id() +
                " and us loses or delays packets; polluxctl top shows whether a "
                "worker is overloaded"};
  }
  const auto& report = to.quality().party_report();
  if (to.quality().has_party_report() && report.loss_percent() >= kHighLoss * 100) {
    return {Flow::kPoor,
            base + ", but " + to.id() + " reports " + decimal(report.loss_percent(), 1) +
                " % lost on the way to it",
            "the network between us and " + to.id() + " loses packets"};
  }
  return {Flow::kFlowing, base + heard_from(to), ""};
}

}  // namespace pollux::cli
