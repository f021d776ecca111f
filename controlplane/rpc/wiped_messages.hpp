// Memory for the messages of calls whose request may hold SRTP keys.
#pragma once

#include <grpcpp/support/message_allocator.h>

#include "controlplane/rpc/convert_srtp.hpp"
#include "pollux/v1/session.pb.h"

namespace pollux::rpc {

// Keys in the request are wiped by FreeRequest(), which the handler calls when it has read them, and at the
// latest at the end of the call, be it one whose request couldn't be parsed. Any thread.
template <typename Request>
class WipedMessages final : public grpc::MessageAllocator<Request, v1::Session> {
 public:
  grpc::MessageHolder<Request, v1::Session>* AllocateMessages() override { return new Holder; }

 private:
  class Holder final : public grpc::MessageHolder<Request, v1::Session> {
   public:
    Holder() {
      this->set_request(&request_);
      this->set_response(&response_);
    }
    void FreeRequest() override {
      if (request_.has_spec()) {
        wipe_keys(*request_.mutable_spec());
      }
    }
    void Release() override {
      FreeRequest();
      delete this;
    }

   private:
    Request request_;
    v1::Session response_;
  };
};

}  // namespace pollux::rpc
