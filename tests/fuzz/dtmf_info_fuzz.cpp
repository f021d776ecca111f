// What signalling hands on of a SIP INFO, and what an SDP says of events: the first byte chooses which.
#include <string>
#include <string_view>

#include "controlplane/sdp/codec_attribute.hpp"
#include "controlplane/sdp/dtmf_info.hpp"
#include "dataplane/base/dtmf_params.hpp"
#include "tests/fuzz/fuzz_input.hpp"

namespace pollux::sdp {
namespace {

void info(const char* content_type, std::string_view body) {
  const auto press = read_info(content_type, body);
  if (!press) {
    POLLUX_FUZZ_CHECK(press.error().code == ErrorCode::kInvalidArgument && press.error().field == "body");
    POLLUX_FUZZ_CHECK(press.error().message.size() < 200);
    return;
  }
  POLLUX_FUZZ_CHECK(press->event <= kFlashEvent);
  POLLUX_FUZZ_CHECK(press->duration_ms >= 1 && press->duration_ms <= kMaxPressMs);
  POLLUX_FUZZ_CHECK(read_info("application/dtmf-relay", print_dtmf_relay(*press)) == *press);
  const std::string plain = print_dtmf(*press);
  POLLUX_FUZZ_CHECK(plain.empty() == (press->event == kFlashEvent));
  POLLUX_FUZZ_CHECK(plain.empty() || read_info("application/dtmf", plain)->event == press->event);
}

void format(const char* encoding, std::string_view fmtp) {
  const auto params = read_codec({encoding, 0, 0, fmtp});
  if (params) {
    const auto again = read_codec({encoding, 0, 0, print_fmtp(*params)});
    POLLUX_FUZZ_CHECK(again && *again == *params);
  }
}

void run(FuzzInput input) {
  const std::uint8_t which = input.u8();
  const auto rest = input.rest();
  const std::string_view text(reinterpret_cast<const char*>(rest.data()), rest.size());
  switch (which % 4) {
    case 0:
      return info("application/dtmf-relay", text);
    case 1:
      return info("application/dtmf", text);
    case 2:
      return format("telephone-event", text);
    default:
      return format("red", text);
  }
}

}  // namespace
}  // namespace pollux::sdp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pollux::sdp::run({data, size});
  return 0;
}
