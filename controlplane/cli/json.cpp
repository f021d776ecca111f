#include "controlplane/cli/json.hpp"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

namespace pollux::cli {

namespace {

std::string convert(const google::protobuf::Message& message, bool indented) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = indented;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  if (!status.ok()) {  // only for values JSON can't hold, such as a time stamp outside years 1..9999
    json = "{\"error\":\"the message has no JSON form\"}";
  }
  return json;
}

}  // namespace

std::string to_json(const google::protobuf::Message& message) {
  std::string json = convert(message, true);
  if (json.empty() || json.back() != '\n') {
    json += '\n';
  }
  return json;
}

std::string to_json_line(const google::protobuf::Message& message) {
  return convert(message, false) + "\n";
}

std::string json_string(const std::string& text) {
  google::protobuf::Value value;
  value.set_string_value(text);
  return convert(value, false);
}

}  // namespace pollux::cli
