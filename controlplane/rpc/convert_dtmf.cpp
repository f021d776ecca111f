#include "controlplane/rpc/convert_dtmf.hpp"

#include <algorithm>
#include <limits>

#include "controlplane/rpc/read_enum.hpp"
#include "controlplane/rpc/times.hpp"
#include "controlplane/sdp/dtmf_info.hpp"
#include "controlplane/session/session_rules.hpp"

namespace pollux::rpc {

namespace {

using control::LegField;
using control::Violations;

constexpr int kSoftest = -static_cast<int>(kMaxDtmfLevel);

DtmfReceive read_receive(int value, const std::string& field, Violations& violations) {
  return read_enum<DtmfReceive>(value, DtmfReceive::kAuto,
                                {{v1::DTMF_RECEIVE_AUTO, DtmfReceive::kAuto},
                                 {v1::DTMF_RECEIVE_ON, DtmfReceive::kOn},
                                 {v1::DTMF_RECEIVE_OFF, DtmfReceive::kOff}},
                                field, violations);
}

DtmfSend read_send(int value, const std::string& field, Violations& violations) {
  return read_enum<DtmfSend>(value, DtmfSend::kAuto,
                             {{v1::DTMF_SEND_AUTO, DtmfSend::kAuto},
                              {v1::DTMF_SEND_RFC4733, DtmfSend::kRfc4733},
                              {v1::DTMF_SEND_IN_BAND, DtmfSend::kInBand},
                              {v1::DTMF_SEND_SIP_INFO, DtmfSend::kSipInfo},
                              {v1::DTMF_SEND_NONE, DtmfSend::kNone}},
                             field, violations);
}

DtmfBlock read_block(int value, const std::string& field, Violations& violations) {
  return read_enum<DtmfBlock>(value, DtmfBlock::kOff,
                              {{v1::DTMF_BLOCK_OFF, DtmfBlock::kOff},
                               {v1::DTMF_BLOCK_DROP, DtmfBlock::kDrop},
                               {v1::DTMF_BLOCK_SILENCE, DtmfBlock::kSilence},
                               {v1::DTMF_BLOCK_TONE, DtmfBlock::kTone},
                               {v1::DTMF_BLOCK_RANDOM, DtmfBlock::kRandom}},
                              field, violations);
}

// A level in dBm0 as what is below it. `loudest` and kSoftest are the limits.
std::uint8_t read_level(std::int32_t dbm0, int loudest, const std::string& field, Violations& violations) {
  if (dbm0 < kSoftest || dbm0 > loudest) {
    violations.push_back({field, "must be " + std::to_string(kSoftest) + ".." + std::to_string(loudest) +
                                     " dBm0, not " + std::to_string(dbm0)});
    return kDefaultDtmfLevel;
  }
  return static_cast<std::uint8_t>(-dbm0);
}

void read_digits(const std::string& digits, DtmfInjection& injection, Violations& violations) {
  if (digits.empty() || digits.size() > kMaxQueuedPresses) {
    violations.push_back({"digits", digits.empty()
                                        ? "must name the keys to press: 0..9, *, #, A..D, ! (flash)"
                                        : "at most " + std::to_string(kMaxQueuedPresses) +
                                              " in one call, not " + std::to_string(digits.size())});
  }
  for (std::size_t i = 0; i < std::min(digits.size(), kMaxQueuedPresses); ++i) {
    if (const auto event = dtmf_event(digits[i])) {
      injection.events.push_back(*event);
    } else {
      violations.push_back(
          {"digits[" + std::to_string(i) + "]", "must be one of 0..9, *, #, A..D, ! (flash), not " +
                                                    control::shown(std::string_view(digits).substr(i, 1))});
    }
  }
}

void read_info_body(const v1::InfoBody& info, DtmfInjection& injection, Violations& violations) {
  const auto press = sdp::read_info(info.content_type(), info.body());
  if (!press) {
    violations.push_back({"info." + press.error().field, press.error().message});
    return;
  }
  injection.events.push_back(press->event);
  injection.duration_ms = static_cast<std::uint16_t>(press->duration_ms);
}

// 0 leaves what is there.
void read_time(std::uint32_t ms, const char* field, std::uint16_t& time, Violations& violations) {
  if (ms > kMaxPressMs) {
    violations.push_back(
        {field, "must be at most " + std::to_string(kMaxPressMs) + ", not " + std::to_string(ms)});
  } else if (ms != 0) {
    time = static_cast<std::uint16_t>(ms);
  }
}

v1::DtmfReceive receive_of(DtmfReceive receive) {
  switch (receive) {
    case DtmfReceive::kAuto:
      return v1::DTMF_RECEIVE_AUTO;
    case DtmfReceive::kOn:
      return v1::DTMF_RECEIVE_ON;
    case DtmfReceive::kOff:
      return v1::DTMF_RECEIVE_OFF;
  }
  return v1::DTMF_RECEIVE_UNSPECIFIED;
}

v1::DtmfSend send_of(DtmfSend send) {
  switch (send) {
    case DtmfSend::kAuto:
      return v1::DTMF_SEND_AUTO;
    case DtmfSend::kRfc4733:
      return v1::DTMF_SEND_RFC4733;
    case DtmfSend::kInBand:
      return v1::DTMF_SEND_IN_BAND;
    case DtmfSend::kSipInfo:
      return v1::DTMF_SEND_SIP_INFO;
    case DtmfSend::kNone:
      return v1::DTMF_SEND_NONE;
  }
  return v1::DTMF_SEND_UNSPECIFIED;
}

v1::DtmfWay way_of(DtmfWay way) {
  switch (way) {
    case DtmfWay::kInBand:
      return v1::DTMF_WAY_IN_BAND;
    case DtmfWay::kRfc4733:
      return v1::DTMF_WAY_RFC4733;
    case DtmfWay::kSipInfo:
      return v1::DTMF_WAY_SIP_INFO;
  }
  return v1::DTMF_WAY_UNSPECIFIED;
}

}  // namespace

void read_dtmf(const v1::LegSpec& from, control::LegFields fields, const std::string& path,
               control::LegRequest& leg, Violations& violations) {
  leg.dtmf = read_dtmf_policy(from.dtmf(), fields, path + ".dtmf", violations);  // unset: the defaults
}

DtmfPolicy read_dtmf_policy(const v1::DtmfPolicy& policy, control::LegFields fields, const std::string& path,
                            Violations& violations) {
  const std::string field = path + ".";
  DtmfPolicy to;
  if (fields.has(LegField::kDtmfReceiveInBand)) {
    to.receive_in_band = read_receive(policy.receive_in_band(), field + "receive_in_band", violations);
  }
  if (fields.has(LegField::kDtmfReceiveRfc4733)) {
    to.receive_rfc4733 = read_receive(policy.receive_rfc4733(), field + "receive_rfc4733", violations);
  }
  if (fields.has(LegField::kDtmfReceiveSipInfo)) {
    to.receive_sip_info = read_receive(policy.receive_sip_info(), field + "receive_sip_info", violations);
  }
  if (fields.has(LegField::kDtmfSend)) {
    to.send = read_send(policy.send(), field + "send", violations);
  }
  if (fields.has(LegField::kDtmfToneGuard)) {
    // Too large for its type becomes the largest, which the rules refuse as well.
    to.tone_guard_ms = static_cast<std::uint16_t>(
        std::min<std::uint32_t>(policy.tone_guard_ms(), std::numeric_limits<std::uint16_t>::max()));
  }
  to.keep_audio = fields.has(LegField::kDtmfKeepAudio) && policy.keep_audio();
  if (fields.has(LegField::kDtmfLevel) && policy.has_level_dbm0()) {
    to.level_dbm0 = read_level(policy.level_dbm0(), 0, field + "level_dbm0", violations);
  }
  if (fields.has(LegField::kDtmfBlock)) {
    to.block = read_block(policy.block(), field + "block", violations);
  }
  return to;
}

DtmfInjection read_injection(const v1::InjectDtmfRequest& request, Violations& violations) {
  DtmfInjection injection;
  if (request.has_info()) {
    read_info_body(request.info(), injection, violations);
  } else {
    read_digits(request.digits(), injection, violations);
  }
  read_time(request.duration_ms(), "duration_ms", injection.duration_ms, violations);
  read_time(request.gap_ms(), "gap_ms", injection.gap_ms, violations);
  if (request.has_volume_dbm0()) {
    injection.level_dbm0 = read_level(request.volume_dbm0(), -1, "volume_dbm0", violations);
  }
  injection.pressed_by_party = request.pressed_by_party();
  return injection;
}

DtmfBlock read_block_mode(const v1::BlockDtmfRequest& request, Violations& violations) {
  if (request.mode() == v1::DTMF_BLOCK_OFF) {
    violations.push_back({"mode", "must be DROP, SILENCE, TONE or RANDOM; UnblockDtmf ends a block"});
  }
  const DtmfBlock mode = read_block(request.mode(), "mode", violations);
  return mode == DtmfBlock::kOff ? DtmfBlock::kDrop : mode;
}

void write_dtmf_policy(const DtmfPolicy& policy, v1::DtmfPolicy& message) {
  message.set_receive_in_band(receive_of(policy.receive_in_band));
  message.set_receive_rfc4733(receive_of(policy.receive_rfc4733));
  message.set_receive_sip_info(receive_of(policy.receive_sip_info));
  message.set_send(send_of(policy.send));
  message.set_tone_guard_ms(policy.tone_guard_ms);
  message.set_keep_audio(policy.keep_audio);
  message.set_level_dbm0(-static_cast<int>(policy.level_dbm0));
  message.set_block(block_of(policy.block));
}

void write_dtmf_state(const control::DtmfWays& ways, const DtmfCounts<std::uint64_t>& counts,
                      v1::DtmfState& message) {
  message.set_send(send_of(ways.send));
  for (std::size_t i = 0; i < kDtmfWayCount; ++i) {
    const auto count = [&counts, i](DtmfCount what) { return counts[i][static_cast<std::size_t>(what)]; };
    v1::DtmfWayState& way = *message.add_ways();
    way.set_way(way_of(static_cast<DtmfWay>(i)));
    way.set_received(ways.received[i]);
    way.set_seen(count(DtmfCount::kSeen));
    way.set_merged(count(DtmfCount::kMerged));
    way.set_repaired(count(DtmfCount::kRepaired));
    way.set_sent(count(DtmfCount::kSent));
    way.set_refused(count(DtmfCount::kRefused));
  }
}

void write_press(const control::LoggedPress& logged, v1::DtmfEvent& message) {
  const DtmfPress& press = logged.press;
  message.set_digit(std::string(1, dtmf_letter(press.event)));
  message.set_way(way_of(press.way));
  message.set_phase(press.phase == DtmfPhase::kStart ? v1::DTMF_PHASE_START : v1::DTMF_PHASE_END);
  write_time(logged.start, *message.mutable_start_time());
  if (press.volume != 0) {
    message.set_volume_dbm0(-static_cast<int>(press.volume));
  }
  if (press.phase == DtmfPhase::kStart) {
    return;
  }
  message.set_duration_ms(press.duration_ms);
  const sdp::InfoPress info{press.event, press.duration_ms};
  message.set_info_dtmf_relay(sdp::print_dtmf_relay(info));
  message.set_info_dtmf(sdp::print_dtmf(info));
  message.mutable_info_leg_ids()->Assign(logged.info_legs.begin(), logged.info_legs.end());
}

v1::DtmfBlock block_of(DtmfBlock block) {
  switch (block) {
    case DtmfBlock::kOff:
      return v1::DTMF_BLOCK_OFF;
    case DtmfBlock::kDrop:
      return v1::DTMF_BLOCK_DROP;
    case DtmfBlock::kSilence:
      return v1::DTMF_BLOCK_SILENCE;
    case DtmfBlock::kTone:
      return v1::DTMF_BLOCK_TONE;
    case DtmfBlock::kRandom:
      return v1::DTMF_BLOCK_RANDOM;
  }
  return v1::DTMF_BLOCK_UNSPECIFIED;
}

std::string digits_of(const DtmfInjection& injection) {
  std::string digits;
  for (const std::uint8_t event : injection.events) {
    digits += dtmf_letter(event);
  }
  return digits;
}

}  // namespace pollux::rpc
