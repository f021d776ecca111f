#include "controlplane/ng/press_message.hpp"

#include <algorithm>

#include "controlplane/ng/call_view.hpp"

namespace pollux::ng {

namespace {

const v1::Party* party_of(const v1::Call& call, const std::string& leg_id) {
  for (const v1::Party& party : call.parties()) {
    for (const v1::CallMedia& media : party.media()) {
      if (media.leg_id() == leg_id) {
        return &party;
      }
    }
  }
  return nullptr;
}

// RFC 4733 §3.2.
std::int64_t number_of(const std::string& digit) {
  constexpr std::string_view kDigits = "0123456789*#ABCD!";
  const std::size_t number = digit.size() == 1 ? kDigits.find(digit[0]) : std::string_view::npos;
  return number == std::string_view::npos ? -1 : static_cast<std::int64_t>(number);
}

std::string source_address(const v1::Event& event, const v1::Call& call) {
  if (!event.from().address().empty()) {
    return event.from().address();
  }
  const v1::LegState* leg = leg_state(call, event.leg_id());
  return leg != nullptr ? leg->rtp().destination().address() : "";
}

Dict message(const v1::Event& event, const v1::Call& call, const std::string& source_tag) {
  List tags;
  for (const v1::Party& party : call.parties()) {
    if (!party.tag().empty()) {
      tags.emplace_back(party.tag());
    }
  }
  const v1::DtmfEvent& press = event.dtmf();
  return {{"callid", call.call_id()},
          {"source_tag", source_tag},
          {"tags", std::move(tags)},
          {"type", "DTMF"},
          {"timestamp", press.has_start_time() ? press.start_time().seconds() : event.time().seconds()},
          {"source_ip", source_address(event, call)},
          {"event", number_of(press.digit())},
          {"duration", press.duration_ms()},
          // As telephone-event says it (RFC 4733 §2.3.3): decibels below 0 dBm0, without the sign.
          {"volume", press.has_volume_dbm0() ? -press.volume_dbm0() : 8}};
}

}  // namespace

bool knows_legs(const v1::Event& event, const v1::Call& call) {
  const auto& legs = event.dtmf().info_leg_ids();
  const auto known = [&call](const std::string& leg_id) {
    const v1::Party* party = party_of(call, leg_id);
    return party != nullptr && !party->tag().empty();
  };
  return known(event.leg_id()) && std::all_of(legs.begin(), legs.end(), known);
}

std::optional<Dict> press_message(const v1::Event& event, const v1::Call& call) {
  const v1::Party* party = party_of(call, event.leg_id());
  return party != nullptr ? std::optional(message(event, call, party->tag())) : std::nullopt;
}

std::optional<Dict> outgoing_message(const v1::Event& event, const v1::Call& call,
                                     const std::string& leg_id) {
  const v1::Party* target = party_of(call, leg_id);
  if (target == nullptr) {
    return std::nullopt;
  }
  // Of a press that the API has asked for nobody is the source: the party that the target talks to.
  const v1::Party* source = event.outgoing() ? nullptr : party_of(call, event.leg_id());
  const std::string source_tag = source != nullptr              ? source->tag()
                                 : target->peer_tags_size() > 0 ? target->peer_tags(0)
                                                                : "";
  Dict out = message(event, call, source_tag);
  const v1::DtmfEvent& press = event.dtmf();
  out.set("direction", "outgoing");
  out.set("target_tag", target->tag());
  out.set("content_type", "application/dtmf-relay");
  out.set("info_body", press.info_dtmf_relay());
  return out;
}

}  // namespace pollux::ng
