#include "controlplane/rpc/node_codecs.hpp"

#include <string>

namespace pollux::rpc {

namespace {

LegSpec leg_with(std::uint16_t id, CodecId codec, std::uint16_t sink) {
  CodecFormat format;
  format.params.id = codec;
  format.params.clock_rate = codec == CodecId::kOpus ? 48000 : 8000;
  format.payload_type = codec_facts(codec).static_payload_type.value_or(96);
  LegSpec leg;
  leg.id = id;
  leg.codecs.push_back(format);
  leg.sinks.push_back(sink);
  return leg;
}

// What admission would commit for such a call.
double call_cost(const Dataplane& dataplane, CodecId codec) {
  const CodecId other = codec == CodecId::kPcma ? CodecId::kPcmu : CodecId::kPcma;
  SessionSpec call;
  call.legs = {leg_with(1, codec, 2), leg_with(2, other, 1)};
  return dataplane.media_cost(call);
}

}  // namespace

void write_codec_costs(const Dataplane& dataplane, v1::InfoResponse& response) {
  for (const CodecCost& cost : dataplane.codec_costs()) {
    v1::CodecInfo& info = *response.add_codecs();
    info.set_encoding(std::string(codec_facts(cost.id).name));
    info.set_decode_share(cost.decode_share);
    info.set_encode_share(cost.encode_share);
    const double share = call_cost(dataplane, cost.id);
    info.set_calls_per_core(share > 0 ? 1 / share : 0);
  }
}

}  // namespace pollux::rpc
