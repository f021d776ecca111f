#include "controlplane/sdp/crypto_part.hpp"

#include <charconv>
#include <utility>

#include "controlplane/sdp/crypto_attribute.hpp"

namespace pollux::sdp {

std::vector<Part> split(const Part& part, char separator) {
  std::vector<Part> parts;
  Part rest = part;
  for (auto end = rest.text.find(separator); end != std::string_view::npos; end = rest.text.find(separator)) {
    parts.push_back(rest.first(end));
    rest = rest.from(end + 1);
  }
  parts.push_back(rest);
  return parts;
}

Failure refuse(const char* cause, std::string field, std::size_t at, std::string_view words) {
  std::string message = "at character " + std::to_string(at + 1) + ": ";
  message += words;
  return fail(ErrorCode::kInvalidArgument, cause, std::move(field), std::move(message));
}

Failure malformed(std::string field, std::size_t at, std::string_view words) {
  return refuse(kCryptoMalformed, std::move(field), at, words);
}

bool consists_of(std::string_view text, std::string_view letters) {
  return !text.empty() && text.find_first_not_of(letters) == std::string_view::npos;
}

std::optional<std::uint64_t> number(std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t value = 0;
  if (!consists_of(text, kDigits) || (text.size() > 1 && text.front() == '0') ||
      std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{} || value < least ||
      value > most) {
    return std::nullopt;
  }
  return value;
}

}  // namespace pollux::sdp
