// A service of which every method is behind a gate.
#pragma once

#include <google/protobuf/descriptor.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/service_type.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "controlplane/rpc/gate.hpp"

namespace pollux::rpc {

// Calls under way, over all doors. Any thread.
class CallCounter {
 public:
  void begin() { ++calls_; }
  void end();
  // False when there still are calls at the end of the time.
  bool wait_for_none(std::chrono::steady_clock::time_point until);

 private:
  std::atomic<std::size_t> calls_ = 0;  // written by: gRPC; read by: who stops the server
  std::atomic<bool> waiting_ = false;   // written by: who stops the server; read by: gRPC
  std::mutex mutex_;
  std::condition_variable none_;
};

// Takes the handlers of a service of the callback API and puts the gate before each of them, as the service's
// descriptor lists them: a method that is added to the API is behind the gate without anybody's doing. A call
// that the gate refuses is neither decoded nor handled.
class GatedService final : public grpc::Service {
 public:
  // Registered with one server only; `inner` may stand behind any number of them, and is registered nowhere
  // itself. Pre: `inner` implements `service` (full name), which has no method with a stream of requests, and
  // outlives this, as do `gate` and `calls`; the server makes its contexts with CallContexts.
  GatedService(grpc::Service& inner, const std::string& service, Gate& gate, CallCounter& calls);

  // "SessionService/Create" of each method.
  std::vector<std::string> methods() const { return {names_.begin(), names_.end()}; }

 private:
  std::list<std::string> names_;
  std::list<std::string> paths_;  // gRPC keeps pointers to them
};

// Contexts that count their calls from when they pass the gate until they are done.
class CallContexts final : public grpc::ContextAllocator {
 public:
  grpc::CallbackServerContext* NewCallbackServerContext() override;
  // For methods that don't exist. gRPC 1.51 gives these back by the other Release, and its own as well where
  // there is an allocator: so they must be made here.
  grpc::GenericCallbackServerContext* NewGenericCallbackServerContext() override;
  void Release(grpc::CallbackServerContext* context) override;
  void Release(grpc::GenericCallbackServerContext* context) override;
};

}  // namespace pollux::rpc
