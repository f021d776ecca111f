#include "controlplane/cli/leg_parser.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "controlplane/cli/codec_parser.hpp"
#include "controlplane/cli/dtmf_parser.hpp"
#include "controlplane/cli/srtp_parser.hpp"
#include "controlplane/cli/value_parser.hpp"

namespace pollux::cli {

namespace {

constexpr Word<v1::AddressFamily> kFamilies[] = {{"v4", v1::ADDRESS_FAMILY_IPV4},
                                                 {"v6", v1::ADDRESS_FAMILY_IPV6},
                                                 {"ipv4", v1::ADDRESS_FAMILY_IPV4},
                                                 {"ipv6", v1::ADDRESS_FAMILY_IPV6}};
constexpr Word<v1::Direction> kDirections[] = {{"sendrecv", v1::DIRECTION_SENDRECV},
                                               {"sendonly", v1::DIRECTION_SENDONLY},
                                               {"recvonly", v1::DIRECTION_RECVONLY},
                                               {"inactive", v1::DIRECTION_INACTIVE}};
constexpr Word<v1::LearningMode> kLearningModes[] = {{"heuristic", v1::LEARNING_MODE_HEURISTIC},
                                                     {"delayed", v1::LEARNING_MODE_DELAYED},
                                                     {"immediate", v1::LEARNING_MODE_IMMEDIATE},
                                                     {"off", v1::LEARNING_MODE_OFF}};
constexpr Word<v1::SourcePolicy> kPolicies[] = {{"strict", v1::SOURCE_POLICY_STRICT_SOURCE},
                                                {"handover", v1::SOURCE_POLICY_MEDIA_HANDOVER},
                                                {"any", v1::SOURCE_POLICY_ACCEPT_ANY}};
constexpr Word<v1::StreamMode> kStreamModes[] = {{"preserve", v1::STREAM_MODE_PRESERVE},
                                                 {"rewrite", v1::STREAM_MODE_REWRITE}};
constexpr Word<v1::SilencePolicy> kSilences[] = {{"noise", v1::SILENCE_POLICY_COMFORT_NOISE},
                                                 {"nothing", v1::SILENCE_POLICY_NOTHING}};

constexpr std::string_view kKeys =
    "network, remote, remote-rtcp, family, rtcp-mux, direction, learning, policy, stream, dscp, pt, sinks, "
    "codec, ptime, jitter-window, silence, dtx, rtcp-xr, dtmf-send, dtmf-receive, dtmf-block, dtmf-guard, "
    "dtmf-level, dtmf-keep-audio, srtp-receive, srtp-receive-roc, srtp-send, srtp-send-roc, srtp";

constexpr std::uint32_t kMostPtimeMs = 120;
constexpr std::uint32_t kMostWindowMs = 500;

bool is_leg_id(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), allowed);
}

bool is_encoding(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), allowed);
}

class LegParser {
 public:
  explicit LegParser(std::string_view text) : text_(text) {}

  Parsed<v1::LegSpec> parse() {
    const auto parts = split(text_, ',');
    if (parts[0].find('=') != std::string_view::npos) {
      problem("it must begin with the leg's id, such as 'a," + std::string(text_) + "'");
      return std::move(result_);
    }
    if (!is_leg_id(parts[0])) {
      problem("the leg's id must be 1..32 of A-Z a-z 0-9 _ -, not '" + std::string(parts[0]) + "'");
    }
    leg().set_leg_id(std::string(parts[0]));
    for (const std::string_view part : std::span(parts).subspan(1)) {
      parse_part(part);
    }
    check_srtp();
    return std::move(result_);
  }

 private:
  v1::LegSpec& leg() { return result_.value; }

  void problem(const std::string& why) {
    result_.problems.push_back("--leg '" + without_keys(text_) + "': " + without_keys(why));
  }

  void parse_part(std::string_view part) {
    const auto equals = part.find('=');
    const std::string_view key = part.substr(0, equals);
    const bool has_value = equals != std::string_view::npos;
    const std::string_view value = has_value ? part.substr(equals + 1) : std::string_view();
    if (key != "pt" && key != "sinks" && key != "codec" && !seen_.insert(key).second) {
      problem(std::string(key) + " is given twice");
      return;
    }
    if (parse_flag(key, value, has_value)) {
      return;
    }
    if (has_value && value.empty()) {
      problem(std::string(key) + "= needs a value");
      return;
    }
    if (!parse_key(key, value)) {
      problem("'" + std::string(key) + "' is no key of a leg; they are " + std::string(kKeys));
      return;
    }
    if (!has_value) {
      problem(std::string(key) + " needs a value: " + std::string(key) + "=...");
    }
  }

  // False: no such key. An empty `value` (none given) is left for the caller to complain about.
  bool parse_key(std::string_view key, std::string_view value) {
    if (key == "network") {
      leg().set_network(std::string(value));
    } else if (key == "remote") {
      parse_address(key, value, [this] { return leg().mutable_remote_rtp(); });
    } else if (key == "remote-rtcp") {
      parse_address(key, value, [this] { return leg().mutable_remote_rtcp(); });
    } else if (key == "family") {
      parse_word<v1::AddressFamily>(key, value, kFamilies, [this](auto v) { leg().set_family(v); });
    } else if (key == "direction") {
      parse_word<v1::Direction>(key, value, kDirections, [this](auto v) { leg().set_direction(v); });
    } else if (key == "learning") {
      parse_word<v1::LearningMode>(key, value, kLearningModes, [this](auto v) { leg().set_learning(v); });
    } else if (key == "policy") {
      parse_word<v1::SourcePolicy>(key, value, kPolicies, [this](auto v) { leg().set_source_policy(v); });
    } else if (key == "stream") {
      parse_word<v1::StreamMode>(key, value, kStreamModes, [this](auto v) { leg().set_stream_mode(v); });
    } else if (key == "dscp") {
      parse_dscp(value);
    } else if (key == "pt") {
      parse_each(value, [this](std::string_view item) { parse_payload_type(item); });
    } else if (key == "sinks") {
      parse_each(value, [this](std::string_view item) { parse_sink(item); });
    } else {
      return parse_media_key(key, value) || parse_srtp_key(key, value);
    }
    return true;
  }

  bool parse_media_key(std::string_view key, std::string_view value) {
    if (key == "codec") {
      parse_each(value, [this](std::string_view item) { add_codec(item); });
    } else if (key == "ptime") {
      parse_milliseconds(key, value, kMostPtimeMs, [this](auto ms) { leg().set_ptime_ms(ms); });
    } else if (key == "jitter-window") {
      parse_milliseconds(key, value, kMostWindowMs, [this](auto ms) { leg().set_jitter_window_ms(ms); });
    } else if (key == "silence") {
      parse_word<v1::SilencePolicy>(key, value, kSilences, [this](auto v) { leg().set_silence(v); });
    } else if (is_dtmf_key(key)) {
      parse_dtmf(key, value);
    } else {
      return false;
    }
    return true;
  }

  void parse_dtmf(std::string_view key, std::string_view value) {
    if (value.empty()) {
      return;
    }
    if (const std::string why = parse_dtmf_key(key, value, *leg().mutable_dtmf()); !why.empty()) {
      problem(why);
    }
  }

  void add_codec(std::string_view item) {
    auto parsed = parse_codec(item);
    for (const auto& why : parsed.problems) {
      problem("codec '" + std::string(item) + "': " + why);
    }
    if (parsed.ok()) {
      *leg().add_codecs() = std::move(parsed.value);
    }
  }

  template <typename Set>
  void parse_milliseconds(std::string_view key, std::string_view value, std::uint32_t most, Set set) {
    const auto number = parse_number(value);
    if (!value.empty() && (!number || *number > most)) {
      problem(std::string(key) + " must be 0.." + std::to_string(most) + " ms, written as a number; not '" +
              std::string(value) + "'");
    } else if (number) {
      set(*number);
    }
  }

  bool parse_srtp_key(std::string_view key, std::string_view value) {
    if (key == "srtp-receive") {
      parse_key_of(key, value, [this] { return leg().mutable_srtp_receive(); });
    } else if (key == "srtp-send") {
      parse_key_of(key, value, [this] { return leg().mutable_srtp_send(); });
    } else if (key == "srtp-receive-roc") {
      parse_roc(key, value, receive_roc_);
    } else if (key == "srtp-send-roc") {
      parse_roc(key, value, send_roc_);
    } else if (key == "srtp") {
      if (!value.empty() && value != "passthrough") {
        problem("srtp can only be passthrough; keys are given by srtp-receive and srtp-send");
      }
      leg().set_srtp_passthrough(value == "passthrough");
    } else {
      return false;
    }
    return true;
  }

  template <typename Target>
  void parse_key_of(std::string_view key, std::string_view value, Target target) {
    if (value.empty()) {
      return;
    }
    auto parsed = read_srtp(value);
    for (const auto& why : parsed.problems) {
      problem(std::string(key) + ": " + why);
    }
    *target() = std::move(parsed.value);
  }

  void parse_roc(std::string_view key, std::string_view value, std::optional<std::uint32_t>& roc) {
    roc = parse_number(value);
    if (!value.empty() && !roc) {
      problem(std::string(key) + " must be 0..4294967295");
    }
  }

  // What the keys of SRTP are together, in whichever order they were given.
  void check_srtp() {
    if (leg().srtp_passthrough() && (leg().has_srtp_receive() || leg().has_srtp_send())) {
      problem("srtp=passthrough goes without keys: leave it out, or srtp-receive and srtp-send");
    }
    set_roc("srtp-receive", receive_roc_, leg().has_srtp_receive() ? leg().mutable_srtp_receive() : nullptr);
    set_roc("srtp-send", send_roc_, leg().has_srtp_send() ? leg().mutable_srtp_send() : nullptr);
  }

  void set_roc(const std::string& key, std::optional<std::uint32_t> roc, v1::SrtpParams* params) {
    if (roc && params == nullptr) {
      problem(key + "-roc needs " + key);
    } else if (roc) {
      params->set_roc(*roc);
    }
  }

  // False: no such key.
  bool parse_flag(std::string_view key, std::string_view value, bool has_value) {
    if (key != "rtcp-mux" && key != "dtx" && key != "rtcp-xr" && key != "dtmf-keep-audio") {
      return false;
    }
    if (has_value && value != "yes" && value != "no") {
      problem(std::string(key) + " stands alone, or is yes or no; not '" + std::string(value) + "'");
    } else if (key == "rtcp-mux") {
      leg().set_rtcp_mux(value != "no");
    } else if (key == "dtx") {
      leg().set_dtx(value != "no");
    } else if (key == "dtmf-keep-audio") {
      leg().mutable_dtmf()->set_keep_audio(value != "no");
    } else {
      leg().set_rtcp_xr(value != "no");
    }
    return true;
  }

  template <typename Target>
  void parse_address(std::string_view key, std::string_view value, Target target) {
    if (value.empty()) {
      return;
    }
    auto parsed = parse_socket_address(value);
    if (!parsed.ok()) {
      problem(std::string(key) + ": " + parsed.problems.front());
      return;
    }
    *target() = std::move(parsed.value);
  }

  template <typename T, typename Set>
  void parse_word(std::string_view key, std::string_view value, std::span<const Word<T>> words, Set set) {
    if (value.empty()) {
      return;
    }
    std::string allowed;
    for (const auto& word : words) {
      if (word.text == value) {
        set(word.value);
        return;
      }
      allowed += (allowed.empty() ? "" : ", ") + std::string(word.text);
    }
    problem(std::string(key) + " is one of " + allowed + "; not '" + std::string(value) + "'");
  }

  void parse_dscp(std::string_view value) {
    const auto number = parse_number(value);
    if (!value.empty() && (!number || *number > 63)) {
      problem("dscp must be 0..63, not '" + std::string(value) + "'");
      return;
    }
    if (number) {
      leg().set_dscp(*number);
    }
  }

  template <typename Each>
  void parse_each(std::string_view value, Each each) {
    if (value.empty()) {
      return;
    }
    for (const std::string_view item : split(value, '+')) {
      each(item);
    }
  }

  // WIRE[:COMMON][@RATE][/NAME]; WIRE alone passes under its own number.
  void parse_payload_type(std::string_view item) {
    const std::string where = "pt '" + std::string(item) + "': ";
    std::string_view encoding;
    if (const auto slash = item.find('/'); slash != std::string_view::npos) {
      encoding = item.substr(slash + 1);
      item = item.substr(0, slash);
      if (!is_encoding(encoding)) {
        problem(where + "the encoding's name must be 1..32 of A-Z a-z 0-9 . _ -, as in a=rtpmap");
        return;
      }
    }
    const auto at = item.find('@');
    const auto numbers = item.substr(0, at);
    const auto colon = numbers.find(':');
    const auto wire = parse_number(numbers.substr(0, colon));
    const auto common = colon == std::string_view::npos ? wire : parse_number(numbers.substr(colon + 1));
    if (!wire || !common) {
      problem(where +
              "written WIRE:COMMON, WIRE:COMMON@RATE or WIRE:COMMON@RATE/NAME, such as 101:96@48000/opus");
      return;
    }
    if (*wire > 127 || *common > 127) {
      problem(where + "payload types are 0..127");
      return;
    }
    if (*wire >= 64 && *wire <= 95) {
      problem(where + "64..95 would be taken for RTCP (RFC 5761)");
      return;
    }
    std::uint32_t rate = 0;
    if (at != std::string_view::npos) {
      const auto number = parse_number(item.substr(at + 1));
      if (!number || *number < 1000 || *number > 192'000) {
        problem(where + "the clock rate must be 1000..192000 Hz");
        return;
      }
      rate = *number;
    }
    auto* mapping = leg().add_payload_types();
    mapping->set_wire(*wire);
    mapping->set_common(*common);
    mapping->set_clock_rate(rate);
    mapping->set_encoding(std::string(encoding));
  }

  void parse_sink(std::string_view item) {
    if (!is_leg_id(item)) {
      problem("sinks holds ids of legs joined by '+', not '" + std::string(item) + "'");
      return;
    }
    leg().add_sinks(std::string(item));
  }

  std::string_view text_;
  Parsed<v1::LegSpec> result_;
  std::set<std::string_view> seen_;
  std::optional<std::uint32_t> receive_roc_;
  std::optional<std::uint32_t> send_roc_;
};

}  // namespace

Parsed<v1::LegSpec> parse_leg(std::string_view text) {
  return LegParser(text).parse();
}

}  // namespace pollux::cli
