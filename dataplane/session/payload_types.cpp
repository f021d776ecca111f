#include "dataplane/session/payload_types.hpp"

#include <algorithm>

#include "dataplane/session/clocks.hpp"

namespace pollux::session {

namespace {

std::uint8_t to_common(std::span<const PayloadTypeMapping> map, std::uint8_t wire,
                       std::uint32_t& clock_rate) {
  clock_rate = default_clock_rate(wire);
  for (const auto& mapping : map) {
    if (mapping.wire == wire) {
      if (mapping.clock_rate != 0) {
        clock_rate = mapping.clock_rate;
      }
      return mapping.common;
    }
  }
  return map.empty() ? wire : kPayloadTypeUnmapped;
}

std::uint8_t to_wire(std::span<const PayloadTypeMapping> map, std::uint8_t common) {
  for (const auto& mapping : map) {
    if (mapping.common == common) {
      return mapping.wire;
    }
  }
  return map.empty() ? common : kPayloadTypeUnmapped;
}

}  // namespace

void build_payload_types(std::span<const PayloadTypeMapping> from, std::span<const PayloadTypeMapping> to,
                         PayloadTypeTable& table) {
  for (std::uint8_t wire = 0; wire < 128; ++wire) {
    std::uint32_t clock_rate = 0;
    const std::uint8_t common = to_common(from, wire, clock_rate);
    table.out[wire] = common == kPayloadTypeUnmapped ? common : to_wire(to, common);
    table.clock[wire] = clock_index(clock_rate).value_or(0);
    table.beyond_dtmf[wire] = table.out[wire];
  }
}

void build_codec_payload_types(const media::RoutePlan& plan, bool listens, PayloadTypeTable& table) {
  for (std::uint8_t wire = 0; wire < 128; ++wire) {
    // A path sees all numbers, lest one that isn't in the list look like a loss.
    table.out[wire] = plan.needs_path ? kPayloadTypeMedia : kPayloadTypeUnmapped;
    table.clock[wire] = clock_index(default_clock_rate(wire)).value_or(0);
  }
  for (const media::FormatPlan& format : plan.formats) {
    const std::uint8_t wire = format.in.payload_type;
    // Without a path every use is kPass, or noise whose number is mapped, or nothing.
    if (!plan.needs_path && format.out.payload_type != media::kNoPayloadType) {
      table.out[wire] = format.out.payload_type;
    }
    table.clock[wire] = clock_index(format.in.params.clock_rate).value_or(0);
  }
  std::ranges::copy(table.out, table.beyond_dtmf);
  for (const media::FormatPlan& format : plan.formats) {
    const CodecId id = format.in.params.id;
    if (id == CodecId::kTelephoneEvent || id == CodecId::kRed || (listens && codec_facts(id).audio)) {
      table.out[format.in.payload_type] = kPayloadTypeDtmf;
    }
  }
}

const PayloadTypeTable& identity_payload_types() {
  static const PayloadTypeTable table = [] {
    PayloadTypeTable made;
    build_payload_types({}, {}, made);
    return made;
  }();
  return table;
}

}  // namespace pollux::session
