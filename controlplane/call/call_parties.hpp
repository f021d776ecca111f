// Whom the tags and branches of a request mean.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "controlplane/call/call.hpp"

namespace pollux::call {

// A branch of the call and the side of it that speaks.
struct Speaker {
  std::size_t branch = 0;
  sdp::Side side = sdp::Side::kCaller;
};

// Who makes the offer. None: the offer begins a branch (see new_branch()).
std::optional<Speaker> find_offerer(const Call& call, const DialogName& name);

// Who answers. A tag not seen yet belongs to the branch with that via_branch, else to one that waits for its
// answer, else to the caller's active one, which it takes over (a fork that the proxy told nothing of). None:
// no branch has `from_tag`.
std::optional<Speaker> find_answerer(const Call& call, const DialogName& name);

// The branches that a request to delete names, by index, ascending. Tags in either order; beside its
// caller's, a tag that nobody has counts for a branch that has not answered. A via_branch that no offer had
// is left out of account where there is a from_tag. Nothing but the Call-ID names them all.
std::vector<std::size_t> find_named(const Call& call, const DialogName& name);

// A branch for an offer of somebody who has none yet: with the legs of `name.from_tag` where it made offers
// before. Its dialog is a fork of the caller's where there is one.
Branch new_branch(Call& call, const DialogName& name, std::chrono::system_clock::time_point now);

}  // namespace pollux::call
