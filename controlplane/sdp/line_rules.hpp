// Which lines an SDP body must have, and where (RFC 8866 §5).
#pragma once

#include <cstddef>

#include "controlplane/sdp/document.hpp"

namespace pollux::sdp {

// Sees the lines of a body in their order.
class LineRules {
 public:
  // Pre: the lines before were right. A line that is no "x=…" has type '\0' and its whole text as value.
  Expected<void> take(const Line& line);

 private:
  Expected<void> at_start(const Line& line);
  Expected<void> in_session(const Line& line);
  Expected<void> in_section(const Line& line);
  Expected<void> connection(const Line& line);

  std::size_t sections_ = 0;
  bool connected_ = false;  // c= was there, in the session or in this section
};

// What only the whole body shows: each section that isn't rejected has an address.
Expected<void> check_whole(const Document& document);

}  // namespace pollux::sdp
