// What a session's counters mean, in plain words: the first thing to read when a call has one-way audio.
#pragma once

#include <string>
#include <vector>

#include "controlplane/cli/style.hpp"
#include "pollux/v1/session.pb.h"

namespace pollux::cli {

enum class Flow {
  kFlowing,
  kPoor,             // it flows, but a person hears that something is wrong
  kUnheard,          // it flows to an address that never answered
  kOnHold,           // a direction attribute forbids it, as signalled
  kNothingReceived,  // never a believed packet
  kRefused,          // packets come, and all are dropped
  kSilent,           // there were packets, but none lately
  kNoAddress,        // the sink has nowhere to be sent to yet
  kNotSent,          // received, address known, and dropped on the way out
  kPortDown,
  kNoSink,  // received for nobody
};

// One way through the session: what `from`'s party sends, on its way to the party of `to`.
struct Verdict {
  std::string from;
  std::string to;  // empty with kNoSink
  Flow flow = Flow::kFlowing;
  std::string text;                  // "receiving, forwarding to 198.51.100.7:40000"
  std::string advice;                // what to do; empty: nothing
  std::vector<std::string> remarks;  // what else is worth knowing

  Tone tone() const;
  std::string line() const;  // "a → b: receiving, …"
};

// Every pair of leg and sink, in the order of the legs.
std::vector<Verdict> verdicts(const v1::Session& session);

struct Summary {
  std::string text;  // "media flows", "one way: a → b: nothing received from a yet"
  Tone tone = Tone::kPlain;
};

// The same for one column of a list.
Summary summarize(const v1::Session& session);

}  // namespace pollux::cli
