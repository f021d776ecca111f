#include "controlplane/ng/json_text.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "controlplane/ng/print_once.hpp"

namespace pollux::ng {

namespace {

using Json = nlohmann::ordered_json;

// Builds the value while the library reads, so that depth and number of values are bounded before memory is.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return add(Value("")); }
  bool boolean(bool value) override { return add(Value(value ? 1 : 0)); }
  bool number_integer(number_integer_t value) override { return add(Value(value)); }
  bool number_unsigned(number_unsigned_t value) override {
    return value <= static_cast<number_unsigned_t>(INT64_MAX) && add(Value(value));
  }
  bool number_float(number_float_t value, const string_t& /*text*/) override {
    constexpr double kLargest = 9.0e18;
    return std::abs(value) < kLargest && add(Value(static_cast<std::int64_t>(value)));
  }
  bool string(string_t& value) override { return add(Value(std::move(value))); }
  bool binary(binary_t& /*value*/) override { return false; }
  bool start_object(std::size_t /*count*/) override { return open(Value(Dict())); }
  bool start_array(std::size_t /*count*/) override { return open(Value(List())); }
  bool key(string_t& name) override {
    open_.back().key = std::move(name);
    return true;
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t /*at*/, const std::string& /*last*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

  Value take() { return std::move(root_); }

 private:
  struct Open {
    Value value;
    std::string key;  // of a dictionary: whose value comes next
  };

  bool add(Value value) {
    if (++values_ > kMostValues) {
      return false;
    }
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (List* items = open_.back().value.list()) {
      items->push_back(std::move(value));
    } else {
      open_.back().value.dict()->entries().emplace_back(std::move(open_.back().key), std::move(value));
    }
    return true;
  }
  bool open(Value value) {
    open_.push_back({std::move(value), ""});
    return open_.size() <= static_cast<std::size_t>(kDeepest);
  }
  bool close() {
    Value value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }

  std::vector<Open> open_;
  Value root_;
  std::size_t values_ = 0;
};

// How many bytes at the front of `text` are one letter in UTF-8 (RFC 3629 §4). 0: none is.
std::size_t letter_length(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0U;
  };
  const unsigned first = byte(0);
  const std::size_t length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  // Not the longer ways to write a letter, no surrogates, and nothing beyond U+10FFFF.
  const unsigned least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (length < 2) {
    return length;
  }
  bool good = first < 0xF5 && byte(1) >= least && byte(1) <= most;
  for (std::size_t i = 2; i < length; ++i) {
    good = good && byte(i) >= 0x80 && byte(i) <= 0xBF;
  }
  return good ? length : 0;
}

template <typename Put>
void print_escaped(char letter, const Put& put) {
  constexpr std::string_view kNamed = "\"\"\\\\\bb\ff\nn\rr\tt";
  constexpr std::string_view kHex = "0123456789abcdef";
  for (std::size_t i = 0; i < kNamed.size(); i += 2) {
    if (kNamed[i] == letter) {
      put("\\");
      put(kNamed.substr(i + 1, 1));
      return;
    }
  }
  const auto byte = static_cast<std::uint8_t>(letter);
  put("\\u00");
  put(kHex.substr(byte >> 4, 1));
  put(kHex.substr(byte & 15, 1));
}

// The library would print into strings of its own, which nobody wipes.
template <typename Put>
void print_text(std::string_view text, const Put& put) {
  put("\"");
  while (!text.empty()) {
    std::size_t plain = 0;
    std::size_t length = 0;
    for (; plain < text.size(); plain += length) {
      const char letter = text[plain];
      length = letter_length(text.substr(plain));
      if (length == 0 || letter == '"' || letter == '\\' || static_cast<std::uint8_t>(letter) < 0x20) {
        break;
      }
    }
    put(text.substr(0, plain));
    text.remove_prefix(plain);
    if (!text.empty()) {
      length == 0 ? put("\xef\xbf\xbd") : print_escaped(text.front(), put);
      text.remove_prefix(1);
    }
  }
  put("\"");
}

template <typename Put>
void print_dict(const Dict& dict, const Put& put);

template <typename Put>
void print(const Value& value, const Put& put) {
  if (const auto* text = value.text()) {
    print_text(*text, put);
  } else if (const auto* items = value.list()) {
    put("[");
    for (std::size_t i = 0; i < items->size(); ++i) {
      put(i == 0 ? "" : ",");
      print((*items)[i], put);
    }
    put("]");
  } else if (const auto* dict = value.dict()) {
    print_dict(*dict, put);
  } else {
    put(std::to_string(*value.integer()));
  }
}

template <typename Put>
void print_dict(const Dict& dict, const Put& put) {
  put("{");
  for (std::size_t i = 0; i < dict.entries().size(); ++i) {
    put(i == 0 ? "" : ",");
    print_text(dict.entries()[i].first, put);
    put(":");
    print(dict.entries()[i].second, put);
  }
  put("}");
}

}  // namespace

std::optional<Value> read_json(std::string_view text) {
  Builder builder;
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) {
    return std::nullopt;
  }
  return builder.take();
}

std::string print_json(const Value& value) {
  std::string out;
  append_once(out, [&value](const auto& put) { print(value, put); });
  return out;
}

void append_json(std::string& out, const Dict& dict) {
  append_once(out, [&dict](const auto& put) { print_dict(dict, put); });
}

Extent JsonScanner::scan(std::string_view text) {
  for (; at_ < text.size(); ++at_) {
    const char letter = text[at_];
    if (quoted_) {
      at_ += letter == '\\' ? 1 : 0;
      quoted_ = letter != '"';
    } else if (letter == '"') {
      quoted_ = true;
    } else if (letter == '{') {
      ++depth_;
    } else if (letter == '}' && --depth_ == 0) {
      return {Extent::Kind::kWhole, at_ + 1};
    }
  }
  return {Extent::Kind::kUnfinished, 0};
}

Extent json_extent(std::string_view text) {
  return JsonScanner().scan(text);
}

}  // namespace pollux::ng
