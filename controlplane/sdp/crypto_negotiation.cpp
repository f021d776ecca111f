#include "controlplane/sdp/crypto_negotiation.hpp"

#include <algorithm>
#include <array>

namespace pollux::sdp {

namespace {

constexpr std::uint64_t kOfferedLifetime = std::uint64_t{1} << 31;
constexpr std::uint8_t kOfferedMki = 1;

// The strongest first; the _32 ones last, since they can be forged most easily.
constexpr auto kUsualOrder = std::to_array<SrtpSuite>(
    {SrtpSuite::kAeadAes256Gcm, SrtpSuite::kAeadAes128Gcm, SrtpSuite::kAes256CmHmacSha1_80,
     SrtpSuite::kAesCm128HmacSha1_80, SrtpSuite::kAes256CmHmacSha1_32, SrtpSuite::kAesCm128HmacSha1_32});

bool encrypts(SrtpSuite suite) {
  return facts_of(suite).cipher != SrtpCipher::kNull;
}

bool has(std::span<const SrtpSuite> suites, SrtpSuite suite) {
  return std::ranges::find(suites, suite) != suites.end();
}

void draw(std::span<std::uint8_t> bytes, RandomSource& random) {
  for (std::uint8_t& byte : bytes) {
    byte = static_cast<std::uint8_t>(random() >> 24);
  }
}

// Half a minute of voice: nobody could re-key in time.
constexpr std::uint64_t kLeastLifetime = 1024;

Expected<void> can_be_honoured(const CryptoAttribute& line) {
  const std::uint64_t lifetime = line.keys.front()->lifetime;
  if (lifetime != 0 && lifetime < kLeastLifetime) {
    return fail(ErrorCode::kInvalidArgument, kCryptoParameterUnsupported, "lifetime",
                "has a key that is soon used up; the lifetime must be at least 2^10 packets");
  }
  return usable(line);
}

const Line& crypto_line(const Section& section) {
  const auto found =
      std::ranges::find_if(section.lines, [](const Line& line) { return line.is_attribute("crypto"); });
  return found == section.lines.end() ? section.lines.front() : *found;
}

}  // namespace

SrtpParamsRef OwnKeys::get(SrtpSuite suite, std::uint64_t lifetime, std::uint8_t mki, RandomSource& random) {
  for (const SrtpParamsRef& key : keys_) {
    const std::uint8_t its_mki = key->mki.empty() ? std::uint8_t{0} : key->mki[0];
    if (key->suite == suite && key->lifetime == lifetime && its_mki == mki) {
      return key;
    }
  }
  const SrtpSuiteFacts& facts = facts_of(suite);
  std::array<std::uint8_t, kMaxMasterKeyBytes + kMaxMasterSaltBytes> bytes;
  draw(bytes, random);
  const std::span all(bytes);
  keys_.push_back(SrtpParamsRef::make(suite, all.first(facts.key_bytes),
                                      all.subspan(kMaxMasterKeyBytes, facts.salt_bytes),
                                      std::span(&mki, mki == 0 ? 0U : 1U), lifetime));
  wipe(bytes.data(), bytes.size());
  return keys_.back();
}

bool OwnKeys::has(const SrtpParams& key) const {
  return std::ranges::any_of(keys_, [&key](const SrtpParamsRef& own) { return own->same_key(key); });
}

std::optional<TakenCrypto> take_crypto(std::span<const CryptoAttribute> lines, const OwnKeys& keys) {
  for (const CryptoAttribute& line : lines) {
    if (can_be_honoured(line) && encrypts(line.suite()) && !keys.has(*line.keys.front())) {
      return TakenCrypto{line.tag, line.keys.front()};
    }
  }
  return std::nullopt;
}

std::vector<CryptoPlan> offer_crypto(const SdesOptions& options, std::optional<SrtpSuite> theirs,
                                     OwnKeys& keys, RandomSource& random) {
  std::vector<SrtpSuite> suites;
  const auto add = [&](SrtpSuite suite) {
    const bool wanted = (options.only.empty() || has(options.only, suite)) && !has(options.without, suite);
    if (encrypts(suite) && wanted && !has(suites, suite)) {
      suites.push_back(suite);
    }
  };
  std::ranges::for_each(options.order, add);
  if (theirs) {
    add(*theirs);
  }
  std::ranges::for_each(kUsualOrder, add);
  std::vector<CryptoPlan> lines;
  for (const SrtpSuite suite : suites) {
    lines.push_back({static_cast<std::uint32_t>(lines.size() + 1),
                     keys.get(suite, options.lifetime ? kOfferedLifetime : 0,
                              options.with_mki ? kOfferedMki : std::uint8_t{0}, random)});
  }
  return lines;
}

Expected<AgreedCrypto> accept_crypto(std::span<const CryptoAttribute> lines,
                                     std::span<const CryptoPlan> offered, const Section& section) {
  const Line& at = crypto_line(section);
  if (lines.empty()) {
    return line_error(kSdpMalformed, at,
                      "SRTP was offered, and the answer has no a=crypto that can be used: answer with one of "
                      "the lines of the offer (RFC 4568 section 5.1.2)");
  }
  const CryptoAttribute& line = lines.front();
  const auto found = std::ranges::find(offered, line.tag, &CryptoPlan::tag);
  if (found == offered.end() || found->key->suite != line.suite()) {
    return line_error(kSdpMalformed, at,
                      found == offered.end()
                          ? "no a=crypto with this tag was offered (RFC 4568 section 5.1.2)"
                          : "a=crypto with this tag was offered with another suite, " +
                                std::string(facts_of(found->key->suite).name) + " (RFC 4568 section 5.1.2)");
  }
  if (const auto allowed = can_be_honoured(line); !allowed) {
    return line_error(kSdpMalformed, at, "a=crypto " + allowed.error().message);
  }
  if (line.keys.front()->same_key(*found->key)) {
    return line_error(kSdpMalformed, at, "a=crypto has the key of the offer: answer with a key of your own");
  }
  return AgreedCrypto{line.keys.front(), found->key};
}

}  // namespace pollux::sdp
