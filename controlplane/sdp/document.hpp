// An SDP body, line by line (RFC 8866): nothing that was in it is lost, whether Pollux knows it or not.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/expected.hpp"
#include "dataplane/base/secret_memory.hpp"

namespace pollux::sdp {

// What a hostile body may cost.
inline constexpr std::size_t kMaxBodyBytes = 65536;
inline constexpr std::size_t kMaxLines = 2000;
inline constexpr std::size_t kMaxSections = 32;

inline constexpr const char* kSdpMalformed = "SDP_MALFORMED";
inline constexpr const char* kSdpUnsupported = "SDP_UNSUPPORTED";

// Text that may hold keys: wiped when it goes or grows, never in a core dump.
using SecretString = std::basic_string<char, std::char_traits<char>, SecretAllocator<char>>;

enum class LineEnd : unsigned char { kCrLf, kLf, kNone };  // kNone: the last line, unfinished

// "a=rtpmap:0 PCMU/8000": type 'a', value "rtpmap:0 PCMU/8000".
struct Line {
  char type = 'a';
  SecretString value;
  LineEnd end = LineEnd::kCrLf;
  unsigned number = 0;  // in the body it came from, from 1; 0: made here

  // Of an a= line: what stands before the first colon, and what after it (empty: no colon), without the
  // blanks around.
  std::string_view attribute() const;
  std::string_view attribute_value() const;
  bool is_attribute(std::string_view name) const { return type == 'a' && attribute() == name; }
  friend bool operator==(const Line&, const Line&) = default;
};

// One m= section; lines.front() is the m= line.
struct Section {
  std::vector<Line> lines;
  friend bool operator==(const Section&, const Section&) = default;
};

// Copies are as secret as what they were made of.
struct Document {
  std::vector<Line> session;  // v=, o=, s= and all up to the first m=
  std::vector<Section> sections;
  std::string tail;  // blank lines behind the last line

  const Line* find(char type) const;  // first one of the session part; nullptr: none
  Line* find(char type);
  LineEnd line_end() const;  // what lines made here end with: as the body's first one
  friend bool operator==(const Document&, const Document&) = default;
};

// Checks what must be there: v=0, o=, s=, t= in the order of RFC 8866 §5 (what has to come before m= and
// after it), m= lines that can be read, c= of the session or of each section that isn't rejected, and no
// control characters but tabs in any line. Lenient where the field is: LF for CRLF, no t= or s=, all between
// s= and m= in any order, an unfinished last line, blank ones behind it, more blanks than needed, user names
// of several words in o=. On failure `field` is "sdp.line[N]" and the message names the line, and
// shows it, but never one with a key; "sdp" where it is the body as a whole.
// Post: print_document(*parse_document(body)) == body.
Expected<Document> parse_document(std::string_view body);

// In one piece of memory. A line without end that isn't the last one any more gets line_end().
SecretString print_document(const Document& document);

// The error for a line of a body: `cause` is kSdpMalformed or kSdpUnsupported. What may hold a key is not
// shown; the rest in ASCII, cut.
tl::unexpected<Error> line_error(const char* cause, const Line& line, std::string_view what_is_wrong);

}  // namespace pollux::sdp
