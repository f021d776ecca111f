#include "controlplane/rpc/session_service.hpp"

#include <algorithm>
#include <memory>

#include "controlplane/rpc/convert.hpp"
#include "controlplane/rpc/status.hpp"
#include "controlplane/rpc/watch_events.hpp"

namespace pollux::rpc {

namespace {

constexpr std::uint32_t kDefaultPageSize = 100;
constexpr std::uint32_t kMaxPageSize = 1000;
constexpr std::uint32_t kListChunk = 64;  // sessions looked at before other commands get their turn
// gRPC's clients refuse more than 4 MiB unless told otherwise: a page that has grown so large is a full one.
constexpr std::size_t kFullPageBytes = 2U << 20;
constexpr std::string_view kTokenPrefix = "after:";

// Finishes the call with the session or the failure.
control::SessionCallback finish_with(grpc::ServerUnaryReactor* reactor, v1::Session* response) {
  return [reactor, response](const control::SessionResult& result) {
    if (!result) {
      return reactor->Finish(to_status(result.error()));
    }
    write_session(*result, *response);
    reactor->Finish(grpc::Status::OK);
  };
}

// A List under way: pages are gathered in chunks, so that a large one doesn't keep the control thread.
struct ListCall : std::enable_shared_from_this<ListCall> {
  ListCall(control::ControlThread& thread, grpc::ServerUnaryReactor* call, v1::ListResponse* to)
      : control(thread), reactor(call), response(to) {}

  void next() {
    if (!control.post([self = shared_from_this()] { self->gather(); })) {
      reactor->Finish(draining_status());
    }
  }

  void gather() {
    const std::uint32_t count = std::min(left, kListChunk);
    const control::SessionPage page = control.manager().list(after, count);
    for (const control::SessionView& view : page.sessions) {
      write_session(view, *response->add_sessions());
    }
    left -= count;
    if (page.more) {
      after = page.sessions.back().id;
      if (left > 0 && response->ByteSizeLong() < kFullPageBytes) {
        return next();
      }
      response->set_next_page_token(std::string(kTokenPrefix) + after);
    }
    response->set_total(page.total);
    reactor->Finish(grpc::Status::OK);
  }

  control::ControlThread& control;
  grpc::ServerUnaryReactor* reactor;
  v1::ListResponse* response;
  std::string after;
  std::uint32_t left = kDefaultPageSize;
};

}  // namespace

SessionService::SessionService(control::ControlThread& control, std::uint32_t max_watchers)
    : control_(control), watchers_(max_watchers) {
  SetMessageAllocatorFor_Create(&create_messages_);
  SetMessageAllocatorFor_Update(&update_messages_);
}

grpc::ServerUnaryReactor* SessionService::Create(grpc::CallbackServerContext* context,
                                                 const v1::CreateRequest* request, v1::Session* response) {
  auto* reactor = context->DefaultReactor();
  control::Violations violations;
  control::SessionRequest session = read_create(*request, control_.manager().defaults(), violations);
  context->GetRpcAllocatorState()->FreeRequest();  // wipes the keys in it
  if (!violations.empty()) {
    reactor->Finish(invalid_status(std::move(violations)));
    return reactor;
  }
  const bool posted = control_.post(
      [this, id = request->session_id(), session = std::move(session),
       done = finish_with(reactor, response)] { control_.manager().create(id, session, done); });
  if (!posted) {
    reactor->Finish(draining_status());
  }
  return reactor;
}

grpc::ServerUnaryReactor* SessionService::Update(grpc::CallbackServerContext* context,
                                                 const v1::UpdateRequest* request, v1::Session* response) {
  auto* reactor = context->DefaultReactor();
  control::Violations violations;
  control::SessionPatch patch = read_update(*request, violations);
  context->GetRpcAllocatorState()->FreeRequest();  // wipes the keys in it
  if (!violations.empty()) {
    reactor->Finish(invalid_status(std::move(violations)));
    return reactor;
  }
  const bool posted =
      control_.post([this, id = request->session_id(), patch = std::move(patch),
                     done = finish_with(reactor, response)] { control_.manager().update(id, patch, done); });
  if (!posted) {
    reactor->Finish(draining_status());
  }
  return reactor;
}

grpc::ServerUnaryReactor* SessionService::Delete(grpc::CallbackServerContext* context,
                                                 const v1::DeleteRequest* request, v1::Session* response) {
  auto* reactor = context->DefaultReactor();
  control::Violations violations;
  check_session_id(request->session_id(), violations);
  if (!violations.empty()) {
    reactor->Finish(invalid_status(std::move(violations)));
  } else if (!control_.post([this, id = request->session_id(), done = finish_with(reactor, response)] {
               control_.manager().remove(id, done);
             })) {
    reactor->Finish(draining_status());
  }
  return reactor;
}

grpc::ServerUnaryReactor* SessionService::Get(grpc::CallbackServerContext* context,
                                              const v1::GetRequest* request, v1::Session* response) {
  auto* reactor = context->DefaultReactor();
  control::Violations violations;
  check_session_id(request->session_id(), violations);
  if (!violations.empty()) {
    reactor->Finish(invalid_status(std::move(violations)));
  } else if (!control_.post([this, id = request->session_id(), done = finish_with(reactor, response)] {
               control_.manager().get(id, done);
             })) {
    reactor->Finish(draining_status());
  }
  return reactor;
}

grpc::ServerUnaryReactor* SessionService::List(grpc::CallbackServerContext* context,
                                               const v1::ListRequest* request, v1::ListResponse* response) {
  auto* reactor = context->DefaultReactor();
  control::Violations violations;
  if (request->page_size() > kMaxPageSize) {
    violations.push_back({"page_size", "must be at most " + std::to_string(kMaxPageSize) + ", not " +
                                           std::to_string(request->page_size())});
  }
  const std::string_view token = request->page_token();
  const std::string_view after = token.substr(std::min(token.size(), kTokenPrefix.size()));
  if (!token.empty() && (!token.starts_with(kTokenPrefix) || !control::valid_session_id(after))) {
    violations.push_back({"page_token", "isn't one that List gave"});
  }
  if (!violations.empty()) {
    reactor->Finish(invalid_status(std::move(violations)));
    return reactor;
  }
  const auto call = std::make_shared<ListCall>(control_, reactor, response);
  call->after = after;
  call->left = request->page_size() == 0 ? kDefaultPageSize : request->page_size();
  call->next();
  return reactor;
}

grpc::ServerWriteReactor<v1::WatchEventsResponse>* SessionService::WatchEvents(
    grpc::CallbackServerContext* /*context*/, const v1::WatchEventsRequest* request) {
  return EventWatcher::start(control_, *request, watchers_);
}

}  // namespace pollux::rpc
