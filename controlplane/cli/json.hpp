// Messages as protobuf JSON, every field that has a default included.
#pragma once

#include <google/protobuf/message.h>

#include <string>

namespace pollux::cli {

std::string to_json(const google::protobuf::Message& message);       // indented, one document
std::string to_json_line(const google::protobuf::Message& message);  // on one line, ended by a newline
std::string json_string(const std::string& text);                    // quoted and escaped

}  // namespace pollux::cli
