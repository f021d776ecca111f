// parse_crypto(): RFC 4568 §9, stricter where the RFC's text is stricter than its grammar.
#include <algorithm>
#include <utility>

#include "controlplane/sdp/crypto_attribute.hpp"
#include "controlplane/sdp/crypto_keys.hpp"
#include "controlplane/sdp/crypto_part.hpp"
#include "controlplane/sdp/session_parameters.hpp"

namespace pollux::sdp {

namespace {

constexpr std::string_view kPrefix = "a=crypto:";
constexpr std::string_view kBlanks = " \t";

// Splits at blanks, any number of them.
std::vector<Part> words_of(const Part& line) {
  std::vector<Part> words;
  Part rest = line;
  while (!rest.text.empty()) {
    const std::size_t length = std::min(rest.text.find_first_of(kBlanks), rest.text.size());
    words.push_back(rest.first(length));
    rest = rest.from(length);
    rest = rest.from(std::min(rest.text.find_first_not_of(kBlanks), rest.text.size()));
  }
  return words;
}

// The line without what surrounds its words.
Part trimmed(std::string_view line) {
  if (line.ends_with('\n')) {
    line.remove_suffix(line.ends_with("\r\n") ? 2 : 1);
  }
  line = line.substr(0, line.find_last_not_of(kBlanks) + 1);
  return Part{line}.from(line.starts_with(kPrefix) ? kPrefix.size() : 0);
}

}  // namespace

Expected<CryptoAttribute> parse_crypto(std::string_view line) {
  if (line.size() > kMaxCryptoLetters) {
    return malformed("", kMaxCryptoLetters, "the line is longer than 8192 characters");
  }
  const Part value = trimmed(line);
  const auto odd = std::find_if(value.text.begin(), value.text.end(),
                                [](char letter) { return letter != '\t' && (letter < ' ' || letter > '~'); });
  if (odd != value.text.end()) {
    return malformed("", value.at + static_cast<std::size_t>(odd - value.text.begin()),
                     "has a character that is neither visible ASCII nor a blank");
  }
  const std::vector<Part> words = words_of(value);
  const std::size_t end = value.at + value.text.size();
  CryptoAttribute attribute;

  const auto tag = words.empty() ? std::nullopt : number(words[0].text, 0, 999'999'999);
  if (!tag) {
    return malformed("tag", value.at, "a tag of 1 to 9 digits must come first, without zeros before it");
  }
  attribute.tag = static_cast<std::uint32_t>(*tag);

  if (words.size() < 2 || !consists_of(words[1].text, kNameLetters)) {
    return malformed("suite", words.size() < 2 ? end : words[1].at,
                     "after the tag comes the name of a suite, of letters, digits and _");
  }
  const auto suite = srtp_suite_named(words[1].text);
  if (!suite) {
    return refuse(kCryptoSuiteUnknown, "suite", words[1].at, "is none of the suites that Pollux knows");
  }

  if (words.size() < 3) {
    return malformed("keys", end, "after the suite comes a key, inline: and its base64");
  }
  if (auto read = read_keys(words[2], *suite, attribute.keys); !read) {
    return tl::unexpected(std::move(read.error()));
  }

  SessionParameters parameters(attribute);
  for (std::size_t i = 3; i < words.size(); ++i) {
    if (auto read = parameters.read(words[i]); !read) {
      return tl::unexpected(std::move(read.error()));
    }
  }
  return attribute;
}

}  // namespace pollux::sdp
