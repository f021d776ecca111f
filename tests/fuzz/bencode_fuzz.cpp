// What proxies send: the message, its dictionary in either encoding, and the wishes in it.
#include <string_view>

#include "controlplane/ng/json_text.hpp"
#include "controlplane/ng/message.hpp"
#include "controlplane/ng/wishes.hpp"
#include "tests/fuzz/fuzz_input.hpp"

namespace pollux::ng {
namespace {

// What is read, printed and read again is the same, in both encodings.
void encodings(std::string_view text) {
  if (const auto value = read_bencode(text)) {
    const std::string printed = print_bencode(*value);
    const auto again = read_bencode(printed);
    POLLUX_FUZZ_CHECK(again && print_bencode(*again) == printed);
    const Extent extent = bencode_extent(text);
    POLLUX_FUZZ_CHECK(extent.kind == Extent::Kind::kWhole && extent.length <= text.size());
    POLLUX_FUZZ_CHECK(bencode_extent(printed).length == printed.size());
    print_json(*value);
  }
  if (const auto value = read_json(text)) {
    const std::string printed = print_json(*value);
    const auto again = read_json(printed);
    POLLUX_FUZZ_CHECK(again && print_json(*again) == printed);
  }
}

void run(std::string_view bytes) {
  const Extent extent = message_extent(bytes);
  POLLUX_FUZZ_CHECK(extent.kind != Extent::Kind::kWhole ||
                    (extent.length > 2 && extent.length <= bytes.size()));
  const auto message = split_message(bytes);
  if (!message) {
    return;
  }
  POLLUX_FUZZ_CHECK(!message->cookie.empty() && message->cookie.size() <= kLongestCookie);
  encodings(message->payload);
  Request request = read_request(message->payload);
  POLLUX_FUZZ_CHECK(request.error.empty() == !request.command.empty());
  const Wishes wishes = read_wishes(request.dict);
  POLLUX_FUZZ_CHECK(wishes.directions.size() <= 2 && wishes.options.dscp() <= 63);
  Dict expanded = request.dict;
  expand_rtpp_flags(expanded);
  print_reply(message->cookie, request.encoding, request.dict);
}

}  // namespace
}  // namespace pollux::ng

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pollux::ng::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
