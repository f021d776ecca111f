// An SDP body goes through Pollux unharmed, whatever is in it.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "controlplane/sdp/media_description.hpp"
#include "tests/support/sdp_bodies.hpp"

namespace pollux::sdp {
namespace {

bool coin() {
  return *rc::gen::arbitrary<bool>();
}

int some_number(int below) {
  return *rc::gen::inRange(0, below);
}

// Anything but control characters, which no line may have.
std::string some_text() {
  const auto letters = *rc::gen::container<std::string>(rc::gen::suchThat<char>(
      [](char c) { return c == '\t' || (c & 0x80) != 0 || (c >= ' ' && c != '\x7f'); }));
  return letters;
}

std::string some_end() {
  return some_number(4) == 0 ? "\n" : "\r\n";
}

std::string some_address() {
  return *rc::gen::element<std::string>("IN IP4 192.0.2.1", "IN IP4 0.0.0.0", "IN IP6 2001:db8::1",
                                        "IN IP6 ::");
}

std::string some_attribute() {
  const std::string number = std::to_string(some_number(128));
  switch (some_number(10)) {
    case 0:
      return "a=fmtp:" + number + " " + some_text();
    case 1:
      return *rc::gen::element<std::string>("a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive");
    case 2:
      return "a=ptime:" + number;
    case 3:
      return *rc::gen::element<std::string>("a=rtcp-mux", "a=rtcp-mux-only", "a=ice-ufrag:abcd");
    case 4:
      return "a=rtcp:" + std::to_string(1 + some_number(65535)) + (coin() ? " " + some_address() : "");
    case 5:
      return "b=AS:" + number;
    case 6:
      return "k=" + some_text();
    case 7:
      return "a=crypto:" + number + " UNKNOWN_SUITE " + *rc::gen::element<std::string>("", "inline:abcd");
    default:
      return "a=x" + some_text();
  }
}

// rtpmaps of different numbers, since a number has one.
std::vector<std::string> some_rtpmaps() {
  std::vector<std::string> lines;
  for (int number = some_number(64); number < 128; number += 1 + some_number(60)) {
    lines.push_back("a=rtpmap:" + std::to_string(number) + " " +
                    *rc::gen::element<std::string>("PCMU/8000", "opus/48000/2", "telephone-event/8000",
                                                   "L16/16000/2", "AMR-WB/16000", "red/8000", "CN/16000"));
  }
  return lines;
}

struct Generated {
  std::string body;
  std::vector<unsigned> first_lines;  // numbers of the m= lines
  std::vector<int> ports;
};

Generated some_body() {
  Generated generated;
  unsigned number = 0;
  const auto add = [&](const std::string& line) {
    generated.body += line + some_end();
    ++number;
  };
  add("v=0");
  add("o=- 1 " + std::to_string(some_number(1'000'000)) + " " + some_address());
  if (coin()) {
    add("s=" + some_text());
  }
  const bool for_all = coin();
  if (for_all) {
    add("c=" + some_address());
  }
  if (coin()) {
    add("t=0 0");
  }
  for (int i = some_number(4); i > 0; --i) {
    add(some_attribute());
  }
  for (int sections = some_number(5); sections > 0; --sections) {
    const int port = some_number(3) == 0 ? 0 : some_number(65536);
    std::string formats;
    for (int i = 1 + some_number(8); i > 0; --i) {
      formats += " " + std::to_string(some_number(128));
    }
    add("m=" + *rc::gen::element<std::string>("audio", "video", "image", "x-other") + " " +
        std::to_string(port) + " " +
        *rc::gen::element<std::string>("RTP/AVP", "RTP/SAVPF", "udptl", "UDP/TLS/RTP/SAVPF") + formats);
    generated.first_lines.push_back(number);
    generated.ports.push_back(port);
    if (!for_all || coin()) {
      add("c=" + some_address());
    }
    for (const std::string& line : some_rtpmaps()) {
      add(line);
    }
    for (int i = some_number(6); i > 0; --i) {
      add(some_attribute());
    }
  }
  if (some_number(4) == 0) {
    generated.body.resize(generated.body.find_last_not_of("\r\n") + 1);
  } else if (some_number(4) == 0) {
    generated.body += some_end() + some_end();
  }
  return generated;
}

RC_GTEST_PROP(Sdp, ComesOutAsItWentIn, ()) {
  const Generated generated = some_body();
  const auto document = parse_document(generated.body);
  RC_ASSERT(document.has_value());
  const SecretString printed = print_document(*document);
  RC_ASSERT(std::string_view(printed) == generated.body);
  const auto again = parse_document(printed);
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == *document);
}

RC_GTEST_PROP(Sdp, IsDescribedSectionBySection, ()) {
  const Generated generated = some_body();
  const auto document = parse_document(generated.body);
  RC_ASSERT(document.has_value());
  const auto described = describe(*document);
  RC_ASSERT(described.has_value());
  RC_ASSERT(described->size() == generated.first_lines.size());
  for (std::size_t i = 0; i < described->size(); ++i) {
    const MediaDescription& media = (*described)[i];
    RC_ASSERT(media.line == generated.first_lines[i]);
    RC_ASSERT(static_cast<int>(media.port) == generated.ports[i]);
    RC_ASSERT(!media.remote_rtp() || media.remote_rtp()->port == media.port);
    RC_ASSERT(media.profile || media.formats.empty());
  }
}

// Whatever one wrong letter does to a body of the real world, it is refused with its line, or goes on as it
// is.
RC_GTEST_PROP(Sdp, OneWrongLetterIsRefusedOrKept, ()) {
  static const std::vector<test::Body> bodies = test::all_bodies();
  std::string body = (*rc::gen::elementOf(bodies)).text;
  const std::size_t at = *rc::gen::inRange<std::size_t>(0, body.size());
  body[at] = *rc::gen::arbitrary<char>();
  const auto document = parse_document(body);
  const auto described = document.and_then([](const Document& parsed) { return describe(parsed); });
  if (document) {
    RC_ASSERT(std::string_view(print_document(*document)) == body);
  }
  if (described) {
    RC_ASSERT(described->size() == document->sections.size());
  } else {
    RC_ASSERT(described.error().cause == kSdpMalformed || described.error().cause == kSdpUnsupported);
    RC_ASSERT(described.error().field.starts_with("sdp.line["));
  }
}

}  // namespace
}  // namespace pollux::sdp
