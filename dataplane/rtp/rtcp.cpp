#include "dataplane/rtp/rtcp.hpp"

#include <algorithm>
#include <cstring>

#include "dataplane/base/byte_order.hpp"

namespace pollux::rtp {

namespace {

constexpr std::size_t kCommonHeader = 4;  // V, P, count; type; length
constexpr std::size_t kSenderInfo = 20;   // of an SR, after the SSRC
constexpr std::size_t kReportBlock = 24;

constexpr std::uint8_t type_of(RtcpType type) {
  return static_cast<std::uint8_t>(type);
}

// The least length that the packet's type and count announce, padding not included.
std::size_t least_length(std::uint8_t type, std::uint8_t count) {
  switch (static_cast<RtcpType>(type)) {
    case RtcpType::kSr:
      return kCommonHeader + 4 + kSenderInfo + count * kReportBlock;
    case RtcpType::kRr:
      return kCommonHeader + 4 + count * kReportBlock;
    case RtcpType::kBye:
      return kCommonHeader + count * std::size_t{4};
    case RtcpType::kSdes:
      return kCommonHeader + count * std::size_t{8};  // SSRC and at least the end of an item list
    case RtcpType::kApp:
    case RtcpType::kRtpFb:
    case RtcpType::kPsFb:
      return kCommonHeader + 8;
    case RtcpType::kXr:
      return kCommonHeader + 4;
  }
  return kCommonHeader;
}

// Takes `length` bytes at `at` out of `content` bytes at `packet`; the new content length.
std::size_t cut(std::uint8_t* packet, std::size_t content, std::size_t at, std::size_t length) {
  std::memmove(packet + at, packet + at + length, content - at - length);
  return content - length;
}

void set_count(std::uint8_t* packet, std::size_t count) {
  packet[0] = static_cast<std::uint8_t>((packet[0] & 0xe0U) | (count & 0x1fU));
}

// One packet at a time, in place. Each function gets a packet's `content` bytes (without padding), whose
// length validate_rtcp() has checked, and returns how many are left: 0 = the packet goes away.
class Translator {
 public:
  explicit Translator(const RtcpMapping& mapping) : mapping_(mapping) {}

  std::size_t packet(std::uint8_t* packet, std::size_t content) const {
    const std::uint8_t count = packet[0] & 0x1fU;
    switch (static_cast<RtcpType>(packet[1])) {
      case RtcpType::kSr:
        sender_info(packet);
        return reports(packet, content, kCommonHeader + 4 + kSenderInfo, count);
      case RtcpType::kRr:
        to_forward(packet + 4);
        return reports(packet, content, kCommonHeader + 4, count);
      case RtcpType::kSdes:
        source_description(packet, content, count);
        return content;
      case RtcpType::kBye:
        for (std::size_t i = 0; i < count; ++i) {
          to_forward(packet + kCommonHeader + 4 * i);
        }
        return content;
      case RtcpType::kApp:
        to_forward(packet + 4);
        return content;
      case RtcpType::kRtpFb:
        return transport_feedback(packet, content, count);
      case RtcpType::kPsFb:
        payload_feedback(packet, content, count);
        return content;
      case RtcpType::kXr:
        return extended_reports(packet, content);
    }
    return content;
  }

 private:
  // SSRC of the author's own stream, as the receiver knows it.
  bool to_forward(std::uint8_t* at) const {
    const StreamRewriter* forward = mapping_.forward;
    if (forward == nullptr || !forward->has_source() ||
        forward->source() != StreamSource{load_be32(at), mapping_.source_id}) {
      return false;
    }
    store_be32(at, forward->out_ssrc());
    return true;
  }

  // SSRC of the stream that the author receives, as its sender knows it.
  bool to_reverse(std::uint8_t* at) const {
    const StreamRewriter* reverse = mapping_.reverse;
    if (reverse == nullptr || !reverse->has_source() || load_be32(at) != reverse->out_ssrc()) {
      return false;
    }
    store_be32(at, reverse->source().ssrc);
    return true;
  }

  void sender_info(std::uint8_t* packet) const {
    if (to_forward(packet + 4)) {
      store_be32(packet + 16, mapping_.forward->timestamp_from_source(load_be32(packet + 16)));
      store_be32(packet + 20, mapping_.packets_sent);
      store_be32(packet + 24, mapping_.octets_sent);
    }
  }

  std::size_t reports(std::uint8_t* packet, std::size_t content, std::size_t at, std::size_t count) const {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count; ++i) {
      std::uint8_t* highest = packet + at + 8;
      std::uint32_t in = 0;
      if (to_reverse(packet + at)) {
        if (!mapping_.reverse->sequence_to_source(load_be16(highest + 2), in)) {
          content = cut(packet, content, at, kReportBlock);
          continue;
        }
        store_be32(highest, in);
      }
      at += kReportBlock;
      ++kept;
    }
    set_count(packet, kept);
    return content;
  }

  // RFC 3550 §6.5. What doesn't fit is left as it is.
  void source_description(std::uint8_t* packet, std::size_t content, std::size_t count) const {
    std::size_t at = kCommonHeader;
    for (std::size_t i = 0; i < count && content - at >= 4; ++i) {
      to_forward(packet + at);
      at += 4;
      while (at < content && packet[at] != 0) {
        at += content - at >= 2 ? std::size_t{2} + packet[at + 1] : 2;
      }
      at = (at + 4) & ~std::size_t{3};  // over the end and its padding to a multiple of four
      if (at > content) {
        return;
      }
    }
  }

  std::size_t transport_feedback(std::uint8_t* packet, std::size_t content, std::uint8_t format) const {
    constexpr std::uint8_t kNack = 1;
    constexpr std::uint8_t kTmmbr = 3;
    constexpr std::uint8_t kTmmbn = 4;
    to_forward(packet + 4);
    const bool ours = to_reverse(packet + 8);
    std::size_t at = kCommonHeader + 8;
    if (format == kTmmbr || format == kTmmbn) {
      each_ssrc(packet, content, at, 8);
    }
    if (format != kNack || !ours || content - at < 4) {
      return content;
    }
    while (content - at >= 4) {
      std::uint32_t in = 0;
      if (mapping_.reverse->sequence_to_source(load_be16(packet + at), in)) {
        store_be16(packet + at, static_cast<std::uint16_t>(in));
        at += 4;
      } else {
        content = cut(packet, content, at, 4);
      }
    }
    return at == kCommonHeader + 8 ? 0 : content;
  }

  void payload_feedback(std::uint8_t* packet, std::size_t content, std::uint8_t format) const {
    constexpr std::uint8_t kFir = 4;  // RFC 5104 §4.3
    constexpr std::uint8_t kTstr = 5;
    constexpr std::uint8_t kTstn = 6;
    constexpr std::uint8_t kApplication = 15;
    to_forward(packet + 4);
    to_reverse(packet + 8);
    constexpr std::size_t kFci = kCommonHeader + 8;
    if (format == kFir || format == kTstr || format == kTstn) {
      each_ssrc(packet, content, kFci, 8);
    } else if (format == kApplication && content >= kFci + 8 && std::memcmp(packet + kFci, "REMB", 4) == 0) {
      const std::size_t listed = kFci + 8 + std::size_t{4} * packet[kFci + 4];
      each_ssrc(packet, std::min(content, listed), kFci + 8, 4);
    }
  }

  void each_ssrc(std::uint8_t* packet, std::size_t content, std::size_t at, std::size_t stride) const {
    for (; content >= at + stride; at += stride) {
      to_reverse(packet + at);
    }
  }

  // RFC 3611. What doesn't fit is left as it is.
  std::size_t extended_reports(std::uint8_t* packet, std::size_t content) const {
    to_forward(packet + 4);
    std::size_t at = kCommonHeader + 4;
    const bool had_blocks = content > at;
    while (content - at >= 4) {
      const std::size_t length = 4 + std::size_t{4} * load_be16(packet + at + 2);
      if (length > content - at) {
        break;
      }
      if (report_block(packet + at, length)) {
        at += length;
      } else {
        content = cut(packet, content, at, length);
      }
    }
    return had_blocks && content == kCommonHeader + 4 ? 0 : content;
  }

  // False: the block goes away.
  bool report_block(std::uint8_t* block, std::size_t length) const {
    switch (block[0]) {
      case 1:  // loss run lengths, duplicate run lengths, packet receipt times, statistics summary:
      case 2:  // SSRC, first sequence number, last one + 1
      case 3:
      case 6:
        if (length >= 12 && to_reverse(block + 4)) {
          const std::uint16_t begin = load_be16(block + 8);
          std::uint32_t in = 0;
          if (!mapping_.reverse->sequence_to_source(begin, in)) {
            return false;
          }
          store_be16(block + 10, static_cast<std::uint16_t>(in + load_be16(block + 10) - begin));
          store_be16(block + 8, static_cast<std::uint16_t>(in));
        }
        return true;
      case 5:  // DLRR: whose receiver reference time is answered
        each_ssrc(block, length, 4, 12);
        return true;
      case 7:  // VoIP metrics
        if (length >= 8) {
          to_reverse(block + 4);
        }
        return true;
      default:
        return true;
    }
  }

  const RtcpMapping& mapping_;
};

std::size_t pad_to_word(std::uint8_t* bytes, std::size_t from, std::size_t to) {
  std::memset(bytes + from, 0, to - from);
  return to;
}

void write_header(std::uint8_t* at, std::size_t count, RtcpType type, std::size_t length) {
  at[0] = static_cast<std::uint8_t>(0x80U | count);
  at[1] = type_of(type);
  store_be16(at + 2, static_cast<std::uint16_t>(length / 4 - 1));
}

}  // namespace

bool RtcpReader::next(RtcpPacket& out) {
  if (rest_.empty() || !ok_) {
    return false;
  }
  ok_ = false;
  if (rest_.size() < kCommonHeader || (rest_[0] & 0xc0U) != 0x80U) {
    return false;
  }
  const std::size_t length = 4 * (std::size_t{load_be16(&rest_[2])} + 1);
  if (length > rest_.size()) {
    return false;
  }
  out.count = rest_[0] & 0x1fU;
  out.type = rest_[1];
  out.padding = 0;
  out.bytes = rest_.first(length);
  if ((rest_[0] & 0x20U) != 0) {
    out.padding = rest_[length - 1];
    if (length != rest_.size() || out.padding == 0 || out.padding % 4 != 0 ||
        out.padding > length - kCommonHeader) {
      return false;
    }
  }
  rest_ = rest_.subspan(length);
  ok_ = true;
  return true;
}

bool validate_rtcp(std::span<const std::uint8_t> compound, ReducedSize reduced_size) {
  RtcpReader reader(compound);
  RtcpPacket packet;
  bool first = true;
  while (reader.next(packet)) {
    if (packet.bytes.size() - packet.padding < least_length(packet.type, packet.count)) {
      return false;
    }
    const bool report = packet.type == type_of(RtcpType::kSr) || packet.type == type_of(RtcpType::kRr);
    if (first && reduced_size == ReducedSize::kRefused && (!report || packet.padding != 0)) {
      return false;
    }
    first = false;
  }
  return reader.ok() && !first;
}

std::uint32_t rtcp_sender_ssrc(std::span<const std::uint8_t> compound) {
  RtcpReader reader(compound);
  RtcpPacket packet;
  return reader.next(packet) && packet.bytes.size() - packet.padding >= 8 ? load_be32(&packet.bytes[4]) : 0;
}

std::size_t translate_rtcp(std::span<std::uint8_t> compound, const RtcpMapping& mapping) {
  if (mapping.forward != nullptr &&
      mapping.forward->is_former({rtcp_sender_ssrc(compound), mapping.source_id})) {
    return 0;
  }
  const Translator translator(mapping);
  std::uint8_t* const bytes = compound.data();
  std::size_t read = 0;
  std::size_t written = 0;
  RtcpReader reader(compound);
  RtcpPacket packet;
  // The reader has passed a packet before it is changed or moved towards the front.
  while (reader.next(packet)) {
    const std::size_t length = packet.bytes.size();
    const std::size_t content = translator.packet(bytes + read, length - packet.padding);
    if (content != 0) {
      const std::size_t left = content + packet.padding;
      std::memmove(bytes + written, bytes + read, content);
      std::memmove(bytes + written + content, bytes + read + length - packet.padding, packet.padding);
      store_be16(bytes + written + 2, static_cast<std::uint16_t>(left / 4 - 1));
      written += left;
    }
    read += length;
  }
  return written;
}

std::size_t write_bye(std::span<std::uint8_t> out, std::uint32_t ssrc, std::span<const std::uint32_t> more,
                      std::string_view cname, std::string_view reason) {
  constexpr std::size_t kMaxText = 255;
  cname = cname.substr(0, kMaxText);
  reason = reason.substr(0, kMaxText);
  const std::size_t rr = kCommonHeader + 4;
  const std::size_t sdes =
      kCommonHeader + ((4 + 2 + cname.size()) | 3) + 1;  // at least one octet 0 ends the items
  const std::size_t leaving = 1 + more.size();
  const std::size_t bye = kCommonHeader + 4 * leaving + (reason.empty() ? 0 : (reason.size() | 3) + 1);
  if (leaving > 31 || out.size() < rr + sdes + bye) {
    return 0;
  }
  std::uint8_t* at = out.data();
  write_header(at, 0, RtcpType::kRr, rr);
  store_be32(at + 4, ssrc);
  at += rr;

  constexpr std::uint8_t kCname = 1;
  write_header(at, 1, RtcpType::kSdes, sdes);
  store_be32(at + 4, ssrc);
  at[8] = kCname;
  at[9] = static_cast<std::uint8_t>(cname.size());
  std::copy(cname.begin(), cname.end(), at + 10);
  at += pad_to_word(at, 10 + cname.size(), sdes);

  write_header(at, leaving, RtcpType::kBye, bye);
  store_be32(at + 4, ssrc);
  for (std::size_t i = 0; i < more.size(); ++i) {
    store_be32(at + 8 + 4 * i, more[i]);
  }
  if (!reason.empty()) {
    const std::size_t text = kCommonHeader + 4 * leaving;
    at[text] = static_cast<std::uint8_t>(reason.size());
    std::copy(reason.begin(), reason.end(), at + text + 1);
    pad_to_word(at, text + 1 + reason.size(), bye);
  }
  return rr + sdes + bye;
}

}  // namespace pollux::rtp
