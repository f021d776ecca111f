#include "controlplane/ng/message.hpp"

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

Extent MessageScanner::scan(std::string_view text) {
  if (cookie_ == 0) {
    const std::size_t length = text.substr(0, kLongestCookie + 1).find(' ');
    if (length == 0 || (length == std::string_view::npos && text.size() > kLongestCookie)) {
      return {Extent::Kind::kBroken, 0};
    }
    if (length == std::string_view::npos) {
      return {Extent::Kind::kUnfinished, 0};
    }
    cookie_ = length;
  }
  const std::string_view payload = text.substr(cookie_ + 1);
  if (payload.empty()) {
    return {Extent::Kind::kUnfinished, 0};
  }
  if (payload.front() != 'd' && payload.front() != '{') {
    return {Extent::Kind::kBroken, 0};
  }
  Extent extent = payload.front() == '{' ? json_.scan(payload) : bencode_.scan(payload);
  if (extent.kind == Extent::Kind::kWhole) {
    extent.length += cookie_ + 1;
  } else if (text.size() > kLongestMessage) {
    extent.kind = Extent::Kind::kBroken;
  }
  return extent;
}

Extent message_extent(std::string_view text) {
  return MessageScanner().scan(text);
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
  encoding == Encoding::kJson ? append_json(out, reply) : append_bencode(out, reply);
  return out;
}

Dict error_reply(std::string_view reason) {
  return {{"result", "error"}, {"error-reason", reason}};
}

}  // namespace pollux::ng
