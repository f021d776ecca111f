// The RTP profiles by their names.
#include <array>

#include "controlplane/sdp/media_description.hpp"
#include "controlplane/sdp/words.hpp"

namespace pollux::sdp {

namespace {

struct ProfileName {
  std::string_view name;
  RtpProfile profile;
};

constexpr auto kProfiles = std::to_array<ProfileName>({
    {"RTP/AVP", {}},
    {"RTP/AVPF", {.feedback = true}},
    {"RTP/SAVP", {.secure = true}},
    {"RTP/SAVPF", {.secure = true, .feedback = true}},
    {"UDP/TLS/RTP/SAVP", {.secure = true, .dtls = true}},
    {"UDP/TLS/RTP/SAVPF", {.secure = true, .feedback = true, .dtls = true}},
});

}  // namespace

std::optional<RtpProfile> parse_profile(std::string_view protocol) {
  for (const ProfileName& known : kProfiles) {
    if (same_word(known.name, protocol)) {
      return known.profile;
    }
  }
  return std::nullopt;
}

std::string_view print_profile(const RtpProfile& profile) {
  RtpProfile wanted = profile;
  wanted.secure = profile.secure || profile.dtls;
  for (const ProfileName& known : kProfiles) {
    if (known.profile == wanted) {
      return known.name;
    }
  }
  return kProfiles.front().name;
}

}  // namespace pollux::sdp
