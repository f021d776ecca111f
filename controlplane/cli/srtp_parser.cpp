#include "controlplane/cli/srtp_parser.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <optional>
#include <system_error>
#include <vector>

#include "controlplane/cli/base64.hpp"
#include "controlplane/cli/value_parser.hpp"
#include "controlplane/cli/words.hpp"

namespace pollux::cli {

namespace {

struct SuiteLengths {
  v1::SrtpSuite suite;
  std::size_t key;
  std::size_t salt;
};

constexpr SuiteLengths kSuites[] = {
    {v1::SRTP_SUITE_AES_CM_128_HMAC_SHA1_80, 16, 14}, {v1::SRTP_SUITE_AES_CM_128_HMAC_SHA1_32, 16, 14},
    {v1::SRTP_SUITE_AES_256_CM_HMAC_SHA1_80, 32, 14}, {v1::SRTP_SUITE_AES_256_CM_HMAC_SHA1_32, 32, 14},
    {v1::SRTP_SUITE_AEAD_AES_128_GCM, 16, 12},        {v1::SRTP_SUITE_AEAD_AES_256_GCM, 32, 12},
    {v1::SRTP_SUITE_NULL_HMAC_SHA1_80, 16, 14},
};

constexpr std::uint64_t kLeastLifetime = 1024;
constexpr unsigned kMostLifetimeBits = 48;
constexpr std::uint32_t kMostMkiBytes = 128;
constexpr std::size_t kMostLineBytes = 1024;
constexpr std::size_t kShortestKeyText = 38;  // 28 bytes in base64 that lost its padding

std::optional<std::uint64_t> parse_lifetime(std::string_view text) {
  if (text.substr(0, 2) == "2^") {
    const auto power = parse_number(text.substr(2));
    return power && *power <= kMostLifetimeBits ? std::optional(std::uint64_t{1} << *power) : std::nullopt;
  }
  std::uint64_t packets = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, packets);
  return error == std::errc{} && stop == end ? std::optional(packets) : std::nullopt;
}

// A decimal number of any length in `length` bytes, the highest first; nothing when it doesn't fit.
std::optional<std::string> to_bytes(std::string_view digits, std::size_t length) {
  std::vector<unsigned> bytes(length);
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') {
      return std::nullopt;
    }
    auto carry = static_cast<unsigned>(digit - '0');
    for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
      const unsigned value = *byte * 10 + carry;
      *byte = value & 0xff;
      carry = value >> 8;
    }
    if (carry != 0) {
      return std::nullopt;
    }
  }
  std::string result;
  std::transform(bytes.begin(), bytes.end(), std::back_inserter(result),
                 [](unsigned byte) { return static_cast<char>(byte); });
  return digits.empty() ? std::nullopt : std::optional(result);
}

const SuiteLengths* find_suite(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kSuites), std::end(kSuites),
                   [name](const SuiteLengths& lengths) { return word(lengths.suite) == name; });
  return found == std::end(kSuites) ? nullptr : found;
}

std::string suite_names() {
  std::string names;
  for (const auto& lengths : kSuites) {
    names += (names.empty() ? "" : ", ") + word(lengths.suite);
  }
  return names;
}

void take_mki(std::string_view part, Parsed<v1::SrtpParams>& result) {
  const auto colon = part.find(':');
  const auto length = parse_number(part.substr(colon + 1));
  if (!length || *length == 0 || *length > kMostMkiBytes) {
    result.problems.push_back("the MKI's length must be 1..128 bytes, as in |1:4");
    return;
  }
  const auto mki = to_bytes(part.substr(0, colon), *length);
  if (!mki) {
    result.problems.push_back("the MKI must be a decimal number that fits its " + std::to_string(*length) +
                              (*length == 1 ? " byte" : " bytes"));
    return;
  }
  result.value.set_mki(*mki);
}

void take_lifetime(std::string_view part, Parsed<v1::SrtpParams>& result) {
  const auto packets = parse_lifetime(part);
  if (!packets || *packets < kLeastLifetime || *packets > std::uint64_t{1} << kMostLifetimeBits) {
    result.problems.push_back("the lifetime must be 1024..2^48 packets, a number or 2^N");
    return;
  }
  result.value.set_lifetime(*packets);
}

void take_key(const SuiteLengths& suite, std::string_view text, Parsed<v1::SrtpParams>& result) {
  const auto bytes = decode_base64(text);
  if (!bytes) {
    result.problems.push_back("key and salt aren't base64: its characters in groups of four, = at the end");
    return;
  }
  if (bytes->size() != suite.key + suite.salt) {
    result.problems.push_back(word(suite.suite) + " needs " + std::to_string(suite.key) +
                              " bytes of key and " + std::to_string(suite.salt) + " of salt, together " +
                              std::to_string(suite.key + suite.salt) + ", not " +
                              std::to_string(bytes->size()));
    return;
  }
  result.value.set_suite(suite.suite);
  result.value.set_master_key(bytes->substr(0, suite.key));
  result.value.set_master_salt(bytes->substr(suite.key));
}

bool is_base64_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
         c == '=';
}

// What may stand behind "srtp...=": a file, passthrough, or the sentence that the value is missing.
bool is_harmless(std::string_view value) {
  return value.empty() || value.front() == '@' || value.front() == ' ' ||
         value.substr(0, value.find_first_of(" '")) == "passthrough";
}

// Cuts the value of an srtp key, and what follows the name of a suite.
std::string without_value(std::string_view part) {
  const auto equals = part.find('=');
  const bool srtp = part.find("srtp") < equals || part.find("SRTP") < equals;
  if (srtp && equals != std::string_view::npos && !is_harmless(part.substr(equals + 1))) {
    return std::string(part.substr(0, equals + 1)) + "...";
  }
  for (const char* const name : {"AES_", "HMAC_", "SRTP_"}) {
    const auto suite = part.find(name);
    const auto colon = suite == std::string_view::npos ? suite : part.find(':', suite);
    if (colon != std::string_view::npos) {
      return std::string(part.substr(0, colon + 1)) + "...";
    }
  }
  return std::string(part);
}

// A key that stands alone, wherever it got to.
std::string without_long_words(std::string_view part) {
  std::string out;
  while (!part.empty()) {
    const auto stop = std::find_if_not(part.begin(), part.end(), is_base64_character);
    const auto length = static_cast<std::size_t>(stop - part.begin());
    out += length < kShortestKeyText ? part.substr(0, length) : "...";
    out += part.substr(length, 1);
    part.remove_prefix(std::min(length + 1, part.size()));
  }
  return out;
}

}  // namespace

Parsed<v1::SrtpParams> parse_srtp(std::string_view text) {
  Parsed<v1::SrtpParams> result;
  const auto colon = text.find(':');
  const SuiteLengths* const suite = find_suite(text.substr(0, colon));
  // Not even the suite is repeated: it may be a key that has lost its suite.
  if (colon == std::string_view::npos || suite == nullptr) {
    result.problems.push_back(
        "it is written SUITE:BASE64[|LIFETIME][|MKI:LENGTH] or @FILE, and the suite is one of " +
        suite_names());
    return result;
  }
  const auto parts = split(text.substr(colon + 1), '|');
  take_key(*suite, parts[0], result);
  if (parts.size() == 3 && parts[1].find(':') == std::string_view::npos) {
    take_lifetime(parts[1], result);
    take_mki(parts[2], result);
  } else if (parts.size() == 2) {
    (parts[1].find(':') == std::string_view::npos ? take_lifetime : take_mki)(parts[1], result);
  } else if (parts.size() > 1) {
    result.problems.push_back("behind the key stand |LIFETIME, |MKI:LENGTH, or both in this order");
  }
  return result;
}

Parsed<v1::SrtpParams> read_srtp(std::string_view text) {
  if (text.substr(0, 1) != "@") {
    return parse_srtp(text);
  }
  Parsed<v1::SrtpParams> result;
  const std::string path(text.substr(1));
  std::ifstream file(path);
  if (!file) {
    result.problems.push_back("file " + path + ": " + std::generic_category().message(errno));
    return result;
  }
  char line[kMostLineBytes] = {};
  file.getline(line, sizeof line);
  std::string_view value(line);
  const bool whole = !file.fail();
  while (!value.empty() && (value.back() == '\r' || value.back() == ' ' || value.back() == '\t')) {
    value.remove_suffix(1);
  }
  if (!whole || value.empty()) {
    result.problems.push_back("file " + path + " has no key on its first line");
    return result;
  }
  result = parse_srtp(value);
  for (auto& problem : result.problems) {
    problem.insert(0, "file " + path + ": ");
  }
  return result;
}

std::string without_keys(std::string_view text) {
  std::string out;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find_first_of(",\n", begin), text.size());
    out += without_long_words(without_value(text.substr(begin, end - begin)));
    out += text.substr(end, 1);
    begin = end + 1;
  }
  return out;
}

}  // namespace pollux::cli
