#include "controlplane/sdp/crypto_keys.hpp"

#include <array>
#include <utility>

#include "controlplane/sdp/base64.hpp"
#include "controlplane/sdp/crypto_attribute.hpp"
#include "controlplane/sdp/mki_number.hpp"

namespace pollux::sdp {

namespace {

// Reads "inline:KEY|LIFETIME|MKI:LENGTH".
class KeyReader {
 public:
  KeyReader(SrtpSuite suite, std::size_t index)
      : facts_(facts_of(suite)), path_("keys[" + std::to_string(index) + "]") {}

  Expected<SrtpParamsRef> read(const Part& part) {
    const auto colon = part.text.find(':');
    if (colon == std::string_view::npos || !consists_of(part.text.substr(0, colon), kNameLetters)) {
      return malformed(path_ + ".method", part.at, "a key is written inline: and its base64");
    }
    if (part.text.substr(0, colon) != "inline") {
      return refuse(kCryptoKeyMethodUnknown, path_ + ".method", part.at,
                    "the only known key method is inline");
    }
    const std::vector<Part> parts = split(part.from(colon + 1), '|');
    const bool has_mki = parts.size() > 1 && parts.back().text.find(':') != std::string_view::npos;
    const std::size_t without_lifetime = has_mki ? 2 : 1;
    if (parts.size() > without_lifetime + 1) {
      return malformed(path_, parts[1].at,
                       "after the key come at most a lifetime and an MKI, in this order, each after one |");
    }
    if (parts.size() > without_lifetime) {
      if (auto done = lifetime(parts[1]); !done) {
        return tl::unexpected(std::move(done.error()));
      }
    }
    if (has_mki) {
      if (auto done = mki(parts.back()); !done) {
        return tl::unexpected(std::move(done.error()));
      }
    }
    return key_salt(parts[0]);
  }

 private:
  // Last of all, so that a key is only ever decoded for a line that is good up to here.
  Expected<SrtpParamsRef> key_salt(const Part& part) {
    std::array<std::uint8_t, kMaxMasterKeyBytes + kMaxMasterSaltBytes> bytes;
    const std::size_t needed = std::size_t{facts_.key_bytes} + facts_.salt_bytes;
    const Base64Result result = base64_decode(part.text, std::span(bytes).first(needed));
    if (result.fault != Base64Fault::kNone) {
      return malformed(path_ + ".key_salt", part.at + result.at, words_for(result.fault, needed));
    }
    auto params = SrtpParamsRef::make(facts_.suite, std::span(bytes).first(facts_.key_bytes),
                                      std::span(bytes).subspan(facts_.key_bytes, facts_.salt_bytes),
                                      std::span(mki_).first(mki_length_), lifetime_);
    wipe(bytes.data(), bytes.size());
    return params;
  }

  std::string words_for(Base64Fault fault, std::size_t bytes) const {
    switch (fault) {
      case Base64Fault::kLetter:
        return "isn't base64";
      case Base64Fault::kPadding:
        return "must end with as many = as fill up its last four letters, or with none";
      case Base64Fault::kTrailing:
        return "has bits after the last byte that aren't 0: it was cut off, or belongs to another suite";
      default:
        return "must be " + std::to_string(bytes) + " bytes in " + std::to_string(base64_length(bytes)) +
               " letters of base64, key and salt of " + std::string(facts_.name);
    }
  }

  Expected<void> lifetime(const Part& part) {
    const bool power = part.text.starts_with("2^");
    const auto value = power ? number(part.text.substr(2), 0, 48) : number(part.text, 1, kMaxSrtpLifetime);
    if (!value) {
      return malformed(path_ + ".lifetime", part.at,
                       "a lifetime is a number of packets from 1 to 2^48, in decimal or as 2^n");
    }
    lifetime_ = power ? std::uint64_t{1} << *value : *value;
    return {};
  }

  Expected<void> mki(const Part& part) {
    const auto colon = part.text.find(':');
    const std::string_view value = part.text.substr(0, colon);
    const auto length = number(part.text.substr(colon + 1), 1, kMaxMkiBytes);
    if (!length) {
      return malformed(path_ + ".mki", part.at + colon + 1, "an MKI is 1 to 128 bytes long");
    }
    if (!consists_of(value, kDigits) || (value.size() > 1 && value.front() == '0')) {
      return malformed(path_ + ".mki", part.at,
                       "an MKI is written as a decimal number, a colon and its length");
    }
    mki_length_ = *length;
    if (value.size() > kMaxMkiDigits || !mki_from_decimal(value, std::span(mki_).first(mki_length_))) {
      return malformed(path_ + ".mki", part.at, "the MKI is larger than its length allows");
    }
    return {};
  }

  const SrtpSuiteFacts& facts_;
  std::string path_;
  std::uint64_t lifetime_ = 0;
  std::array<std::uint8_t, kMaxMkiBytes> mki_{};
  std::size_t mki_length_ = 0;
};

}  // namespace

Expected<void> read_keys(const Part& part, SrtpSuite suite, std::vector<SrtpParamsRef>& keys) {
  const std::vector<Part> parts = split(part, ';');
  if (parts.size() > kMaxCryptoKeys) {
    return malformed("keys", part.at, "has more than 16 keys");
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    auto key = KeyReader(suite, i).read(parts[i]);
    if (!key) {
      return tl::unexpected(std::move(key.error()));
    }
    const std::string field = "keys[" + std::to_string(i) + "].mki";
    if (parts.size() > 1 && (*key)->mki.empty()) {
      return malformed(field, parts[i].at, "of several keys each must have an MKI");
    }
    for (const SrtpParamsRef& other : keys) {
      if (other->mki.size() != (*key)->mki.size()) {
        return malformed(field, parts[i].at, "the MKIs of all keys must have the same length");
      }
      if (other->mki == (*key)->mki) {
        return malformed(field, parts[i].at, "another key has the same MKI");
      }
    }
    keys.push_back(std::move(*key));
  }
  return {};
}

}  // namespace pollux::sdp
