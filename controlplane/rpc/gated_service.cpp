#include "controlplane/rpc/gated_service.hpp"

#include <grpc/byte_buffer.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>

#include <stdexcept>

#include "controlplane/rpc/wire_bytes.hpp"

namespace pollux::rpc {

namespace {

class CallContext final : public grpc::CallbackServerContext {
 public:
  CallContext() = default;
  ~CallContext() {
    if (calls_ != nullptr) {
      calls_->end();
    }
  }
  void count(CallCounter& calls) {
    calls.begin();
    calls_ = &calls;
  }

 private:
  CallCounter* calls_ = nullptr;
};

// Ends its call at once.
class Refusal final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  explicit Refusal(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

class GatedHandler final : public grpc::internal::MethodHandler {
 public:
  GatedHandler(grpc::internal::MethodHandler& inner, const std::string& method, Gate& gate,
               CallCounter& calls)
      : inner_(inner), method_(method), gate_(gate), calls_(calls) {}

  // gRPC calls this first, with the bytes of the request, then RunHandler with what it left behind.
  void* Deserialize(grpc_call* call, grpc_byte_buffer* request, grpc::Status* status,
                    void** handler_data) override {
    const WireBytes bytes(request);
    auto refused = gate_.refusal(method_, call);
    if (!refused) {
      return inner_.Deserialize(call, request, status, handler_data);
    }
    grpc_byte_buffer_destroy(request);
    *status = std::move(*refused);
    *handler_data = this;  // no handler's own data has this address
    return nullptr;
  }

  void RunHandler(const HandlerParameter& call) override {
    static_cast<CallContext*>(call.server_context)->count(calls_);
    if (call.internal_data != this) {
      return inner_.RunHandler(call);
    }
    // On the wire a refused unary call looks like a refused stream: a status and nothing else. The handler is
    // used within RunHandler only.
    grpc::internal::CallbackServerStreamingHandler<grpc::ByteBuffer, grpc::ByteBuffer> refuse(
        [&call](grpc::CallbackServerContext*, const grpc::ByteBuffer*) { return new Refusal(call.status); });
    refuse.RunHandler(HandlerParameter(call.call, call.server_context, nullptr, grpc::Status::OK, nullptr,
                                       call.call_requester));
  }

 private:
  grpc::internal::MethodHandler& inner_;
  const std::string& method_;
  Gate& gate_;
  CallCounter& calls_;
};

grpc::internal::RpcMethod::RpcType type_of(const google::protobuf::MethodDescriptor& method) {
  if (method.client_streaming()) {
    // Their requests come after the handler has begun: the gate would have to be asked elsewhere.
    throw std::logic_error(method.full_name() + ": no gate for methods with a stream of requests");
  }
  return method.server_streaming() ? grpc::internal::RpcMethod::SERVER_STREAMING
                                   : grpc::internal::RpcMethod::NORMAL_RPC;
}

}  // namespace

void CallCounter::end() {
  if (--calls_ == 0 && waiting_) {
    const std::lock_guard lock(mutex_);
    none_.notify_all();
  }
}

bool CallCounter::wait_for_none(std::chrono::steady_clock::time_point until) {
  waiting_ = true;
  std::unique_lock lock(mutex_);
  const bool none = none_.wait_until(lock, until, [this] { return calls_ == 0; });
  waiting_ = false;
  return none;
}

GatedService::GatedService(grpc::Service& inner, const std::string& service, Gate& gate, CallCounter& calls) {
  const auto* descriptor = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(service);
  if (descriptor == nullptr) {
    throw std::logic_error("there is no service " + service);
  }
  // A pointer to a member of the base class, which may be used on other services too.
  constexpr auto kHandler = &GatedService::GetHandler;
  for (int i = 0; i < descriptor->method_count(); ++i) {
    const auto& method = *descriptor->method(i);
    const std::string& name = names_.emplace_back(descriptor->name() + "/" + method.name());
    const std::string& path = paths_.emplace_back("/" + service + "/" + method.name());
    AddMethod(new grpc::internal::RpcServiceMethod(path.c_str(), type_of(method), nullptr));
    MarkMethodCallback(i, new GatedHandler(*(inner.*kHandler)(i), name, gate, calls));
  }
}

grpc::CallbackServerContext* CallContexts::NewCallbackServerContext() {
  return new CallContext;
}

grpc::GenericCallbackServerContext* CallContexts::NewGenericCallbackServerContext() {
  return new grpc::GenericCallbackServerContext;
}

void CallContexts::Release(grpc::CallbackServerContext* context) {
  delete context;
}

void CallContexts::Release(grpc::GenericCallbackServerContext* context) {
  delete context;
}

}  // namespace pollux::rpc
