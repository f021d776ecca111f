#include "controlplane/cli/verdict.hpp"

#include <algorithm>

#include "controlplane/cli/diagnosis.hpp"
#include "controlplane/cli/words.hpp"

namespace pollux::cli {

namespace {

bool is_fine(Flow flow) {
  return flow == Flow::kFlowing || flow == Flow::kPoor || flow == Flow::kUnheard;
}

// Without what goes well: "receiving, forwarding to X, but it comes poorly" → "it comes poorly".
std::string brief(const Verdict& verdict) {
  constexpr const char* kBut = ", but ";
  const auto at = verdict.text.find(kBut);
  return verdict.from + (verdict.to.empty() ? "" : " → " + verdict.to) + ": " +
         (at == std::string::npos ? verdict.text : verdict.text.substr(at + std::string(kBut).size()));
}

Finding judge(const LegView& from, const LegView& to, const std::string& session_id) {
  for (const auto& [leg, held] :
       {std::pair(&from, !from.party_sends()), std::pair(&to, !to.party_receives())}) {
    if (held) {
      return {Flow::kOnHold, "on hold: " + leg->id() + " is " + word(leg->spec->direction()), ""};
    }
  }
  if (auto fault = reception_fault(from, session_id)) {
    return *fault;
  }
  if (auto fault = sending_fault(from, to, session_id)) {
    return *fault;
  }
  return flowing(from, to, session_id);
}

}  // namespace

Tone Verdict::tone() const {
  switch (flow) {
    case Flow::kFlowing:
      return Tone::kGood;
    case Flow::kOnHold:
      return Tone::kPlain;
    case Flow::kPoor:
    case Flow::kUnheard:
    case Flow::kNothingReceived:
    case Flow::kSilent:
    case Flow::kNoSink:
      return Tone::kWarning;
    case Flow::kRefused:
    case Flow::kNoAddress:
    case Flow::kNotSent:
    case Flow::kPortDown:
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
    const LegView from = find_leg(session, spec.leg_id());
    const auto sinks = sinks_of(session, spec);
    for (const auto& sink : sinks) {
      const Finding finding = judge(from, find_leg(session, sink), session.session_id());
      result.push_back({spec.leg_id(), sink, finding.flow, finding.text, finding.advice, {}});
    }
    if (sinks.empty() && from.rtp().rx_packets() > 0) {
      result.push_back(
          {spec.leg_id(), "", Flow::kNoSink, "receiving for nobody: the leg has no sinks", "", {}});
    }
    if (!sinks.empty()) {
      result.back().remarks = remarks(from);
    }
  }
  return result;
}

Summary summarize(const v1::Session& session) {
  const auto all = verdicts(session);
  const auto count = [&all](auto&& fits) { return std::count_if(all.begin(), all.end(), fits); };
  const auto total = static_cast<std::ptrdiff_t>(all.size());
  const auto flowing = count([](const Verdict& v) { return is_fine(v.flow); });
  const auto held = count([](const Verdict& v) { return v.flow == Flow::kOnHold; });
  if (total == 0) {
    return {"no sinks", Tone::kWarning};
  }
  if (held == total) {
    return {"on hold", Tone::kPlain};
  }
  // The worst one that isn't as it should be: first what doesn't flow, then what flows badly.
  const auto stopped = std::find_if(
      all.begin(), all.end(), [](const Verdict& v) { return !is_fine(v.flow) && v.flow != Flow::kOnHold; });
  if (stopped != all.end()) {
    if (count([](const Verdict& v) { return v.flow == Flow::kNothingReceived; }) + held == total) {
      return {"no media yet", Tone::kWarning};
    }
    return {(flowing > 0 ? "one way: " : "") + brief(*stopped), flowing > 0 ? Tone::kBad : stopped->tone()};
  }
  const auto poor =
      std::find_if(all.begin(), all.end(), [](const Verdict& v) { return v.flow == Flow::kPoor; });
  if (poor != all.end()) {
    return {brief(*poor), Tone::kWarning};
  }
  return {held > 0 ? "media flows (part on hold)" : "media flows", Tone::kGood};
}

}  // namespace pollux::cli
