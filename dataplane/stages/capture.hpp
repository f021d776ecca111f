// Copies packets for captures: into buffers of their own, through a ring of its own, so that neither media
// nor other captures notice. Whoever takes too few copies loses some; they are counted.
#pragma once

#include <rte_mbuf.h>
#include <rte_ring.h>

#include <atomic>
#include <cstdint>

#include "dataplane/api/capture.hpp"
#include "dataplane/base/published.hpp"

namespace pollux::session {
struct Endpoint;
}

namespace pollux::stages {

struct Context;

// Lies in the private area of a copy's mbuf.
struct CaptureMark {
  std::uint64_t tsc = 0;
  CaptureId capture = 0;
  std::uint32_t original_length = 0;
  std::uint16_t port_id = 0;  // DPDK's
  std::uint16_t leg_id = 0;
  std::uint16_t worker = 0;
  CapturePoint point = CapturePoint::kReceived;
  DropReason reason = DropReason::ethernet_malformed;
  Component component = Component::kRtp;
};

// One capture of packets that reach no session.
struct UnmatchedOrder {
  CaptureId id = 0;
  std::uint16_t snap_length = 0xffff;
  bool any_address = true;
  bool any_port = true;
  IpAddress address;
  std::uint16_t port = 0;
};

// A worker's side of captures. Pool and ring are set at start.
struct CaptureSlots {
  rte_mempool* pool = nullptr;  // shared by all workers; its mbufs have room for a CaptureMark
  rte_ring* ring = nullptr;     // rte_mbuf*; one producer (the worker), one consumer
  std::atomic<std::uint32_t> unmatched{
      0};  // bit n: orders[n] is in force; written by: control, read by: worker
  std::array<Published<UnmatchedOrder>, kMaxCaptures> orders;  // written by: control, read by: worker
};

// The frame as it lies in `mbuf` now. Pre: the endpoint's session is being captured.
void capture_frame(Context& context, const session::Endpoint& endpoint, const rte_mbuf& mbuf,
                   CapturePoint point, DropReason reason = DropReason::ethernet_malformed);

// What comes, once it is believed, and what goes, complete. Of a leg that speaks SRTP only where the capture
// wants it as it is inside; otherwise srtp_unprotect has copied what came before it opened it. Pre: as above.
void capture_received(Context& context, const session::Endpoint& endpoint, const rte_mbuf& mbuf);
void capture_sent(Context& context, const session::Endpoint& endpoint, const rte_mbuf& mbuf);

// A copy made before it is known what becomes of the frame; nullptr: no room, which is counted. Goes to the
// capture with captured_as().
rte_mbuf* capture_ahead(Context& context, const session::Endpoint& endpoint, const rte_mbuf& mbuf);
void captured_as(Context& context, rte_mbuf* copy, CapturePoint point,
                 DropReason reason = DropReason::ethernet_malformed);

// True: the endpoint's session is being captured, with SRTP as it is inside.
bool captures_decrypted(const session::Endpoint& endpoint);

// A frame that came by device port `port_id` and ends here for `reason`, without a session.
void capture_unmatched(Context& context, const rte_mbuf& mbuf, std::uint16_t port_id, DropReason reason);

}  // namespace pollux::stages
