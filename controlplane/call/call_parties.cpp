#include "controlplane/call/call_parties.hpp"

#include <algorithm>
#include <functional>

namespace pollux::call {

namespace {

using Wanted = std::function<bool(const Branch&)>;

std::optional<std::size_t> find_branch(const Call& call, const Wanted& wanted) {
  const auto found = std::ranges::find_if(call.branches, wanted);
  return found == call.branches.end()
             ? std::nullopt
             : std::optional(static_cast<std::size_t>(found - call.branches.begin()));
}

std::optional<Speaker> spoken_by(std::optional<std::size_t> branch, sdp::Side side) {
  return branch ? std::optional(Speaker{*branch, side}) : std::nullopt;
}

// Within a dialog each transaction has a branch of its own, which names no fork.
bool knows_branch(const Call& call, const DialogName& name) {
  return std::ranges::any_of(call.branches, [&](const Branch& branch) {
    return !name.via_branch.empty() && branch.via_branch == name.via_branch;
  });
}

bool has_tag(const Branch& branch, const std::string& tag) {
  return branch.caller_tag == tag || branch.callee_tag == tag;
}

}  // namespace

std::optional<Speaker> find_offerer(const Call& call, const DialogName& name) {
  const auto within = [&](const std::string& caller, const std::string& callee) {
    return find_branch(call, [&](const Branch& branch) {
      return branch.caller_tag == caller && branch.callee_tag == callee;
    });
  };
  if (!name.to_tag.empty()) {
    if (const auto branch = within(name.from_tag, name.to_tag)) {
      return Speaker{*branch, sdp::Side::kCaller};
    }
    if (const auto branch = within(name.to_tag, name.from_tag)) {
      return Speaker{*branch, sdp::Side::kCallee};
    }
    // The other one of a dialog that had no second tag yet: it answered without SDP, or offers now.
    if (const auto branch = within(name.from_tag, "")) {
      return Speaker{*branch, sdp::Side::kCaller};
    }
    return spoken_by(within(name.to_tag, ""), sdp::Side::kCallee);
  }
  // The same offer again, for the same fork.
  if (const auto branch = find_branch(call, [&](const Branch& candidate) {
        return candidate.caller_tag == name.from_tag && candidate.via_branch == name.via_branch;
      })) {
    return Speaker{*branch, sdp::Side::kCaller};
  }
  // Without the other one's tag the callee of a dialog may offer as well, if there is but one.
  return spoken_by(
      find_branch(call, [&](const Branch& branch) { return branch.callee_tag == name.from_tag; }),
      sdp::Side::kCallee);
}

std::optional<Speaker> find_answerer(const Call& call, const DialogName& name) {
  const auto of_caller = [&](const Wanted& also) {
    return find_branch(
        call, [&](const Branch& branch) { return branch.caller_tag == name.from_tag && also(branch); });
  };
  if (const auto branch =
          of_caller([&](const Branch& candidate) { return candidate.callee_tag == name.to_tag; })) {
    return Speaker{*branch, sdp::Side::kCallee};
  }
  // An offer of the callee within the dialog is answered by the caller.
  if (const auto branch = find_branch(call, [&](const Branch& candidate) {
        return candidate.callee_tag == name.from_tag &&
               (candidate.caller_tag == name.to_tag || name.to_tag.empty());
      })) {
    return Speaker{*branch, sdp::Side::kCaller};
  }
  const auto fits = [&, by_branch = knows_branch(call, name)](const Branch& branch) {
    return !by_branch || branch.via_branch == name.via_branch;
  };
  if (const auto branch = of_caller(
          [&](const Branch& candidate) { return candidate.callee_tag.empty() && fits(candidate); })) {
    return Speaker{*branch, sdp::Side::kCallee};
  }
  return spoken_by(of_caller([&](const Branch& branch) { return branch.active && fits(branch); }),
                   sdp::Side::kCallee);
}

std::vector<std::size_t> find_named(const Call& call, const DialogName& name) {
  const bool by_branch = !name.via_branch.empty() && (knows_branch(call, name) || name.from_tag.empty());
  const auto nobodys = [&](const std::string& tag) {
    return std::ranges::none_of(call.branches, [&](const Branch& branch) { return has_tag(branch, tag); });
  };
  // The other one's tag, where it has not been heard of yet.
  const auto yet_to_come = [&](const Branch& branch, const std::string& known, const std::string& tag) {
    return branch.callee_tag.empty() && branch.caller_tag == known && nobodys(tag);
  };
  const auto matches = [&](const Branch& branch, const std::string& tag, const std::string& its_peer) {
    return tag.empty() || has_tag(branch, tag) || yet_to_come(branch, its_peer, tag);
  };
  std::vector<std::size_t> named;
  for (std::size_t i = 0; i < call.branches.size(); ++i) {
    const Branch& branch = call.branches[i];
    if ((!by_branch || name.via_branch == branch.via_branch) && matches(branch, name.from_tag, name.to_tag) &&
        matches(branch, name.to_tag, name.from_tag)) {
      named.push_back(i);
    }
  }
  return named;
}

Branch new_branch(Call& call, const DialogName& name, std::chrono::system_clock::time_point now) {
  Branch branch;
  const auto sibling = std::ranges::find(call.branches, name.from_tag, &Branch::caller_tag);
  if (sibling != call.branches.end()) {
    branch.caller = sibling->caller;
    if (sibling->dialog.offerer() == sdp::Side::kCaller) {
      branch.dialog = sibling->dialog.fork();
    }
  } else {
    branch.caller = ++call.last_caller;
  }
  branch.callee = ++call.last_callee;
  branch.caller_tag = name.from_tag;
  branch.callee_tag = name.to_tag;
  branch.via_branch = name.via_branch;
  branch.create_time = now;
  return branch;
}

}  // namespace pollux::call
