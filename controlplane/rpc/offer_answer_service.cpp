#include "controlplane/rpc/offer_answer_service.hpp"

#include <chrono>
#include <memory>
#include <utility>

#include "controlplane/rpc/convert.hpp"
#include "controlplane/rpc/convert_sdp.hpp"
#include "controlplane/rpc/status.hpp"

namespace pollux::rpc {

namespace {

constexpr std::uint32_t kDefaultPageSize = 100;
constexpr std::uint32_t kMaxPageSize = 1000;
constexpr std::string_view kTokenPrefix = "after:";
constexpr std::int64_t kMaxDelaySeconds = 3600;

grpc::Status refused(control::Violations violations, const std::string& malformed) {
  control::Failure failure = control::invalid_fields(std::move(violations));
  if (!malformed.empty()) {
    failure.error.cause = malformed;
    failure.error.message = failure.violations.front().description;
  }
  return to_status(failure);
}

template <typename Response>
call::ExchangeCallback finish_exchange(grpc::ServerUnaryReactor* reactor, Response* response) {
  return [reactor, response](const tl::expected<call::Exchanged, control::Failure>& result) {
    if (!result) {
      return reactor->Finish(to_status(result.error()));
    }
    response->set_sdp(result->sdp.data(), result->sdp.size());
    response->set_session_id(result->session_id);
    response->mutable_warnings()->Assign(result->warnings.begin(), result->warnings.end());
    reactor->Finish(grpc::Status::OK);
  };
}

call::CallCallback finish_call(grpc::ServerUnaryReactor* reactor, v1::Call* response) {
  return [reactor, response](const tl::expected<call::CallView, control::Failure>& result) {
    if (!result) {
      return reactor->Finish(to_status(result.error()));
    }
    write_call(*result, *response);
    reactor->Finish(grpc::Status::OK);
  };
}

std::chrono::milliseconds read_delay(const v1::DeleteCallRequest& request, control::Violations& violations) {
  const auto& delay = request.delay();
  if (delay.seconds() < 0 || delay.seconds() > kMaxDelaySeconds || delay.nanos() < 0 ||
      delay.nanos() >= 1000000000) {
    violations.push_back({"delay", "must be 0..1 h"});
    return {};
  }
  return std::chrono::milliseconds(delay.seconds() * 1000 + delay.nanos() / 1000000);
}

}  // namespace

OfferAnswerService::OfferAnswerService(control::ControlThread& control, call::CallManager& calls)
    : control_(control), calls_(calls) {
  SetMessageAllocatorFor_Offer(&offer_messages_);
  SetMessageAllocatorFor_Answer(&answer_messages_);
}

grpc::ServerUnaryReactor* OfferAnswerService::Offer(grpc::CallbackServerContext* context,
                                                    const v1::OfferRequest* request,
                                                    v1::OfferResponse* response) {
  auto* reactor = context->DefaultReactor();
  control::Violations violations;
  std::string malformed;
  const auto offer = std::make_shared<call::Offer>(
      read_offer(*request, control_.manager().defaults(), violations, malformed));
  context->GetRpcAllocatorState()->FreeRequest();  // wipes the keys in it
  if (!violations.empty()) {
    reactor->Finish(refused(std::move(violations), malformed));
  } else if (!control_.post([this, offer, done = finish_exchange(reactor, response)] {
               calls_.offer(std::move(*offer), done);
             })) {
    reactor->Finish(draining_status());
  }
  return reactor;
}

grpc::ServerUnaryReactor* OfferAnswerService::Answer(grpc::CallbackServerContext* context,
                                                     const v1::AnswerRequest* request,
                                                     v1::AnswerResponse* response) {
  auto* reactor = context->DefaultReactor();
  control::Violations violations;
  std::string malformed;
  const auto answer = std::make_shared<call::Answer>(
      read_answer(*request, control_.manager().defaults(), violations, malformed));
  context->GetRpcAllocatorState()->FreeRequest();  // wipes the keys in it
  if (!violations.empty()) {
    reactor->Finish(refused(std::move(violations), malformed));
  } else if (!control_.post([this, answer, done = finish_exchange(reactor, response)] {
               calls_.answer(std::move(*answer), done);
             })) {
    reactor->Finish(draining_status());
  }
  return reactor;
}

grpc::ServerUnaryReactor* OfferAnswerService::DeleteCall(grpc::CallbackServerContext* context,
                                                         const v1::DeleteCallRequest* request,
                                                         v1::Call* response) {
  auto* reactor = context->DefaultReactor();
  control::Violations violations;
  const call::DialogName name = read_name(*request, violations);
  const auto delay = read_delay(*request, violations);
  if (!violations.empty()) {
    reactor->Finish(invalid_status(std::move(violations)));
  } else if (!control_.post([this, name, delay, done = finish_call(reactor, response)] {
               calls_.remove(name, delay, done);
             })) {
    reactor->Finish(draining_status());
  }
  return reactor;
}

grpc::ServerUnaryReactor* OfferAnswerService::QueryCall(grpc::CallbackServerContext* context,
                                                        const v1::QueryCallRequest* request,
                                                        v1::Call* response) {
  auto* reactor = context->DefaultReactor();
  control::Violations violations;
  const bool by_session = request->has_session_id();
  const std::string id = by_session ? request->session_id() : request->call_id();
  if (by_session) {
    check_session_id(id, violations);
  } else {
    check_call_id(id, violations);
  }
  if (!violations.empty()) {
    reactor->Finish(invalid_status(std::move(violations)));
  } else if (!control_.post([this, id, by_session, done = finish_call(reactor, response)] {
               by_session ? calls_.query_session(id, done) : calls_.query(id, done);
             })) {
    reactor->Finish(draining_status());
  }
  return reactor;
}

grpc::ServerUnaryReactor* OfferAnswerService::ListCalls(grpc::CallbackServerContext* context,
                                                        const v1::ListCallsRequest* request,
                                                        v1::ListCallsResponse* response) {
  auto* reactor = context->DefaultReactor();
  control::Violations violations;
  if (request->page_size() > kMaxPageSize) {
    violations.push_back({"page_size", "must be at most " + std::to_string(kMaxPageSize) + ", not " +
                                           std::to_string(request->page_size())});
  }
  if (!request->page_token().empty() && !request->page_token().starts_with(kTokenPrefix)) {
    violations.push_back({"page_token", "must come from a previous response"});
  }
  if (!violations.empty()) {
    reactor->Finish(invalid_status(std::move(violations)));
    return reactor;
  }
  std::string after =
      request->page_token().empty() ? std::string() : request->page_token().substr(kTokenPrefix.size());
  const std::uint32_t count = request->page_size() == 0 ? kDefaultPageSize : request->page_size();
  if (!control_.post([this, after = std::move(after), count, reactor, response] {
        call::CallIds page = calls_.list(after, count);
        if (page.more) {
          response->set_next_page_token(std::string(kTokenPrefix) + page.ids.back());
        }
        response->mutable_call_ids()->Assign(page.ids.begin(), page.ids.end());
        response->set_total(page.total);
        reactor->Finish(grpc::Status::OK);
      })) {
    reactor->Finish(draining_status());
  }
  return reactor;
}

}  // namespace pollux::rpc
