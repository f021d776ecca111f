// Memory for the messages of calls whose request or response may hold SRTP keys.
#pragma once

#include <grpcpp/support/message_allocator.h>

#include "controlplane/rpc/convert_srtp.hpp"
#include "pollux/v1/offer_answer.pb.h"
#include "pollux/v1/session.pb.h"

namespace pollux::rpc {

// Where keys lie in each message. Nothing in most.
inline void wipe_message(v1::CreateRequest& request) {
  if (request.has_spec()) {
    wipe_keys(*request.mutable_spec());
  }
}
inline void wipe_message(v1::UpdateRequest& request) {
  if (request.has_spec()) {
    wipe_keys(*request.mutable_spec());
  }
}
inline void wipe_message(v1::Session& /*session*/) {}
template <typename WithSdp>
void wipe_message(WithSdp& message) {
  wipe_text(*message.mutable_sdp());
}

// Keys in the request are wiped by FreeRequest(), which the handler calls when it has read them, and at the
// latest at the end of the call, be it one whose request couldn't be parsed; those in the response at the end
// of the call. Any thread.
template <typename Request, typename Response = v1::Session>
class WipedMessages final : public grpc::MessageAllocator<Request, Response> {
 public:
  grpc::MessageHolder<Request, Response>* AllocateMessages() override { return new Holder; }

 private:
  class Holder final : public grpc::MessageHolder<Request, Response> {
   public:
    Holder() {
      this->set_request(&request_);
      this->set_response(&response_);
    }
    void FreeRequest() override { wipe_message(request_); }
    void Release() override {
      wipe_message(request_);
      wipe_message(response_);
      delete this;
    }

   private:
    Request request_;
    Response response_;
  };
};

}  // namespace pollux::rpc
