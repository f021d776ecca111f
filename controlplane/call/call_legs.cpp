#include "controlplane/call/call_legs.hpp"

#include <algorithm>
#include <utility>

#include "controlplane/sdp/media_description.hpp"

namespace pollux::call {

namespace {

LegPlace place_of(const sdp::MediaLeg& leg) {
  return {leg.network, leg.family, leg.rtcp_mux && !leg.rtcp_mux_offered};
}

// Only a leg that was made with both ports can do with one and with both.
bool can_stay(const LegPlace& place, const sdp::MediaLeg& leg) {
  return place.network == leg.network && place.family == leg.family && (!place.single_port || leg.rtcp_mux);
}

std::string place_leg(Call& call, const std::string& name, const sdp::MediaLeg& leg) {
  const auto [place, is_new] = call.places.emplace(name, place_of(leg));
  if (!is_new && !can_stay(place->second, leg)) {
    const unsigned generation = place->second.generation + 1;
    place->second = place_of(leg);
    place->second.generation = generation;
  }
  return leg_id(call, name);
}

control::LegRequest to_request(std::string id, const sdp::MediaLeg& from) {
  control::LegRequest leg;
  leg.id = std::move(id);
  leg.network = from.network;
  leg.family = from.family;
  leg.remote_rtp = from.remote_rtp;
  leg.remote_rtcp = from.remote_rtcp;
  leg.rtcp_mux = from.rtcp_mux;
  leg.direction = from.direction;
  leg.learning = from.learning;
  leg.source_policy = from.source_policy;
  leg.dscp = from.dscp;
  leg.srtp_receive = from.srtp_receive;
  leg.srtp_send = from.srtp_send;
  leg.codecs = SharedList(from.codecs);
  leg.ptime_ms = from.ptime_ms;
  leg.jitter_window_ms = from.jitter_window_ms;
  leg.rtcp_xr = from.rtcp_xr;
  leg.dtmf = from.dtmf;
  return leg;
}

void add_section(Call& call, const Branch& branch, std::size_t section, const sdp::SectionLegs& legs,
                 std::vector<control::LegRequest>& all) {
  if (!legs.sides) {
    return;
  }
  const auto add = [&](sdp::Side side) {
    const sdp::MediaLeg& leg = (*legs.sides)[static_cast<std::size_t>(side)];
    all.push_back(to_request(place_leg(call, leg_name(branch, side, section), leg), leg));
    return all.size() - 1;
  };
  const std::size_t callee = add(sdp::Side::kCallee);
  if (branch.active) {
    const std::size_t caller = add(sdp::Side::kCaller);
    all[caller].sinks = {all[callee].id};
    all[callee].sinks = {all[caller].id};
  }
}

}  // namespace

std::string leg_name(const Branch& branch, sdp::Side side, std::size_t section) {
  const bool caller = side == sdp::Side::kCaller;
  const unsigned number = caller ? branch.caller : branch.callee;
  return (caller ? "caller" : "callee") + (number == 1 ? std::string() : std::to_string(number)) + "-" +
         std::to_string(section + 1);
}

std::string leg_id(const Call& call, const std::string& name) {
  const unsigned generation = call.places.at(name).generation;
  return generation == 0 ? name : name + "-r" + std::to_string(generation);
}

std::vector<control::LegRequest> make_legs(Call& call) {
  std::vector<control::LegRequest> all;
  for (const Branch& branch : call.branches) {
    const std::vector<sdp::SectionLegs> sections = branch.dialog.legs();
    for (std::size_t i = 0; i < sections.size(); ++i) {
      add_section(call, branch, i, sections[i], all);
    }
  }
  return all;
}

control::LegRequest make_idle_leg(const std::string& network) {
  control::LegRequest leg;
  leg.id = "idle";
  leg.network = network;
  leg.direction = Direction::kInactive;
  return leg;
}

bool comes_from(const Call& call, const sdp::Document& body) {
  const auto sections = sdp::describe(body);
  return sections && std::ranges::any_of(*sections, [&](const sdp::MediaDescription& section) {
           return std::ranges::any_of(call.ports, [&, remote = section.remote_rtp()](const auto& leg) {
             return remote == leg.second.rtp;
           });
         });
}

void note_ports(Call& call, const control::SessionView& session) {
  call.ports.clear();
  for (const control::LegView& leg : session.legs) {
    call.ports[leg.id] = {leg.local_rtp, leg.local_rtcp};
  }
}

std::vector<sdp::SectionPorts> ports_of(const Call& call, const Branch& branch) {
  std::vector<sdp::SectionPorts> ports;
  for (std::size_t section = 0; section < branch.dialog.sections(); ++section) {
    sdp::SectionPorts& both = ports.emplace_back();
    for (const sdp::Side side : {sdp::Side::kCaller, sdp::Side::kCallee}) {
      const std::string name = leg_name(branch, side, section);
      if (!call.places.contains(name)) {
        continue;
      }
      if (const auto found = call.ports.find(leg_id(call, name)); found != call.ports.end()) {
        both[static_cast<std::size_t>(side)] = found->second;
      }
    }
  }
  return ports;
}

}  // namespace pollux::call
