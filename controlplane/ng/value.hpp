// What a message of the NG protocol is made of: numbers, texts, lists and dictionaries.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace pollux::ng {

class Value;
using List = std::vector<Value>;

// Keys keep their order; the first of two equal ones counts.
class Dict {
 public:
  using Entry = std::pair<std::string, Value>;

  Dict() = default;
  Dict(std::initializer_list<Entry> entries);

  // Of a key of several words both spellings are found: "call-id" and "call id".
  const Value* find(std::string_view key) const;
  void set(std::string key, Value value);
  const std::vector<Entry>& entries() const { return entries_; }
  std::vector<Entry>& entries() { return entries_; }
  bool empty() const { return entries_.empty(); }

 private:
  std::vector<Entry> entries_;
};

class Value {
 public:
  Value() = default;
  Value(const char* text) : data_(std::string(text)) {}       // NOLINT: a text is a value
  Value(std::string text) : data_(std::move(text)) {}         // NOLINT
  Value(std::string_view text) : data_(std::string(text)) {}  // NOLINT
  Value(List items) : data_(std::move(items)) {}              // NOLINT
  Value(Dict entries) : data_(std::move(entries)) {}          // NOLINT
  template <typename Number>
  requires std::is_integral_v<Number> Value(Number number)
      : data_(static_cast<std::int64_t>(number)) {}  // NOLINT

  const std::string* text() const { return std::get_if<std::string>(&data_); }
  const List* list() const { return std::get_if<List>(&data_); }
  const Dict* dict() const { return std::get_if<Dict>(&data_); }
  std::string* text() { return std::get_if<std::string>(&data_); }
  List* list() { return std::get_if<List>(&data_); }
  Dict* dict() { return std::get_if<Dict>(&data_); }
  const std::int64_t* integer() const { return std::get_if<std::int64_t>(&data_); }

  // A number, or a text that is one: both are accepted where a number is wanted.
  std::optional<std::int64_t> number() const;
  // A text, or a number as text. Empty: a list or a dictionary.
  std::string as_text() const;

 private:
  std::variant<std::int64_t, std::string, List, Dict> data_ = std::int64_t{0};
};

// A dictionary that grows moves its texts, and leaves no copies.
static_assert(std::is_nothrow_move_constructible_v<Dict::Entry>);

// Space and hyphen are the same in names of several words.
bool same_name(std::string_view left, std::string_view right);

// Overwrites every text in it: SDP has keys (RFC 4568). Best effort: copies made elsewhere are not known
// here.
void wipe(Value& value);
void wipe(Dict& dict);
void wipe(std::string& text);

// Nesting that is still read: nothing that is sent goes deeper than six.
inline constexpr int kDeepest = 16;
// Values in one message, whatever their kind.
inline constexpr std::size_t kMostValues = 16'384;

}  // namespace pollux::ng
