// Finds values that must occur once, and where they occurred first.
#pragma once

#include <map>
#include <string>

#include "controlplane/config/read_context.hpp"

namespace pollux::config {

template <typename Value>
class UniqueCheck {
 public:
  UniqueCheck(ReadContext& context, std::string trouble) : context_(context), trouble_(std::move(trouble)) {}

  // Tells an error at `key` when `value` was seen before: "<shown> <trouble> <key> (line n)". Unsound values
  // are passed over.
  void add(const Value& value, const std::string& shown, const std::string& key) {
    if (!context_.sound(key)) {
      return;
    }
    if (const auto [first, fresh] = first_.emplace(value, key); !fresh) {
      context_.error(key, shown + " " + trouble_ + " " + first->second + " (line " +
                              std::to_string(context_.line_of(first->second)) + ")");
    }
  }

 private:
  ReadContext& context_;
  std::string trouble_;
  std::map<Value, std::string> first_;
};

}  // namespace pollux::config
