#include "controlplane/cli/session_request.hpp"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "controlplane/cli/leg_parser.hpp"
#include "controlplane/cli/srtp_parser.hpp"
#include "controlplane/cli/value_parser.hpp"

namespace pollux::cli {

namespace {

// The library's message quotes what it couldn't read. Of a spec with keys of SRTP that is left out.
std::string why_not_json(std::string message, const std::string& json) {
  if (json.find("srtp") == std::string::npos && json.find("master") == std::string::npos) {
    return message;
  }
  message.resize(std::min(message.find('\n'), message.size()));  // behind it the lines around the mistake
  const auto value = message.find("invalid value");
  if (message.rfind("srtp", value) != std::string::npos && value != std::string::npos) {
    message.resize(value);
    message += "not a value of this field (bytes are in base64)";
  }
  return without_keys(message);
}

void read_spec(const std::string& path, std::istream& in, Parsed<v1::CreateRequest>& result) {
  std::ifstream file;
  if (path != "-") {
    file.open(path);
    if (!file) {
      result.problems.push_back("--file " + path + ": " + std::generic_category().message(errno));
      return;
    }
  }
  std::istream& source = path == "-" ? in : file;
  const std::string json{std::istreambuf_iterator<char>(source), {}};
  const auto status = google::protobuf::util::JsonStringToMessage(json, result.value.mutable_spec());
  if (!status.ok()) {
    result.problems.push_back("--file " + path + " holds no SessionSpec in JSON: " +
                              why_not_json(std::string(status.message()), json));
  }
}

}  // namespace

Parsed<v1::CreateRequest> make_create_request(const Options& options, std::istream& in) {
  Parsed<v1::CreateRequest> result;
  const auto take_problems = [&result](const std::vector<std::string>& problems) {
    result.problems.insert(result.problems.end(), problems.begin(), problems.end());
  };
  result.value.set_session_id(options.session_ids.front());
  auto& spec = *result.value.mutable_spec();
  if (!options.spec_file.empty()) {
    read_spec(options.spec_file, in, result);
  }
  for (const auto& text : options.legs) {
    auto leg = parse_leg(text);
    take_problems(leg.problems);
    *spec.add_legs() = std::move(leg.value);
  }
  for (const auto& text : options.labels) {
    const auto label = parse_label(text);
    take_problems(label.problems);
    (*spec.mutable_labels())[label.value.first] = label.value.second;
  }
  if (!options.media_timeout.empty()) {
    const auto timeout = parse_duration(options.media_timeout);
    for (const auto& problem : timeout.problems) {
      result.problems.push_back("--media-timeout: " + problem);
    }
    *spec.mutable_media_timeout() = to_proto(timeout.value);
  }
  if (result.ok() && spec.legs().empty()) {
    result.problems.push_back("a session needs legs: give --leg (repeat it) or --file");
  }
  return result;
}

}  // namespace pollux::cli
