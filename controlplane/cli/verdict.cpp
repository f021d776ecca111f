#include "controlplane/cli/verdict.hpp"

#include <algorithm>

#include "controlplane/cli/format.hpp"
#include "controlplane/cli/words.hpp"

namespace pollux::cli {

namespace {

constexpr double kSilenceSeconds = 5;  // longer than talk pauses and comfort-noise intervals usually are

struct Leg {
  const v1::LegSpec* spec = nullptr;
  const v1::StreamState* rtp = nullptr;
};

Leg find_leg(const v1::Session& session, const std::string& leg_id) {
  Leg leg{&v1::LegSpec::default_instance(), &v1::StreamState::default_instance()};
  for (const auto& spec : session.spec().legs()) {
    if (spec.leg_id() == leg_id) {
      leg.spec = &spec;
    }
  }
  for (const auto& state : session.state().legs()) {
    if (state.leg_id() == leg_id) {
      leg.rtp = &state.rtp();
    }
  }
  return leg;
}

// With two legs and no sinks at all each gets the other's (SessionSpec in session.proto).
std::vector<std::string> sinks_of(const v1::Session& session, const v1::LegSpec& leg) {
  const auto& legs = session.spec().legs();
  const bool none_said =
      std::all_of(legs.begin(), legs.end(), [](const auto& l) { return l.sinks().empty(); });
  if (legs.size() == 2 && none_said) {
    return {legs[legs[0].leg_id() == leg.leg_id() ? 1 : 0].leg_id()};
  }
  return {leg.sinks().begin(), leg.sinks().end()};
}

bool party_sends(const v1::LegSpec& leg) {
  return leg.direction() != v1::DIRECTION_RECVONLY && leg.direction() != v1::DIRECTION_INACTIVE;
}

bool party_receives(const v1::LegSpec& leg) {
  return leg.direction() != v1::DIRECTION_SENDONLY && leg.direction() != v1::DIRECTION_INACTIVE;
}

std::string dropped_hint(const v1::StreamState& rtp) {
  return rtp.dropped() == 0 ? ""
                            : " (" + human_count(rtp.dropped()) +
                                  " packets dropped at its port: polluxctl stats --drops says why)";
}

Verdict judge(const Leg& from, const Leg& to) {
  Verdict verdict{from.spec->leg_id(), to.spec->leg_id(), Flow::kFlowing, ""};
  const auto set = [&verdict](Flow flow, std::string text) {
    verdict.flow = flow;
    verdict.text = std::move(text);
    return verdict;
  };
  if (!party_sends(*from.spec)) {
    return set(Flow::kOnHold, "on hold: " + verdict.from + " is " + word(from.spec->direction()));
  }
  if (!party_receives(*to.spec)) {
    return set(Flow::kOnHold, "on hold: " + verdict.to + " is " + word(to.spec->direction()));
  }
  if (from.rtp->rx_packets() == 0) {
    return set(Flow::kNothingReceived,
               "nothing received from " + verdict.from + " yet" + dropped_hint(*from.rtp));
  }
  const double age = seconds_of(from.rtp->last_rx_age());
  if (age > kSilenceSeconds) {
    return set(Flow::kSilent, verdict.from + " has been silent for " + human_duration(age));
  }
  if (!to.rtp->has_destination()) {
    return set(Flow::kNoAddress, "receiving, but " + verdict.to + " has no address to send to yet");
  }
  const std::string destination = address_text(to.rtp->destination());
  if (to.rtp->tx_packets() == 0) {
    return set(Flow::kNothingSent,
               "receiving, but nothing was sent to " + destination + ": polluxctl stats --drops says why");
  }
  return set(Flow::kFlowing,
             "receiving, forwarding to " + destination +
                 (to.rtp->source_confirmed() ? "" : " (as signalled; nothing has come from there)"));
}

}  // namespace

Tone Verdict::tone() const {
  switch (flow) {
    case Flow::kFlowing:
      return Tone::kGood;
    case Flow::kOnHold:
      return Tone::kPlain;
    case Flow::kNothingReceived:
    case Flow::kSilent:
    case Flow::kNoSink:
      return Tone::kWarning;
    case Flow::kNoAddress:
    case Flow::kNothingSent:
      return Tone::kBad;
  }
  return Tone::kPlain;
}

std::string Verdict::line() const {
  return from + (to.empty() ? "" : " → " + to) + ": " + text;
}

std::vector<Verdict> verdicts(const v1::Session& session) {
  std::vector<Verdict> result;
  for (const auto& spec : session.spec().legs()) {
    const Leg from = find_leg(session, spec.leg_id());
    const auto sinks = sinks_of(session, spec);
    for (const auto& sink : sinks) {
      result.push_back(judge(from, find_leg(session, sink)));
    }
    if (sinks.empty() && from.rtp->rx_packets() > 0) {
      result.push_back({spec.leg_id(), "", Flow::kNoSink, "receiving for nobody: the leg has no sinks"});
    }
  }
  return result;
}

Summary summarize(const v1::Session& session) {
  const auto all = verdicts(session);
  const auto count = [&all](Flow flow) {
    return std::count_if(all.begin(), all.end(), [flow](const Verdict& v) { return v.flow == flow; });
  };
  const auto total = static_cast<std::ptrdiff_t>(all.size());
  const auto flowing = count(Flow::kFlowing);
  const auto held = count(Flow::kOnHold);
  if (total == 0) {
    return {"no sinks", Tone::kWarning};
  }
  if (held == total) {
    return {"on hold", Tone::kPlain};
  }
  if (flowing + held == total) {
    return {held > 0 ? "media flows (part on hold)" : "media flows", Tone::kGood};
  }
  if (count(Flow::kNothingReceived) + held == total) {
    return {"no media yet", Tone::kWarning};
  }
  const auto bad = std::find_if(all.begin(), all.end(), [](const Verdict& v) {
    return v.flow != Flow::kFlowing && v.flow != Flow::kOnHold;
  });
  return {(flowing > 0 ? "one way: " : "") + bad->line(), flowing > 0 ? Tone::kBad : bad->tone()};
}

}  // namespace pollux::cli
