#include "controlplane/ng/bencode.hpp"

#include <charconv>

namespace pollux::ng {

namespace {

constexpr std::size_t kLongestNumber = 20;  // letters of an int64 with its sign

class Reader {
 public:
  using Kind = Extent::Kind;

  // `keep`: false finds the end only.
  Reader(std::string_view text, bool keep) : text_(text), keep_(keep) {}

  Kind read(Value& into, int depth) {
    if (++values_ > kMostValues) {
      return Kind::kBroken;
    }
    if (at_end()) {
      return Kind::kUnfinished;
    }
    const bool nests = text_[at_] == 'l' || text_[at_] == 'd';
    if (nests && depth >= kDeepest) {
      return Kind::kBroken;
    }
    switch (text_[at_]) {
      case 'i':
        return read_integer(into);
      case 'l':
        return read_list(into, depth);
      case 'd':
        return read_dict(into, depth);
      default:
        return read_text(into);
    }
  }

  std::size_t at() const { return at_; }

 private:
  bool at_end() const { return at_ >= text_.size(); }

  // The number up to `stop`, which is passed over.
  Kind read_number(char stop, std::int64_t& number) {
    const std::string_view rest = text_.substr(at_);
    const std::size_t length = rest.substr(0, kLongestNumber + 1).find(stop);
    if (length == std::string_view::npos) {
      const bool digits = rest.find_first_not_of("-0123456789") == std::string_view::npos;
      return digits && rest.size() <= kLongestNumber ? Kind::kUnfinished : Kind::kBroken;
    }
    const char* end = rest.data() + length;
    const auto [stopped, error] = std::from_chars(rest.data(), end, number);
    at_ += length + 1;
    return error == std::errc{} && stopped == end ? Kind::kWhole : Kind::kBroken;
  }

  Kind read_integer(Value& into) {
    ++at_;
    std::int64_t number = 0;
    const Kind kind = read_number('e', number);
    if (kind == Kind::kWhole) {
      into = Value(number);
    }
    return kind;
  }

  Kind read_text(Value& into) {
    if (text_[at_] < '0' || text_[at_] > '9') {
      return Kind::kBroken;
    }
    std::int64_t length = 0;
    if (const Kind kind = read_number(':', length); kind != Kind::kWhole) {
      return kind;
    }
    const auto wanted = static_cast<std::size_t>(length);
    if (length > kLongestText) {
      return Kind::kBroken;
    }
    if (wanted > text_.size() - at_) {
      return Kind::kUnfinished;
    }
    if (keep_) {
      into = Value(text_.substr(at_, wanted));
    }
    at_ += wanted;
    return Kind::kWhole;
  }

  Kind read_list(Value& into, int depth) {
    List items;
    for (++at_; !at_end() && text_[at_] != 'e';) {
      Value item;
      if (const Kind kind = read(item, depth + 1); kind != Kind::kWhole) {
        return kind;
      }
      if (keep_) {
        items.push_back(std::move(item));
      }
    }
    return finish(into, Value(std::move(items)));
  }

  Kind read_dict(Value& into, int depth) {
    Dict dict;
    for (++at_; !at_end() && text_[at_] != 'e';) {
      Value key;
      Value value;
      if (const Kind kind = read_text(key); kind != Kind::kWhole) {
        return kind;
      }
      if (const Kind kind = read(value, depth + 1); kind != Kind::kWhole) {
        return kind;
      }
      if (keep_) {
        dict.entries().emplace_back(std::move(*key.text()), std::move(value));
      }
    }
    return finish(into, Value(std::move(dict)));
  }

  Kind finish(Value& into, Value made) {
    if (at_end()) {
      return Kind::kUnfinished;
    }
    ++at_;
    into = std::move(made);
    return Kind::kWhole;
  }

  static constexpr std::int64_t kLongestText = 1 << 20;

  std::string_view text_;
  bool keep_;
  std::size_t at_ = 0;
  std::size_t values_ = 0;
};

void print(const Value& value, std::string& out) {
  const auto print_text = [&out](const std::string& text) {
    out += std::to_string(text.size()) + ":";
    out += text;
  };
  if (const auto* number = value.integer()) {
    out += "i" + std::to_string(*number) + "e";
  } else if (const auto* text = value.text()) {
    print_text(*text);
  } else if (const auto* items = value.list()) {
    out += 'l';
    for (const Value& item : *items) {
      print(item, out);
    }
    out += 'e';
  } else if (const auto* dict = value.dict()) {
    out += 'd';
    for (const Dict::Entry& entry : dict->entries()) {
      print_text(entry.first);
      print(entry.second, out);
    }
    out += 'e';
  }
}

}  // namespace

std::optional<Value> read_bencode(std::string_view text) {
  Reader reader(text, true);
  Value value;
  if (reader.read(value, 0) != Extent::Kind::kWhole) {
    return std::nullopt;
  }
  const bool only_line_ends = text.find_first_not_of("\r\n", reader.at()) == std::string_view::npos;
  return only_line_ends ? std::optional(std::move(value)) : std::nullopt;
}

std::string print_bencode(const Value& value) {
  std::string out;
  print(value, out);
  return out;
}

Extent bencode_extent(std::string_view text) {
  Reader reader(text, false);
  Value ignored;
  const Extent::Kind kind = reader.read(ignored, 0);
  return {kind, kind == Extent::Kind::kWhole ? reader.at() : 0};
}

}  // namespace pollux::ng
