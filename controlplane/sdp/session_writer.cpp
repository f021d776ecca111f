#include "controlplane/sdp/session_writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "controlplane/sdp/section_writer.hpp"
#include "controlplane/sdp/words.hpp"

namespace pollux::sdp {

namespace {

// "alice 2890844526 1 IN IP4 host.example.com": the last five words, and the user name before them, which
// some write with blanks.
struct Origin {
  std::string_view username;
  std::array<std::string_view, 5> words;  // session id, version, IN, IP4, address
};

enum Word : std::size_t { kSessionId, kVersion, kNetwork, kFamily, kAddress };

std::optional<Origin> read_origin(std::string_view value) {
  Origin origin;
  std::string_view rest = trim(value);
  for (std::size_t i = origin.words.size(); i-- > 0;) {
    const auto blank = rest.find_last_of(" \t");
    if (blank == std::string_view::npos) {
      return std::nullopt;
    }
    origin.words[i] = rest.substr(blank + 1);
    rest = trim(rest.substr(0, blank));
  }
  origin.username = rest;
  return origin;
}

void write_origin(Line& line, const Origin& origin) {
  SecretString value(origin.username);
  for (const std::string_view word : origin.words) {
    value += ' ';
    value += word;
  }
  line.value = std::move(value);
}

void replace_origin(Line& line, const ReplaceOptions& options, const std::optional<IpAddress>& relay,
                    const ToldSession& told) {
  const SecretString before = line.value;  // what `origin` looks into
  auto origin = read_origin(before);
  if (!origin) {
    return;
  }
  std::string address;
  if (options.username) {
    origin->username = "-";
  }
  if (options.session_id && !told.session_id.empty()) {
    origin->words[kSessionId] = told.session_id;
  }
  if (options.origin && relay) {
    address = relay->to_string();
    origin->words[kNetwork] = "IN";
    origin->words[kFamily] = relay->is_v4() ? "IP4" : "IP6";
    origin->words[kAddress] = address;
  }
  write_origin(line, *origin);
}

bool is_bundle(const Line& line) {
  return line.is_attribute("group") && line.attribute_value().starts_with("BUNDLE");
}

// FNV-1a: tells texts apart that come one after the other; nobody has to gain by two that are alike.
std::uint64_t digest_of(std::string_view text) {
  std::uint64_t digest = 0xcbf29ce484222325;
  for (const char c : text) {
    digest = (digest ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
  }
  return digest;
}

}  // namespace

std::vector<Line> write_session(const Document& body, const ReplaceOptions& options,
                                const std::optional<IpAddress>& relay, bool replace_connection,
                                const ToldSession& told) {
  std::vector<Line> lines;
  for (const Line& line : body.session) {
    if (is_hop_attribute(line) || is_bundle(line) || line.type == 'k' || line.is_attribute("crypto")) {
      continue;
    }
    Line& kept = lines.emplace_back(line);
    if (line.type == 'o' && (options.username || options.session_id || options.origin)) {
      replace_origin(kept, options, relay, told);
    } else if (line.type == 's' && options.session_name) {
      kept.value = "-";
    } else if (line.type == 'c' && replace_connection && relay) {
      kept.value = print_connection(*relay);
    }
  }
  return lines;
}

void write_version(Document& document, ToldSession& told) {
  Line* const line = document.find('o');
  if (line == nullptr) {
    return;
  }
  const SecretString before = line->value;
  auto origin = read_origin(before);
  if (!origin) {
    return;
  }
  std::uint64_t version = 1;
  const std::string_view said = origin->words[kVersion];
  std::from_chars(said.data(), said.data() + said.size(), version);
  origin->words[kVersion] = "";
  write_origin(*line, *origin);
  const std::uint64_t digest = digest_of(print_document(document));
  if (!told.any) {
    told.version = version;
  } else if (told.digest != digest) {
    ++told.version;
  }
  told.any = true;
  told.digest = digest;
  const std::string number = std::to_string(told.version);
  origin->words[kVersion] = number;
  write_origin(*line, *origin);
}

}  // namespace pollux::sdp
