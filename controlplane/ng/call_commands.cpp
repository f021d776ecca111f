// delete, query and list.
#include <algorithm>

#include "controlplane/ng/call_view.hpp"
#include "controlplane/ng/command.hpp"
#include "pollux/v1/offer_answer.pb.h"

namespace pollux::ng {

namespace {

constexpr std::int64_t kUsualLimit = 32;
constexpr std::uint32_t kLargestPage = 1000;

// The request's own, 0 included, else the configured one.
void set_delay(const CommandContext& context, v1::DeleteCallRequest& request) {
  const std::int64_t configured_ms = context.config.delete_delay.count();
  if (const auto delay_s = context.wishes.delete_delay_s) {
    request.mutable_delay()->set_seconds(*delay_s);
  } else if (configured_ms > 0) {
    request.mutable_delay()->set_seconds(configured_ms / 1000);
    request.mutable_delay()->set_nanos(static_cast<std::int32_t>(configured_ms % 1000 * 1'000'000));
  }
}

Dict not_deleted(CommandContext& context, const CallError& error) {
  constexpr std::string_view kText = "Call-ID not found or tags didn't match";
  if (!call_unknown(error) && error.cause != "PARTY_UNKNOWN") {
    return refusal(context, error, kText);
  }
  return context.wishes.fatal ? error_reply(kText) : Dict{{"result", "ok"}, {"warning", kText}};
}

}  // namespace

Dict delete_call(CommandContext& context) {
  v1::DeleteCallRequest request;
  request.set_call_id(context.text("call-id"));
  if (request.call_id().empty()) {
    return error_reply("No call-id in message");
  }
  request.set_from_tag(context.text("from-tag"));
  request.set_to_tag(context.text("to-tag"));
  request.set_via_branch(context.wishes.via_branch);
  set_delay(context, request);
  const auto answer =
      context.router.on_call(request.call_id(), context.deadline, [&](Node& node, Deadline deadline) {
        return node.call(node.calls(), &v1::OfferAnswerService::Stub::DeleteCall, request, deadline);
      });
  if (answer.error) {
    return not_deleted(context, *answer.error);
  }
  Dict reply = view_of(answer.value, {});
  reply.set("result", "ok");
  return reply;
}

Dict query_call(CommandContext& context) {
  v1::QueryCallRequest request;
  request.set_call_id(context.text("call-id"));
  if (request.call_id().empty()) {
    return error_reply("No call-id in message");
  }
  const auto answer =
      context.router.on_call(request.call_id(), context.deadline, [&](Node& node, Deadline deadline) {
        return node.call(node.calls(), &v1::OfferAnswerService::Stub::QueryCall, request, deadline);
      });
  if (answer.error) {
    return refusal(context, *answer.error, "Unknown call-id");
  }
  Dict reply = view_of(answer.value, {context.text("from-tag"), context.text("to-tag")});
  reply.set("result", "ok");
  return reply;
}

Dict list_calls(CommandContext& context) {
  std::int64_t left = kUsualLimit;
  if (const Value* limit = context.request.find("limit")) {
    left = limit->number().value_or(-1);
  }
  if (left < 0) {
    return error_reply("invalid limit, must be >= 0");
  }
  List calls;
  std::string silent;
  const auto nodes = context.pool.nodes();
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    Node& node = *nodes[i];
    v1::ListCallsRequest request;
    do {
      if (left == 0) {
        break;
      }
      request.set_page_size(static_cast<std::uint32_t>(std::min<std::int64_t>(left, kLargestPage)));
      const auto answer = node.call(node.calls(), &v1::OfferAnswerService::Stub::ListCalls, request,
                                    share_of(context.deadline, i + 1 < nodes.size()));
      if (answer.error) {
        silent += (silent.empty() ? "" : ", ") + node.address();
        break;
      }
      for (const std::string& call_id : answer.value.call_ids()) {
        calls.emplace_back(call_id);
        left -= left > 0 ? 1 : 0;
      }
      request.set_page_token(answer.value.next_page_token());
    } while (!request.page_token().empty());
  }
  Dict reply = {{"result", "ok"}, {"calls", std::move(calls)}};
  if (!silent.empty()) {
    reply.set("warning", "no answer from " + silent);
  }
  return reply;
}

}  // namespace pollux::ng
