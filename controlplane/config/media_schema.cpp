#include "controlplane/config/media_schema.hpp"

#include "dataplane/api/session_spec.hpp"

namespace pollux::config {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr std::uint64_t kSmallestWindow = 64;  // RFC 3711 §3.3.2
constexpr std::uint64_t kLargestWindow = 1024;
constexpr std::uint64_t kWindowStep = 64;  // the window is kept in words of so many bits

// A duration that the data plane keeps as a plain count of milliseconds.
template <typename Owner, typename Get>
void add_milliseconds(Section<Owner>& section, KeyDoc doc, Get get, milliseconds least, milliseconds most) {
  section.template converted<milliseconds>(
      std::move(doc), [get](const Owner& owner) { return milliseconds(get(owner)); },
      [get](Owner& owner, milliseconds value) { get(owner) = static_cast<std::uint32_t>(value.count()); },
      duration(least, most));
}

ValueType<std::uint16_t> window_size() {
  const std::string range = std::to_string(kSmallestWindow) + ".." + std::to_string(kLargestWindow) +
                            ", a multiple of " + std::to_string(kWindowStep);
  const auto parse = [](const std::string& text) -> Parsed<std::uint16_t> {
    const auto value = parse_integer(text, kSmallestWindow, kLargestWindow, "packets");
    if (!value) {
      return tl::unexpected(value.error());
    }
    if (*value % kWindowStep != 0) {
      const std::uint64_t below = *value - *value % kWindowStep;
      return tl::unexpected(std::to_string(*value) + " is not a multiple of " + std::to_string(kWindowStep) +
                            "; write " + std::to_string(below) + " or " +
                            std::to_string(below + kWindowStep));
    }
    return static_cast<std::uint16_t>(*value);
  };
  const auto show = [](const std::uint16_t& value) { return std::to_string(value); };
  return scalar<std::uint16_t>("packets", range, "a whole number", parse, show);
}

ValueType<bool> yes_or_no() {
  return word<bool>({{"true", true}, {"false", false}});
}

}  // namespace

Section<LearningConfig> learning_section() {
  Section<LearningConfig> section;
  section.value({.name = "probation_packets",
                 .doc = "Packets in sequence that prove a source to be an RTP stream.",
                 .apply = Apply::kHot},
                POLLUX_MEMBER(probation_packets), integer<std::uint32_t>(1, 100, "packets"));
  add_milliseconds(section,
                   {.name = "delayed",
                    .doc = "Mode delayed: how long only the signalled source is believed.",
                    .apply = Apply::kHot},
                   POLLUX_MEMBER(delayed_ms), milliseconds(0), minutes(1));
  add_milliseconds(section,
                   {.name = "handover_silence",
                    .doc = "How long the known source must be silent before another may take its place.",
                    .apply = Apply::kHot},
                   POLLUX_MEMBER(handover_silence_ms), milliseconds(20), minutes(1));
  add_milliseconds(section,
                   {.name = "min_change_interval",
                    .doc = "Least time between two changes of a leg's source.",
                    .apply = Apply::kHot},
                   POLLUX_MEMBER(min_change_interval_ms), milliseconds(0), hours(1));
  return section;
}

Section<NodeConfig> srtp_section() {
  Section<NodeConfig> section;
  section
      .value({.name = "backend",
              .doc = "Library that encrypts: ipsec_mb takes whole batches, libsrtp a packet at a time."},
             POLLUX_MEMBER(dataplane.srtp.backend),
             word<SrtpBackend>({{"ipsec_mb", SrtpBackend::kIpsecMb}, {"libsrtp", SrtpBackend::kLibsrtp}}))
      .value({.name = "replay_window",
              .doc = "How far behind the newest packet of its stream one may come and still be taken."},
             POLLUX_MEMBER(dataplane.srtp.replay_window), window_size())
      .value({.name = "streams_per_key", .doc = "SSRCs under one key of a leg that are told apart."},
             POLLUX_MEMBER(dataplane.srtp.streams_per_key), integer<std::uint16_t>(1, 256, "SSRCs"));
  add_milliseconds(section,
                   {.name = "rekey_overlap",
                    .doc = "How long a party's former key is good after an Update gave it another."},
                   POLLUX_MEMBER(dataplane.srtp.rekey_overlap_ms), milliseconds(0), minutes(10));
  section
      .value({.name = "allow_null_cipher",
              .doc = "Take keys of the suite NULL_HMAC_SHA1_80, which doesn't encrypt.",
              .apply = Apply::kHot},
             POLLUX_MEMBER(srtp.allow_null_cipher), yes_or_no())
      .value({.name = "allow_decrypted_capture",
              .doc = "Let captures show SRTP as it is inside: whoever may capture hears the calls.",
              .apply = Apply::kHot},
             POLLUX_MEMBER(srtp.allow_decrypted_capture), yes_or_no());
  return section;
}

Section<NodeConfig> media_section() {
  Section<NodeConfig> section;
  section
      .value(
          {.name = "jitter_window",
           .doc = "How long at most transcoding waits for late packets, where the leg says nothing; 0s: not.",
           .apply = Apply::kHot},
          POLLUX_MEMBER(media.jitter_window), duration(milliseconds(0), milliseconds(kMaxJitterWindowMs)))
      .value(
          {.name = "max_packets_per_second",
           .doc = "Packets that a local port takes from its party, so that no call takes the others' time; "
                  "0: any number.",
           .apply = Apply::kHot},
          POLLUX_MEMBER(dataplane.max_packets_per_second),
          integer<std::uint32_t>(0, kMostPacketsPerSecond, "packets per second"));
  return section;
}

}  // namespace pollux::config
