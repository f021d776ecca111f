#include "controlplane/ng/message.hpp"

#include "controlplane/ng/json_text.hpp"

namespace pollux::ng {

namespace {

// The texts are rtpengine's: proxies and their logs know them.
std::string read_dict(std::string_view payload, Request& request) {
  if (payload.empty()) {
    return "Invalid data (no payload)";
  }
  std::optional<Value> value;
  if (payload.front() == 'd') {
    value = read_bencode(payload);
    if (!value) {
      return "Could not decode bencode dictionary";
    }
  } else if (payload.front() == '{') {
    request.encoding = Encoding::kJson;
    value = read_json(payload);
    if (!value) {
      return "Failed to parse JSON document";
    }
  } else {
    return "Invalid NG data format";
  }
  if (value->dict() == nullptr) {
    return "Could not decode JSON dictionary";
  }
  request.dict = std::move(*value->dict());
  return "";
}

}  // namespace

std::optional<Message> split_message(std::string_view bytes) {
  const std::size_t length = bytes.find(' ');
  if (length == 0 || length == std::string_view::npos || length > kLongestCookie) {
    return std::nullopt;
  }
  return Message{bytes.substr(0, length), bytes.substr(length + 1)};
}

Extent message_extent(std::string_view text) {
  const std::size_t cookie = text.substr(0, kLongestCookie + 1).find(' ');
  if (cookie == 0 || (cookie == std::string_view::npos && text.size() > kLongestCookie)) {
    return {Extent::Kind::kBroken, 0};
  }
  if (cookie == std::string_view::npos || cookie + 1 == text.size()) {
    return {Extent::Kind::kUnfinished, 0};
  }
  const std::string_view payload = text.substr(cookie + 1);
  if (payload.front() != 'd' && payload.front() != '{') {
    return {Extent::Kind::kBroken, 0};
  }
  Extent extent = payload.front() == '{' ? json_extent(payload) : bencode_extent(payload);
  if (extent.kind == Extent::Kind::kWhole) {
    extent.length += cookie + 1;
  } else if (text.size() > kLongestMessage) {
    extent.kind = Extent::Kind::kBroken;
  }
  return extent;
}

Request read_request(std::string_view payload) {
  Request request;
  request.error = read_dict(payload, request);
  if (request.error.empty()) {
    const Value* command = request.dict.find("command");
    request.command = command != nullptr ? command->as_text() : "";
    if (request.command.empty()) {
      request.error = "Dictionary contains no key \"command\"";
    }
  }
  return request;
}

std::string print_reply(std::string_view cookie, Encoding encoding, const Dict& reply) {
  std::string out(cookie);
  out += ' ';
  out += encoding == Encoding::kJson ? print_json(Value(reply)) : print_bencode(Value(reply));
  return out;
}

Dict error_reply(std::string_view reason) {
  return {{"result", "error"}, {"error-reason", reason}};
}

}  // namespace pollux::ng
