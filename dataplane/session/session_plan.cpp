#include "dataplane/session/session_plan.hpp"

#include <algorithm>
#include <utility>

#include "dataplane/session/payload_types.hpp"

namespace pollux::session {

namespace {

// What every session has twice; docs/performance.md, "Scale", tells what becomes of it.
static_assert(sizeof(Leg) <= 832 && sizeof(LegSpec) <= 216 && sizeof(Endpoint) == 384);

void set_flag(std::uint8_t& flags, std::uint8_t flag, bool on) {
  flags = static_cast<std::uint8_t>(on ? flags | flag : flags & ~flag);
}

bool party_sends(Direction direction) {
  return direction == Direction::kSendRecv || direction == Direction::kSendOnly;
}
bool party_receives(Direction direction) {
  return direction == Direction::kSendRecv || direction == Direction::kRecvOnly;
}

// A new code point needs the headers written anew, towards wherever they pointed, learned or signalled.
void readdress(Endpoint& endpoint, const LocalEnd& local) {
  if ((endpoint.tx_flags & kTxRemote) != 0) {
    const Remote remote = endpoint.remote.load();
    set_destination(endpoint, local, {remote.ip, remote.port});
    endpoint.remote.store(remote);
  }
}

LocalEnd rtcp_local_of(const Leg& leg) {
  LocalEnd local = leg.local;
  local.udp_port = leg.spec->local_rtcp_port;
  return local;
}

void set_dscp(Leg& leg, std::uint8_t dscp) {
  leg.local.dscp = dscp;
  readdress(*leg.rtp, leg.local);
  if (leg.rtcp != leg.rtp) {
    readdress(*leg.rtcp, rtcp_local_of(leg));
  }
}

// Learning goes on, or begins anew where the signalled address or the mode asks for it.
void apply_source(Leg& leg, bool added, std::uint64_t now_ms) {
  const auto now = static_cast<std::uint32_t>(now_ms);
  const std::optional<SocketAddress> remote_rtcp = remote_rtcp_of(*leg.spec);
  const bool mux = leg.rtcp == leg.rtp;
  if (added) {
    leg.learning = SourceLearning(leg.spec->learning, leg.spec->source_policy, leg.spec->remote_rtp, now);
    leg.rtcp_learning = RtcpSourceLearning(remote_rtcp, mux);
  }
  const bool rtp_afresh =
      leg.learning.update(leg.spec->learning, leg.spec->source_policy, leg.spec->remote_rtp, now) || added;
  const bool rtcp_afresh = leg.rtcp_learning.update(remote_rtcp, mux) || rtp_afresh;
  if (rtp_afresh) {
    point_at(*leg.rtp, leg.local, leg.learning.destination());
  }
  if (rtcp_afresh && !mux) {
    leg.rtcp_learning.rtp_changed();
    point_at(*leg.rtcp, rtcp_local_of(leg), leg.rtcp_learning.destination());
  }
}

void apply_capture(const Session& session, Leg& leg) {
  const bool on = session.capture.covers(leg.spec->id);
  for (Endpoint* endpoint : {leg.rtp, leg.rtcp}) {
    set_flag(endpoint->rx_flags, kRxCapture, on);
    set_flag(endpoint->tx_flags, kTxCapture, on);
  }
}

// A new key takes the place of the one before, which a receiver keeps beside it for a while; the one before
// that is gone then.
void apply_keys(LegPlan& plan, crypto::Engine& srtp) {
  Leg& leg = *plan.leg;
  Endpoint& rtp = *leg.rtp;
  const crypto::ContextId former_in = rtp.srtp_in;
  if (former_in != plan.srtp_in && former_in != 0) {
    const crypto::ContextId older = srtp.set_former(former_in, 0);
    if (plan.keeps_former_in) {
      srtp.set_former(plan.srtp_in, former_in);
    } else {
      plan.retired_in.push_back(former_in);
    }
    if (older != 0 && older != plan.srtp_in) {
      plan.retired_in.push_back(older);
    }
  }
  if (rtp.srtp_out != plan.srtp_out) {
    plan.retired_out = rtp.srtp_out;
  }
  for (Endpoint* endpoint : {leg.rtp, leg.rtcp}) {
    endpoint->srtp_in = plan.srtp_in;
    endpoint->srtp_out = plan.srtp_out;
    endpoint->protection = plan.protection;
    set_flag(endpoint->rx_flags, kRxSrtp, plan.protection != Protection::kNone);
    set_flag(endpoint->tx_flags, kTxSrtp, plan.protection == Protection::kSrtp);
  }
}

// What has gone out so far went with SSRCs of others.
void owns_from_now(Leg& leg) {
  const SentCounts now = sent_as_own(leg);
  leg.report.not_own.packets += now.packets;
  leg.report.not_own.octets += now.octets;
  leg.report.reports = {};
}

// RFC 3551 §4.1: one clock in a stream, that of the first audio format; what a path sends has it.
std::uint32_t clock_rate_sent(const LegSpec& spec) {
  for (const CodecFormat& format : spec.codecs) {
    if (codec_facts(format.params.id).audio) {
      return format.params.clock_rate;
    }
  }
  return 8000;
}

// A leg reports for itself when something of what its party sends or gets goes through a path. Its party then
// gets one stream with the SSRC that reports, also where only the other direction has a path.
void apply_reports(const std::vector<Leg*>& legs) {
  for (Leg* leg : legs) {
    leg->report.on =
        std::any_of(legs.begin(), legs.end(), [leg](const Leg* other) { return path_between(*leg, *other); });
    if (leg->report.on && !leg->rewrites) {
      leg->rewrites = true;
      if ((leg->rtp->tx_flags & kTxRewrite) == 0) {
        owns_from_now(*leg);
        set_flag(leg->rtp->tx_flags, kTxRewrite, true);
      }
    }
    leg->report.clock_rate = clock_rate_sent(*leg->spec);
  }
}

// The state stays over changes: a press that is going on isn't cut off by one.
void apply_dtmf(LegPlan& plan) {
  Leg& leg = *plan.leg;
  if (leg.dtmf == nullptr) {
    std::swap(leg.dtmf, plan.dtmf);
  }
  if (leg.dtmf == nullptr) {
    return;
  }
  if (leg.dtmf->hold == nullptr) {
    std::swap(leg.dtmf->hold, plan.dtmf_hold);
  }
  leg.dtmf->settings = plan.dtmf_settings.value_or(DtmfSettings{});
  if (plan.changes_listener) {
    std::swap(leg.dtmf->listener, plan.listener);
  }
  if (plan.changes_tones) {
    std::swap(leg.dtmf->tones, plan.tones);
  }
  leg.dtmf->sender.set({leg.dtmf->clock_rate, leg.dtmf->settings.packet_ms});
  if (leg.dtmf->tones != nullptr && leg.dtmf->tones->follows_audio()) {
    set_flag(leg.rtp->tx_flags, kTxDtmf, true);  // it has to be shown what goes out
  }
}

void link(Endpoint& endpoint, EndpointTable& table, std::uint32_t value) {
  *table.slot(endpoint.local_address, endpoint.local_port) = value;
}

// RTCP goes over to the RTP port, or back to its own (RFC 5761 §5.1.1: the answer decides). Pre: a leg whose
// spec says that the ports differ has rtcp_apart.
void apply_mux(Leg& leg, EndpointTable& table) {
  Endpoint* const wanted = leg.spec->rtcp_mux() ? leg.rtp : leg.rtcp_apart;
  if (wanted == leg.rtcp) {
    return;
  }
  link(*leg.rtcp_apart, table, wanted == leg.rtp ? 0 : leg.rtcp_apart->index);
  leg.rtcp = wanted;
}

void apply_leg(LegPlan& plan, EndpointTable& table, crypto::Engine& srtp, std::uint64_t now_ms) {
  Leg& leg = *plan.leg;
  leg.spec = plan.spec;
  apply_mux(leg, table);
  std::swap(leg.routing, plan.routing);
  if (leg.local.dscp != leg.spec->dscp) {
    set_dscp(leg, leg.spec->dscp);
  }
  apply_source(leg, plan.added, now_ms);

  Endpoint& rtp = *leg.rtp;
  const Routing& routing = *leg.routing;
  rtp.leg = leg.rtcp->leg = &leg;
  apply_keys(plan, srtp);
  set_flag(leg.rtcp->rx_flags, kRxRtcpPort, leg.rtcp != leg.rtp);
  set_flag(rtp.rx_flags, kRxMux, leg.rtcp == leg.rtp);
  set_flag(rtp.rx_flags, kRxForward, party_sends(leg.spec->direction));
  set_flag(rtp.rx_flags, kRxAcceptAny, leg.spec->source_policy == SourcePolicy::kAcceptAny);
  set_flag(rtp.rx_flags, kRxMoreSinks, !routing.more_sinks.empty());
  set_flag(rtp.tx_flags, kTxForward, party_receives(leg.spec->direction));
  leg.rewrites |= plan.rewrites;
  const bool rewrote = (rtp.tx_flags & kTxRewrite) != 0;
  set_flag(rtp.tx_flags, kTxRewrite, leg.spec->stream_mode == StreamMode::kRewrite || leg.rewrites);
  if (!rewrote && (rtp.tx_flags & kTxRewrite) != 0) {
    owns_from_now(leg);
  }
  apply_dtmf(plan);
  apply_capture(*leg.session, leg);
  rtp.sink = routing.routes.empty() ? nullptr : routing.routes.front().sink->rtp;
  // Without a sink as well: the table it had goes away with the former routing.
  rtp.payload_types = !routing.routes.empty()   ? routing.routes.front().payload_types
                      : !routing.tables.empty() ? routing.tables.front().get()
                                                : &identity_payload_types();
}

void unlink(const Leg& leg, EndpointTable& table) {
  link(*leg.rtp, table, 0);
  link(*leg.rtcp, table, 0);
}

}  // namespace

void apply(SessionPlan& plan, EndpointTable& table, crypto::Engine& srtp, std::uint64_t now_tsc,
           std::uint64_t now_ms) {
  Session& session = *plan.session;
  if (plan.kind == PlanKind::kRemove) {
    for (const Leg* leg : session.legs) {
      unlink(*leg, table);
    }
    return;  // the legs stay as they were, for their statistics
  }
  if (plan.kind == PlanKind::kCapture) {
    session.capture = plan.capture;
    for (Leg* leg : session.legs) {
      apply_capture(session, *leg);
    }
    return;
  }
  if (plan.kind == PlanKind::kDtmf) {
    return;
  }
  if (plan.kind == PlanKind::kForgetKeys) {
    for (LegPlan& leg_plan : plan.legs) {
      if (const crypto::ContextId id = leg_plan.leg->rtp->srtp_in; id != 0) {
        leg_plan.retired_in.push_back(srtp.set_former(id, 0));
      }
    }
    return;
  }
  for (const auto& leg : plan.removed) {
    unlink(*leg, table);
  }
  for (LegPlan& leg_plan : plan.legs) {
    apply_leg(leg_plan, table, srtp, now_ms);
  }
  for (const LegPlan& leg_plan : plan.legs) {
    if (leg_plan.added) {
      link(*leg_plan.leg->rtp, table, leg_plan.leg->rtp->index);
      link(*leg_plan.leg->rtcp, table, leg_plan.leg->rtcp->index);
    }
  }
  if (!plan.closing.empty()) {
    // What was transcoded is now relayed, or the other way round: no stragglers of another party.
    for (const Leg* leg : plan.session_legs) {
      leg->rtp->rewriter.forget_former();
    }
  }
  std::swap(session.legs, plan.session_legs);
  apply_reports(session.legs);
  session.media_timeout_ms = plan.media_timeout_ms;
  if (plan.kind == PlanKind::kAdd) {
    session.linked_tsc = now_tsc;
  }
}

}  // namespace pollux::session
