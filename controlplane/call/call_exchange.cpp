// What an offer or an answer makes of a call: which branch it is about, and what its parties agree on.
#include <algorithm>
#include <utility>

#include "controlplane/call/call_failures.hpp"
#include "controlplane/call/call_manager.hpp"
#include "controlplane/call/call_parties.hpp"

namespace pollux::call {

namespace {

// Media of one branch of a caller at a time.
void activate(Call& call, std::size_t active) {
  for (std::size_t i = 0; i < call.branches.size(); ++i) {
    if (call.branches[i].caller == call.branches[active].caller) {
      call.branches[i].active = i == active;
    }
  }
}

// The other forks of the same caller are over. Returns where the winner is now.
std::size_t drop_others(Call& call, std::size_t winner) {
  const unsigned callee = call.branches[winner].callee;
  const unsigned caller = call.branches[winner].caller;
  std::erase_if(call.branches,
                [&](const Branch& branch) { return branch.caller == caller && branch.callee != callee; });
  const auto found = std::ranges::find(call.branches, callee, &Branch::callee);
  return static_cast<std::size_t>(found - call.branches.begin());
}

bool answered(const Branch& branch) {
  return !branch.callee_tag.empty() && !branch.dialog.offer_open();
}

// A party's tag is known once it spoke.
void learn_tag(Branch& branch, sdp::Side side, const DialogName& name) {
  std::string& tag = side == sdp::Side::kCaller ? branch.caller_tag : branch.callee_tag;
  if (!name.to_tag.empty()) {
    tag = name.to_tag;
  }
}

}  // namespace

tl::expected<sdp::Side, control::Failure> CallManager::take_offer(Call& call, const Offer& offer,
                                                                  std::size_t& branch,
                                                                  std::vector<std::string>& warnings) {
  sdp::Side side = sdp::Side::kCaller;
  if (const auto speaker = find_offerer(call, offer.name)) {
    branch = speaker->branch;
    side = speaker->side;
  } else {
    call.branches.push_back(new_branch(call, offer.name, system_now_()));
    branch = call.branches.size() - 1;
  }
  Branch& spoken = call.branches[branch];
  if (auto taken = spoken.dialog.take_offer(side, offer.sdp, offer.options, random_, warnings); !taken) {
    return tl::unexpected(sdp_failure(std::move(taken.error())));
  }
  if (side == sdp::Side::kCaller && spoken.callee_tag.empty()) {
    spoken.callee_tag = offer.name.to_tag;
  } else if (side == sdp::Side::kCallee) {
    spoken.callee_tag = offer.name.from_tag;
  }
  // Until somebody answers, the caller's media goes to whom it called last.
  const bool another_talks = std::ranges::any_of(call.branches, [&](const Branch& other) {
    return &other != &spoken && other.caller == spoken.caller && other.active && answered(other);
  });
  if (!another_talks || !offer.name.to_tag.empty()) {
    activate(call, branch);
  }
  for (const auto& [key, value] : offer.labels) {
    call.labels[key] = value;
  }
  if (offer.media_timeout) {
    call.media_timeout = offer.media_timeout;
  }
  return side;
}

tl::expected<sdp::Side, control::Failure> CallManager::take_answer(Call& call, const Answer& answer,
                                                                   std::size_t& branch,
                                                                   std::vector<std::string>& warnings) {
  const auto speaker = find_answerer(call, answer.name);
  if (!speaker) {
    return tl::unexpected(unknown_party(answer.name));
  }
  branch = speaker->branch;
  Branch& spoken = call.branches[branch];
  if (auto taken = spoken.dialog.take_answer(speaker->side, answer.sdp, answer.options, random_, warnings);
      !taken) {
    return tl::unexpected(sdp_failure(std::move(taken.error())));
  }
  learn_tag(spoken, speaker->side, answer.name);
  activate(call, branch);
  if (answer.final) {
    branch = drop_others(call, branch);
  }
  return speaker->side;
}

}  // namespace pollux::call
