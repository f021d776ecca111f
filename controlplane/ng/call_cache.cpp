#include "controlplane/ng/call_cache.hpp"

#include "controlplane/ng/press_message.hpp"

namespace pollux::ng {

namespace {

constexpr std::size_t kMostCalls = 4096;
constexpr std::chrono::milliseconds kQueryTime{900};

}  // namespace

CallCache::CallPtr CallCache::call_of(const v1::Event& event) {
  const Clock::time_point now = now_();
  const auto known = calls_.find(event.session_id());
  if (known != calls_.end() && now - known->second.asked < kKeep && knows_legs(event, *known->second.call)) {
    return known->second.call;
  }
  v1::QueryCallRequest request;
  request.set_session_id(event.session_id());
  auto answer = node_->call(node_->calls(), &v1::OfferAnswerService::Stub::QueryCall, request,
                            std::chrono::system_clock::now() + kQueryTime);
  if (answer.error) {  // a session without a call, made by another client; or it has just ended
    return known != calls_.end() ? known->second.call : nullptr;
  }
  if (calls_.size() >= kMostCalls) {
    calls_.clear();
  }
  auto call = std::make_shared<const v1::Call>(std::move(answer.value));
  calls_.insert_or_assign(event.session_id(), Known{call, now});
  return call;
}

}  // namespace pollux::ng
