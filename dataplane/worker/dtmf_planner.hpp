// The key presses of a session's legs: what each takes and sends, by its codecs, its policy and its sinks.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "dataplane/api/session_spec.hpp"
#include "dataplane/api/stats.hpp"
#include "dataplane/base/expected.hpp"
#include "dataplane/session/session_plan.hpp"

namespace pollux::worker {

// What a leg has, and what it was made for.
struct DtmfRecord {
  session::DtmfLeg* state = nullptr;  // lives as long as the leg; nullptr: it never had codecs
  SharedList<CodecFormat> heard;      // formats of its listener; empty: none
  std::optional<CodecParams> tones;
  bool holds = false;  // it has room to hold packets back, for as long as it lives

  bool none() const { return state == nullptr; }
};

// Whether somebody needs to know what is pressed in-band on the leg: DtmfReceive says.
bool listens(const SessionSpec& spec, const LegSpec& leg);

// Whether exactly one leg leads to this one, and is listened to: its packets may be taken out of the stream.
bool is_listened_to_only(const SessionSpec& spec, const LegSpec& sink);

// Fills the plan's DTMF part for leg `index` of `spec`, and `record` with what the leg will have. Thread:
// control. Errors: as media::ToneListener::make() and media::ToneSource::make(). On an error nothing has
// changed.
Expected<void> plan_dtmf(const SessionSpec& spec, std::size_t index, session::Leg& leg, DtmfRecord& record,
                         session::LegPlan& plan);

// For those who ask.
void fill_dtmf(const DtmfRecord& record, LegStats& stats);

}  // namespace pollux::worker
