// The text of `rtpp-flags`: what stands in a proxy's script, sent as it is. Tokens are split at spaces; "k=v"
// is an entry, a lone word is a flag. "k=[a b]" is a list, "k=[x=y]" a dictionary.
#include "controlplane/ng/wishes.hpp"

namespace pollux::ng {

namespace {

class Tokens {
 public:
  explicit Tokens(std::string_view text) : text_(text) {}

  // The next token, with the brackets it has in it whole; empty: the end.
  std::string_view next() {
    while (at_ < text_.size() && text_[at_] == ' ') {
      ++at_;
    }
    const std::size_t begin = at_;
    for (int depth = 0; at_ < text_.size() && (depth > 0 || text_[at_] != ' '); ++at_) {
      depth += text_[at_] == '[' ? 1 : text_[at_] == ']' ? -1 : 0;
    }
    return text_.substr(begin, at_ - begin);
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

Value value_of(std::string_view text, int depth) {
  if (depth > kDeepest || !text.starts_with('[') || !text.ends_with(']') || text.size() < 2) {
    return text;
  }
  Tokens tokens(text.substr(1, text.size() - 2));
  List items;
  Dict dict;
  for (auto token = tokens.next(); !token.empty(); token = tokens.next()) {
    const std::size_t equals = token.find('=');
    if (equals == std::string_view::npos || token.find('[') < equals) {
      items.push_back(value_of(token, depth + 1));
    } else {
      dict.entries().emplace_back(token.substr(0, equals), value_of(token.substr(equals + 1), depth + 1));
    }
  }
  return dict.empty() ? Value(std::move(items)) : Value(std::move(dict));
}

// Words for a profile and its halves, which add up: "SRTP AVPF" is RTP/SAVPF.
struct Profile {
  bool whole = false;
  std::string text;
  bool secure = false;
  bool feedback = false;
  bool given = false;

  bool take(std::string_view word) {
    if (word == "RTP" || word == "SRTP" || word == "AVP" || word == "AVPF") {
      secure = word == "SRTP" || (secure && word != "RTP");
      feedback = word == "AVPF" || (feedback && word != "AVP");
      given = true;
      return true;
    }
    if (word.starts_with("RTP/") || word.starts_with("UDP/TLS/RTP/")) {
      text = word;
      whole = true;
      return true;
    }
    return false;
  }
  std::string name() const {
    return whole ? text : std::string("RTP/") + (secure ? "S" : "") + (feedback ? "AVPF" : "AVP");
  }
};

}  // namespace

void expand_rtpp_flags(Dict& dict) {
  const Value* given = dict.find("rtpp-flags");
  const std::string text = given != nullptr ? given->as_text() : "";
  Tokens tokens(text);
  Profile profile;
  List flags;
  List directions;
  for (auto token = tokens.next(); !token.empty(); token = tokens.next()) {
    const std::size_t equals = token.find('=');
    if (profile.take(token)) {
      continue;
    }
    if (equals == std::string_view::npos || equals == 0) {
      flags.emplace_back(token);
      continue;
    }
    const std::string_view key = token.substr(0, equals);
    const std::string_view value = token.substr(equals + 1);
    if (key == "direction") {
      directions.emplace_back(value);
      continue;
    }
    if (key == "to-tag") {
      flags.emplace_back(key);
    }
    dict.set(std::string(key), value_of(value, 0));
  }
  if (profile.given || profile.whole) {
    dict.set("transport-protocol", profile.name());
  }
  if (!directions.empty()) {
    dict.set("direction", std::move(directions));
  }
  if (const Value* before = dict.find("flags"); before != nullptr && before->list() != nullptr) {
    flags.insert(flags.begin(), before->list()->begin(), before->list()->end());
  }
  dict.set("flags", std::move(flags));
}

}  // namespace pollux::ng
