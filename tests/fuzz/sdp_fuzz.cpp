// An SDP body: parsed, described, printed, and errors that give nothing away.
#include <algorithm>
#include <string_view>

#include "controlplane/sdp/media_description.hpp"
#include "tests/fuzz/fuzz_input.hpp"

namespace pollux::sdp {
namespace {

void bad(const Error& error) {
  POLLUX_FUZZ_CHECK(error.code == ErrorCode::kInvalidArgument);
  POLLUX_FUZZ_CHECK(error.cause == kSdpMalformed || error.cause == kSdpUnsupported);
  POLLUX_FUZZ_CHECK(error.field == "sdp" || error.field.starts_with("sdp.line["));
  POLLUX_FUZZ_CHECK(error.message.size() < 320);
  POLLUX_FUZZ_CHECK(
      std::all_of(error.message.begin(), error.message.end(), [](char c) { return c >= ' ' && c <= '~'; }));
  // What parse_crypto() says names the method, too, but never shows the line.
  POLLUX_FUZZ_CHECK(error.message.find("inline:") == std::string::npos ||
                    error.message.find(": the a=crypto line breaks RFC 4568: ") != std::string::npos);
}

void good(const MediaDescription& media, const Section& section) {
  POLLUX_FUZZ_CHECK(media.line == section.lines.front().number);
  POLLUX_FUZZ_CHECK(media.formats.size() <= 64 && (media.profile || media.formats.empty()));
  POLLUX_FUZZ_CHECK(!media.zero_address || !media.address);
  POLLUX_FUZZ_CHECK(!media.address || !(media.address->is_unspecified() || media.address->is_multicast()));
  POLLUX_FUZZ_CHECK(!media.rtcp || media.rtcp->port != 0);
  POLLUX_FUZZ_CHECK(!media.rtcp_mux_only || media.rtcp_mux);
  for (const Format& format : media.formats) {
    POLLUX_FUZZ_CHECK(format.payload_type < 128 && format.channels != 0);
    POLLUX_FUZZ_CHECK(format.encoding.empty() == (format.clock_rate == 0));
    POLLUX_FUZZ_CHECK(!format.params || !format.encoding.empty());
  }
}

void run(std::string_view body) {
  const auto document = parse_document(body);
  if (!document) {
    bad(document.error());
    return;
  }
  POLLUX_FUZZ_CHECK(document->sections.size() <= kMaxSections);
  const SecretString printed = print_document(*document);
  POLLUX_FUZZ_CHECK(std::string_view(printed) == body);
  const auto described = describe(*document);
  if (!described) {
    bad(described.error());
    return;
  }
  POLLUX_FUZZ_CHECK(described->size() == document->sections.size());
  for (std::size_t i = 0; i < described->size(); ++i) {
    good((*described)[i], document->sections[i]);
  }
}

}  // namespace
}  // namespace pollux::sdp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pollux::sdp::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
