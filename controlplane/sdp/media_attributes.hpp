// The attributes of a section that the relay has to know.
#pragma once

#include "controlplane/sdp/document.hpp"
#include "controlplane/sdp/format_list.hpp"
#include "controlplane/sdp/media_description.hpp"

namespace pollux::sdp {

// Of direction, fingerprint and ICE, which the session may say for all sections. Others are left alone.
// Whether it was one of them.
bool read_session_attribute(const Line& line, MediaDescription& media);

// Puts a= lines of a section into its description.
class MediaAttributes {
 public:
  // Both outlive it. Pre: the address is known.
  MediaAttributes(MediaDescription& media, FormatList& formats) : media_(media), formats_(formats) {}
  // Unknown attributes are left alone. Errors are line_error()s. Pre: an a= line.
  Expected<void> read(const Line& line);

 private:
  Expected<void> read_crypto(const Line& line);
  Expected<void> read_rtcp(const Line& line);
  // A wish at most: what can't be read isn't said.
  static void read_duration(const Line& line, std::uint16_t& milliseconds);

  MediaDescription& media_;
  FormatList& formats_;
};

}  // namespace pollux::sdp
