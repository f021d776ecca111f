#include "dataplane/stages/punt.hpp"

#include "dataplane/stages/tx.hpp"

namespace pollux::stages {

void punt(Context& context, rte_mbuf* mbuf, io::PuntKind kind) {
  const StageTimer timer(context, Stage::punt, 1);
  if (!context.host->punt(context.worker, mbuf, kind)) {
    drop(context, mbuf, DropReason::punt_full);
  }
}

void punt_unresolved(Context& context, session::Endpoint& endpoint, rte_mbuf* mbuf) {
  const StageTimer timer(context, Stage::punt, 1);
  if (!context.host->punt_unresolved(context.worker, mbuf)) {
    drop(context, endpoint, mbuf, DropReason::neighbour_unresolved);
  }
}

std::uint16_t send_host_frames(Context& context) {
  std::array<rte_mbuf*, kBatch> mbufs;
  const auto count = static_cast<std::uint16_t>(context.host->take_transmit(mbufs.data(), kBatch));
  if (count == 0) {
    return 0;
  }
  const StageTimer timer(context, Stage::punt, count);
  for (std::uint16_t i = 0; i < count; ++i) {
    enqueue_tx(context, mbufs[i]->port, mbufs[i]);
  }
  return count;
}

}  // namespace pollux::stages
