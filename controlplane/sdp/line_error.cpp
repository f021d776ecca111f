// line_error(): errors that show the line, unless a key may be in it.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "controlplane/sdp/document.hpp"

namespace pollux::sdp {

namespace {

constexpr std::size_t kShown = 60;  // letters of a line
// A key has more letters of base64 in a row. Lines that are none (type '\0') may be the rest of a key that
// was broken into lines.
constexpr std::size_t kLongestWord = 19;
constexpr std::size_t kLongestWordOfUntyped = 7;

bool is_base64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
         c == '=';
}

bool has_long_word(std::string_view text, std::size_t longest) {
  std::size_t run = 0;
  return std::any_of(text.begin(), text.end(), [&run, longest](char c) {
    run = is_base64(c) ? run + 1 : 0;
    return run > longest;
  });
}

// Whatever the case: what is misspelt has its key all the same.
bool names_a_secret(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  constexpr auto kWords = std::to_array<const char*>(
      {"crypto", "inline", "key", "pwd", "password", "ufrag", "base64:", "clear:", "uri:data"});
  return std::any_of(kWords.begin(), kWords.end(),
                     [&lower](const char* word) { return lower.find(word) != std::string::npos; });
}

bool may_be_shown(const Line& line) {
  return line.type != 'k' && !names_a_secret(line.value) &&
         !has_long_word(line.value, line.type == '\0' ? kLongestWordOfUntyped : kLongestWord);
}

// In plain ASCII: errors go to logs and into protobuf, which takes valid UTF-8 only.
std::string shown(const Line& line) {
  std::string text;
  if (line.type != '\0') {
    text = {line.type, '='};
  }
  text += std::string_view(line.value).substr(0, kShown);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text + (line.value.size() > kShown ? "..." : "");
}

}  // namespace

tl::unexpected<Error> line_error(const char* cause, const Line& line, std::string_view what_is_wrong) {
  std::string message = "line " + std::to_string(line.number);
  if (may_be_shown(line)) {
    message += " (" + shown(line) + ")";
  }
  message += ": ";
  message += what_is_wrong;
  return fail(ErrorCode::kInvalidArgument, cause, "sdp.line[" + std::to_string(line.number) + "]",
              std::move(message));
}

}  // namespace pollux::sdp
