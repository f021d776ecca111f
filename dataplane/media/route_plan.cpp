#include "dataplane/media/route_plan.hpp"

#include <algorithm>

#include "dataplane/base/dtmf_params.hpp"
#include "dataplane/codec/payload.hpp"

namespace pollux::media {

namespace {

bool is_audio(const CodecFormat& format) {
  return codec_facts(format.params.id).audio;
}

const CodecFormat* find(std::span<const CodecFormat> formats, CodecId id, std::uint32_t clock_rate) {
  for (const CodecFormat& format : formats) {
    if (format.params.id == id && format.params.clock_rate == clock_rate) {
      return &format;
    }
  }
  return nullptr;
}

FormatPlan plan_audio(const CodecFormat& in, std::span<const CodecFormat> to) {
  for (const CodecFormat& out : to) {
    if (passes_as(in.params, out.params)) {
      return {in, out, Use::kPass};
    }
  }
  const CodecFormat* const best = first_audio(to);
  if (best == nullptr) {
    return {in, {.params = {}, .payload_type = kNoPayloadType}, Use::kUnmapped};
  }
  if (in.params.id == CodecId::kPcma && best->params.id == CodecId::kPcmu) {
    return {in, *best, Use::kToUlaw};
  }
  if (in.params.id == CodecId::kPcmu && best->params.id == CodecId::kPcma) {
    return {in, *best, Use::kToAlaw};
  }
  return {in, *best, Use::kTranscode};
}

FormatPlan plan_companion(const CodecFormat& in, std::span<const CodecFormat> to) {
  if (in.params.id != CodecId::kComfortNoise) {
    return {in, {.params = {}, .payload_type = kNoPayloadType}, Use::kUnmapped};
  }
  const CodecFormat* out = find(to, in.params.id, in.params.clock_rate);
  const CodecFormat* const best = first_audio(to);
  if (out == nullptr && best != nullptr) {
    // On the clock of the audio that it goes with, if it can't keep its own.
    out = find(to, in.params.id, best->params.clock_rate);
  }
  if (out == nullptr) {
    return {in, {.params = {}, .payload_type = kNoPayloadType}, Use::kNoise};
  }
  return {in, *out, Use::kNoise};
}

}  // namespace

RoutePlan plan_route(const RouteWishes& wishes) {
  RoutePlan plan;
  bool converts = false;
  bool passes = false;
  for (const CodecFormat& in : wishes.from) {
    const FormatPlan format = is_audio(in) ? plan_audio(in, wishes.to) : plan_companion(in, wishes.to);
    plan.decodes |= format.use == Use::kTranscode;
    converts |= format.use == Use::kToUlaw || format.use == Use::kToAlaw;
    passes |= format.use == Use::kPass;
    plan.formats.push_back(format);
  }
  plan.needs_path = plan.decodes || converts || (passes && wishes.ptime_ms != 0);
  if (plan.decodes) {
    plan.encoded = *first_audio(wishes.to);
    if (const auto* noise = find(wishes.to, CodecId::kComfortNoise, plan.encoded->params.clock_rate)) {
      plan.noise_payload_type = noise->payload_type;
    }
  }
  return plan;
}

std::uint32_t encoder_rate(const RoutePlan& plan) {
  const CodecParams& out = plan.encoded->params;
  std::uint32_t widest = 0;
  for (const FormatPlan& format : plan.formats) {
    if (format.use == Use::kTranscode) {
      widest = std::max(widest, codec::pcm_rate(format.in.params, codec::pcm_rate(out, 48000)));
    }
  }
  return codec::pcm_rate(out, widest);
}

}  // namespace pollux::media
