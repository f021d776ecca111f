#include "controlplane/sdp/sdp_options.hpp"

#include <algorithm>
#include <array>

#include "controlplane/sdp/codec_attribute.hpp"
#include "controlplane/sdp/crypto_part.hpp"
#include "controlplane/sdp/text_number.hpp"
#include "controlplane/sdp/words.hpp"

namespace pollux::sdp {

namespace {

constexpr std::size_t kMaxNameBytes = 64;
constexpr std::uint32_t kMaxClockRate = 192000;
constexpr std::uint32_t kMaxChannels = 255;

tl::unexpected<Error> wrong(std::string_view what) {
  return fail(ErrorCode::kInvalidArgument, "INVALID_FIELD", "",
              std::string(what) +
                  "; write \"PCMA\", \"opus/48000/2\", \"opus/48000/2//useinbandfec=1\", \"all\" or "
                  "\"full\"");
}

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= kMaxNameBytes && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._+!%*`~#$&'^").find(c) != std::string_view::npos;
  });
}

std::string_view take_part(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('/'), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

}  // namespace

Expected<CodecName> parse_codec_name(std::string_view text) {
  CodecName name;
  std::string_view rest = text;
  const std::string_view encoding = take_part(rest);
  if (!is_token(encoding)) {
    return wrong("must begin with an encoding name of 1..64 letters, digits, - . _");
  }
  name.all = same_word(text, "all");
  name.full = same_word(text, "full");
  name.encoding = encoding;
  const std::string_view rate = take_part(rest);
  const std::string_view channels = take_part(rest);
  const auto clock_rate = rate.empty() ? std::optional(0U) : number(rate, 1, kMaxClockRate);
  const auto channel_count = channels.empty() ? std::optional(0U) : number(channels, 1, kMaxChannels);
  if (!clock_rate) {
    return wrong("the clock rate, behind the first slash, must be 1..192000");
  }
  if (!channel_count) {
    return wrong("the number of channels, behind the second slash, must be 1..255");
  }
  name.clock_rate = *clock_rate;
  name.channels = *channel_count;
  // Where others have a bit rate, which the format parameters say as well.
  if (const std::size_t slash = rest.find('/');
      slash != std::string_view::npos && consists_of(rest.substr(0, slash), kDigits)) {
    rest.remove_prefix(slash + 1);
  } else if (rest.starts_with('/')) {
    rest.remove_prefix(1);
  }
  const auto plain = [](char c) { return c == '\t' || (c >= ' ' && c <= '~'); };
  if (rest.size() > kMaxFmtpBytes || !std::ranges::all_of(rest, plain)) {
    return wrong("the format parameters must have at most 256 characters of printable ASCII");
  }
  name.fmtp = rest;
  return name;
}

}  // namespace pollux::sdp
