#include "dataplane/stages/rtcp_bye.hpp"

#include "dataplane/base/static_vector.hpp"
#include "dataplane/rtp/rtcp.hpp"
#include "dataplane/stages/srtp_protect.hpp"

namespace pollux::stages {

namespace {

using SsrcList = StaticVector<std::uint32_t, kMaxLegs>;

// What the party behind `to` knows our streams by.
SsrcList ssrcs_sent_to(const session::Session& session, const session::Leg& to) {
  SsrcList ssrcs;
  if ((to.rtp->tx_flags & session::kTxRewrite) != 0) {
    ssrcs.push_back(to.rtp->rewriter.out_ssrc());
    return ssrcs;
  }
  for (const session::Leg* from : session.legs) {
    for (const session::Route& route : from->routing->routes) {
      if (route.sink == &to && from->rtp->reception.started()) {
        ssrcs.push_back(from->rtp->reception.ssrc());
      }
    }
  }
  return ssrcs;
}

void send_bye_to(Context& context, const session::Leg& to, const SsrcList& ssrcs) {
  rte_mbuf* const mbuf = rte_pktmbuf_alloc(context.mempool);
  if (mbuf == nullptr) {
    context.counters.drop(DropReason::no_mbuf).add(1);
    return;
  }
  constexpr std::uint16_t kRoom = 512;
  auto* const payload = rte_pktmbuf_mtod(mbuf, std::uint8_t*);
  const std::size_t length = rtp::write_bye({payload, kRoom}, ssrcs[0], ssrcs.span().subspan(1),
                                            to.report.cname_text(), "session ended");
  mbuf->data_len = static_cast<std::uint16_t>(length);
  mbuf->pkt_len = mbuf->data_len;
  send_rtcp(context, *to.rtcp, *to.rtcp, mbuf, payload, static_cast<std::uint16_t>(length));
}

}  // namespace

void send_bye(Context& context, const session::Session& session) {
  std::uint64_t sent = 0;
  for (const session::Leg* leg : session.legs) {
    const bool can = (leg->rtcp->tx_flags & session::kTxRemote) != 0 && has_send_key(*leg->rtcp);
    if (leg->rtp->tx_packets.get() == 0 || !can) {
      continue;
    }
    const SsrcList ssrcs = ssrcs_sent_to(session, *leg);
    if (!ssrcs.empty()) {
      send_bye_to(context, *leg, ssrcs);
      ++sent;
    }
  }
  if (sent != 0) {
    context.counters.stage(Stage::rtcp).packets.add(sent);
    context.counters.stage(Stage::rtcp).batches.add(1);
  }
}

}  // namespace pollux::stages
