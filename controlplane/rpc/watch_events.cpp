#include "controlplane/rpc/watch_events.hpp"

#include "controlplane/rpc/convert.hpp"
#include "controlplane/rpc/status.hpp"

namespace pollux::rpc {

namespace {
constexpr std::size_t kBatch = 64;
}  // namespace

EventWatcher::EventWatcher(control::ControlThread& control, const v1::WatchEventsRequest& request)
    : control_(control), request_(request) {}

EventWatcher* EventWatcher::start(control::ControlThread& control, const v1::WatchEventsRequest& request,
                                  const Slots& slots) {
  const std::shared_ptr<EventWatcher> watcher(new EventWatcher(control, request));
  watcher->self_ = watcher;
  watcher->slot_ = slots.take();
  control::Violations violations;
  if (!request.session_id().empty()) {
    check_session_id(request.session_id(), violations);
  }
  if (watcher->slot_ == nullptr) {
    watcher->finish(refusal_status(
        grpc::StatusCode::RESOURCE_EXHAUSTED, "WATCHERS_EXHAUSTED",
        "all " + std::to_string(slots.most()) + " streams of events (grpc.max_watchers) are in use"));
  } else if (!violations.empty()) {
    watcher->finish(invalid_status(std::move(violations)));
  } else if (!control.post([watcher] { watcher->open(); })) {
    watcher->finish(draining_status());
  }
  return watcher.get();  // alive: gRPC calls OnDone only after this returned
}

void EventWatcher::open() {
  const control::EventLog& log = control_.manager().events();
  node_run_ = log.node_run();
  const bool other_run = !request_.node_run().empty() && request_.node_run() != node_run_;
  cursor_ = request_.from_sequence() == 0 ? log.next_sequence() : request_.from_sequence();
  if (other_run) {
    cursor_ = log.first_sequence();  // nothing of this run has been seen
  } else if (cursor_ > log.next_sequence()) {
    return finish(
        invalid_status({{"from_sequence", "is beyond the next event, " + std::to_string(log.next_sequence()) +
                                              "; has the node restarted? Give node_run as well"}}));
  }
  if (cursor_ < log.first_sequence()) {
    response_.set_missed(log.first_sequence() - cursor_);
    cursor_ = log.first_sequence();
  }
  response_.set_node_run(node_run_);
  response_.set_next_sequence(log.next_sequence());
  StartWrite(&response_);
}

void EventWatcher::advance() {
  control::EventLog& log = control_.manager().events();
  if (finished_) {
    return;
  }
  if (cancelled_) {
    return finish(grpc::Status::CANCELLED);
  }
  control::EventLog::Batch batch = log.read(cursor_, request_.session_id(), kBatch);
  cursor_ = batch.cursor;
  missed_ += batch.missed;
  if (!batch.events.empty()) {
    batch_ = std::move(batch.events);
    written_ = 0;
    return write_next();
  }
  if (!batch.at_end) {
    return post_advance();  // a long way without an event of this session: let others have their turn
  }
  if (log.closed()) {
    return finish(draining_status());
  }
  waiter_ = log.wait(request_.session_id(), [self = shared_from_this()](std::uint64_t sequence) {
    self->waiter_ = 0;
    self->cursor_ = sequence;
    self->advance();
  });
}

void EventWatcher::write_next() {
  const control::LoggedEvent& event = *batch_[written_++];
  response_.Clear();
  response_.set_node_run(node_run_);
  response_.set_next_sequence(event.sequence + 1);
  response_.set_missed(std::exchange(missed_, 0));
  write_event(event, *response_.mutable_event());
  StartWrite(&response_);
}

void EventWatcher::OnWriteDone(bool ok) {
  if (!ok) {
    finish(grpc::Status::CANCELLED);
  } else if (written_ < batch_.size() && !cancelled_) {
    write_next();
  } else {
    post_advance();
  }
}

void EventWatcher::post_advance() {
  if (!control_.post([self = shared_from_this()] { self->advance(); })) {
    finish(draining_status());
  }
}

void EventWatcher::OnCancel() {
  cancelled_ = true;
  // Nobody else would notice while the stream waits for events.
  const bool posted = control_.post([self = shared_from_this()] {
    if (self->waiter_ != 0) {
      self->control_.manager().events().cancel(std::exchange(self->waiter_, 0));
      self->finish(grpc::Status::CANCELLED);
    }
  });
  if (!posted) {
    finish(grpc::Status::CANCELLED);
  }
}

void EventWatcher::finish(const grpc::Status& status) {
  if (!finished_.exchange(true)) {
    Finish(status);
  }
}

}  // namespace pollux::rpc
