// The formats of an m= line of RTP, with what a=rtpmap and a=fmtp say of them (RFC 8866 §6.6, §6.15).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "controlplane/sdp/document.hpp"
#include "controlplane/sdp/media_description.hpp"

namespace pollux::sdp {

inline constexpr std::size_t kMaxFormats = 64;

// Feed it the m= line, then the attributes. Errors are line_error()s.
class FormatList {
 public:
  FormatList() { index_.fill(kNone); }
  // `formats`: the part of the m= line that has the numbers.
  Expected<void> read_numbers(const Line& line, std::string_view formats);
  Expected<void> read_rtpmap(const Line& line);
  Expected<void> read_fmtp(const Line& line);
  // With RFC 3551's names where nothing was said, and `params` where the media is audio.
  std::vector<Format> take(bool audio);

 private:
  static constexpr std::uint8_t kNone = 0xff;
  Format* find(std::uint32_t payload_type);

  std::vector<Format> formats_;
  std::array<std::uint8_t, 128> index_;  // into formats_, by payload type
};

}  // namespace pollux::sdp
