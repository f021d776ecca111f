// pollux.v1.SessionService on gRPC's callback API.
#pragma once

#include <grpcpp/grpcpp.h>

#include "controlplane/rpc/slots.hpp"
#include "controlplane/rpc/wiped_messages.hpp"
#include "controlplane/session/control_thread.hpp"
#include "pollux/v1/session.grpc.pb.h"

namespace pollux::rpc {

// Requests are read and checked on gRPC's threads; what is left to do is posted to the control thread, which
// also finishes the call.
class SessionService final : public v1::SessionService::CallbackService {
 public:
  // At most `max_watchers` WatchEvents streams at once. Pre: `control` outlives the service.
  SessionService(control::ControlThread& control, std::uint32_t max_watchers);

  grpc::ServerUnaryReactor* Create(grpc::CallbackServerContext* context, const v1::CreateRequest* request,
                                   v1::Session* response) override;
  grpc::ServerUnaryReactor* Update(grpc::CallbackServerContext* context, const v1::UpdateRequest* request,
                                   v1::Session* response) override;
  grpc::ServerUnaryReactor* Delete(grpc::CallbackServerContext* context, const v1::DeleteRequest* request,
                                   v1::Session* response) override;
  grpc::ServerUnaryReactor* Get(grpc::CallbackServerContext* context, const v1::GetRequest* request,
                                v1::Session* response) override;
  grpc::ServerUnaryReactor* List(grpc::CallbackServerContext* context, const v1::ListRequest* request,
                                 v1::ListResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchEventsResponse>* WatchEvents(
      grpc::CallbackServerContext* context, const v1::WatchEventsRequest* request) override;

 private:
  control::ControlThread& control_;
  const Slots watchers_;
  WipedMessages<v1::CreateRequest> create_messages_;
  WipedMessages<v1::UpdateRequest> update_messages_;
};

}  // namespace pollux::rpc
