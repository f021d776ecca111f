// Numbers and times for people; JSON output has them exact.
#pragma once

#include <cstdint>
#include <string>

#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "pollux/v1/session.pb.h"

namespace pollux::cli {

std::string human_count(std::uint64_t value);     // "9999", "12.3 k", "1.23 M"
std::string human_bytes(std::uint64_t bytes);     // "999 B", "12.3 kB"
std::string human_duration(double seconds);       // "20 ms", "3.2 s", "3 min 12 s", "2 h 05 min", "3 d 4 h"
std::string human_percent(double share);          // 0.0123 → "1.23 %"
std::string decimal(double value, int decimals);  // 3.14159, 1 → "3.1"
std::string human_rate(double per_second);        // "50 /s", "12.3 k/s"
std::string utc_time(const google::protobuf::Timestamp& time);  // "2024-05-01 02:59:01.123Z"
std::string hex_ssrc(std::uint32_t ssrc);                       // "0x0442a2c1"
std::string address_text(
    const v1::SocketAddress& address);  // "192.0.2.7:5004", "[2001:db8::7]:5004"; no ":0"

// Text that a client of the node chose, safe on a terminal: control characters become '?'.
std::string printable(std::string text);

double seconds_of(const google::protobuf::Duration& duration);
double seconds_of(const google::protobuf::Timestamp& time);  // since 1970

}  // namespace pollux::cli
