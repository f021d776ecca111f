// RTCP compound packets: checking, walking, translating, writing reports. The first octet says how, the rest
// is the datagram.
#include <string_view>
#include <vector>

#include "dataplane/rtp/party_view.hpp"
#include "dataplane/rtp/rtcp.hpp"
#include "dataplane/rtp/rtcp_report.hpp"
#include "tests/fuzz/fuzz_input.hpp"

namespace pollux::rtp {
namespace {

constexpr std::uint8_t kReducedSize = 1;
constexpr std::uint8_t kForward = 2;
constexpr std::uint8_t kReverse = 4;
constexpr std::uint8_t kForwardMoved = 8;  // the source has changed: the first one is the former now
constexpr std::uint8_t kReverseMoved = 16;

// Small numbers for SSRCs and sequences, which a fuzzer finds: `ssrc` goes out as `ssrc` + 1.
StreamRewriter rewriter(std::uint32_t ssrc, bool moved) {
  StreamRewriter result(ssrc + 1, 3, 5);
  RewrittenHeader out;
  RtpHeader header;
  header.sequence = 1;
  POLLUX_FUZZ_CHECK(result.map({ssrc, 0}, header, 0, 8000, out));
  if (moved) {
    header.sequence = 0xff00;
    POLLUX_FUZZ_CHECK(result.map({ssrc + 2, 0}, header, 20, 8000, out));
  }
  return result;
}

// What a party says of our media, when it was sent an SR of this very time some moment ago.
void reports(std::span<const std::uint8_t> compound) {
  const ReportContents contents = read_reports(compound);
  PartyView party;
  POLLUX_FUZZ_CHECK(!party.reported() && !party.round_trip_us());
  if (!contents.block) {
    return;
  }
  party.on_sr_sent(contents.sr_ntp_middle.value_or(1), 500);
  party.on_sr_sent(contents.block->last_sr, 1000);
  party.on_report(*contents.block, 2'000'000);
  POLLUX_FUZZ_CHECK(party.reported() && party.cumulative_lost() == contents.block->cumulative_lost);
  POLLUX_FUZZ_CHECK(party.cumulative_lost() >= -0x800000 && party.cumulative_lost() <= 0x7fffff);
  POLLUX_FUZZ_CHECK(party.round_trip_us().has_value() == (contents.block->last_sr != 0));
  POLLUX_FUZZ_CHECK(party.round_trip_us().value_or(0) <= 2'000'000);
}

// What a report of ours answers to it, and that what comes back from ourselves says nothing.
void answers(std::span<const std::uint8_t> compound, std::uint32_t sender) {
  const ReportContents contents = read_reports_to(0x21, compound);
  POLLUX_FUZZ_CHECK(!contents.block || contents.block->ssrc == 0x21);
  POLLUX_FUZZ_CHECK(!contents.sr_ntp_middle || contents.sr_ssrc != 0x21);
  const ReportContents own = read_reports_to(sender, compound);
  POLLUX_FUZZ_CHECK(!own.sr_ntp_middle || own.sr_ssrc != sender);
  LastSenderReport last;
  last.on_sr(contents.sr_ssrc, contents.sr_ntp_middle.value_or(0), 1000);
  const std::uint32_t delay = last.delay_since_sr(contents.sr_ssrc, 501'000);
  POLLUX_FUZZ_CHECK(delay == (contents.sr_ntp_middle.value_or(0) == 0 ? 0 : 32768));
}

void run(FuzzInput input) {
  const std::uint8_t flags = input.u8();
  const auto datagram = input.rest();
  std::vector<std::uint8_t> bytes(datagram.begin(), datagram.end());
  const auto size_rule = (flags & kReducedSize) != 0 ? ReducedSize::kAllowed : ReducedSize::kRefused;
  if (!validate_rtcp(bytes, size_rule)) {
    return;
  }
  POLLUX_FUZZ_CHECK(validate_rtcp(bytes, ReducedSize::kAllowed));
  POLLUX_FUZZ_CHECK(!bytes.empty() && bytes.size() % 4 == 0);
  std::size_t walked = 0;
  RtcpReader reader(bytes);
  RtcpPacket packet;
  while (reader.next(packet)) {
    POLLUX_FUZZ_CHECK(packet.bytes.data() == bytes.data() + walked && packet.padding < packet.bytes.size());
    walked += packet.bytes.size();
  }
  POLLUX_FUZZ_CHECK(reader.ok() && walked == bytes.size());

  const StreamRewriter forward = rewriter(0x10, (flags & kForwardMoved) != 0);
  const StreamRewriter reverse = rewriter(0x20, (flags & kReverseMoved) != 0);
  RtcpMapping mapping;
  mapping.forward = (flags & kForward) != 0 ? &forward : nullptr;
  mapping.reverse = (flags & kReverse) != 0 ? &reverse : nullptr;
  const std::uint32_t sender = rtcp_sender_ssrc(bytes);
  reports(datagram);
  answers(datagram, sender);
  const std::size_t length = translate_rtcp(bytes, mapping);
  POLLUX_FUZZ_CHECK(length <= bytes.size());
  const auto translated = std::span(bytes).first(length);
  if (length != 0) {
    POLLUX_FUZZ_CHECK(validate_rtcp(translated, size_rule));
    POLLUX_FUZZ_CHECK(mapping.forward == nullptr || !forward.is_former({sender, 0}));
  } else {
    // Gone altogether: the former source's, or feedback about what was before.
    POLLUX_FUZZ_CHECK((mapping.forward != nullptr && forward.is_former({sender, 0})) ||
                      (mapping.reverse != nullptr && size_rule == ReducedSize::kAllowed));
  }
  if (mapping.forward == nullptr && mapping.reverse == nullptr) {
    POLLUX_FUZZ_CHECK(std::equal(bytes.begin(), bytes.end(), datagram.begin(), datagram.end()));
  }
}

void bye(FuzzInput input) {
  std::uint32_t more[40];
  const std::size_t count = input.u8() % 41;
  for (std::size_t i = 0; i < count; ++i) {
    more[i] = input.u8();
  }
  std::vector<std::uint8_t> out(input.u16() % 1200);
  const auto text = input.rest();
  const std::string_view words(reinterpret_cast<const char*>(text.data()), text.size());
  const std::string_view cname = words.substr(0, words.size() / 2);
  const std::size_t length = write_bye(out, 7, std::span(more, count), cname, words.substr(cname.size()));
  POLLUX_FUZZ_CHECK(length <= out.size());
  POLLUX_FUZZ_CHECK(length == 0 || validate_rtcp(std::span(out).first(length)));
  POLLUX_FUZZ_CHECK(length == 0 || rtcp_sender_ssrc(out) == 7);
}

// Reports of whatever values, in whatever room.
void report(FuzzInput input) {
  const std::uint8_t flags = input.u8();
  OwnReport report;
  report.ssrc = 7;
  std::vector<std::uint8_t> out(input.u16() % 400);
  if ((flags & 1) != 0) {
    report.sender = SenderInfo{.ntp = input.u16(), .packets = input.u16()};
  }
  if ((flags & 2) != 0) {
    const auto lost = static_cast<std::int32_t>(std::uint32_t{input.u16()} << 16);
    report.block = OwnReportBlock{.ssrc = 9, .reception = {.cumulative_lost = lost}};
  }
  if ((flags & 4) != 0) {
    set_losses(report.metrics.emplace(), input.u16(), input.u16(), input.u16(),
               {.bursts = input.u8(), .burst_packets = input.u16(), .burst_lost = input.u16()}, input.u16());
  }
  const auto text = input.rest();
  report.cname = {reinterpret_cast<const char*>(text.data()), text.size()};
  const auto length = write_report(out, report);
  const auto written = std::span<const std::uint8_t>(out).first(length);
  POLLUX_FUZZ_CHECK(length == 0 || (validate_rtcp(written) && rtcp_sender_ssrc(written) == 7));
  POLLUX_FUZZ_CHECK(length == 0 || read_reports_to(9, written).block.has_value() == report.block.has_value());
}

}  // namespace
}  // namespace pollux::rtp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pollux::rtp::run(pollux::FuzzInput(data, size));
  pollux::rtp::bye(pollux::FuzzInput(data, size));
  pollux::rtp::report(pollux::FuzzInput(data, size));
  return 0;
}
