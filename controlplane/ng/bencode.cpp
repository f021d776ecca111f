#include "controlplane/ng/bencode.hpp"

#include <charconv>

#include "controlplane/ng/print_once.hpp"

namespace pollux::ng {

namespace {

constexpr std::size_t kLongestNumber = 20;  // letters of an int64 with its sign

constexpr std::int64_t kLongestText = 1 << 20;

using Kind = Extent::Kind;

// The number at `at`, up to `stop`, which is passed over. kUnfinished leaves `at` as it was.
Kind take_number(std::string_view text, std::size_t& at, char stop, std::int64_t& number) {
  const std::string_view rest = text.substr(at);
  const std::size_t length = rest.substr(0, kLongestNumber + 1).find(stop);
  if (length == std::string_view::npos) {
    const bool digits = rest.find_first_not_of("-0123456789") == std::string_view::npos;
    return digits && rest.size() <= kLongestNumber ? Kind::kUnfinished : Kind::kBroken;
  }
  const char* end = rest.data() + length;
  const auto [stopped, error] = std::from_chars(rest.data(), end, number);
  at += length + 1;
  return error == std::errc{} && stopped == end ? Kind::kWhole : Kind::kBroken;
}

// "4:text" at `at`, which is passed over.
Kind take_text(std::string_view text, std::size_t& at, std::string_view& into) {
  if (text[at] < '0' || text[at] > '9') {
    return Kind::kBroken;
  }
  std::int64_t length = 0;
  std::size_t begin = at;
  if (const Kind kind = take_number(text, begin, ':', length); kind != Kind::kWhole) {
    return kind;
  }
  const auto wanted = static_cast<std::size_t>(length);
  if (length > kLongestText) {
    return Kind::kBroken;
  }
  if (wanted > text.size() - begin) {
    return Kind::kUnfinished;
  }
  into = text.substr(begin, wanted);
  at = begin + wanted;
  return Kind::kWhole;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

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

  Kind read_integer(Value& into) {
    ++at_;
    std::int64_t number = 0;
    const Kind kind = take_number(text_, at_, 'e', number);
    if (kind == Kind::kWhole) {
      into = Value(number);
    }
    return kind;
  }

  Kind read_text(Value& into) {
    std::string_view text;
    const Kind kind = take_text(text_, at_, text);
    if (kind == Kind::kWhole) {
      into = Value(text);
    }
    return kind;
  }

  Kind read_list(Value& into, int depth) {
    List items;
    for (++at_; !at_end() && text_[at_] != 'e';) {
      Value item;
      if (const Kind kind = read(item, depth + 1); kind != Kind::kWhole) {
        return kind;
      }
      items.push_back(std::move(item));
    }
    return finish(into, Value(std::move(items)));
  }

  Kind read_dict(Value& into, int depth) {
    Dict dict;
    for (++at_; !at_end() && text_[at_] != 'e';) {
      std::string_view key;
      Value value;
      if (const Kind kind = take_text(text_, at_, key); kind != Kind::kWhole) {
        return kind;
      }
      if (const Kind kind = read(value, depth + 1); kind != Kind::kWhole) {
        return kind;
      }
      dict.entries().emplace_back(std::string(key), std::move(value));
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

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t values_ = 0;
};

template <typename Put>
void print_text(std::string_view text, const Put& put) {
  put(std::to_string(text.size()));
  put(":");
  put(text);
}

template <typename Put>
void print_dict(const Dict& dict, const Put& put);

template <typename Put>
void print(const Value& value, const Put& put) {
  if (const auto* number = value.integer()) {
    put("i");
    put(std::to_string(*number));
    put("e");
  } else if (const auto* text = value.text()) {
    print_text(*text, put);
  } else if (const auto* items = value.list()) {
    put("l");
    for (const Value& item : *items) {
      print(item, put);
    }
    put("e");
  } else if (const auto* dict = value.dict()) {
    print_dict(*dict, put);
  }
}

template <typename Put>
void print_dict(const Dict& dict, const Put& put) {
  put("d");
  for (const Dict::Entry& entry : dict.entries()) {
    print_text(entry.first, put);
    print(entry.second, put);
  }
  put("e");
}

}  // namespace

std::optional<Value> read_bencode(std::string_view text) {
  Reader reader(text);
  Value value;
  if (reader.read(value, 0) != Extent::Kind::kWhole) {
    return std::nullopt;
  }
  const bool only_line_ends = text.find_first_not_of("\r\n", reader.at()) == std::string_view::npos;
  return only_line_ends ? std::optional(std::move(value)) : std::nullopt;
}

std::string print_bencode(const Value& value) {
  std::string out;
  append_once(out, [&value](const auto& put) { print(value, put); });
  return out;
}

void append_bencode(std::string& out, const Dict& dict) {
  append_once(out, [&dict](const auto& put) { print_dict(dict, put); });
}

Extent BencodeScanner::scan(std::string_view text) {
  do {
    const Extent::Kind kind = at_ < text.size() ? take_one(text) : Kind::kUnfinished;
    if (kind != Kind::kWhole) {
      return {kind, 0};
    }
  } while (depth_ > 0);
  return {Kind::kWhole, at_};
}

// A key, a number, a text, or the begin or end of what has others in it.
Extent::Kind BencodeScanner::take_one(std::string_view text) {
  const Expects expects = depth_ > 0 ? open_[depth_ - 1] : Expects::kItem;
  const char letter = text[at_];
  std::string_view ignored;
  if (letter == 'e' && depth_ > 0 && expects != Expects::kValue) {
    ++at_;
    --depth_;
    value_over();
    return Kind::kWhole;
  }
  if (expects == Expects::kKey) {
    const Kind kind = take_text(text, at_, ignored);
    if (kind == Kind::kWhole) {
      open_[depth_ - 1] = Expects::kValue;
    }
    return kind;
  }
  if (values_ >= kMostValues) {
    return Kind::kBroken;
  }
  Kind kind = Kind::kWhole;
  if (letter == 'l' || letter == 'd') {
    if (depth_ >= open_.size()) {
      return Kind::kBroken;
    }
    ++at_;
    ++values_;
    open_[depth_++] = letter == 'l' ? Expects::kItem : Expects::kKey;
    return kind;
  }
  if (letter == 'i') {
    std::int64_t number = 0;
    std::size_t after = at_ + 1;
    kind = take_number(text, after, 'e', number);
    at_ = kind == Kind::kWhole ? after : at_;
  } else {
    kind = take_text(text, at_, ignored);
  }
  if (kind == Kind::kWhole) {
    ++values_;
    value_over();
  }
  return kind;
}

void BencodeScanner::value_over() {
  if (depth_ > 0 && open_[depth_ - 1] == Expects::kValue) {
    open_[depth_ - 1] = Expects::kKey;
  }
}

Extent bencode_extent(std::string_view text) {
  return BencodeScanner().scan(text);
}

}  // namespace pollux::ng
