#include "controlplane/rpc/capture_stream.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "controlplane/rpc/convert.hpp"
#include "controlplane/rpc/status.hpp"
#include "controlplane/rpc/times.hpp"

namespace pollux::rpc {

namespace {

constexpr std::uint64_t kMostWaitingBytes = 4U << 20;  // for a client that is slow for a moment
constexpr int kPacketsPerResponse = 64;

constexpr std::uint64_t kDefaultPackets = 100'000;
constexpr std::uint64_t kMostPackets = 1'000'000;
constexpr std::uint64_t kDefaultBytes = 64U << 20;
constexpr std::uint64_t kMostBytes = 1U << 30;
constexpr std::chrono::seconds kDefaultTime{60};
constexpr std::chrono::seconds kMostTime{3600};
constexpr std::uint32_t kShortestSnap = 64;

v1::CapturePoint point_of(CapturePoint point) {
  switch (point) {
    case CapturePoint::kReceived:
      return v1::CAPTURE_POINT_RECEIVED;
    case CapturePoint::kSent:
      return v1::CAPTURE_POINT_SENT;
    case CapturePoint::kDropped:
      return v1::CAPTURE_POINT_DROPPED;
  }
  return v1::CAPTURE_POINT_UNSPECIFIED;
}

std::uint64_t limit(std::uint64_t asked, std::uint64_t unset, std::uint64_t most, const char* field,
                    control::Violations& violations) {
  if (asked > most) {
    violations.push_back({field, "at most " + std::to_string(most)});
  }
  return asked == 0 ? unset : asked;
}

std::chrono::nanoseconds read_time(const v1::CaptureRequest& request, control::Violations& violations) {
  if (!request.has_max_time()) {
    return kDefaultTime;
  }
  const auto& time = request.max_time();
  const bool sane = time.seconds() >= 0 && time.seconds() <= kMostTime.count() && time.nanos() >= 0 &&
                    time.nanos() < 1'000'000'000;
  const auto value = sane ? std::chrono::seconds(time.seconds()) + std::chrono::nanoseconds(time.nanos())
                          : std::chrono::nanoseconds{0};
  if (value.count() <= 0 || value > kMostTime) {
    violations.push_back({"max_time", "above zero, at most 1 h"});
  }
  return value;
}

void read_unmatched(const v1::UnmatchedFilter& from, UnmatchedFilter& to, control::Violations& violations) {
  if (!from.address().empty()) {
    to.address = IpAddress::parse(from.address());
    if (!to.address) {
      violations.push_back({"unmatched.address", "isn't an IPv4 or IPv6 address"});
    }
  }
  if (from.port() > 65535) {
    violations.push_back({"unmatched.port", "at most 65535"});
  } else if (from.port() != 0) {
    to.port = static_cast<std::uint16_t>(from.port());
  }
}

}  // namespace

CaptureStream::CaptureStream(control::ControlThread& control, const v1::CaptureRequest& request)
    : control_(control), request_(request) {}

CaptureStream* CaptureStream::start(control::ControlThread& control, const v1::CaptureRequest& request) {
  const std::shared_ptr<CaptureStream> stream(new CaptureStream(control, request));
  stream->self_ = stream;
  control::Violations violations = stream->read_request();
  const std::lock_guard lock(stream->mutex_);
  if (!violations.empty()) {
    stream->finish(invalid_status(std::move(violations)));
  } else if (!control.post([stream] { stream->open(); })) {
    stream->finish(draining_status());
  }
  return stream.get();  // alive: gRPC calls OnDone only after this returned
}

control::Violations CaptureStream::read_request() {
  control::Violations violations;
  if (request_.session_id().empty() == !request_.has_unmatched()) {
    violations.push_back({"session_id", "give either a session_id or unmatched, and not both"});
  }
  if (request_.session_id().empty()) {
    if (!request_.leg_id().empty()) {
      violations.push_back({"leg_id", "goes with a session_id only"});
    }
  } else {
    check_session_id(request_.session_id(), violations);
  }
  spec_.decrypted = request_.decrypted();
  if (request_.decrypted() && request_.has_unmatched()) {
    violations.push_back(
        {"decrypted", "goes with a session_id only: what is unmatched has no leg with a key"});
  }
  read_unmatched(request_.unmatched(), spec_.unmatched, violations);
  limits_.packets = limit(request_.max_packets(), kDefaultPackets, kMostPackets, "max_packets", violations);
  limits_.bytes = limit(request_.max_bytes(), kDefaultBytes, kMostBytes, "max_bytes", violations);
  limits_.time = read_time(request_, violations);
  const std::uint32_t snap = request_.snap_length();
  if (snap != 0 && (snap < kShortestSnap || snap > 0xffff)) {
    violations.push_back({"snap_length", "0 for whole frames, or 64..65535"});
  } else if (snap != 0) {
    spec_.snap_length = static_cast<std::uint16_t>(snap);
  }
  return violations;
}

void CaptureStream::open() {
  control::SessionManager& manager = control_.manager();
  const std::lock_guard lock(mutex_);
  if (finished_) {
    return;  // cancelled already
  }
  if (spec_.decrypted && !manager.allows_decrypted_capture()) {
    return finish(
        refusal_status(grpc::StatusCode::PERMISSION_DENIED, "DECRYPTED_CAPTURE_FORBIDDEN",
                       "captures show SRTP as it is on the wire, unless srtp.allow_decrypted_capture "
                       "is true in the configuration of this node"));
  }
  if (!request_.session_id().empty()) {
    auto target = manager.capture_target(request_.session_id(), request_.leg_id());
    if (!target) {
      return finish(to_status(target.error()));
    }
    spec_.session = target->session;
    spec_.leg = target->leg;
    leg_names_ = std::move(target->leg_names);
  }
  port_names_ = manager.port_names();
  deadline_ = std::chrono::steady_clock::now() + limits_.time;
  // The hub can't call before this returns: it would wait for the mutex.
  auto capture = manager.captures().start(spec_, shared_from_this());
  if (!capture) {
    return finish(to_status(control::Failure{std::move(capture.error()), {}}));
  }
  if (spec_.decrypted) {
    spdlog::warn("capture of session {} shows what SRTP has inside", control::shown(request_.session_id()));
  }
  capture_ = *capture;
  writing_ = true;
  StartWrite(&response_);  // empty: the client knows that it has begun
}

void CaptureStream::on_packets(std::vector<CapturedPacket> packets) {
  const std::lock_guard lock(mutex_);
  for (CapturedPacket& packet : packets) {
    take(std::move(packet));
  }
  write_next();
}

void CaptureStream::take(CapturedPacket&& packet) {
  if (ended_ != v1::CAPTURE_END_UNSPECIFIED) {
    return;
  }
  const std::uint64_t size = packet.frame.size();
  if (bytes_ + size > limits_.bytes) {
    return end(v1::CAPTURE_END_MAX_BYTES);
  }
  if (waiting_bytes_ + size > kMostWaitingBytes) {
    ++left_out_;
    return;
  }
  waiting_bytes_ += size;
  bytes_ += size;
  waiting_.push_back(std::move(packet));
  if (++packets_ == limits_.packets) {
    end(v1::CAPTURE_END_MAX_PACKETS);
  }
}

void CaptureStream::on_tick(std::uint64_t lost) {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(lost_known_, true)) {
    lost_before_ = lost;
  }
  lost_ = lost - lost_before_;
  if (std::chrono::steady_clock::now() >= deadline_) {
    end(v1::CAPTURE_END_MAX_TIME);
  } else if (spec_.session != 0) {
    control_.post([self = shared_from_this()] { self->look_at_session(); });
  }
  write_next();
}

void CaptureStream::look_at_session() {
  auto target = control_.manager().capture_target(request_.session_id(), {});
  const std::lock_guard lock(mutex_);
  if (!target || target->session != spec_.session) {
    end(v1::CAPTURE_END_SESSION_ENDED);
    write_next();
  } else {
    leg_names_.merge(target->leg_names);
  }
}

void CaptureStream::on_close() {
  const std::lock_guard lock(mutex_);
  capture_ = 0;
  end(v1::CAPTURE_END_NODE_STOPPED);
  write_next();
}

void CaptureStream::end(v1::CaptureEnd reason) {
  if (ended_ != v1::CAPTURE_END_UNSPECIFIED) {
    return;
  }
  ended_ = reason;
  if (const CaptureId capture = std::exchange(capture_, 0); capture != 0) {
    control_.post([&control = control_, capture] { control.manager().captures().stop(capture); });
  }
}

void CaptureStream::write_next() {
  if (writing_ || finished_) {
    return;
  }
  if (end_written_) {
    return finish(grpc::Status::OK);
  }
  const bool ended = ended_ != v1::CAPTURE_END_UNSPECIFIED;
  if (waiting_.empty() && !ended) {
    return;
  }
  response_.Clear();
  while (!waiting_.empty() && response_.packets_size() < kPacketsPerResponse) {
    waiting_bytes_ -= waiting_.front().frame.size();
    write_packet(waiting_.front(), *response_.add_packets());
    waiting_.pop_front();
  }
  response_.set_left_out(left_out_ + lost_);
  if (ended && waiting_.empty()) {
    response_.set_ended(ended_);
    end_written_ = true;
  }
  writing_ = true;
  StartWrite(&response_);
}

void CaptureStream::write_packet(const CapturedPacket& packet, v1::CapturedPacket& message) const {
  write_time(std::chrono::system_clock::time_point(
                 std::chrono::nanoseconds(static_cast<std::int64_t>(packet.time_unix_ns))),
             *message.mutable_time());
  message.set_frame(packet.frame.data(), packet.frame.size());
  message.set_original_length(packet.original_length);
  if (packet.port < port_names_.size()) {
    message.set_port(port_names_[packet.port]);
  }
  if (const auto leg = leg_names_.find(packet.leg_id); leg != leg_names_.end()) {
    message.set_leg_id(leg->second);
  }
  message.set_rtcp(packet.component == Component::kRtcp);
  message.set_point(point_of(packet.point));
  message.set_stage(spec_.session == 0 ? "classify" : capture_stage(packet));
  if (packet.point == CapturePoint::kDropped) {
    message.set_drop_reason(std::string(kDropReasons[static_cast<std::size_t>(packet.reason)].name));
  }
  message.set_worker(packet.worker);
}

void CaptureStream::OnWriteDone(bool ok) {
  const std::lock_guard lock(mutex_);
  writing_ = false;
  if (!ok) {
    end(v1::CAPTURE_END_MAX_TIME);
    return finish(grpc::Status::CANCELLED);
  }
  write_next();
}

void CaptureStream::OnCancel() {
  const std::lock_guard lock(mutex_);
  end(v1::CAPTURE_END_MAX_TIME);
  if (!writing_) {
    finish(grpc::Status::CANCELLED);
  }
}

void CaptureStream::finish(const grpc::Status& status) {
  if (!std::exchange(finished_, true)) {
    Finish(status);
  }
}

}  // namespace pollux::rpc
