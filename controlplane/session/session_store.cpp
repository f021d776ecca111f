#include "controlplane/session/session_store.hpp"

namespace pollux::control {

// Of every session, the last two of each leg; docs/performance.md, "Scale", tells what becomes of it.
static_assert(sizeof(Session) <= 216 && sizeof(LegRequest) <= 304 && sizeof(LegWatch) <= 96);

std::string Session::leg_name(std::uint16_t number) const {
  for (std::size_t i = 0; i < legs.size(); ++i) {
    if (legs[i].number == number) {
      return request->legs[i].id;
    }
  }
  return {};
}

std::vector<std::string> Session::legs_with_one_port() const {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < legs.size(); ++i) {
    if (legs[i].lease.rtcp_port == legs[i].lease.rtp_port) {
      ids.push_back(request->legs[i].id);
    }
  }
  return ids;
}

Session* SessionStore::find(std::string_view id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->get();
}

const Session* SessionStore::find(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->get();
}

Session* SessionStore::find(SessionHandle handle) {
  const auto found = by_handle_.find(handle);
  return found == by_handle_.end() ? nullptr : found->second;
}

Session& SessionStore::add(std::string id) {
  auto session = std::make_unique<Session>();
  session->id = std::move(id);
  return **by_id_.insert(std::move(session)).first;
}

void SessionStore::set_handle(Session& session, SessionHandle handle) {
  session.handle = handle;
  by_handle_[handle] = &session;
}

void SessionStore::erase(Session& session) {
  if (session.handle != 0) {
    by_handle_.erase(session.handle);
  }
  by_id_.erase(by_id_.find(std::string_view(session.id)));
}

void SessionStore::visit(std::string_view after, const std::function<bool(Session&)>& visit) {
  for (auto at = by_id_.upper_bound(after); at != by_id_.end(); ++at) {
    if (!visit(**at)) {
      return;
    }
  }
}

}  // namespace pollux::control
