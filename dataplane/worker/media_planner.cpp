#include "dataplane/worker/media_planner.hpp"

#include <algorithm>

#include "dataplane/codec/cost.hpp"
#include "dataplane/codec/payload.hpp"
#include "dataplane/session/clocks.hpp"
#include "dataplane/session/media_route.hpp"

namespace pollux::worker {

namespace {

double cost_of(CodecId id, std::span<const CodecCost> costs, double CodecCost::*share) {
  for (const CodecCost& cost : costs) {
    if (cost.id == id) {
      return cost.*share;
    }
  }
  return 0;
}

// L16 is measured at 8 kHz with one channel.
double width_of(const CodecParams& codec) {
  return codec.id == CodecId::kL16 ? codec.channels * codec.clock_rate / 8000.0 : 1;
}

const LegSpec* leg_of(const SessionSpec& spec, std::uint16_t id) {
  const auto found = std::ranges::find(spec.legs, id, &LegSpec::id);
  return found == spec.legs.end() ? nullptr : &*found;
}

}  // namespace

media::RouteWishes wishes_between(const LegSpec& from, const LegSpec& to) {
  return {.from = from.codecs.span(),
          .to = to.codecs.span(),
          .ptime_ms = to.ptime_ms,
          .window_ms = from.jitter_window_ms,
          .comfort_noise = to.silence == SilencePolicy::kComfortNoise,
          .dtx = to.dtx};
}

Expected<std::unique_ptr<MediaRecord>> MediaPlanner::make(const SessionSpec& spec, const LegSpec& from,
                                                          const LegSpec& to, session::Endpoint& source,
                                                          session::Endpoint& sink) {
  const media::RouteWishes wishes = wishes_between(from, to);
  const media::RoutePlan plan = media::plan_route(wishes);
  if (!plan.needs_path) {
    return nullptr;
  }
  auto path = media::Path::make(wishes, plan, static_cast<std::uint16_t>(random_()),
                                static_cast<std::uint32_t>(random_()));
  if (!path) {
    return tl::unexpected(path.error());
  }
  auto record = std::make_unique<MediaRecord>();
  record->from_leg = from.id;
  record->to_leg = to.id;
  record->from = from.codecs;
  record->to = to.codecs;
  record->ptime_ms = to.ptime_ms;
  record->window_ms = from.jitter_window_ms;
  record->silence = to.silence;
  record->dtx = to.dtx;
  record->route = std::make_unique<session::MediaRoute>();
  session::MediaRoute& route = *record->route;
  route.path = std::move(*path);
  route.source = &source;
  route.sink = &sink;
  route.worker = spec.worker;
  route.media_worker = spec.media_worker;
  route.in_line = !plan.decodes;
  const std::uint32_t clock_rate =
      plan.encoded ? plan.encoded->params.clock_rate : plan.formats[0].in.params.clock_rate;
  route.clock = session::clock_index(clock_rate).value_or(0);
  route.ssrc = static_cast<std::uint32_t>(random_());
  return record;
}

bool MediaPlanner::fits(const MediaRecord& record, const SessionSpec& spec, const LegSpec& from,
                        const LegSpec& to, const session::Endpoint& source, const session::Endpoint& sink) {
  const session::MediaRoute& route = *record.route;
  return route.source == &source && route.sink == &sink && record.from == from.codecs &&
         record.to == to.codecs && record.ptime_ms == to.ptime_ms &&
         record.window_ms == from.jitter_window_ms && record.silence == to.silence && record.dtx == to.dtx &&
         (route.in_line || route.media_worker == spec.media_worker);
}

// Routes that the session needs and hasn't, and those it has and keeps.
Expected<void> MediaPlanner::plan(const MediaRecords& existing, const SessionSpec& spec,
                                  const std::vector<session::Leg*>& legs, MediaRecords& made,
                                  std::vector<const MediaRecord*>& kept) {
  for (std::size_t i = 0; i < spec.legs.size(); ++i) {
    const LegSpec& from = spec.legs[i];
    for (const std::uint16_t sink : from.sinks) {
      const LegSpec& to = *leg_of(spec, sink);
      session::Endpoint& source_end = *legs[i]->rtp;
      session::Endpoint& sink_end = *legs[static_cast<std::size_t>(&to - spec.legs.data())]->rtp;
      const auto found = std::ranges::find_if(
          existing, [&](const auto& record) { return fits(*record, spec, from, to, source_end, sink_end); });
      if (found != existing.end()) {
        kept.push_back(found->get());
        continue;
      }
      auto route = make(spec, from, to, source_end, sink_end);
      if (!route) {
        return tl::unexpected(route.error());
      }
      if (*route) {
        made.push_back(std::move(*route));
      }
    }
  }
  return {};
}

double MediaPlanner::cost(const SessionSpec& spec, std::span<const CodecCost> costs) {
  double total = 0;
  for (const LegSpec& from : spec.legs) {
    for (const std::uint16_t sink : from.sinks) {
      const LegSpec* const to = leg_of(spec, sink);
      if (to == nullptr) {
        continue;
      }
      const media::RoutePlan plan = media::plan_route(wishes_between(from, *to));
      if (!plan.decodes) {
        continue;
      }
      // The dearest of what the party may send.
      double decoding = 0;
      const std::uint32_t out_rate = media::encoder_rate(plan);
      for (const media::FormatPlan& format : plan.formats) {
        if (format.use == media::Use::kTranscode) {
          const std::uint32_t in_rate = codec::pcm_rate(format.in.params, out_rate);
          const double channels = format.in.params.channels;
          decoding = std::max(decoding, width_of(format.in.params) * cost_of(format.in.params.id, costs,
                                                                             &CodecCost::decode_share) +
                                            channels * codec::resampling_share(in_rate, out_rate));
        }
      }
      total += decoding + width_of(plan.encoded->params) *
                              cost_of(plan.encoded->params.id, costs, &CodecCost::encode_share);
    }
  }
  return total;
}

MediaPathStats path_stats(MediaRecord& record, std::uint64_t now_tsc, double hz) {
  const session::MediaRoute& route = *record.route;
  const media::Path& path = *route.path;
  const media::RoutePlan& plan = path.plan();
  const media::PathCounters& counters = path.counters();
  MediaPathStats stats;
  stats.from_leg = record.from_leg;
  stats.worker = route.in_line ? route.worker : route.media_worker;
  const std::size_t format = std::min<std::size_t>(counters.format.get(), plan.formats.size() - 1);
  stats.in = plan.formats[format].in.params;
  stats.transcodes = plan.formats[format].use == media::Use::kTranscode;
  stats.out = stats.transcodes ? plan.encoded->params : plan.formats[format].out.params;
  stats.resampled_from_hz = path.resampled_from_hz(format);
  stats.resampled_to_hz = stats.resampled_from_hz == 0 ? 0 : path.pcm_rate();
  stats.in_ptime_ms = counters.in_packet_us.get() / 1000.0;
  stats.out_ptime_ms = counters.out_packet_us.get() / 1000.0;
  stats.delay_ms = (counters.delay_us.get() + (stats.transcodes ? path.lookahead_us() : 0)) / 1000.0;
  stats.window_ms = counters.window_us.get() / 1000.0;
  const std::uint64_t cycles = route.busy_cycles.get();
  if (now_tsc > record.tsc_before) {
    stats.cpu_share =
        static_cast<double>(cycles - record.cycles_before) / static_cast<double>(now_tsc - record.tsc_before);
  }
  // A few seconds smooth it; whoever asks more often gets the share of the same few seconds.
  if (record.tsc_before == 0 || static_cast<double>(now_tsc - record.tsc_before) > 5 * hz) {
    record.cycles_before = cycles;
    record.tsc_before = now_tsc;
  }
  stats.packets_in = counters.packets_in.get();
  stats.packets_out = counters.packets_out.get();
  stats.reordered = counters.reordered.get();
  stats.late = counters.late.get();
  stats.lost = counters.lost.get();
  stats.malformed = counters.malformed.get();
  stats.concealed_us = counters.concealed_us.get();
  stats.noise_us = counters.noise_us.get();
  stats.flushed = counters.flushed.get();
  return stats;
}

}  // namespace pollux::worker
