// The media routes of a session: which its legs' codec lists ask for, kept over changes that don't concern
// them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/api/session_spec.hpp"
#include "dataplane/api/stats.hpp"
#include "dataplane/base/expected.hpp"
#include "dataplane/base/random_source.hpp"
#include "dataplane/media/route_plan.hpp"
#include "dataplane/session/session.hpp"

namespace pollux::worker {

// A route with what it was made for.
struct MediaRecord {
  std::uint16_t from_leg = 0;
  std::uint16_t to_leg = 0;
  SharedList<CodecFormat> from;
  SharedList<CodecFormat> to;
  std::uint16_t ptime_ms = 0;
  std::uint16_t window_ms = 0;
  SilencePolicy silence = SilencePolicy::kComfortNoise;
  bool dtx = false;
  std::uint64_t cycles_before = 0;  // as statistics last saw them, and when
  std::uint64_t tsc_before = 0;
  std::unique_ptr<session::MediaRoute> route;
};

using MediaRecords = std::vector<std::unique_ptr<MediaRecord>>;

media::RouteWishes wishes_between(const LegSpec& from, const LegSpec& to);

// Thread: control.
class MediaPlanner {
 public:
  // The routes that the session needs and hasn't, in `made`, and those of `existing` that it keeps. `legs` in
  // the order of spec.legs.
  Expected<void> plan(const MediaRecords& existing, const SessionSpec& spec,
                      const std::vector<session::Leg*>& legs, MediaRecords& made,
                      std::vector<const MediaRecord*>& kept);

  // What a session's decoding and encoding costs its media worker, by the costs given; shares of a core.
  static double cost(const SessionSpec& spec, std::span<const CodecCost> costs);

 private:
  // The route from `from` to `to` as `spec` wants it; nullptr: none is needed. Errors: as
  // media::Path::make().
  Expected<std::unique_ptr<MediaRecord>> make(const SessionSpec& spec, const LegSpec& from, const LegSpec& to,
                                              session::Endpoint& source, session::Endpoint& sink);

  // Whether `record` is what make() would make between these endpoints.
  static bool fits(const MediaRecord& record, const SessionSpec& spec, const LegSpec& from, const LegSpec& to,
                   const session::Endpoint& source, const session::Endpoint& sink);

  RandomSource random_;
};

// For those who ask. `hz`: TSC cycles per second.
MediaPathStats path_stats(MediaRecord& record, std::uint64_t now_tsc, double hz);

}  // namespace pollux::worker
