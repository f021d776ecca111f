// A message of the NG protocol on the wire: "COOKIE PAYLOAD".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "controlplane/ng/bencode.hpp"
#include "controlplane/ng/json_text.hpp"
#include "controlplane/ng/value.hpp"

namespace pollux::ng {

enum class Encoding : std::uint8_t { kBencode, kJson };

struct Message {
  std::string_view cookie;   // of the given bytes
  std::string_view payload;  // of the given bytes
};

// Cookies are short: what is longer isn't one.
inline constexpr std::size_t kLongestCookie = 256;

// Nothing: there is no cookie, and so nobody to answer.
std::optional<Message> split_message(std::string_view bytes);

// Longest message that is waited for on a connection.
inline constexpr std::size_t kLongestMessage = 1 << 20;

// How many bytes at the front are one message: the cookie and what follows, to its own end. To be asked again
// when more has come; goes on where it stopped.
class MessageScanner {
 public:
  // kUnfinished: more has to come. kBroken: no message begins so. Pre: begins with what was given before.
  Extent scan(std::string_view text);

 private:
  std::size_t cookie_ = 0;  // its length; 0: not found yet
  BencodeScanner bencode_;
  JsonScanner json_;
};
Extent message_extent(std::string_view text);

struct Request {
  Encoding encoding = Encoding::kBencode;  // of the reply as well
  Dict dict;
  std::string command;
  std::string error;  // set: what is wrong with the request, in the words that proxies know
};

// Never fails: what can't be read has `error`.
Request read_request(std::string_view payload);

// In memory that is asked for once: the caller wipes all there is.
std::string print_reply(std::string_view cookie, Encoding encoding, const Dict& reply);

// {"result": "error", "error-reason": REASON}
Dict error_reply(std::string_view reason);

}  // namespace pollux::ng
