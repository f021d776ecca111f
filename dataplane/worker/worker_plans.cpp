// How a worker carries out plans of change.
#include "dataplane/stages/dtmf.hpp"
#include "dataplane/stages/dtmf_send.hpp"
#include "dataplane/stages/own_stream.hpp"
#include "dataplane/stages/repacketize.hpp"
#include "dataplane/stages/rtcp_bye.hpp"
#include "dataplane/stages/rtp_send.hpp"
#include "dataplane/stages/transcode.hpp"
#include "dataplane/worker/worker.hpp"

namespace pollux::worker {

// Routes that go away give back what is inside first; what comes for them meanwhile waits.
void Worker::carry_out(session::SessionPlan& plan) {
  plan.open_routes = plan.closing.size();
  if (plan.open_routes == 0) {
    finish(plan);
    return;
  }
  for (session::MediaRoute* route : plan.closing) {
    route->closing_for = &plan;
  }
  for (session::MediaRoute* route : plan.closing) {
    stages::close_route(context_, *route);
  }
  see_to_closed();
}

void Worker::see_to_closed() {
  while (context_.media.closed != nullptr) {
    session::MediaRoute& route = *context_.media.closed;
    context_.media.closed = route.next;
    session::SessionPlan& plan = *route.closing_for;
    if (--plan.open_routes == 0) {
      stages::send_made(context_);
      finish(plan);
    }
  }
}

// Packets that waited while their path was closed take the way that there is now.
void Worker::release_held(session::MediaRoute& route, const session::SessionPlan& plan) {
  const session::Route* to = nullptr;
  if (plan.kind == session::PlanKind::kUpdate) {
    for (const session::Leg* leg : plan.session->legs) {
      for (const session::Route& candidate : leg->routing->routes) {
        to = leg->rtp == route.source && candidate.sink->rtp == route.sink ? &candidate : to;
      }
    }
  }
  for (std::uint16_t i = 0; i < route.held_count; ++i) {
    auto* const mbuf = static_cast<rte_mbuf*>(route.held[i]);
    stages::MediaPacket packet;
    packet.mbuf = mbuf;
    packet.source = route.source;
    packet.endpoint = route.sink;
    packet.payload = rte_pktmbuf_mtod(mbuf, std::uint8_t*);
    packet.payload_length = mbuf->data_len;
    packet.checksum_unknown = true;
    if (to == nullptr || !rtp::parse_rtp(packet.payload, packet.payload_length, packet.header)) {
      stages::drop(context_, mbuf, DropReason::no_sink);
      continue;
    }
    if (mbuf->packet_type == stages::kTakenOut) {
      if (to->media != nullptr) {
        stages::gather_taken_out(context_, packet, *to->media);
      } else {
        stages::leave_out(context_, *route.sink, *route.source, packet.header, true);
        rte_pktmbuf_free(mbuf);
      }
      continue;
    }
    packet.payload_type = to->payload_types->beyond_dtmf[packet.header.payload_type];
    packet.clock = to->payload_types->clock[packet.header.payload_type];
    if (packet.payload_type == session::kPayloadTypeMedia) {
      stages::gather_media(context_, packet, *to->media);
      continue;
    }
    if (context_.copies.full()) {
      stages::rtp_send(context_, context_.copies);
    }
    context_.copies.add() = packet;
  }
  route.held_count = 0;
  stages::rtp_send(context_, context_.copies);
  stages::forward_media(context_);
}

void Worker::finish(session::SessionPlan& plan) {
  session::Session& session = *plan.session;
  if (plan.kind == session::PlanKind::kRemove) {
    wheel_.disarm(session.media_timer);
    for (session::Leg* leg : session.legs) {
      retire(*leg);
    }
    if (send_bye_) {
      stages::send_bye(context_, session);
    }
  }
  for (const auto& leg : plan.removed) {
    if (leg->dtmf != nullptr) {
      stages::end_presses(context_, *leg->dtmf);
    }
    retire(*leg);
  }
  if (plan.kind == session::PlanKind::kDtmf) {
    plan.refused = !stages::inject_dtmf(context_, session, plan.injection);
    stages::send_inserted(context_);
  }
  for (const session::LegPlan& leg_plan : plan.legs) {
    if (leg_plan.leg->dtmf != nullptr && plan.kind == session::PlanKind::kUpdate) {
      stages::change_dtmf(context_, *leg_plan.leg->dtmf, leg_plan);
    }
  }
  session::apply(plan, *context_.table, *context_.srtp, context_.now_tsc, context_.now_ms);
  for (const session::LegPlan& leg_plan : plan.legs) {
    if (leg_plan.owns_stream) {
      stages::own_stream(context_, *leg_plan.leg->rtp);
    }
  }
  if (plan.kind == session::PlanKind::kAdd) {
    context_.counters.sessions.add(1);
  } else if (plan.kind == session::PlanKind::kRemove) {
    context_.counters.sessions.subtract(1);
  }
  if (plan.kind == session::PlanKind::kAdd || plan.kind == session::PlanKind::kUpdate) {
    session.silent = false;
    if (session.media_timeout_ms != 0) {
      wheel_.arm(session.media_timer, context_.now_ms + session.media_timeout_ms);
    } else {
      wheel_.disarm(session.media_timer);
    }
    time_reports(session);
  }
  for (session::MediaRoute* route : plan.closing) {
    release_held(*route, plan);
  }
  plan.events_before = context_.events_raised;
  rte_ring_sp_enqueue(mailbox_.completed, &plan);
}

// The leg goes away: nothing may wait for it any more.
void Worker::retire(session::Leg& leg) {
  wheel_.disarm(leg.report.timer);
  if (leg.dtmf != nullptr) {
    stages::release_dtmf(context_, *leg.dtmf, true);
  }
}

}  // namespace pollux::worker
