#include "controlplane/sdp/section_writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "controlplane/sdp/crypto_attribute.hpp"

namespace pollux::sdp {

namespace {

constexpr auto kHopAttributes = std::to_array<std::string_view>({"candidate",
                                                                 "remote-candidates",
                                                                 "end-of-candidates",
                                                                 "ice-ufrag",
                                                                 "ice-pwd",
                                                                 "ice-options",
                                                                 "ice-lite",
                                                                 "ice-mismatch",
                                                                 "ice-pacing",
                                                                 "fingerprint",
                                                                 "setup",
                                                                 "tls-id",
                                                                 "dtls-id",
                                                                 "connection",
                                                                 "acap",
                                                                 "tcap",
                                                                 "pcfg",
                                                                 "acfg",
                                                                 "csup",
                                                                 "creq",
                                                                 "bundle-only",
                                                                 "key-mgmt"});

bool is_direction(const Line& line) {
  return line.is_attribute("sendrecv") || line.is_attribute("sendonly") || line.is_attribute("recvonly") ||
         line.is_attribute("inactive");
}

std::string_view direction_name(Direction direction) {
  static constexpr std::array<std::string_view, 4> kNames{"sendrecv", "sendonly", "recvonly", "inactive"};
  return kNames[static_cast<std::size_t>(direction)];
}

// The number that a=rtpmap, a=fmtp and a=rtcp-fb begin with, and the rest.
std::pair<std::optional<std::uint8_t>, std::string_view> numbered(std::string_view value) {
  std::uint8_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  const auto length = static_cast<std::size_t>(end - value.data());
  if (error != std::errc{} || (length < value.size() && value[length] != ' ')) {
    return {std::nullopt, value};
  }
  return {number, value.substr(length)};
}

class SectionWriter {
 public:
  SectionWriter(const Section& body, const SectionPlan& plan, const SectionPlace& place)
      : body_(body), plan_(plan), place_(place) {}

  Section relayed() {
    for (const Line& line : body_.lines) {
      if (line.type == 'm') {
        media_line(line, place_.local->rtp.port, numbers());
      } else if (line.type == 'c' || line.type == 'k') {
        continue;  // c= comes where it belongs; k= is a key of the other side
      } else {
        if (line.type != 'i') {
          connection();
        }
        line.type == 'a' ? attribute(line) : static_cast<void>(keep(line));
      }
    }
    connection();
    added_formats();
    rtcp_lines();
    crypto_lines();
    if (plan_.direction) {
      direction_line();
    }
    if (!std::exchange(ptime_done_, true) && plan_.ptime_ms != 0) {
      add("ptime:" + std::to_string(plan_.ptime_ms));
    }
    if (!plan_.new_mid.empty()) {
      add("mid:" + plan_.new_mid);
    }
    return std::move(result_);
  }

  // What formats, keys and addresses there were is nobody's business any more.
  Section rejected() {
    for (const Line& line : body_.lines) {
      if (line.type == 'm') {
        media_line(line, 0, plan_.format_list);
      } else if (line.type == 'c' && place_.local) {
        Line& own = keep(line);
        own.value = print_connection(place_.local->rtp.ip);
      } else if (line.type != 'k' && !(line.type == 'a' && of_media(line))) {
        keep(line);
      }
    }
    return std::move(result_);
  }

 private:
  Line& keep(const Line& line) {
    Line& kept = result_.lines.emplace_back(line);
    if (kept.end == LineEnd::kNone) {
      kept.end = place_.line_end;  // others may follow
    }
    return kept;
  }

  Line& add(std::string_view value, char type = 'a') {
    Line& line = result_.lines.emplace_back();
    line.type = type;
    line.value = value;
    line.end = place_.line_end;
    return line;
  }

  // "audio 49170 RTP/AVP 0 8"
  void media_line(const Line& line, std::uint16_t port, std::string_view formats) {
    const std::string_view value = line.value;
    const std::string kind(value.substr(0, value.find_first_of(" \t")));
    keep(line).value = kind + " " + std::to_string(port) + " " + plan_.protocol +
                       (formats.empty() ? "" : " ") + std::string(formats);
  }

  std::string numbers() const {
    std::string list;
    for (const FormatPlan& format : plan_.formats) {
      list += (list.empty() ? "" : " ") + std::to_string(format.payload_type);
    }
    return list;
  }

  void connection() {
    if (!std::exchange(connection_done_, true)) {
      add(plan_.zero_address ? (place_.local->rtp.ip.is_v4() ? "IN IP4 0.0.0.0" : "IN IP6 ::")
                             : print_connection(place_.local->rtp.ip),
          'c');
    }
  }

  void attribute(const Line& line) {
    if (is_hop_attribute(line) || (plan_.drop_mid && line.is_attribute("mid"))) {
      return;
    }
    if (line.is_attribute("rtpmap") || line.is_attribute("fmtp") || line.is_attribute("rtcp-fb")) {
      format_line(line);
    } else if (line.is_attribute("rtcp") || line.is_attribute("rtcp-mux") ||
               line.is_attribute("rtcp-mux-only")) {
      added_formats();
      rtcp_lines();
    } else if (line.is_attribute("crypto")) {
      added_formats();
      crypto_lines();
    } else if (is_direction(line)) {
      added_formats();
      plan_.direction ? direction_line() : static_cast<void>(keep(line));
    } else if (line.is_attribute("ptime")) {
      ptime_line(line);
    } else if (!line.is_attribute("maxptime") || !ptime_too_long(line)) {
      keep(line);
    }
  }

  void format_line(const Line& line) {
    const auto [number, rest] = numbered(line.attribute_value());
    const bool feedback = line.is_attribute("rtcp-fb");
    if (feedback && !number) {  // "*"
      if (plan_.feedback && feedback_offered(std::string(line.attribute_value()))) {
        keep(line);
      }
      return;
    }
    for (const FormatPlan& format : plan_.formats) {
      if (!number || format.from != *number) {
        continue;
      }
      const bool parameters = line.is_attribute("fmtp");
      const std::string value = std::to_string(format.payload_type) + std::string(rest);
      if ((feedback && (!plan_.feedback || !feedback_offered(value))) || (parameters && format.fmtp)) {
        return;
      }
      keep(line).value = std::string(line.attribute()) + ":" + value;
      if (line.is_attribute("rtpmap") && format.fmtp && !format.fmtp->empty()) {
        add("fmtp:" + std::to_string(format.payload_type) + " " + *format.fmtp);
      }
      return;
    }
  }

  bool feedback_offered(const std::string& value) const {
    if (!plan_.offered_feedback) {
      return true;
    }
    const std::string any = "*" + value.substr(std::min(value.find(' '), value.size()));
    return std::ranges::any_of(*plan_.offered_feedback, [&](const std::string& offered) {
      return offered == value || offered == any;
    });
  }

  // Formats that the body hasn't got, behind those that it has.
  void added_formats() {
    if (std::exchange(formats_done_, true)) {
      return;
    }
    for (const FormatPlan& format : plan_.formats) {
      const std::string number = std::to_string(format.payload_type);
      if (!format.from) {
        add("rtpmap:" + number + " " + format.rtpmap);
        if (format.fmtp && !format.fmtp->empty()) {
          add("fmtp:" + number + " " + *format.fmtp);
        }
      } else if (format.fmtp && !format.fmtp->empty() && !has_rtpmap(*format.from)) {
        add("fmtp:" + number + " " + *format.fmtp);
      }
    }
  }

  bool has_rtpmap(std::uint8_t payload_type) const {
    return std::ranges::any_of(body_.lines, [payload_type](const Line& line) {
      return line.is_attribute("rtpmap") && numbered(line.attribute_value()).first == payload_type;
    });
  }

  void rtcp_lines() {
    if (std::exchange(rtcp_done_, true)) {
      return;
    }
    const SocketAddress& rtcp = place_.local->rtcp;
    if (plan_.rtcp_apart && place_.rtcp != RtcpAttribute::kNone && rtcp.port != place_.local->rtp.port) {
      add("rtcp:" + std::to_string(rtcp.port) +
          (place_.rtcp == RtcpAttribute::kFull ? " " + print_connection(rtcp.ip) : ""));
    }
    if (plan_.rtcp_mux) {
      add("rtcp-mux");
    }
    if (plan_.rtcp_mux_only) {
      add("rtcp-mux-only");
    }
  }

  void crypto_lines() {
    if (std::exchange(crypto_done_, true)) {
      return;
    }
    for (const CryptoPlan& crypto : plan_.crypto) {
      CryptoAttribute attribute;
      attribute.tag = crypto.tag;
      attribute.keys.push_back(crypto.key);
      const SecretText text = print_crypto(attribute, plan_.padding);
      add(text.view().substr(2));  // "a="
    }
  }

  void direction_line() {
    if (!std::exchange(direction_done_, true)) {
      add(direction_name(*plan_.direction));
    }
  }

  void ptime_line(const Line& line) {
    added_formats();
    if (plan_.ptime_ms == 0) {
      keep(line);
    } else if (!std::exchange(ptime_done_, true)) {
      add("ptime:" + std::to_string(plan_.ptime_ms));
    }
  }

  bool ptime_too_long(const Line& line) const {
    const auto [most, rest] = numbered(line.attribute_value());
    return most && plan_.ptime_ms > *most;
  }

  static bool of_media(const Line& line) {
    return is_hop_attribute(line) || is_direction(line) || line.is_attribute("rtpmap") ||
           line.is_attribute("fmtp") || line.is_attribute("rtcp-fb") || line.is_attribute("rtcp") ||
           line.is_attribute("rtcp-mux") || line.is_attribute("rtcp-mux-only") ||
           line.is_attribute("crypto") || line.is_attribute("ptime") || line.is_attribute("maxptime");
  }

  const Section& body_;
  const SectionPlan& plan_;
  const SectionPlace& place_;
  Section result_;
  bool connection_done_ = false, formats_done_ = false, rtcp_done_ = false, crypto_done_ = false;
  bool direction_done_ = false, ptime_done_ = false;
};

}  // namespace

Section write_section(const Section& body, const SectionPlan& plan, const SectionPlace& place) {
  SectionWriter writer(body, plan, place);
  if (plan.fate == Fate::kRelay && place.local) {
    return writer.relayed();
  }
  Section section = plan.fate == Fate::kPass ? body : writer.rejected();
  const auto is_connection = [](const Line& line) { return line.type == 'c'; };
  if (place.connection != nullptr && std::ranges::none_of(section.lines, is_connection)) {
    const bool title = section.lines.size() > 1 && section.lines[1].type == 'i';
    section.lines.insert(section.lines.begin() + (title ? 2 : 1), *place.connection);
  }
  return section;
}

std::string print_connection(const IpAddress& address) {
  return (address.is_v4() ? "IN IP4 " : "IN IP6 ") + address.to_string();
}

bool is_hop_attribute(const Line& line) {
  return line.type == 'a' && std::ranges::find(kHopAttributes, line.attribute()) != kHopAttributes.end();
}

}  // namespace pollux::sdp
