#include "controlplane/rpc/drain_stream.hpp"

#include "controlplane/rpc/status.hpp"
#include "controlplane/rpc/times.hpp"

namespace pollux::rpc {

namespace {

constexpr std::chrono::milliseconds kLookInterval{100};
constexpr std::chrono::seconds kResponseInterval{1};
constexpr std::chrono::hours kLongestDeadline{24 * 7};

std::optional<std::chrono::milliseconds> read_deadline(const v1::DrainRequest& request,
                                                       control::Violations& violations) {
  if (!request.has_deadline()) {
    return std::nullopt;
  }
  const google::protobuf::Duration& deadline = request.deadline();
  const auto longest = std::chrono::seconds(kLongestDeadline).count();
  constexpr int kNanosPerSecond = 1'000'000'000;
  if (deadline.seconds() < 0 || deadline.seconds() > longest || deadline.nanos() < 0 ||
      deadline.nanos() >= kNanosPerSecond) {
    violations.push_back({"deadline", "must be 0 s to " + std::to_string(longest) + " s"});
    return std::nullopt;
  }
  return std::chrono::seconds(deadline.seconds()) +
         std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::nanoseconds(deadline.nanos()));
}

}  // namespace

DrainStream* DrainStream::start(control::ControlThread& control, const v1::DrainRequest& request,
                                const std::function<void()>& on_begin) {
  const std::shared_ptr<DrainStream> stream(new DrainStream(control));
  stream->self_ = stream;
  control::Violations violations;
  const auto deadline = read_deadline(request, violations);
  if (!violations.empty()) {
    stream->finish(invalid_status(std::move(violations)));
    return stream.get();
  }
  stream->post([stream, deadline, end_sessions = request.end_sessions(), on_begin] {
    control::SessionManager& manager = stream->control_.manager();
    manager.drain(deadline, end_sessions);
    if (manager.draining()) {
      on_begin();
    }
    stream->look();
  });
  return stream.get();  // alive: gRPC calls OnDone only after this returned
}

void DrainStream::look() {
  const control::SessionManager& manager = control_.manager();
  if (cancelled_) {
    return finish(grpc::Status::CANCELLED);
  }
  if (manager.stopping()) {
    return finish(stopping_status());
  }
  if (!manager.draining()) {
    return finish(grpc::Status::OK);  // undrained meanwhile: there was no last response
  }
  const control::DrainProgress progress = manager.drain_progress();
  const auto now = std::chrono::steady_clock::now();
  if (!progress.done && now < next_response_) {
    return look_later();
  }
  next_response_ = now + kResponseInterval;
  response_.Clear();
  response_.set_sessions_left(progress.sessions_left);
  response_.set_done(progress.done);
  if (progress.time_left) {
    write_duration(*progress.time_left, *response_.mutable_time_left());
  }
  if (progress.done) {
    finished_ = true;
    StartWriteAndFinish(&response_, grpc::WriteOptions(), grpc::Status::OK);
  } else {
    StartWrite(&response_);
  }
}

void DrainStream::OnWriteDone(bool ok) {
  if (ok) {
    look_later();
  } else {
    finish(grpc::Status::CANCELLED);
  }
}

void DrainStream::look_later() {
  self_of_alarm_ = shared_from_this();
  alarm_.Set(std::chrono::system_clock::now() + kLookInterval, [this](bool /*fired*/) {
    const std::shared_ptr<DrainStream> self = std::move(self_of_alarm_);
    self->post([self] { self->look(); });
  });
}

void DrainStream::post(control::ControlThread::Task task) {
  if (!control_.post(std::move(task))) {
    finish(stopping_status());
  }
}

void DrainStream::finish(const grpc::Status& status) {
  if (!finished_.exchange(true)) {
    Finish(status);
  }
}

}  // namespace pollux::rpc
