#include "controlplane/call/call_view.hpp"

#include <algorithm>
#include <utility>

#include "controlplane/call/call_legs.hpp"

namespace pollux::call {

namespace {

std::vector<MediaView> media_of(const Call& call, const Branch& branch, sdp::Side side) {
  std::vector<MediaView> all;
  const std::vector<sdp::SectionView> sections = branch.dialog.view();
  const auto index = static_cast<std::size_t>(side);
  for (std::size_t i = 0; i < sections.size(); ++i) {
    MediaView& media = all.emplace_back();
    media.kind = sections[i].kind;
    media.protocol = sections[i].protocol[index];
    media.direction = sections[i].direction[index];
    media.codecs = sections[i].codecs[index];
    const std::string name = leg_name(branch, side, i);
    if (media.protocol.empty() || !call.places.contains(name)) {
      continue;  // rejected: its ports are only kept for the next offer
    }
    const auto leg = std::ranges::find(call.legs, leg_id(call, name), &control::LegRequest::id);
    if (leg != call.legs.end()) {
      media.leg_id = leg->id;
      media.srtp_suite = leg->srtp_send ? std::optional(leg->srtp_send->suite) : std::nullopt;
    }
  }
  return all;
}

}  // namespace

CallView view_of(const Call& call, control::SessionView session) {
  CallView view;
  view.call_id = call.id;
  view.session = std::move(session);
  view.last_signal = call.last_signal;
  std::vector<unsigned> callers;
  for (const Branch& branch : call.branches) {
    const auto seen = std::ranges::find(callers, branch.caller);
    if (seen == callers.end()) {
      callers.push_back(branch.caller);
      const auto active = std::ranges::find_if(
          call.branches, [&](const Branch& other) { return other.caller == branch.caller && other.active; });
      const Branch& shown = active == call.branches.end() ? branch : *active;
      view.parties.push_back(
          {shown.caller_tag, {}, branch.create_time, media_of(call, shown, sdp::Side::kCaller), {}, true});
    }
    PartyView callee{branch.callee_tag,   branch.via_branch,
                     branch.create_time,  media_of(call, branch, sdp::Side::kCallee),
                     {branch.caller_tag}, branch.active};
    for (PartyView& party : view.parties) {
      if (party.tag == branch.caller_tag && party.via_branch.empty()) {
        party.peer_tags.push_back(branch.callee_tag);
      }
    }
    view.parties.push_back(std::move(callee));
  }
  return view;
}

}  // namespace pollux::call
