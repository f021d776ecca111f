// Two parties and a relay between them, for tests: bodies go in and come out as text.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/sdp/dialog.hpp"

namespace pollux::sdp::test {

inline std::string body(std::string_view sections, std::string_view session = "c=IN IP4 192.0.2.10\r\n") {
  return "v=0\r\no=alice 1 1 IN IP4 192.0.2.10\r\ns=call\r\n" + std::string(session) + "t=0 0\r\n" +
         std::string(sections);
}

// Lines of `text` that begin with `prefix`, with "|" between.
inline std::string lines(std::string_view text, std::string_view prefix) {
  std::string found;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (line.starts_with(prefix)) {
      found += (found.empty() ? "" : "|") + std::string(line);
    }
  }
  return found;
}

// "0:PCMU 101:telephone-event"
inline std::string shown(const std::vector<CodecFormat>& codecs) {
  std::string text;
  for (const CodecFormat& codec : codecs) {
    text += (text.empty() ? "" : " ") + std::to_string(codec.payload_type) + ":" +
            std::string(codec_facts(codec.params.id).name);
  }
  return text;
}

class Relay {
 public:
  // Ports: the caller finds section n at 198.51.100.1:30000+10n, the callee at 203.0.113.1:40000+10n, RTCP
  // one above unless the leg is mux.
  std::string offer(Side from, std::string_view text, const SdpOptions& options = {}) {
    return take(from, text, options, &Dialog::take_offer);
  }
  std::string answer(Side from, std::string_view text, const SdpOptions& options = {}) {
    return take(from, text, options, &Dialog::take_answer);
  }
  // The callee takes what it is offered, says so and names its own address: the body that it would write.
  static std::string accept(std::string_view offer) {
    std::string text(offer);
    for (const auto& [was, is] : {std::pair{"203.0.113.1", "192.0.2.20"}, {" 4000", " 5000"}}) {
      for (std::size_t at = 0; (at = text.find(was, at)) != std::string::npos; at += std::strlen(is)) {
        text.replace(at, std::strlen(was), is);
      }
    }
    return text;
  }

  MediaLeg leg(Side side, std::size_t section = 0) const {
    const auto all = dialog.legs();
    return section < all.size() && all[section].sides ? (*all[section].sides)[index_of(side)] : MediaLeg{};
  }
  bool relayed(std::size_t section = 0) const {
    const auto all = dialog.legs();
    return section < all.size() && all[section].sides.has_value();
  }

  std::vector<SectionPorts> ports() const {
    std::vector<SectionPorts> ports;
    for (const SectionLegs& legs : dialog.legs()) {
      SectionPorts& section = ports.emplace_back();
      for (std::size_t side = 0; legs.sides && side < 2; ++side) {
        const bool six = (*legs.sides)[side].family == AddressFamily::kIpv6;
        const char* const ip =
            side == 0 ? (six ? "2001:db8::1" : "198.51.100.1") : (six ? "2001:db8::2" : "203.0.113.1");
        const auto port = static_cast<std::uint16_t>((side == 0 ? 30000 : 40000) + 10 * (ports.size() - 1));
        const bool mux = (*legs.sides)[side].rtcp_mux;
        const auto address = *IpAddress::parse(ip);
        section[side] =
            LocalMedia{{address, port}, {address, static_cast<std::uint16_t>(port + (mux ? 0 : 1))}};
      }
    }
    return ports;
  }

  std::string warned() const {
    std::string all;
    for (const std::string& warning : warnings) {
      all += (all.empty() ? "" : "|") + warning;
    }
    return all;
  }

  Dialog dialog;
  std::vector<std::string> warnings;
  std::string error;  // of the last message: "CAUSE field message"

 private:
  std::string take(Side from, std::string_view text, const SdpOptions& options,
                   Expected<void> (Dialog::*method)(Side, const Document&, const SdpOptions&, RandomSource&,
                                                    std::vector<std::string>&)) {
    warnings.clear();
    error.clear();
    const auto document = parse_document(text);
    if (!document) {
      error = "test: " + document.error().message;
      return {};
    }
    if (const auto taken = (dialog.*method)(from, *document, options, random_, warnings); !taken) {
      error = taken.error().cause + " " + taken.error().field + " " + taken.error().message;
      return {};
    }
    const auto printed = print_document(dialog.write(from, *document, ports()));
    const auto again = parse_document(printed);
    EXPECT_TRUE(again.has_value()) << (again ? "" : again.error().message) << "\n" << printed;
    return std::string(printed);
  }

  RandomSource random_;
};

}  // namespace pollux::sdp::test
