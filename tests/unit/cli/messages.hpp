// API messages for tests, written as protobuf text.
#pragma once

#include <google/protobuf/text_format.h>

#include <stdexcept>
#include <string>

namespace pollux::cli {

template <typename T>
T message(const std::string& text) {
  T result;
  if (!google::protobuf::TextFormat::ParseFromString(text, &result)) {
    throw std::invalid_argument("the test's own message text is wrong: " + text);
  }
  return result;
}

}  // namespace pollux::cli
