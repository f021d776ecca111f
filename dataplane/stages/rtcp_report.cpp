#include "dataplane/stages/rtcp_report.hpp"

#include <algorithm>

#include "dataplane/base/e_model.hpp"
#include "dataplane/rtp/rtcp_report.hpp"
#include "dataplane/stages/srtp_protect.hpp"

namespace pollux::stages {

namespace {

constexpr std::uint64_t kFewestPackets = 20;  // below that no quality is told
constexpr std::uint16_t kRoom = 512;

// Of the stream that has gone out with the leg's own SSRC until now.
rtp::SenderInfo sender_info(const Context& context, const session::Leg& leg,
                            const session::SentCounts& sent) {
  const rtp::StreamRewriter& stream = leg.rtp->rewriter;
  const std::uint32_t elapsed_ms = static_cast<std::uint32_t>(context.now_ms) - stream.newest_ms();
  const auto ticks = static_cast<std::uint32_t>(std::uint64_t{elapsed_ms} * leg.report.clock_rate / 1000);
  return {.ntp = rtp::ntp_of(context.unix_ns()),
          .rtp_timestamp = stream.newest_timestamp() + ticks,
          .packets = static_cast<std::uint32_t>(sent.packets),
          .octets = static_cast<std::uint32_t>(sent.octets)};
}

rtp::OwnReportBlock reception_block(const Context& context, session::Leg& leg) {
  const rtp::Reception& reception = leg.rtp->reception;
  const std::uint32_t ssrc = reception.ssrc();
  return {.ssrc = ssrc,
          .reception = reception.report(leg.report.mark),
          .last_sr = leg.report.last_sr.last_sr(ssrc),
          .delay_since_sr = leg.report.last_sr.delay_since_sr(ssrc, context.tsc_us())};
}

std::string_view encoding_received(const session::Leg& leg) {
  for (const CodecFormat& format : leg.spec->codecs) {
    if (format.payload_type == leg.quality.payload_type()) {
      return codec_facts(format.params.id).name;
    }
  }
  return {};
}

std::uint16_t milliseconds_of(std::uint64_t microseconds) {
  return static_cast<std::uint16_t>(std::min<std::uint64_t>(microseconds / 1000, 0xffff));
}

// R and MOS as docs/quality.md has them; MOS-LQ leaves the delay out (RFC 3611 §4.7.5).
void set_quality(rtp::VoipMetrics& metrics, const session::Leg& leg, std::uint64_t expected,
                 std::uint64_t lost, double delay_ms) {
  const auto impairment = impairment_of(encoding_received(leg));
  if (!impairment || expected < kFewestPackets) {
    return;
  }
  const std::uint64_t gaps = leg.quality.gaps() - std::min(leg.quality.gaps(), leg.quality.reordered());
  ReceptionQuality quality;
  quality.loss = static_cast<double>(lost) / static_cast<double>(expected);
  quality.mean_gap_packets =
      gaps == 0 ? 1 : std::max(1.0, static_cast<double>(lost) / static_cast<double>(gaps));
  const double listening = r_factor(*impairment, quality);
  quality.delay_ms = delay_ms;
  const double conversation = r_factor(*impairment, quality);
  metrics.r_factor = static_cast<std::uint8_t>(conversation + 0.5);
  metrics.mos_lq = static_cast<std::uint8_t>(mos_of(listening) * 10 + 0.5);
  metrics.mos_cq = static_cast<std::uint8_t>(mos_of(conversation) * 10 + 0.5);
}

// What the paths of what the party sends say; the worst of them.
struct PathFigures {
  std::uint64_t late = 0;
  std::uint64_t window_us = 0;
  std::uint64_t delay_us = 0;
};

PathFigures figures_of(const session::Leg& leg) {
  PathFigures figures;
  for (const session::Route& route : leg.routing->routes) {
    if (route.media != nullptr) {
      const media::PathCounters& counters = route.media->path->counters();
      figures.late = std::max(figures.late, counters.late.get());
      figures.window_us = std::max<std::uint64_t>(figures.window_us, counters.window_us.get());
      figures.delay_us = std::max<std::uint64_t>(figures.delay_us,
                                                 counters.delay_us.get() + route.media->path->lookahead_us());
    }
  }
  return figures;
}

// Over all SSRCs that the party has used, as everywhere Pollux tells of quality.
rtp::VoipMetrics voip_metrics(const session::Leg& leg) {
  const rtp::Reception& reception = leg.rtp->reception;
  const std::uint64_t expected = leg.quality.expected(reception);
  const std::uint64_t lost = expected - std::min(expected, leg.quality.received(reception));
  const std::uint32_t clock_rate = leg.quality.clock_rate() == 0 ? 8000 : leg.quality.clock_rate();
  const auto microseconds = [clock_rate](std::uint32_t ticks) {
    return std::uint64_t{ticks} * 1'000'000 / clock_rate;
  };
  const std::uint64_t ptime_us = microseconds(leg.quality.ptime_rtp_ticks());
  const std::uint64_t round_trip_us = leg.party.round_trip_us().value_or(0);
  const PathFigures path = figures_of(leg);

  rtp::VoipMetrics metrics;
  rtp::set_losses(metrics, expected, lost, path.late, leg.quality.bursts(),
                  static_cast<std::uint32_t>(ptime_us));
  metrics.round_trip_ms = milliseconds_of(round_trip_us);
  metrics.end_system_delay_ms = milliseconds_of(ptime_us + path.delay_us);
  metrics.adaptive_jitter_buffer = leg.spec->jitter_window_ms != 0;
  metrics.jitter_buffer_nominal_ms = milliseconds_of(path.window_us);
  metrics.jitter_buffer_maximum_ms = leg.spec->jitter_window_ms;
  set_quality(
      metrics, leg, expected, lost,
      static_cast<double>(round_trip_us / 2 + ptime_us + 2 * microseconds(reception.jitter())) / 1000);
  return metrics;
}

}  // namespace

void rtcp_report(Context& context, session::Leg& leg) {
  session::Endpoint& endpoint = *leg.rtcp;
  if ((endpoint.tx_flags & session::kTxRemote) == 0 || !has_send_key(endpoint)) {
    return;
  }
  const StageTimer timer(context, Stage::rtcp_report, 1);
  rte_mbuf* const mbuf = rte_pktmbuf_alloc(context.mempool);
  if (mbuf == nullptr) {
    context.counters.drop(DropReason::no_mbuf).add(1);
    return;
  }
  const session::SentCounts sent = session::sent_as_own(leg);
  rtp::OwnReport report;
  report.ssrc = leg.rtp->rewriter.out_ssrc();
  report.cname = leg.report.cname_text();
  // RFC 3550 §6.4: an SR where RTP was sent since the report before the last one.
  if (leg.rtp->rewriter.has_source() && sent.packets != leg.report.reports[1]) {
    report.sender = sender_info(context, leg, sent);
    leg.party.on_sr_sent(rtp::ntp_middle(report.sender->ntp), context.tsc_us());
  }
  leg.report.reports = {sent.packets, leg.report.reports[0]};
  if (leg.rtp->reception.started()) {
    report.block = reception_block(context, leg);
    if (leg.spec->rtcp_xr) {
      report.metrics = voip_metrics(leg);
    }
  }
  auto* const payload = rte_pktmbuf_mtod(mbuf, std::uint8_t*);
  const std::size_t length = rtp::write_report({payload, kRoom}, report);
  mbuf->data_len = static_cast<std::uint16_t>(length);
  mbuf->pkt_len = mbuf->data_len;
  send_rtcp(context, endpoint, endpoint, mbuf, payload, static_cast<std::uint16_t>(length));
}

}  // namespace pollux::stages
