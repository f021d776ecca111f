// std::chrono as protobuf's well-known types.
#pragma once

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <chrono>

namespace pollux::rpc {

template <typename Message>
void write_nanoseconds(std::chrono::nanoseconds nanoseconds, Message& message) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(nanoseconds);
  message.set_seconds(seconds.count());
  message.set_nanos(static_cast<std::int32_t>((nanoseconds - seconds).count()));
}

// Pre: not negative.
inline void write_duration(std::chrono::nanoseconds duration, google::protobuf::Duration& message) {
  write_nanoseconds(duration, message);
}
inline void write_time(std::chrono::system_clock::time_point time, google::protobuf::Timestamp& message) {
  write_nanoseconds(time.time_since_epoch(), message);
}

}  // namespace pollux::rpc
