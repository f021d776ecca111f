#include "controlplane/rpc/call_observer.hpp"

#include <map>

namespace pollux::rpc {

namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::ServerRpcInfo;

constexpr std::string_view kPackage = "/pollux.v1.";

class CallWatch final : public grpc::experimental::Interceptor {
 public:
  CallWatch(const CallObserver& observer, const std::string& method)
      : observer_(observer), method_(method), arrival_(std::chrono::steady_clock::now()) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* batch) override {
    if (!told_) {
      if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
        tell(batch->GetSendStatus().error_code());
      } else if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_MESSAGE)) {
        tell(grpc::StatusCode::OK);
      }
    }
    batch->Proceed();
  }

 private:
  void tell(grpc::StatusCode code) {
    told_ = true;
    observer_(method_, static_cast<int>(code), std::chrono::steady_clock::now() - arrival_);
  }

  const CallObserver& observer_;
  const std::string& method_;
  const std::chrono::steady_clock::time_point arrival_;
  bool told_ = false;
};

class Factory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  Factory(CallObserver observer, const std::vector<std::string>& methods) : observer_(std::move(observer)) {
    for (const std::string& method : methods) {
      methods_.emplace(std::string(kPackage) + method, method);
    }
  }

  grpc::experimental::Interceptor* CreateServerInterceptor(ServerRpcInfo* info) override {
    // Names come from clients: an unknown one must not reach the observer.
    const auto known = methods_.find(std::string_view(info->method() == nullptr ? "" : info->method()));
    return known == methods_.end() ? nullptr : new CallWatch(observer_, known->second);
  }

 private:
  const CallObserver observer_;
  std::map<std::string, std::string, std::less<>> methods_;  // path -> name
};

}  // namespace

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> observe_calls(
    CallObserver observer, const std::vector<std::string>& methods) {
  return std::make_unique<Factory>(std::move(observer), methods);
}

}  // namespace pollux::rpc
