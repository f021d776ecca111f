#include "controlplane/rpc/convert_srtp.hpp"

#include <array>
#include <span>

namespace pollux::rpc {

namespace {

using control::Violations;

// The API's number of each suite, by SrtpSuite.
constexpr auto kSuiteNumbers = std::to_array<v1::SrtpSuite>({
    v1::SRTP_SUITE_AES_CM_128_HMAC_SHA1_80,
    v1::SRTP_SUITE_AES_CM_128_HMAC_SHA1_32,
    v1::SRTP_SUITE_AES_256_CM_HMAC_SHA1_80,
    v1::SRTP_SUITE_AES_256_CM_HMAC_SHA1_32,
    v1::SRTP_SUITE_AEAD_AES_128_GCM,
    v1::SRTP_SUITE_AEAD_AES_256_GCM,
    v1::SRTP_SUITE_NULL_HMAC_SHA1_80,
});
static_assert(kSuiteNumbers.size() == kSrtpSuites.size());

bool right_length(std::size_t length, std::size_t wanted, const SrtpSuiteFacts& facts,
                  const std::string& field, Violations& violations) {
  if (length == wanted) {
    return true;
  }
  violations.push_back({field, std::string(facts.name) + " wants " + std::to_string(wanted) + " bytes, not " +
                                   std::to_string(length) +
                                   (length == 0 ? "; answers never hold them: put them in again" : "")});
  return false;
}

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

void wipe_params(v1::SrtpParams& params) {
  wipe_text(*params.mutable_master_key());
  wipe_text(*params.mutable_master_salt());
}

}  // namespace

std::optional<SrtpSuite> read_suite(int number, const std::string& field, Violations& violations) {
  for (std::size_t i = 0; i < kSuiteNumbers.size(); ++i) {
    if (kSuiteNumbers[i] == number) {
      return static_cast<SrtpSuite>(i);
    }
  }
  violations.push_back({field, number == v1::SRTP_SUITE_UNSPECIFIED
                                   ? "must be set: without the suite a key means nothing"
                                   : "unknown value " + std::to_string(number)});
  return std::nullopt;
}

v1::SrtpSuite suite_of(SrtpSuite suite) {
  return kSuiteNumbers[static_cast<std::size_t>(suite)];
}

void wipe_text(std::string& text) {
  text.resize(text.capacity());
  wipe(text.data(), text.size());
  text.clear();
}

SrtpParamsRef read_srtp_params(const v1::SrtpParams& from, const std::string& path, Violations& violations) {
  const auto suite = read_suite(from.suite(), path + ".suite", violations);
  const SrtpSuiteFacts* const facts = suite ? &facts_of(*suite) : nullptr;
  bool good = facts != nullptr;
  if (facts != nullptr) {
    good &=
        right_length(from.master_key().size(), facts->key_bytes, *facts, path + ".master_key", violations);
    good &=
        right_length(from.master_salt().size(), facts->salt_bytes, *facts, path + ".master_salt", violations);
  }
  if (from.mki().size() > kMaxMkiBytes) {
    violations.push_back({path + ".mki", "at most " + std::to_string(kMaxMkiBytes) + " bytes, not " +
                                             std::to_string(from.mki().size())});
    good = false;
  }
  if (!good) {
    return {};
  }
  return SrtpParamsRef::make(facts->suite, bytes_of(from.master_key()), bytes_of(from.master_salt()),
                             bytes_of(from.mki()), from.lifetime(),
                             from.has_roc() ? std::optional(from.roc()) : std::nullopt);
}

void write_srtp_params(const SrtpParams& params, v1::SrtpParams& message) {
  message.set_suite(suite_of(params.suite));
  message.set_mki(params.mki.begin(), params.mki.size());
  message.set_lifetime(params.lifetime);
  if (params.roc) {
    message.set_roc(*params.roc);
  }
}

void write_srtp_state(const SrtpDirectionStats& stats, v1::SrtpDirectionState& message) {
  message.set_rtp_packets(stats.rtp_packets);
  message.set_rtcp_packets(stats.rtcp_packets);
  message.set_rtp_packets_left(stats.rtp_packets_left);
  message.set_overlap(stats.overlap);
  for (const SrtpStreamStats& stream : stats.streams) {
    v1::SrtpStreamState& to = *message.add_streams();
    to.set_ssrc(stream.ssrc);
    to.set_roc(stream.roc);
    to.set_sequence(stream.sequence);
  }
}

void wipe_keys(v1::SessionSpec& spec) {
  for (v1::LegSpec& leg : *spec.mutable_legs()) {
    if (leg.has_srtp_receive()) {
      wipe_params(*leg.mutable_srtp_receive());
    }
    if (leg.has_srtp_send()) {
      wipe_params(*leg.mutable_srtp_send());
    }
  }
}

}  // namespace pollux::rpc
