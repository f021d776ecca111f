// RTP headers, and what the rooms behind the parser make of them.
//
// The input is read twice: whole, as one datagram; then as records of a control octet, a length octet and a
// datagram, which feed one reception and one rewriter.
#include <cstring>
#include <vector>

#include "dataplane/base/sequence.hpp"
#include "dataplane/rtp/demux.hpp"
#include "dataplane/rtp/reception.hpp"
#include "dataplane/rtp/rtp_packet.hpp"
#include "dataplane/rtp/stream_quality.hpp"
#include "dataplane/rtp/stream_rewriter.hpp"
#include "tests/fuzz/fuzz_input.hpp"

namespace pollux::rtp {
namespace {

void one_datagram(std::span<const std::uint8_t> datagram) {
  std::vector<std::uint8_t> bytes(datagram.begin(), datagram.end());
  RtpHeader header;
  if (!parse_rtp(bytes.data(), bytes.size(), header)) {
    return;
  }
  POLLUX_FUZZ_CHECK(std::size_t{header.header_length} + header.payload_length + header.padding ==
                    bytes.size());
  POLLUX_FUZZ_CHECK(header.header_length >= kFixedHeaderLength && header.header_length % 4 == 0);
  POLLUX_FUZZ_CHECK(header.payload_type < 128);
  const PacketKind kind = demux(bytes.data(), bytes.size());
  POLLUX_FUZZ_CHECK(kind == PacketKind::kRtp || kind == PacketKind::kRtcp);

  set_sequence(bytes.data(), 0x1234);
  set_timestamp(bytes.data(), 0x56789abc);
  set_ssrc(bytes.data(), 0xdef01234);
  set_payload_type(bytes.data(), 111);
  set_marker(bytes.data(), !header.marker);
  RtpHeader written;
  POLLUX_FUZZ_CHECK(parse_rtp(bytes.data(), bytes.size(), written));
  POLLUX_FUZZ_CHECK(written.sequence == 0x1234 && written.timestamp == 0x56789abc &&
                    written.ssrc == 0xdef01234);
  POLLUX_FUZZ_CHECK(written.payload_type == 111 && written.marker == !header.marker);
  POLLUX_FUZZ_CHECK(written.header_length == header.header_length && written.padding == header.padding);
  POLLUX_FUZZ_CHECK(bytes[0] == datagram[0]);
  POLLUX_FUZZ_CHECK(bytes.size() == kFixedHeaderLength ||
                    std::memcmp(&bytes[12], &datagram[12], bytes.size() - 12) == 0);
}

void stream(FuzzInput input) {
  StreamRewriter rewriter(0xcafe, input.u16(), input.u32());
  Reception reception;
  ReportMark mark;
  StreamQuality quality;
  std::uint32_t now_ms = input.u32();
  bool any = false;
  RewrittenHeader newest;
  while (!input.empty()) {
    const std::uint8_t control = input.u8();
    const auto datagram = input.bytes(input.u8());
    now_ms += std::uint32_t{control} & 0x3fU;
    RtpHeader header;
    if (!parse_rtp(datagram.data(), datagram.size(), header)) {
      continue;
    }
    const bool fresh = !reception.started() || reception.ssrc() != header.ssrc;
    const Arrival arrival = receive(reception, quality, header, now_ms * 8);
    POLLUX_FUZZ_CHECK((arrival == Arrival::kNewStream) == fresh);
    POLLUX_FUZZ_CHECK(quality.received(reception) <= quality.expected(reception));
    const std::uint8_t* const payload = datagram.data() + header.header_length;
    if (is_sampled(reception.received())) {
      quality.on_sample(header, has_sound(header.payload_type, payload, header.payload_length), 8000,
                        reception);
    }
    POLLUX_FUZZ_CHECK(reception.received() >= 1 && reception.expected() >= 1);
    if ((control & 0x40U) != 0) {
      POLLUX_FUZZ_CHECK(reception.report(mark).highest_sequence == reception.highest_sequence());
    }

    const StreamSource source{header.ssrc, std::uint32_t{control} >> 7};
    const bool same = rewriter.has_source() && rewriter.source() == source;
    RewrittenHeader out;
    if (!rewriter.map(source, header, now_ms, 8000, out)) {
      POLLUX_FUZZ_CHECK(any);  // the first packet is never refused
      continue;
    }
    POLLUX_FUZZ_CHECK(out.ssrc == 0xcafe && rewriter.source() == source);
    if (!any) {
      POLLUX_FUZZ_CHECK(out.sequence < 0x8000 && out.marker);
    } else if (!same) {
      POLLUX_FUZZ_CHECK(sequence_distance(newest.sequence, out.sequence) == 1 && out.marker);
      POLLUX_FUZZ_CHECK(timestamp_distance(newest.timestamp, out.timestamp) > 0);
    }
    POLLUX_FUZZ_CHECK(rewriter.timestamp_from_source(header.timestamp) == out.timestamp);
    std::uint32_t in = 0;
    if (rewriter.sequence_to_source(out.sequence, in)) {
      POLLUX_FUZZ_CHECK(static_cast<std::uint16_t>(in) == header.sequence);
    }
    if (!any || !same || sequence_newer(out.sequence, newest.sequence)) {
      newest = out;
    }
    any = true;
  }
}

}  // namespace
}  // namespace pollux::rtp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pollux::rtp::one_datagram({data, size});
  pollux::rtp::stream(pollux::FuzzInput(data, size));
  return 0;
}
