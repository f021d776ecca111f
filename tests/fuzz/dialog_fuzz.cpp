// Offers and answers of two hostile parties: what each is told can be parsed, and what the legs are asked to
// be is what a session may have.
//
// 16 bytes of options, then messages with 0x01 between: offer, answer, offer of the other side, its answer …
#include <string_view>

#include "controlplane/sdp/dialog.hpp"
#include "controlplane/session/session_rules.hpp"
#include "tests/fuzz/fuzz_input.hpp"

namespace pollux::sdp {
namespace {

constexpr std::size_t kMaxMessages = 8;

SdpOptions read_options(FuzzInput& input) {
  static constexpr const char* kNames[] = {"all",
                                           "full",
                                           "PCMA",
                                           "PCMU",
                                           "opus/48000/2",
                                           "G729",
                                           "AMR",
                                           "CN",
                                           "G722",
                                           "red",
                                           "telephone-event",
                                           "L16/16000/2//x",
                                           "opus/48000/2//useinbandfec=1",
                                           "GSM",
                                           "H264",
                                           "none"};
  SdpOptions options;
  auto& codecs = options.codecs;
  for (auto* const list : {&codecs.strip, &codecs.except, &codecs.offer, &codecs.mask, &codecs.consume,
                           &codecs.accept, &codecs.transcode, &codecs.set}) {
    const std::uint8_t names = input.u8();
    for (const unsigned name : {names & 15U, static_cast<unsigned>(names >> 4)}) {
      if (name != 15) {
        const auto parsed = parse_codec_name(kNames[name]);
        POLLUX_FUZZ_CHECK(parsed.has_value());
        list->push_back(*parsed);
      }
    }
  }
  const std::uint32_t bits = input.u32();
  const auto bit = [bits](unsigned number) { return (bits >> number & 1U) != 0; };
  codecs.always_transcode = bit(0);
  codecs.single = bit(1);
  codecs.keep_order = bit(2);
  if (bit(3)) {
    options.profile = RtpProfile{bit(4), bit(5), bit(6) && bit(7)};
  }
  if (bit(8)) {
    options.family = bit(9) ? AddressFamily::kIpv6 : AddressFamily::kIpv4;
  }
  options.rtcp_mux = {bit(10), bit(11), bit(12), bit(13), bit(14)};
  options.osrtp = bit(15) ? OsrtpMode::kOffer : bit(16) ? OsrtpMode::kOff : OsrtpMode::kAccept;
  options.sdes.off = bit(17) && bit(18);
  options.sdes.pad = bit(18);
  options.sdes.with_mki = options.sdes.lifetime = bit(19);
  options.other_media = bit(20) ? OtherMedia::kPass : OtherMedia::kReject;
  options.inactive = bit(21);
  options.original_direction = bit(22);
  options.generate_mid = bit(23);
  options.full_rtcp_attribute = bit(24);
  options.replace = {bit(25), bit(26), bit(25), bit(26), bit(27), bit(28), bit(29)};
  if (bit(30)) {
    options.received_from = IpAddress::parse("192.0.2.99");
  }
  options.rtcp_xr = bit(31);
  options.ptime_ms = input.u8();
  options.ptime_reverse_ms = input.u8();
  const std::uint8_t dtmf = input.u8();
  options.offerer_dtmf.send = static_cast<DtmfSend>(dtmf % 5);
  options.receiver_dtmf.send = static_cast<DtmfSend>(dtmf / 5 % 5);
  options.receiver_dtmf.receive_rfc4733 = static_cast<DtmfReceive>(dtmf / 25 % 3);
  options.receiver_dtmf.tone_guard_ms = static_cast<std::uint8_t>(bits);
  options.jitter_window_ms = static_cast<std::uint16_t>(bits >> 16);
  options.known_codecs = input.u8() % 4 == 3 ? 0x1fff'ff00U : ~0U;
  return options;
}

std::vector<CodecCost> codec_costs(std::uint32_t known_codecs) {
  std::vector<CodecCost> costs;
  for (const CodecFacts& facts : kCodecs) {
    if ((known_codecs >> static_cast<unsigned>(facts.id) & 1U) != 0) {
      costs.push_back({facts.id, 0, 0});
    }
  }
  return costs;
}

// Where media goes through is what two parties make of it; the rules are those of every session.
void check_legs(const std::vector<SectionLegs>& sections, std::uint32_t known_codecs) {
  const std::vector<CodecCost> costs = codec_costs(known_codecs);
  static const std::vector<config::NetworkConfig> networks{
      {"net", {*IpAddress::parse("198.51.100.1"), *IpAddress::parse("2001:db8::1")}}};
  const control::NodeDefaults defaults{.networks = networks, .codecs = costs};
  for (std::size_t i = 0; i < sections.size(); ++i) {
    if (!sections[i].sides) {
      continue;
    }
    control::SessionRequest request;
    for (const MediaLeg& leg : *sections[i].sides) {
      control::LegRequest& one = request.legs.emplace_back();
      one.id = "leg-" + std::to_string(request.legs.size());
      one.family = leg.family;
      one.remote_rtp = leg.remote_rtp;
      one.remote_rtcp = leg.remote_rtcp;
      one.rtcp_mux = leg.rtcp_mux;
      one.direction = leg.direction;
      one.codecs = SharedList(leg.codecs);
      one.ptime_ms = leg.ptime_ms;
      one.jitter_window_ms = leg.jitter_window_ms;
      one.srtp_receive = leg.srtp_receive;
      one.srtp_send = leg.srtp_send;
      one.dtmf = leg.dtmf;
      one.rtcp_xr = leg.rtcp_xr;
    }
    control::Violations violations;
    control::resolve_defaults(request, defaults, control::SinkDefault::kEachOther);
    control::check_session(
        request, defaults, [](std::size_t leg) { return std::to_string(leg); }, violations);
    for (const control::FieldViolation& violation : violations) {
      std::fprintf(stderr, "section %zu: %s: %s\n", i, violation.field.c_str(),
                   violation.description.c_str());
    }
    POLLUX_FUZZ_CHECK(violations.empty());
  }
}

std::vector<SectionPorts> ports_of(const Dialog& dialog) {
  std::vector<SectionPorts> ports;
  for (const SectionLegs& legs : dialog.legs()) {
    SectionPorts& section = ports.emplace_back();
    for (std::size_t side = 0; legs.sides && side < section.size(); ++side) {
      const bool six = (*legs.sides)[side].family == AddressFamily::kIpv6;
      const auto ip = *IpAddress::parse(six ? "2001:db8::1" : "198.51.100.1");
      const auto port = static_cast<std::uint16_t>(20000 + 4 * ports.size() + 2 * side);
      section[side] = LocalMedia{{ip, port}, {ip, static_cast<std::uint16_t>(port + 1)}};
    }
  }
  return ports;
}

SecretString told(Dialog& dialog, Side from, const Document& body) {
  const Document written = dialog.write(from, body, ports_of(dialog));
  POLLUX_FUZZ_CHECK(written.sections.size() == dialog.legs().size());
  SecretString text = print_document(written);
  const auto parsed = parse_document(text);
  if (!parsed && text.size() <= kMaxBodyBytes && written.sections.size() * 70 + 1000 < kMaxLines) {
    std::fprintf(stderr, "%s\n", parsed.error().message.c_str());
  }
  // What is added may make a body too large, and only then.
  POLLUX_FUZZ_CHECK(parsed || parsed.error().field == "sdp");
  if (parsed) {
    const auto described = describe(*parsed);
    if (!described) {
      std::fprintf(stderr, "%s\n%s\n", described.error().message.c_str(), text.c_str());
    }
    POLLUX_FUZZ_CHECK(described.has_value());
  }
  return text;
}

void run(FuzzInput input) {
  const SdpOptions options = read_options(input);
  const auto rest = input.rest();
  std::string_view text(reinterpret_cast<const char*>(rest.data()), rest.size());
  RandomSource random;
  Dialog dialog;
  std::vector<std::string> warnings;
  for (std::size_t i = 0; i < kMaxMessages && !text.empty(); ++i) {
    const std::string_view message = text.substr(0, text.find('\x01'));
    text.remove_prefix(std::min(message.size() + 1, text.size()));
    const auto body = parse_document(message);
    if (!body) {
      continue;
    }
    const Side from = i % 4 == 0 || i % 4 == 3 ? Side::kCaller : Side::kCallee;
    const bool offer = i % 2 == 0;
    const auto take = [&] {
      return offer ? dialog.take_offer(from, *body, options, random, warnings)
                   : dialog.take_answer(from, *body, options, random, warnings);
    };
    if (const auto taken = take(); !taken) {
      POLLUX_FUZZ_CHECK(taken.error().code == ErrorCode::kInvalidArgument && !taken.error().message.empty());
      continue;
    }
    check_legs(dialog.legs(), options.known_codecs);
    const SecretString first = told(dialog, from, *body);
    const std::vector<SectionLegs> legs = dialog.legs();
    bool relayed = true;
    for (const SectionLegs& section : legs) {
      relayed = relayed && section.sides;
    }
    POLLUX_FUZZ_CHECK(take().has_value());
    POLLUX_FUZZ_CHECK(dialog.legs().size() == legs.size());
    // Sections that are rejected and asked for again get new keys.
    POLLUX_FUZZ_CHECK(!relayed || told(dialog, from, *body) == first);
    dialog.view();
    if (offer && from == Side::kCaller) {
      Dialog fork = dialog.fork();
      POLLUX_FUZZ_CHECK(fork.take_offer(from, *body, options, random, warnings).has_value());
      check_legs(fork.legs(), options.known_codecs);
    }
  }
}

}  // namespace
}  // namespace pollux::sdp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pollux::sdp::run(pollux::FuzzInput(data, size));
  return 0;
}
