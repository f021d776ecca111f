#include "dataplane/stages/own_stream.hpp"

#include "dataplane/session/clocks.hpp"

namespace pollux::stages {

namespace {

// The route by which the stream that goes out here comes, and how many there are.
struct Feeder {
  const session::Leg* leg = nullptr;  // heard last; nullptr: nothing has come yet
  const session::Route* route = nullptr;
  std::size_t count = 0;
};

Feeder feeder_of(const session::Endpoint& sink) {
  Feeder found;
  for (const session::Leg* from : sink.leg->session->legs) {
    for (const session::Route& route : from->routing->routes) {
      if (route.sink->rtp != &sink) {
        continue;
      }
      ++found.count;
      if (from->rtp->reception.started() &&
          (found.leg == nullptr || from->rtp->last_rx_tsc.get() > found.leg->rtp->last_rx_tsc.get())) {
        found.leg = from;
        found.route = &route;
      }
    }
  }
  return found;
}

// Of the stream that goes out: its clock, as an index into kClockRates.
std::uint8_t clock_of(const Feeder& feeder, const session::DtmfLeg& sink) {
  if (feeder.leg == nullptr) {
    return session::clock_index(sink.settings.audio_clock_rate).value_or(0);
  }
  if (feeder.route->media != nullptr) {
    return feeder.route->media->clock;
  }
  return feeder.route->payload_types->clock[feeder.leg->quality.payload_type() & 0x7fU];
}

void rewrite_from_now(session::Endpoint& sink) {
  sink.tx_flags |= session::kTxRewrite;
  sink.leg->rewrites = true;
}

// The stream of `source`, whose packets went through unchanged so far, goes on with numbers of our own that
// are the same, so that its receiver sees no break.
void adopt(session::Endpoint& sink, const session::Endpoint& source, std::uint16_t highest,
           std::uint32_t timestamp, std::uint32_t at_ms) {
  sink.rewriter.adopt({source.reception.ssrc(), source.index}, highest, timestamp, at_ms);
  rewrite_from_now(sink);
}

}  // namespace

std::uint8_t stream_clock(const session::Endpoint& sink) {
  return clock_of(feeder_of(sink), *sink.leg->dtmf);
}

void own_stream(Context& context, session::Endpoint& sink) {
  if ((sink.tx_flags & session::kTxRewrite) != 0) {
    return;
  }
  const Feeder feeder = feeder_of(sink);
  if (feeder.count > 1) {
    return;  // streams of several parties can't become one
  }
  if (feeder.leg == nullptr) {
    rewrite_from_now(sink);
    return;
  }
  const session::Endpoint& source = *feeder.leg->rtp;
  const std::uint8_t clock = clock_of(feeder, *sink.leg->dtmf);
  const std::uint64_t passed_us =
      static_cast<std::uint64_t>(context.tsc_ns(context.now_tsc - source.last_rx_tsc.get())) / 1000;
  const auto passed_ticks = static_cast<std::uint32_t>(passed_us * session::kClockRates[clock] / 1'000'000);
  adopt(sink, source, static_cast<std::uint16_t>(source.reception.highest_sequence()),
        source.reception.timestamp_at(context.rtp_ticks(clock)) - passed_ticks,
        static_cast<std::uint32_t>(context.now_ms) - static_cast<std::uint32_t>(passed_us / 1000));
}

void leave_out(Context& context, session::Endpoint& sink, const session::Endpoint& source,
               const rtp::RtpHeader& header, bool event) {
  if ((sink.tx_flags & session::kTxRewrite) == 0) {
    const Feeder feeder = feeder_of(sink);
    if (feeder.count > 1) {
      return;  // the packet is missing, then
    }
    const auto highest = static_cast<std::uint16_t>(source.reception.highest_sequence());
    const session::DtmfLeg& leg = *sink.leg->dtmf;
    adopt(sink, source, static_cast<std::uint16_t>(highest == header.sequence ? highest - 1 : highest),
          header.timestamp - leg.settings.packet_ms * session::kClockRates[clock_of(feeder, leg)] / 1000,
          static_cast<std::uint32_t>(context.now_ms) - leg.settings.packet_ms);
  }
  sink.rewriter.leave_out({header.ssrc, source.index}, header, static_cast<std::uint32_t>(context.now_ms),
                          !event);
}

}  // namespace pollux::stages
