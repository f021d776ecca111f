#include "controlplane/ng/value.hpp"

#include <string.h>

#include <algorithm>
#include <charconv>

namespace pollux::ng {

namespace {

char plain(char letter) {
  return letter == ' ' ? '-' : letter;
}

}  // namespace

bool same_name(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return plain(a) == plain(b); });
}

Dict::Dict(std::initializer_list<Entry> entries) : entries_(entries) {}

const Value* Dict::find(std::string_view key) const {
  for (const Entry& entry : entries_) {
    if (same_name(entry.first, key)) {
      return &entry.second;
    }
  }
  return nullptr;
}

void Dict::set(std::string key, Value value) {
  for (Entry& entry : entries_) {
    if (entry.first == key) {
      entry.second = std::move(value);
      return;
    }
  }
  entries_.emplace_back(std::move(key), std::move(value));
}

std::optional<std::int64_t> Value::number() const {
  if (const auto* number = integer()) {
    return *number;
  }
  const std::string* digits = text();
  std::int64_t value = 0;
  if (digits == nullptr || digits->empty()) {
    return std::nullopt;
  }
  const char* end = digits->data() + digits->size();
  const auto [rest, error] = std::from_chars(digits->data(), end, value);
  return error == std::errc{} && rest == end ? std::optional(value) : std::nullopt;
}

std::string Value::as_text() const {
  if (const auto* number = integer()) {
    return std::to_string(*number);
  }
  return text() != nullptr ? *text() : std::string();
}

void wipe(std::string& text) {
  explicit_bzero(text.data(), text.size());
}

void wipe(Dict& dict) {
  for (Dict::Entry& entry : dict.entries()) {
    wipe(entry.second);
  }
}

void wipe(Value& value) {
  if (std::string* text = value.text()) {
    wipe(*text);
  } else if (List* items = value.list()) {
    std::for_each(items->begin(), items->end(), [](Value& item) { wipe(item); });
  } else if (Dict* dict = value.dict()) {
    wipe(*dict);
  }
}

}  // namespace pollux::ng
