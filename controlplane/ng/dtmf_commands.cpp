// play DTMF, block DTMF and unblock DTMF: of which party, and how.
#include <algorithm>

#include "controlplane/ng/call_view.hpp"
#include "controlplane/ng/command.hpp"
#include "pollux/v1/media_service.pb.h"

namespace pollux::ng {

namespace {

constexpr std::string_view kUnknownCall = "Unknown call-ID";
constexpr const char* kDigits = "0123456789*#ABCD";  // by their number (RFC 4733 §3.2)
// What rtpengine takes for a press, in ms: what is outside is brought inside.
constexpr std::int64_t kUsualDuration = 250;
constexpr std::int64_t kUsualPause = 100;
constexpr std::int64_t kLeast = 100;
constexpr std::int64_t kMost = 5000;

// The call, and where it is.
struct Found {
  v1::Call call;
  NodePtr node;
  std::optional<Dict> refused;
};

Found find_call(CommandContext& context) {
  Found found;
  v1::QueryCallRequest request;
  request.set_call_id(context.text("call-id"));
  if (request.call_id().empty()) {
    found.refused = error_reply("No call-id in message");
    return found;
  }
  auto answer =
      context.router.on_call(request.call_id(), context.deadline, [&](Node& node, Deadline deadline) {
        return node.call(node.calls(), &v1::OfferAnswerService::Stub::QueryCall, request, deadline);
      });
  if (answer.error) {
    found.refused = refusal(context, *answer.error, kUnknownCall);
    return found;
  }
  found.call = std::move(answer.value);
  found.node = context.pool.remembered(request.call_id());
  if (found.node == nullptr) {  // the configuration has just lost it
    found.refused = error_reply(kUnknownCall);
  }
  return found;
}

const v1::Party* find_tag(const v1::Call& call, const std::string& tag) {
  const auto& parties = call.parties();
  const auto party = std::find_if(parties.begin(), parties.end(),
                                  [&tag](const v1::Party& known) { return known.tag() == tag; });
  return party != parties.end() ? &*party : nullptr;
}

bool sent_to(const v1::Call& call, const v1::Party& party, const std::string& address) {
  return std::any_of(party.media().begin(), party.media().end(), [&](const v1::CallMedia& media) {
    const v1::LegSpec* spec = leg_spec(call, media.leg_id());
    const v1::LegState* state = leg_state(call, media.leg_id());
    return (spec != nullptr && spec->remote_rtp().address() == address) ||
           (state != nullptr && state->rtp().destination().address() == address);
  });
}

using Parties = std::vector<const v1::Party*>;

// The parties meant, or what is wrong, in rtpengine's words. `whole`: where none is named all are meant.
tl::expected<Parties, std::string> find_parties(const CommandContext& context, const v1::Call& call,
                                                bool whole) {
  const std::string tag = context.text("from-tag");
  const Wishes& wishes = context.wishes;
  Parties found;
  const auto take_if = [&](const auto& meant) {
    for (const v1::Party& party : call.parties()) {
      if (!party.tag().empty() && meant(party)) {
        found.push_back(&party);
      }
    }
  };
  if (wishes.all) {
    take_if([](const v1::Party&) { return true; });
  } else if (!wishes.label.empty()) {
    take_if([&](const v1::Party& party) { return label_of(call, party.tag()) == wishes.label; });
    if (found.empty()) {
      return tl::unexpected(std::string("No monologue matching the given label"));
    }
  } else if (!wishes.address.empty()) {
    take_if([&](const v1::Party& party) { return sent_to(call, party, wishes.address); });
    if (found.empty()) {
      return tl::unexpected(std::string("Failed to match address to any tag"));
    }
  } else if (!tag.empty()) {
    const v1::Party* party = find_tag(call, tag);
    if (party == nullptr) {
      return tl::unexpected(std::string("Given from-tag not found"));
    }
    found.push_back(party);
  } else if (whole) {
    take_if([](const v1::Party&) { return true; });
  } else {
    return tl::unexpected(std::string("No participant party specified"));
  }
  return found;
}

// Audio legs of the party.
std::vector<std::string> legs_of(const v1::Party& party) {
  std::vector<std::string> legs;
  for (const v1::CallMedia& media : party.media()) {
    if (!media.leg_id().empty() && media.kind() == "audio") {
      legs.push_back(media.leg_id());
    }
  }
  return legs;
}

// "5", "*", "A", or the number of the event; empty: out of range.
std::string digit_of(const std::string& code) {
  constexpr std::string_view kAll = kDigits;
  if (code.size() == 1 && kAll.find(code[0]) != std::string_view::npos) {
    return code;
  }
  if (code.size() == 1 && code[0] >= 'a' && code[0] <= 'd') {
    return std::string(1, static_cast<char>(code[0] - 'a' + 'A'));
  }
  const auto number = Value(code).number();
  return number && *number >= 0 && *number < static_cast<std::int64_t>(kAll.size())
             ? std::string(1, kAll[static_cast<std::size_t>(*number)])
             : "";
}

std::uint32_t bounded(std::optional<std::int64_t> given, std::int64_t usual) {
  return static_cast<std::uint32_t>(std::clamp(given.value_or(usual), kLeast, kMost));
}

void set_press(const CommandContext& context, v1::InjectDtmfRequest& request) {
  request.set_duration_ms(bounded(context.wishes.duration_ms, kUsualDuration));
  request.set_gap_ms(bounded(context.wishes.pause_ms, kUsualPause));
}

// In dBm0; proxies also write it without its sign.
void set_volume(const CommandContext& context, v1::InjectDtmfRequest& request) {
  if (const auto volume = context.wishes.volume) {
    request.set_volume_dbm0(static_cast<std::int32_t>(std::clamp<std::int64_t>(-std::abs(*volume), -36, -1)));
  }
}

// What a leg that can't has to say: it has no codecs, or is gone.
bool incapable(const CallError& error) {
  return error.cause == "INVALID_FIELD" || error.cause == "LEG_UNKNOWN";
}

// As if `party` had pressed; where it talks to several and only `receiver` is meant, to that one.
tl::expected<void, Dict> press(CommandContext& context, const Found& found, const v1::Party& party,
                               const v1::Party* receiver, const std::string& digit) {
  const bool directly = receiver != nullptr && party.peer_tags_size() > 1;
  const std::vector<std::string> legs = legs_of(directly ? *receiver : party);
  if (legs.empty()) {
    return tl::unexpected(error_reply("Monologue has no media capable of DTMF injection"));
  }
  v1::InjectDtmfRequest request;
  request.set_session_id(found.call.session().session_id());
  request.set_leg_id(legs.front());
  request.set_digits(digit);
  request.set_pressed_by_party(!directly);
  set_press(context, request);
  if (directly) {
    set_volume(context, request);
  }
  const auto answer =
      found.node->call(found.node->media(), &v1::MediaService::Stub::InjectDtmf, request, context.deadline);
  if (answer.error && incapable(*answer.error)) {
    Dict reply = error_reply("Monologue has no media capable of DTMF injection");
    reply.set("pollux-error", answer.error->message);
    return tl::unexpected(std::move(reply));
  }
  if (answer.error) {
    return tl::unexpected(refusal(context, *answer.error, kUnknownCall));
  }
  if (answer.value.digits().empty()) {
    return tl::unexpected(error_reply("There is no sink media capable of DTMF playback"));
  }
  return {};
}

template <typename Request, typename Response>
Dict on_legs(CommandContext& context, Request request,
             grpc::Status (v1::MediaService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                            Response*)) {
  const Found found = find_call(context);
  if (found.refused) {
    return *found.refused;
  }
  const auto parties = find_parties(context, found.call, true);
  if (!parties) {
    return error_reply(parties.error());
  }
  request.set_session_id(found.call.session().session_id());
  bool done = false;
  for (const v1::Party* party : *parties) {
    for (const std::string& leg : legs_of(*party)) {
      request.set_leg_id(leg);
      const auto answer = found.node->call(found.node->media(), method, request, context.deadline);
      if (answer.error && !incapable(*answer.error)) {
        return refusal(context, *answer.error, kUnknownCall);
      }
      done = done || !answer.error;
    }
  }
  return done ? Dict{{"result", "ok"}} : error_reply("Monologue has no media capable of DTMF injection");
}

}  // namespace

Dict play_dtmf(CommandContext& context) {
  const Found found = find_call(context);
  if (found.refused) {
    return *found.refused;
  }
  const auto parties = find_parties(context, found.call, false);
  if (!parties) {
    return error_reply(parties.error());
  }
  const std::string to_tag = context.text("to-tag");
  const v1::Party* receiver = to_tag.empty() ? nullptr : find_tag(found.call, to_tag);
  if (!to_tag.empty() && receiver == nullptr) {
    return error_reply("To-tag not found");
  }
  const std::string digit = digit_of(context.wishes.code);
  if (digit.empty()) {
    return error_reply("Out of range 'code' specified");
  }
  std::optional<Dict> refused;
  bool pressed = false;
  for (const v1::Party* party : *parties) {
    if (party == receiver) {
      continue;
    }
    if (auto done = press(context, found, *party, receiver, digit); !done) {
      refused = std::move(done.error());
    } else {
      pressed = true;
    }
  }
  return pressed   ? Dict{{"result", "ok"}}
         : refused ? *refused
                   : error_reply("There is no sink media capable of DTMF playback");
}

Dict block_dtmf(CommandContext& context) {
  const v1::DtmfBlock mode = context.wishes.dtmf_security.value_or(v1::DTMF_BLOCK_DROP);
  if (mode == v1::DTMF_BLOCK_OFF) {
    return unblock_dtmf(context);
  }
  v1::BlockDtmfRequest request;
  request.set_mode(mode);
  return on_legs<v1::BlockDtmfRequest, v1::BlockDtmfResponse>(context, request,
                                                              &v1::MediaService::Stub::BlockDtmf);
}

Dict unblock_dtmf(CommandContext& context) {
  return on_legs<v1::UnblockDtmfRequest, v1::UnblockDtmfResponse>(context, {},
                                                                  &v1::MediaService::Stub::UnblockDtmf);
}

}  // namespace pollux::ng
