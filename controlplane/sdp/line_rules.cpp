#include "controlplane/sdp/line_rules.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "controlplane/sdp/media_line.hpp"
#include "controlplane/sdp/words.hpp"

namespace pollux::sdp {

namespace {

constexpr std::string_view kSessionTypes = "iuepcbtrzka";
constexpr std::string_view kSectionTypes = "icbka";
constexpr std::string_view kTypes = "vosiuepcbtrzkam";

tl::unexpected<Error> malformed(const Line& line, std::string_view what) {
  return line_error(kSdpMalformed, line, what);
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Takes the last word off `rest`: names of users have blanks in them, whatever RFC 8866 says.
std::string_view take_last_word(std::string_view& rest) {
  rest = trim(rest);
  const auto blank = rest.find_last_of(" \t");
  const std::string_view word = blank == std::string_view::npos ? rest : rest.substr(blank + 1);
  rest.remove_suffix(word.size());
  return word;
}

Expected<void> check_origin(const Line& line) {
  std::string_view rest(line.value);
  const std::string_view address = take_last_word(rest);
  const std::string_view family = take_last_word(rest);
  const std::string_view network = take_last_word(rest);
  const std::string_view version = take_last_word(rest);
  const std::string_view id = take_last_word(rest);
  if (address.empty() || id.empty() || take_last_word(rest).empty()) {
    return malformed(line,
                     "o= has six words: user name (or -), session id, version, IN, IP4 or IP6, address");
  }
  if (!same_word(network, "IN") || (!same_word(family, "IP4") && !same_word(family, "IP6"))) {
    return malformed(line, "before the address of o= must stand IN IP4 or IN IP6");
  }
  if (!is_number(version)) {
    return malformed(line, "the version in o=, its third word, must be a number");
  }
  return {};
}

// RFC 8866 §9: a value has neither NUL, CR nor LF; of the other control characters only the tab is of use.
Expected<void> check_letters(const Line& line) {
  const auto wrong = std::find_if(line.value.begin(), line.value.end(), [](char letter) {
    return (static_cast<unsigned char>(letter) < ' ' && letter != '\t') || letter == '\x7f';
  });
  if (wrong == line.value.end()) {
    return {};
  }
  const auto at = wrong - line.value.begin() + (line.type == '\0' ? 1 : 3);
  const std::string where = " at character " + std::to_string(at);
  return malformed(line, *wrong == '\r' ? "has a CR" + where + " that no LF follows; lines end with CR LF"
                                        : "has a control character" + where + "; only text is allowed");
}

}  // namespace

Expected<void> LineRules::take(const Line& line) {
  if (auto fine = check_letters(line); !fine) {
    return fine;
  }
  if (line.type == '\0') {
    return line.value.empty() ? malformed(line, "is empty; blank lines may only be at the end of the body")
                              : malformed(line, "must be a letter, = and a value, as in a=sendrecv");
  }
  if (kTypes.find(line.type) == std::string_view::npos) {
    return malformed(line,
                     "begins with none of the letters of RFC 8866, which are v, o, s, i, u, e, p, c, b, "
                     "t, r, z, k, a and m");
  }
  if (line.number <= 2) {
    return at_start(line);
  }
  if (line.type == 'm') {
    connected_ = false;
    if (++sections_ > kMaxSections) {
      return malformed(line,
                       "is one m= line too many; at most " + std::to_string(kMaxSections) + " are taken");
    }
    auto media = read_media_line(line);
    return media ? Expected<void>{} : tl::unexpected(std::move(media.error()));
  }
  return sections_ == 0 ? in_session(line) : in_section(line);
}

Expected<void> LineRules::at_start(const Line& line) {
  if (line.number == 1) {
    return line.type == 'v' && trim(line.value) == "0" ? Expected<void>{}
                                                       : malformed(line, "must be v=0, as the first line");
  }
  return line.type == 'o' ? check_origin(line) : malformed(line, "must be o=, as the second line");
}

Expected<void> LineRules::in_session(const Line& line) {
  if (line.type == 's') {
    return line.number == 3 ? Expected<void>{}
                            : malformed(line, "s= must be the third line, and be there once");
  }
  if (kSessionTypes.find(line.type) == std::string_view::npos) {
    return malformed(line, std::string(1, line.type) + "= must be there only once, at the start");
  }
  return connection(line);
}

Expected<void> LineRules::in_section(const Line& line) {
  if (kSectionTypes.find(line.type) == std::string_view::npos) {
    return malformed(line, std::string(1, line.type) + "= must stand before the first m=");
  }
  return connection(line);
}

Expected<void> LineRules::connection(const Line& line) {
  if (line.type == 'c' && std::exchange(connected_, true)) {
    return line_error(kSdpUnsupported, line,
                      sections_ == 0 ? "is the second c= of the session; only one address can be used"
                                     : "is the second c= of the section; only one address can be used");
  }
  return {};
}

Expected<void> check_whole(const Document& document) {
  if (document.session.size() < 2) {
    return malformed(document.session.front(), "must be followed by o=");
  }
  const bool for_all = document.find('c') != nullptr;
  for (const Section& section : document.sections) {
    const bool own = std::any_of(section.lines.begin(), section.lines.end(),
                                 [](const Line& line) { return line.type == 'c'; });
    if (!own && !for_all && read_media_line(section.lines.front())->port != 0) {
      return malformed(section.lines.front(),
                       "needs an address: a c= line in its section or before the first m=");
    }
  }
  return {};
}

}  // namespace pollux::sdp
