// offer and answer: SDP of one party goes in, SDP for the other one comes out.
#include "controlplane/ng/command.hpp"
#include "pollux/v1/offer_answer.pb.h"

namespace pollux::ng {

namespace {

constexpr std::size_t kLongestLabel = 256;

// What is missing, in rtpengine's words and order; empty: nothing.
std::string missing(const CommandContext& context, bool answer) {
  const auto absent = [&context](std::string_view key) {
    const Value* value = context.request.find(key);
    return value == nullptr || value->as_text().empty();
  };
  return absent("sdp")                ? "No SDP body in message"
         : absent("call-id")          ? "No call-id in message"
         : absent("from-tag")         ? "No from-tag in message"
         : answer && absent("to-tag") ? "No to-tag in message"
                                      : "";
}

std::string network_of(const CommandContext& context, const std::string& name) {
  for (const InterfaceEntry& entry : context.config.interfaces) {
    if (entry.name == name) {
      return entry.network;
    }
  }
  return name == "default" || name == "any" ? "" : name;
}

v1::SdpOptions offer_options(const CommandContext& context) {
  v1::SdpOptions options = context.wishes.options;
  const auto& directions = context.wishes.directions;
  if (!directions.empty()) {
    options.set_from_network(network_of(context, directions[0]));
  }
  if (directions.size() > 1) {
    options.set_to_network(network_of(context, directions[1]));
  }
  return options;
}

// Proxies send the same flags with an answer as with its offer; only these are its own.
v1::SdpOptions answer_options(const CommandContext& context) {
  v1::SdpOptions options;
  options.set_received_from(context.wishes.options.received_from());
  options.set_trust_address(context.wishes.options.trust_address());
  options.set_learning(context.wishes.options.learning());
  return options;
}

// The text, of which no copy with keys is left behind.
template <typename Message>
class WipedSdp {
 public:
  explicit WipedSdp(Message& message) : message_(message) {}
  ~WipedSdp() { wipe(*message_.mutable_sdp()); }
  WipedSdp(const WipedSdp&) = delete;
  WipedSdp& operator=(const WipedSdp&) = delete;

 private:
  Message& message_;
};

template <typename Response>
Dict success(Response& response) {
  Dict reply = {{"result", "ok"}};
  reply.set("sdp", std::move(*response.mutable_sdp()));
  std::string warnings;
  for (const std::string& warning : response.warnings()) {
    warnings += (warnings.empty() ? "" : "; ") + warning;
  }
  if (!warnings.empty()) {
    reply.set("warning", warnings);
  }
  return reply;
}

template <typename Message>
void name_call(const CommandContext& context, Message& message) {
  message.set_call_id(context.text("call-id"));
  message.set_from_tag(context.text("from-tag"));
  message.set_to_tag(context.text("to-tag"));
  message.set_via_branch(context.wishes.via_branch);
  message.set_sdp(context.text("sdp"));
}

}  // namespace

Dict offer(CommandContext& context) {
  if (const std::string what = missing(context, false); !what.empty()) {
    return error_reply(what);
  }
  v1::OfferRequest request;
  const WipedSdp wiped(request);
  name_call(context, request);
  *request.mutable_options() = offer_options(context);
  if (const std::string& label = context.wishes.label;
      !label.empty() && label.size() <= kLongestLabel && request.from_tag().size() + 6 <= kLongestLabel) {
    (*request.mutable_labels())["label." + request.from_tag()] = label;
  }
  auto answer = context.router.on_offer(
      request.call_id(), !request.to_tag().empty(), context.deadline, [&](Node& node, Deadline deadline) {
        return node.call(node.calls(), &v1::OfferAnswerService::Stub::Offer, request, deadline);
      });
  if (!answer.error) {
    return success(answer.value);
  }
  if (answer.error->unreachable() && !answer.error->stays) {  // another relay may have nodes that answer
    answer.error->cause = "NODE_BUSY";
    Dict reply = refusal(context, *answer.error, "Unknown call-id");
    reply.set("pollux-cause", "NODE_UNREACHABLE");
    return reply;
  }
  return refusal(context, *answer.error, "Unknown call-id");
}

Dict answer(CommandContext& context) {
  if (const std::string what = missing(context, true); !what.empty()) {
    return error_reply(what);
  }
  v1::AnswerRequest request;
  const WipedSdp wiped(request);
  name_call(context, request);
  *request.mutable_options() = answer_options(context);
  request.set_final(context.wishes.sip_code.size() == 3 && context.wishes.sip_code.front() == '2');
  auto answer =
      context.router.on_call(request.call_id(), context.deadline, [&](Node& node, Deadline deadline) {
        return node.call(node.calls(), &v1::OfferAnswerService::Stub::Answer, request, deadline);
      });
  return answer.error ? refusal(context, *answer.error, "Unknown call-id") : success(answer.value);
}

}  // namespace pollux::ng
