// From the legs' payload-type maps to the table that packets are sent by.
#pragma once

#include <span>

#include "dataplane/api/session_spec.hpp"
#include "dataplane/media/route_plan.hpp"
#include "dataplane/session/endpoint.hpp"

namespace pollux::session {

// The table of legs without maps: everything passes as it is.
const PayloadTypeTable& identity_payload_types();

// Fills `table` for packets received by a leg with map `from` and sent by a leg with map `to`: wire → common
// by the first, common → wire by the second (the first entry wins where one number is listed twice). An empty
// map passes everything. Pre: clock rates are 0 or known (clocks.hpp).
void build_payload_types(std::span<const PayloadTypeMapping> from, std::span<const PayloadTypeMapping> to,
                         PayloadTypeTable& table);

// The same from codec lists: where a path is needed all of them are marked kPayloadTypeMedia, else each goes
// with the number it has on the other side, or not at all. Telephone-events, and with `listens` audio, are
// marked kPayloadTypeDtmf.
void build_codec_payload_types(const media::RoutePlan& plan, bool listens, PayloadTypeTable& table);

}  // namespace pollux::session
