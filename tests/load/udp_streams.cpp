#include "tests/load/udp_streams.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace pollux::load {

namespace {

constexpr std::size_t kHeader = 12;
constexpr std::uint32_t kTicks = 160;  // 20 ms at 8 kHz: G.711 and G.729 alike
constexpr std::uint32_t kFirstSequence = 1000;
constexpr std::uint32_t kFirstTimestamp = 50000;
constexpr std::uint32_t kSsrc = 0x10000000;
constexpr std::uint32_t kNoCall = UINT32_MAX;
constexpr std::uint32_t kPlaces = 37;  // so that not everybody says the same at a time

void put16(std::uint8_t* to, std::uint32_t value) {
  to[0] = static_cast<std::uint8_t>(value >> 8);
  to[1] = static_cast<std::uint8_t>(value);
}

void put32(std::uint8_t* to, std::uint32_t value) {
  put16(to, value >> 16);
  put16(to + 2, value);
}

std::uint32_t get32(const std::uint8_t* from) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    value = value << 8 | from[i];
  }
  return value;
}

std::string quantiles(std::vector<double>& values) {
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    if (values.empty()) {
      return 0.0;
    }
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
    return values[std::max<std::size_t>(rank, 1) - 1];
  };
  char text[160];
  std::snprintf(text, sizeof text, R"({"p50": %.1f, "p99": %.1f, "p999": %.1f, "max": %.1f})", at(0.5),
                at(0.99), at(0.999), at(1));
  return text;
}

}  // namespace

UdpStreams::UdpStreams(const UdpPlan& plan, std::uint32_t rounds) : plan_(&plan) {
  srtp_init();
  for (auto& ports : call_by_port_) {
    ports.assign(1 << 16, kNoCall);
  }
  streams_.resize(kUdpSides * plan.calls.size());
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    streams_[i].sent_ns.reserve(rounds);
    streams_[i].received_ns.resize(rounds);
    const UdpLeg& of = leg(i);
    call_by_port_[i % 2][ntohs(of.relay.sin_port)] = static_cast<std::uint32_t>(i / 2);
    sealing_.push_back(of.own ? open_srtp(*of.own, false) : Srtp(nullptr, srtp_dealloc));
    opening_.push_back(of.theirs ? open_srtp(*of.theirs, true) : Srtp(nullptr, srtp_dealloc));
  }
}

UdpStreams::Srtp UdpStreams::open_srtp(const MasterKey& key, bool inbound) {
  MasterKey copy = key;
  srtp_policy_t policy{};
  srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
  srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
  policy.ssrc.type = inbound ? ssrc_any_inbound : ssrc_any_outbound;
  policy.key = copy.data();
  policy.window_size = 1024;
  srtp_t made = nullptr;
  if (srtp_create(&made, &policy) != srtp_err_status_ok) {
    std::fprintf(stderr, "udp_load: libsrtp takes no key\n");
    std::abort();
  }
  return {made, srtp_dealloc};
}

std::size_t UdpStreams::make(std::size_t stream, std::uint8_t* bytes) {
  const UdpSide& side = plan_->sides[stream % 2];
  const auto number = static_cast<std::uint32_t>(streams_[stream].sent_ns.size());
  const Payload& payload = side.recording[(stream * kPlaces + number) % side.recording.size()];
  bytes[0] = 0x80;
  bytes[1] = static_cast<std::uint8_t>(side.payload_type | (number == 0 ? 0x80 : 0));
  put16(bytes + 2, kFirstSequence + number);
  put32(bytes + 4, kFirstTimestamp + kTicks * number);
  put32(bytes + 8, kSsrc + static_cast<std::uint32_t>(stream));
  std::memcpy(bytes + kHeader, payload.data(), payload.size());
  int length = static_cast<int>(kHeader + payload.size());
  if (sealing_[stream]) {
    srtp_protect(sealing_[stream].get(), bytes, &length);
  }
  return static_cast<std::size_t>(length);
}

void UdpStreams::take(unsigned side, std::span<std::uint8_t> bytes, std::uint16_t relay_port,
                      std::int64_t at_ns) {
  const std::uint32_t call = call_by_port_[side][relay_port];
  if (call == kNoCall || bytes.size() < kHeader) {
    ++strange_;
    return;
  }
  if (bytes[1] >= 192 && bytes[1] <= 223) {
    ++rtcp_;
    return;
  }
  auto length = static_cast<int>(bytes.size());
  const Srtp& srtp = opening_[kUdpSides * call + side];
  if (srtp && srtp_unprotect(srtp.get(), bytes.data(), &length) != srtp_err_status_ok) {
    ++strange_;
    return;
  }
  const std::size_t stream = kUdpSides * call + (side ^ 1);
  UdpStream& of = streams_[stream];
  const std::uint32_t timestamp = get32(bytes.data() + 4);
  if (!of.arrived) {  // a relay that transcodes may count from anywhere
    const std::uint32_t since = timestamp - kFirstTimestamp;
    of.first_timestamp = since / kTicks < of.sent_ns.size() ? kFirstTimestamp : timestamp;
    of.arrived = true;
  }
  const std::uint32_t since = timestamp - of.first_timestamp, number = since / kTicks;
  if (number >= of.sent_ns.size()) {
    ++strange_;
    return;
  }
  duplicates_ += of.received_ns[number] != 0;
  of.received_ns[number] = at_ns;
  const std::span<const std::uint8_t> payload =
      bytes.first(static_cast<std::size_t>(length)).subspan(kHeader);
  const unsigned payload_type = bytes[1] & 0x7f;
  // A relay that transcodes may cut packets elsewhere: rtpengine's of G.729 begin 10 ms later.
  if ((plan_->untouched && since % kTicks != 0) || payload_type != plan_->sides[side].payload_type ||
      !is_whole(stream, number, payload)) {
    if (corrupt_++ == 0) {
      char text[120];
      std::snprintf(text, sizeof text, "to side %u: payload type %u, %zu octets, %u ticks after the first",
                    side, payload_type, payload.size(), since);
      first_corrupt_ = text;
    }
  }
}

bool UdpStreams::is_whole(std::size_t stream, std::uint32_t number,
                          std::span<const std::uint8_t> payload) const {
  if (!plan_->untouched) {
    return payload.size() == plan_->sides[(stream % 2) ^ 1].recording[0].size();
  }
  const auto& recording = plan_->sides[stream % 2].recording;
  const Payload& said = recording[(stream * kPlaces + number) % recording.size()];
  return std::equal(said.begin(), said.end(), payload.begin(), payload.end());
}

std::string UdpStreams::report(std::uint32_t first, double seconds) const {
  std::array<std::vector<double>, kUdpSides> delays;
  std::array<std::uint64_t, kUdpSides> sent{};
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    const UdpStream& stream = streams_[i];
    for (std::size_t number = first; number < stream.sent_ns.size(); ++number) {
      ++sent[i % 2];
      if (stream.received_ns[number] != 0) {
        delays[i % 2].push_back(static_cast<double>(stream.received_ns[number] - stream.sent_ns[number]) /
                                1e3);
      }
    }
  }
  std::string text = "{\"seconds\": " + std::to_string(seconds);
  const auto add = [&text](const char* name, std::uint64_t value) {
    text += ", \"" + std::string(name) + "\": " + std::to_string(value);
  };
  const std::size_t received = delays[0].size() + delays[1].size();
  add("sent", sent[0] + sent[1]);
  add("received", received);
  add("lost", sent[0] + sent[1] - received);
  add("lost_a_to_b", sent[0] - delays[0].size());
  add("lost_b_to_a", sent[1] - delays[1].size());
  add("strange", strange_);
  add("corrupt", corrupt_);
  add("duplicates", duplicates_);
  add("rtcp", rtcp_);
  text += ", \"first_corrupt\": \"" + first_corrupt_ + "\"";
  text += ", \"delay_a_to_b_us\": " + quantiles(delays[0]) + ", \"delay_b_to_a_us\": " + quantiles(delays[1]);
  delays[0].insert(delays[0].end(), delays[1].begin(), delays[1].end());
  return text + ", \"delay_us\": " + quantiles(delays[0]);
}

}  // namespace pollux::load
