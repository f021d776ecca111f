// One outgoing stream from sources that follow one another over networks which lose, repeat and shuffle.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "dataplane/rtp/stream_rewriter.hpp"

namespace pollux::rtp {
namespace {

constexpr std::uint32_t kRate = 8000;

struct Arrival {
  std::uint32_t when_ms = 0;
  std::size_t source = 0;   // index of the talk spurt
  std::int64_t number = 0;  // of the packet in it
  RtpHeader header;
};

// Each source sends a packet every 20 ms; delays of up to 60 ms shuffle them, also across the change.
std::vector<Arrival> generate(std::size_t sources) {
  std::vector<Arrival> arrivals;
  std::uint32_t begin = *rc::gen::arbitrary<std::uint32_t>() >> 1;
  for (std::size_t source = 0; source < sources; ++source) {
    const auto sequence = *rc::gen::arbitrary<std::uint16_t>();
    const auto timestamp = *rc::gen::arbitrary<std::uint32_t>();
    const int packets = *rc::gen::inRange(1, 60);
    for (int i = 0; i < packets; ++i) {
      const int copies = *rc::gen::weightedElement<int>({{8, 1}, {1, 0}, {1, 2}});
      for (int copy = 0; copy < copies; ++copy) {
        Arrival arrival;
        arrival.source = source;
        arrival.number = i;
        arrival.when_ms = begin + static_cast<std::uint32_t>(20 * i + *rc::gen::inRange(0, 60));
        arrival.header.ssrc = static_cast<std::uint32_t>(source % 3);  // sources come back after two others
        arrival.header.sequence = static_cast<std::uint16_t>(sequence + i);
        arrival.header.timestamp = timestamp + static_cast<std::uint32_t>(160 * i);
        arrival.header.marker = i % 7 == 0;
        arrivals.push_back(arrival);
      }
    }
    begin += static_cast<std::uint32_t>(20 * packets + *rc::gen::inRange(0, 3000));
  }
  std::stable_sort(arrivals.begin(), arrivals.end(),
                   [](const Arrival& a, const Arrival& b) { return a.when_ms < b.when_ms; });
  return arrivals;
}

RC_GTEST_PROP(StreamRewriter, OneStreamOfManySources, ()) {
  const std::vector<Arrival> arrivals = generate(*rc::gen::inRange<std::size_t>(1, 8));
  const auto sequence_seed = *rc::gen::arbitrary<std::uint16_t>();
  StreamRewriter rewriter(77, sequence_seed, *rc::gen::arbitrary<std::uint32_t>());

  std::map<std::uint16_t, std::pair<std::size_t, std::int64_t>> taken;  // outgoing number → packet
  std::optional<Arrival> anchor;                                        // first accepted packet of the source
  RewrittenHeader anchor_out;
  RewrittenHeader newest_out;
  std::uint32_t newest_ms = 0;
  for (const Arrival& arrival : arrivals) {
    RewrittenHeader out;
    // The id tells apart what the SSRC doesn't: every spurt is a source of its own.
    const StreamSource source{arrival.header.ssrc, static_cast<std::uint32_t>(arrival.source)};
    if (!rewriter.map(source, arrival.header, arrival.when_ms, kRate, out)) {
      continue;
    }
    RC_ASSERT(out.ssrc == 77U);
    const auto packet = std::pair(arrival.source, arrival.number);
    const auto [place, fresh] = taken.try_emplace(out.sequence, packet);
    RC_ASSERT(fresh || place->second == packet);

    if (!anchor) {
      RC_ASSERT(out.sequence == (sequence_seed & 0x7fff));
      RC_ASSERT(out.marker);
    } else if (arrival.source != anchor->source) {
      RC_ASSERT(out.marker);
      RC_ASSERT(sequence_distance(newest_out.sequence, out.sequence) == 1);
      const std::int32_t ticks = timestamp_distance(newest_out.timestamp, out.timestamp);
      RC_ASSERT(ticks >= 1);
      RC_ASSERT(ticks <= std::max(1, static_cast<std::int32_t>(8 * (arrival.when_ms - newest_ms))));
    } else {
      RC_ASSERT(static_cast<std::uint16_t>(out.sequence - anchor_out.sequence) ==
                static_cast<std::uint16_t>(arrival.header.sequence - anchor->header.sequence));
      RC_ASSERT(out.timestamp - anchor_out.timestamp == arrival.header.timestamp - anchor->header.timestamp);
    }
    const bool change = !anchor || arrival.source != anchor->source;
    if (change || sequence_newer(out.sequence, newest_out.sequence)) {
      newest_out = out;
      newest_ms = arrival.when_ms;
    }
    if (change) {
      anchor = arrival;
      anchor_out = out;
    }
    std::uint32_t in = 0;
    const bool known = rewriter.sequence_to_source(out.sequence, in);
    RC_ASSERT(known == !sequence_newer(anchor_out.sequence, out.sequence));
    RC_ASSERT(!known || static_cast<std::uint16_t>(in) == arrival.header.sequence);
    RC_ASSERT(rewriter.timestamp_from_source(arrival.header.timestamp) == out.timestamp);
  }
}

// What one source does comes out as it went in, for as long as it talks.
RC_GTEST_PROP(StreamRewriter, LongStreamKeepsItsCycles, ()) {
  const auto first = *rc::gen::arbitrary<std::uint16_t>();
  StreamRewriter rewriter(1, *rc::gen::arbitrary<std::uint16_t>(), 0);
  const auto jumps =
      *rc::gen::container<std::vector<std::uint16_t>>(rc::gen::inRange<std::uint16_t>(1, 30000));
  RtpHeader header;
  header.sequence = first;
  RewrittenHeader out;
  std::uint32_t number = first;
  RC_ASSERT(rewriter.map({}, header, 0, kRate, out));
  for (const std::uint16_t jump : jumps) {
    number += jump;
    header.sequence = static_cast<std::uint16_t>(number);
    RC_ASSERT(rewriter.map({}, header, 0, kRate, out));
    std::uint32_t in = 0;
    RC_ASSERT(rewriter.sequence_to_source(out.sequence, in));
    RC_ASSERT(in == number);
  }
}

}  // namespace
}  // namespace pollux::rtp
