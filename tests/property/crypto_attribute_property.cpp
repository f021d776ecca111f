// Printing a crypto attribute and parsing what was printed gives what it was, for every suite.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "controlplane/sdp/crypto_attribute.hpp"

namespace pollux::sdp {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes some_bytes(std::size_t count) {
  return *rc::gen::container<Bytes>(count, rc::gen::arbitrary<std::uint8_t>());
}

std::uint64_t some_lifetime() {
  return *rc::gen::oneOf(rc::gen::just(std::uint64_t{0}),
                         rc::gen::map(rc::gen::inRange(0, 49), [](int n) { return std::uint64_t{1} << n; }),
                         rc::gen::inRange<std::uint64_t>(1, kMaxSrtpLifetime));
}

std::string some_text() {
  return *rc::gen::container<std::string>(rc::gen::inRange('!', static_cast<char>('~' + 1)));
}

SrtpParamsRef some_key(const SrtpSuiteFacts& facts, const Bytes& mki) {
  return SrtpParamsRef::make(facts.suite, some_bytes(facts.key_bytes), some_bytes(facts.salt_bytes), mki,
                             some_lifetime());
}

void add_keys(CryptoAttribute& attribute, const SrtpSuiteFacts& facts) {
  const std::size_t count = *rc::gen::inRange<std::size_t>(1, 5);
  // One byte for each of several keys at least, the first of which tells them apart.
  const std::size_t mki_length = *rc::gen::inRange<std::size_t>(count == 1 ? 0 : 1, kMaxMkiBytes + 1);
  for (std::size_t i = 0; i < count; ++i) {
    Bytes mki = some_bytes(mki_length);
    if (count > 1) {
      mki[0] = static_cast<std::uint8_t>(i);
    }
    attribute.keys.push_back(some_key(facts, mki));
  }
}

bool coin() {
  return *rc::gen::arbitrary<bool>();
}

void add_parameters(CryptoAttribute& attribute) {
  if (coin()) {
    attribute.kdr = *rc::gen::inRange<std::uint8_t>(0, 25);
  }
  attribute.unencrypted_srtp = coin();
  attribute.unencrypted_srtcp = coin();
  attribute.unauthenticated_srtp = coin();
  attribute.fec_order = *rc::gen::element<std::string>("", "FEC_SRTP", "SRTP_FEC");
  attribute.fec_key = SecretText(some_text());
  if (coin()) {
    attribute.wsh = *rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(64, 2048), rc::gen::just(UINT32_MAX));
  }
  const int more = *rc::gen::inRange(0, 4);
  for (int i = 0; i < more; ++i) {
    attribute.optional_parameters.emplace_back("-P" + std::to_string(i) + "=" + some_text());
  }
}

RC_GTEST_PROP(CryptoAttribute, IsReadAsItWasPrinted, ()) {
  for (const SrtpSuiteFacts& facts : kSrtpSuites) {
    CryptoAttribute attribute;
    attribute.tag = *rc::gen::inRange<std::uint32_t>(0, 1'000'000'000);
    add_keys(attribute, facts);
    add_parameters(attribute);

    const SecretText padded = print_crypto(attribute, Base64Padding::kPadded);
    const SecretText bare = print_crypto(attribute, Base64Padding::kBare);
    for (const SecretText* text : {&padded, &bare}) {
      const auto parsed = parse_crypto(text->view());
      RC_ASSERT(parsed.has_value());
      RC_ASSERT(*parsed == attribute);
      RC_ASSERT(print_crypto(*parsed) == padded);
    }
  }
}

// Whatever one wrong character does, it is refused or read as something that round-trips as well.
RC_GTEST_PROP(CryptoAttribute, OneWrongCharacterIsNeverHalfRead, ()) {
  CryptoAttribute attribute;
  attribute.tag = 1;
  add_keys(attribute, *rc::gen::elementOf(kSrtpSuites));
  add_parameters(attribute);
  const SecretText printed = print_crypto(attribute);
  std::string line(printed.view());
  const std::size_t at = *rc::gen::inRange<std::size_t>(0, line.size());
  const char letter = *rc::gen::arbitrary<char>();
  RC_PRE(line[at] != letter);
  line[at] = letter;
  const auto parsed = parse_crypto(line);
  if (!parsed) {
    RC_ASSERT(!parsed.error().cause.empty() && parsed.error().message.starts_with("at character "));
    return;
  }
  const auto again = parse_crypto(print_crypto(*parsed).view());
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == *parsed);
  // One blank is as good as another, and one at the end for the last "="; all else is another attribute.
  RC_ASSERT(letter == ' ' || letter == '\t' || letter == '\n' || !(*parsed == attribute));
}

}  // namespace
}  // namespace pollux::sdp
