#include <arpa/inet.h>

#include "controlplane/cli/capture_command.hpp"
#include "controlplane/cli/value_parser.hpp"

namespace pollux::cli {

namespace {

// Limits of the API (CaptureRequest in node.proto), checked here to name the option.
constexpr std::uint32_t kMostPackets = 1'000'000;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;
constexpr std::chrono::hours kLongest{1};
constexpr std::uint32_t kHighestPort = 65'535;

bool is_address(const std::string& text) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, text.c_str(), bytes) == 1 || inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

}  // namespace

Parsed<v1::CaptureRequest> make_capture_request(const Options& options) {
  Parsed<v1::CaptureRequest> result;
  v1::CaptureRequest& request = result.value;
  const auto problem = [&result](const std::string& text) { result.problems.push_back(text); };
  if (options.capture_session.empty() == !options.unmatched) {
    problem("name a session to capture, or give --unmatched");
  }
  request.set_session_id(options.capture_session);
  request.set_leg_id(options.capture_leg);
  if (options.unmatched) {
    request.mutable_unmatched()->set_address(options.address);
    request.mutable_unmatched()->set_port(options.port);
  }
  if (!options.address.empty() && !is_address(options.address)) {
    problem("--address must be an IPv4 or IPv6 address, not '" + options.address + "'");
  }
  if (options.port > kHighestPort) {
    problem("--port must be 1..65535");
  }
  if (options.max_packets > kMostPackets) {
    problem("--max-packets must be at most 1000000");
  }
  request.set_max_packets(options.max_packets);
  if (!options.max_bytes.empty()) {
    const auto bytes = parse_bytes(options.max_bytes);
    if (!bytes.ok()) {
      problem("--max-bytes: " + bytes.problems.front());
    } else if (bytes.value > kMostBytes) {
      problem("--max-bytes must be at most 1G");
    }
    request.set_max_bytes(bytes.value);
  }
  if (!options.capture_time.empty()) {
    const auto time = parse_duration(options.capture_time);
    if (!time.ok()) {
      problem("--time: " + time.problems.front());
    } else if (time.value.count() <= 0 || time.value > kLongest) {
      problem("--time must be above zero and at most 1h");
    }
    *request.mutable_max_time() = to_proto(time.value);
  }
  request.set_snap_length(options.snap_length);
  request.set_decrypted(options.decrypted);
  return result;
}

}  // namespace pollux::cli
