// pollux.v1.OfferAnswerService on gRPC's callback API.
#pragma once

#include <grpcpp/grpcpp.h>

#include "controlplane/call/call_manager.hpp"
#include "controlplane/rpc/wiped_messages.hpp"
#include "controlplane/session/control_thread.hpp"
#include "pollux/v1/offer_answer.grpc.pb.h"

namespace pollux::rpc {

// As SessionService: requests are read and checked on gRPC's threads, the rest happens on the control thread.
// SDP, which may hold keys, is wiped from messages when it has been read or sent.
class OfferAnswerService final : public v1::OfferAnswerService::CallbackService {
 public:
  // Pre: both outlive the service; `calls` belongs to the control thread.
  OfferAnswerService(control::ControlThread& control, call::CallManager& calls);

  grpc::ServerUnaryReactor* Offer(grpc::CallbackServerContext* context, const v1::OfferRequest* request,
                                  v1::OfferResponse* response) override;
  grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, const v1::AnswerRequest* request,
                                   v1::AnswerResponse* response) override;
  grpc::ServerUnaryReactor* DeleteCall(grpc::CallbackServerContext* context,
                                       const v1::DeleteCallRequest* request, v1::Call* response) override;
  grpc::ServerUnaryReactor* QueryCall(grpc::CallbackServerContext* context,
                                      const v1::QueryCallRequest* request, v1::Call* response) override;
  grpc::ServerUnaryReactor* ListCalls(grpc::CallbackServerContext* context,
                                      const v1::ListCallsRequest* request,
                                      v1::ListCallsResponse* response) override;

 private:
  control::ControlThread& control_;
  call::CallManager& calls_;
  WipedMessages<v1::OfferRequest, v1::OfferResponse> offer_messages_;
  WipedMessages<v1::AnswerRequest, v1::AnswerResponse> answer_messages_;
};

}  // namespace pollux::rpc
