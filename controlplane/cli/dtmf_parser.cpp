#include "controlplane/cli/dtmf_parser.hpp"

#include <cstdint>
#include <span>

#include "controlplane/cli/value_parser.hpp"

namespace pollux::cli {

namespace {

constexpr Word<v1::DtmfSend> kSends[] = {{"auto", v1::DTMF_SEND_AUTO},
                                         {"rfc4733", v1::DTMF_SEND_RFC4733},
                                         {"in-band", v1::DTMF_SEND_IN_BAND},
                                         {"sip-info", v1::DTMF_SEND_SIP_INFO},
                                         {"none", v1::DTMF_SEND_NONE}};
constexpr Word<v1::DtmfBlock> kBlocks[] = {{"drop", v1::DTMF_BLOCK_DROP},
                                           {"silence", v1::DTMF_BLOCK_SILENCE},
                                           {"tone", v1::DTMF_BLOCK_TONE},
                                           {"random", v1::DTMF_BLOCK_RANDOM}};

constexpr std::uint32_t kMostGuardMs = 100;
constexpr std::uint32_t kSoftest = 36;
constexpr std::string_view kNo = "no-";

std::string not_this(std::string_view key, std::string_view allowed, std::string_view value) {
  return std::string(key) + " is " + std::string(allowed) + "; not '" + std::string(value) + "'";
}

// "in-band+no-sip-info": ways that are believed, and such that aren't.
std::string parse_ways(std::string_view key, std::string_view value, v1::DtmfPolicy& policy) {
  for (const std::string_view item : split(value, '+')) {
    const bool no = item.starts_with(kNo);
    const std::string_view way = no ? item.substr(kNo.size()) : item;
    const auto wish = no ? v1::DTMF_RECEIVE_OFF : v1::DTMF_RECEIVE_ON;
    if (way == "in-band") {
      policy.set_receive_in_band(wish);
    } else if (way == "rfc4733") {
      policy.set_receive_rfc4733(wish);
    } else if (way == "sip-info") {
      policy.set_receive_sip_info(wish);
    } else {
      return not_this(key, "in-band, rfc4733, sip-info, or one with no- in front; several joined with +",
                      item);
    }
  }
  return {};
}

std::string parse_level(std::string_view key, std::string_view value, v1::DtmfPolicy& policy) {
  const bool below_zero = value.starts_with('-');
  const auto number = parse_number(value.substr(below_zero ? 1 : 0));
  if (!number || *number > kSoftest || (*number != 0 && !below_zero)) {
    return not_this(key, "-36..0 dBm0, such as -8", value);
  }
  policy.set_level_dbm0(-static_cast<std::int32_t>(*number));
  return {};
}

}  // namespace

bool is_dtmf_key(std::string_view key) {
  return key == "dtmf-send" || key == "dtmf-receive" || key == "dtmf-block" || key == "dtmf-guard" ||
         key == "dtmf-level";
}

std::string parse_dtmf_key(std::string_view key, std::string_view value, v1::DtmfPolicy& policy) {
  if (key == "dtmf-receive") {
    return parse_ways(key, value, policy);
  }
  if (key == "dtmf-level") {
    return parse_level(key, value, policy);
  }
  if (key == "dtmf-send") {
    const auto send = find_word<v1::DtmfSend>(kSends, value);
    policy.set_send(send.value_or(v1::DTMF_SEND_UNSPECIFIED));
    return send ? "" : not_this(key, "one of auto, rfc4733, in-band, sip-info, none", value);
  }
  if (key == "dtmf-block") {
    const auto block = parse_block_mode(value);
    policy.set_block(block.value_or(v1::DTMF_BLOCK_UNSPECIFIED));
    return block ? "" : not_this(key, "one of drop, silence, tone, random", value);
  }
  const auto guard = parse_number(value);
  if (!guard || *guard > kMostGuardMs) {
    return not_this(key, "0..100 ms, written as a number", value);
  }
  policy.set_tone_guard_ms(*guard);
  return {};
}

std::optional<v1::DtmfBlock> parse_block_mode(std::string_view text) {
  return find_word<v1::DtmfBlock>(kBlocks, text);
}

}  // namespace pollux::cli
