#include "controlplane/sdp/leg_rules.hpp"

#include <algorithm>

namespace pollux::sdp {

namespace {

constexpr std::uint16_t kMinPtimeMs = 5;
constexpr std::uint8_t kFirstFreePayloadType = 35;

bool has_events_inside(const CodecFormat& red, std::span<const CodecFormat> formats) {
  const auto inside =
      std::ranges::find(formats, red.params.redundant_payload_type, &CodecFormat::payload_type);
  return inside != formats.end() && inside->params.id == CodecId::kTelephoneEvent &&
         inside->params.clock_rate == red.params.clock_rate;
}

}  // namespace

bool number_allowed(std::uint8_t payload_type, const CodecParams& params) {
  if (payload_type > 127 || (payload_type >= 64 && payload_type <= 95)) {
    return false;
  }
  return payload_type >= kFirstFreePayloadType ||
         (codec_facts(params.id).static_payload_type == payload_type && params.clock_rate == 8000);
}

std::vector<CodecFormat> leg_list(std::span<const CodecFormat> formats) {
  std::vector<CodecFormat> list;
  const CodecFormat* const audio = first_audio(formats);
  if (audio == nullptr) {
    return list;
  }
  bool has_audio = false;
  for (const CodecFormat& format : formats) {
    const bool last_place = list.size() + 1 == kMaxCodecs && !has_audio;
    if (list.size() == kMaxCodecs || (last_place && &format != audio) ||
        std::ranges::find(list, format.payload_type, &CodecFormat::payload_type) != list.end()) {
      continue;
    }
    has_audio |= codec_facts(format.params.id).audio;
    list.push_back(format);
  }
  std::erase_if(list, [copy = list](const CodecFormat& format) {
    return format.params.id == CodecId::kRed && !has_events_inside(format, copy);
  });
  return list;
}

std::uint16_t leg_ptime(std::uint16_t wish_ms, std::span<const CodecFormat> codecs) {
  const CodecFormat* const audio = first_audio(codecs);
  if (wish_ms == 0 || audio == nullptr) {
    return 0;
  }
  const CodecFacts& facts = codec_facts(audio->params.id);
  std::uint16_t step = 1;
  while (step * 8 % facts.frame_samples != 0) {
    ++step;
  }
  const std::uint16_t most = std::min(facts.max_ptime_ms, kMaxPtimeMs);
  const std::uint16_t wanted = std::clamp(wish_ms, kMinPtimeMs, most);
  const auto whole = static_cast<std::uint16_t>(wanted / step * step);
  return whole >= kMinPtimeMs ? whole : static_cast<std::uint16_t>((kMinPtimeMs + step - 1) / step * step);
}

DtmfPolicy leg_dtmf(const DtmfPolicy& wish, std::span<const CodecFormat> codecs, const std::string& who,
                    std::vector<std::string>& warnings) {
  if (codecs.empty()) {
    if (wish != DtmfPolicy{}) {
      warnings.push_back("the DTMF options of the " + who +
                         " have no effect: its media isn't looked at, the parties agree on a codec that "
                         "Pollux doesn't know");
    }
    return {};
  }
  DtmfPolicy policy = wish;
  const bool events = event_format(codecs, 8000) != nullptr;
  const CodecFormat* const audio = first_audio(codecs);
  if (policy.send == DtmfSend::kRfc4733 && !events) {
    policy.send = DtmfSend::kAuto;
    warnings.push_back("DTMF can't be sent as RFC 4733 to the " + who +
                       ", which has no telephone-event: auto");
  }
  if (policy.send == DtmfSend::kInBand && (audio == nullptr || !carries_tones(audio->params.id))) {
    policy.send = DtmfSend::kAuto;
    warnings.push_back("DTMF can't be sent in-band to the " + who + ", whose codec carries no tones: auto");
  }
  if (policy.receive_rfc4733 == DtmfReceive::kOn && !events) {
    policy.receive_rfc4733 = DtmfReceive::kAuto;
    warnings.push_back("DTMF can't come as RFC 4733 from the " + who + ", which has no telephone-event");
  }
  policy.tone_guard_ms = std::min(policy.tone_guard_ms, kMaxToneGuardMs);
  policy.level_dbm0 = std::min(policy.level_dbm0, kMaxDtmfLevel);
  return policy;
}

bool sendable(const IpAddress& address) {
  static constexpr std::uint8_t kBroadcast[4] = {255, 255, 255, 255};
  return !address.is_unspecified() && !address.is_multicast() && !address.is_loopback() &&
         address != IpAddress::from_v4_bytes(kBroadcast);
}

}  // namespace pollux::sdp
