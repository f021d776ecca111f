// Keys by SDES towards both parties (RFC 4568), and SRTP where it can be had (RFC 8643).
#include "tests/unit/sdp/dialog_calls.hpp"

namespace pollux::sdp {
namespace {

using namespace test;

// 30 bytes each.
constexpr const char* kCallerKey = "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
constexpr const char* kCalleeKey = "inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR";
constexpr const char* kOtherKey = "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";
constexpr const char* k80 = "AES_CM_128_HMAC_SHA1_80";
constexpr const char* k32 = "AES_CM_128_HMAC_SHA1_32";

std::string crypto(int tag, std::string_view suite, std::string_view key) {
  return "a=crypto:" + std::to_string(tag) + " " + std::string(suite) + " " + std::string(key) + "\r\n";
}

std::string audio(std::string_view profile, std::string_view attributes = "", int port = 4000) {
  return body("m=audio " + std::to_string(port) + " " + std::string(profile) + " 8\r\n" +
              std::string(attributes));
}

SrtpParamsRef key_of(std::string_view line) {
  return parse_crypto(line)->keys.front();
}

// "1 AES_CM_128_HMAC_SHA1_80|2 …" of the a=crypto lines.
std::string suites(std::string_view text) {
  std::string found;
  std::string all = lines(text, "a=crypto:");
  while (!all.empty()) {
    const std::string line = all.substr(0, all.find('|'));
    all.erase(0, line.size() + 1);
    found += (found.empty() ? "" : "|") + line.substr(9, line.find(" inline") - 9);
  }
  return found;
}

std::string profile(std::string_view text) {
  const std::string line = lines(text, "m=audio ");
  const std::size_t begin = line.find(' ', 8) + 1;
  return line.substr(begin, line.rfind(' ') - begin);
}

SdpOptions towards(RtpProfile profile) {
  SdpOptions options;
  options.profile = profile;
  return options;
}

TEST(DialogCrypto, PlainToSecure) {
  Relay relay;
  const std::string told = relay.offer(Side::kCaller, audio("RTP/AVP"), towards({.secure = true}));
  EXPECT_EQ(profile(told), "RTP/SAVP");
  EXPECT_EQ(suites(told),
            "1 AEAD_AES_256_GCM|2 AEAD_AES_128_GCM|3 AES_256_CM_HMAC_SHA1_80|4 AES_CM_128_HMAC_SHA1_80|"
            "5 AES_256_CM_HMAC_SHA1_32|6 AES_CM_128_HMAC_SHA1_32");
  EXPECT_TRUE(relay.leg(Side::kCallee).srtp_send);  // nothing goes in the clear before the answer
  const std::string answer = relay.answer(Side::kCallee, audio("RTP/SAVP", crypto(4, k80, kCalleeKey), 5000));
  EXPECT_EQ(relay.error, "");
  EXPECT_EQ(profile(answer), "RTP/AVP");
  EXPECT_EQ(suites(answer), "");
  EXPECT_EQ(relay.leg(Side::kCallee).srtp_send, key_of(lines(told, "a=crypto:4 ")));
  EXPECT_EQ(relay.leg(Side::kCallee).srtp_receive, key_of(crypto(4, k80, kCalleeKey)));
  EXPECT_FALSE(relay.leg(Side::kCaller).srtp_send);
  EXPECT_FALSE(relay.leg(Side::kCaller).srtp_receive);
}

TEST(DialogCrypto, SecureToPlain) {
  Relay relay;
  const std::string told =
      relay.offer(Side::kCaller,
                  audio("RTP/SAVPF", crypto(7, "NULL_HMAC_SHA1_80", kOtherKey) + crypto(8, k32, kCallerKey) +
                                         crypto(9, k80, kOtherKey)),
                  towards({}));
  EXPECT_EQ(relay.error, "");
  EXPECT_EQ(profile(told), "RTP/AVP");
  EXPECT_EQ(suites(told), "");
  const std::string answer = relay.answer(Side::kCallee, audio("RTP/AVP", "", 5000));
  EXPECT_EQ(profile(answer), "RTP/SAVPF");
  EXPECT_EQ(suites(answer), std::string("8 ") + k32);
  EXPECT_EQ(relay.leg(Side::kCaller).srtp_receive, key_of(crypto(8, k32, kCallerKey)));
  EXPECT_EQ(relay.leg(Side::kCaller).srtp_send, key_of(lines(answer, "a=crypto:")));
  EXPECT_FALSE(relay.leg(Side::kCallee).srtp_send);
}

TEST(DialogCrypto, SecureToSecureHasKeysForEachParty) {
  Relay relay;
  const std::string told = relay.offer(Side::kCaller, audio("RTP/SAVP", crypto(1, k32, kCallerKey)));
  EXPECT_EQ(suites(told).substr(0, 27), std::string("1 ") + k32 + "|2");  // the offerer's comes first
  EXPECT_EQ(told.find(kCallerKey), std::string::npos);
  const std::string answer = relay.answer(Side::kCallee, audio("RTP/SAVP", crypto(1, k32, kCalleeKey), 5000));
  EXPECT_EQ(answer.find(kCalleeKey), std::string::npos);
  const SrtpParamsRef keys[] = {relay.leg(Side::kCaller).srtp_send, relay.leg(Side::kCaller).srtp_receive,
                                relay.leg(Side::kCallee).srtp_send, relay.leg(Side::kCallee).srtp_receive};
  for (const SrtpParamsRef& one : keys) {
    EXPECT_EQ(std::count(std::begin(keys), std::end(keys), one), 1);
  }
}

TEST(DialogCrypto, SuitesByOptions) {
  struct Case {
    std::vector<SrtpSuite> order, only, without;
    const char* suites;
  };
  const Case cases[] = {
      {{SrtpSuite::kAesCm128HmacSha1_80},
       {SrtpSuite::kAeadAes128Gcm, SrtpSuite::kAesCm128HmacSha1_80},
       {},
       "1 AES_CM_128_HMAC_SHA1_80|2 AEAD_AES_128_GCM"},
      {{},
       {SrtpSuite::kAeadAes128Gcm, SrtpSuite::kAeadAes256Gcm},
       {SrtpSuite::kAeadAes256Gcm},
       "1 AEAD_AES_128_GCM"},
      {{}, {SrtpSuite::kNullHmacSha1_80}, {}, ""},
  };
  for (const Case& one : cases) {
    SdpOptions options = towards({.secure = true});
    options.sdes.order = one.order;
    options.sdes.only = one.only;
    options.sdes.without = one.without;
    Relay relay;
    EXPECT_EQ(suites(relay.offer(Side::kCaller, audio("RTP/AVP"), options)), one.suites);
    EXPECT_EQ(relay.error.empty(), *one.suites != '\0') << relay.error;
  }
}

TEST(DialogCrypto, FormOfTheLines) {
  SdpOptions options = towards({.secure = true});
  options.sdes.only = {SrtpSuite::kAeadAes128Gcm};
  const auto told = [&options] {
    return lines(Relay().offer(Side::kCaller, audio("RTP/AVP"), options), "a=crypto:");
  };
  EXPECT_FALSE(told().ends_with("="));
  options.sdes.pad = true;
  EXPECT_TRUE(told().ends_with("=="));
  options.sdes.lifetime = options.sdes.with_mki = true;
  EXPECT_TRUE(told().ends_with("==|2^31|1:1"));
}

TEST(DialogCrypto, WrongAnswers) {
  struct Case {
    const char* profile;
    std::string attributes;
    const char* error;
  };
  const Case cases[] = {
      {"RTP/SAVP", crypto(9, k80, kCalleeKey),
       "SDP_MALFORMED sdp.line[7] line 7: no a=crypto with this tag was offered (RFC 4568 section 5.1.2)"},
      {"RTP/SAVP", crypto(1, k32, kCalleeKey),
       "SDP_MALFORMED sdp.line[7] line 7: a=crypto with this tag was offered with another suite, "
       "AES_CM_128_HMAC_SHA1_80 (RFC 4568 section 5.1.2)"},
      {"RTP/SAVP", "",
       "SDP_MALFORMED sdp.line[6] line 6 (m=audio 5000 RTP/SAVP 8): SRTP was offered, and the answer has "
       "no "
       "a=crypto that can be used: answer with one of the lines of the offer (RFC 4568 section 5.1.2)"},
      {"RTP/AVP", crypto(1, k80, kCalleeKey),
       "SDP_MALFORMED sdp.line[6] line 6 (m=audio 5000 RTP/AVP 8): the offer's profile was RTP/SAVP: "
       "answer "
       "with that, or reject the section with port 0 (RFC 3264 section 6)"},
  };
  for (const Case& one : cases) {
    Relay relay;
    SdpOptions options = towards({.secure = true});
    options.sdes.only = {SrtpSuite::kAesCm128HmacSha1_80};
    const std::string told = relay.offer(Side::kCaller, audio("RTP/AVP"), options);
    const auto legs = relay.leg(Side::kCallee);
    relay.answer(Side::kCallee, audio(one.profile, one.attributes, 5000));
    EXPECT_EQ(relay.error, one.error);
    EXPECT_EQ(relay.leg(Side::kCallee), legs);  // as if nothing had come
    EXPECT_TRUE(relay.dialog.offer_open());
    relay.answer(Side::kCallee, audio("RTP/SAVP", lines(told, "a=crypto:") + "\r\n", 5000));
    EXPECT_EQ(
        relay.error,
        "SDP_MALFORMED sdp.line[7] line 7: a=crypto has the key of the offer: answer with a key of your own");
  }
}

TEST(DialogCrypto, OffersThatCantBeTaken) {
  struct Case {
    const char* profile;
    std::string attributes;
    const char* error;
  };
  const char* const kNoLine =
      "SRTP without an a=crypto line that can be used: offer one of a suite that encrypts, with one key and "
      "without KDR, UNENCRYPTED_ and FEC parameters";
  const char* const kDtls = "keys by DTLS are not there yet; offer SDES (a=crypto) or plain RTP";
  const Case cases[] = {
      {"RTP/SAVP", "", kNoLine},
      {"RTP/SAVP", crypto(1, "NULL_HMAC_SHA1_80", kCallerKey), kNoLine},
      {"RTP/SAVP", crypto(1, "SEED_CTR_128_HMAC_SHA1_80", kCallerKey), kNoLine},
      {"RTP/SAVP", crypto(1, k80, std::string(kCallerKey) + "|2^5"), kNoLine},
      {"RTP/SAVP", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 " + std::string(kCallerKey) + " UNENCRYPTED_SRTP\r\n",
       kNoLine},
      {"RTP/SAVPF", "a=fingerprint:sha-256 AA:BB\r\na=setup:actpass\r\n", kDtls},
      {"UDP/TLS/RTP/SAVPF", "a=fingerprint:sha-256 AA:BB\r\na=setup:actpass\r\n", kDtls},
  };
  for (const Case& one : cases) {
    Relay relay;
    EXPECT_EQ(relay.offer(Side::kCaller, audio(one.profile, one.attributes)), "");
    EXPECT_EQ(relay.error, std::string("SDP_UNSUPPORTED sdp.line[6] line 6 (m=audio 4000 ") + one.profile +
                               " 8): " + one.error);
  }
}

TEST(DialogCrypto, OneSectionThatCantBeTakenIsRejected) {
  Relay relay;
  const std::string told =
      relay.offer(Side::kCaller, body("m=audio 4000 RTP/SAVP 8\r\nm=audio 4002 RTP/AVP 0\r\n"));
  EXPECT_EQ(lines(told, "m="), "m=audio 0 RTP/SAVP 8|m=audio 40010 RTP/AVP 0");
  EXPECT_EQ(relay.warnings.size(), 1U);
  EXPECT_FALSE(relay.relayed(0));
  const std::string answer =
      relay.answer(Side::kCallee, body("m=audio 0 RTP/SAVP 99\r\nm=audio 5002 RTP/AVP 0\r\n"));
  EXPECT_EQ(lines(answer, "m="), "m=audio 0 RTP/SAVP 8|m=audio 30010 RTP/AVP 0");
}

TEST(DialogCrypto, FingerprintsBesideKeysAreLeftOut) {
  Relay relay;
  const std::string told =
      relay.offer(Side::kCaller, audio("RTP/SAVP", "a=fingerprint:sha-256 AA:BB\r\na=setup:actpass\r\n" +
                                                       crypto(1, k80, kCallerKey) + "a=ice-ufrag:abcd\r\n"));
  EXPECT_EQ(relay.error, "");
  EXPECT_EQ(lines(told, "a=fingerprint") + lines(told, "a=setup") + lines(told, "a=ice"), "");
}

TEST(DialogCrypto, Opportunistic) {
  struct Case {
    OsrtpMode mode;
    bool caller, callee;  // have keys
    bool told, answered;  // a=crypto lines
  };
  for (const Case& one :
       {Case{OsrtpMode::kAccept, false, false, false, false},
        Case{OsrtpMode::kAccept, true, false, false, true}, Case{OsrtpMode::kOff, true, false, false, false},
        Case{OsrtpMode::kOffer, false, true, true, false}, Case{OsrtpMode::kOffer, false, false, true, false},
        Case{OsrtpMode::kOffer, true, true, true, true}}) {
    SCOPED_TRACE(static_cast<int>(one.mode) * 4 + one.caller * 2 + one.callee);
    Relay relay;
    SdpOptions options;
    options.osrtp = one.mode;
    options.sdes.only = {SrtpSuite::kAesCm128HmacSha1_80};
    const std::string told =
        relay.offer(Side::kCaller, audio("RTP/AVP", one.caller ? crypto(3, k80, kCallerKey) : ""), options);
    EXPECT_EQ(profile(told), "RTP/AVP");
    EXPECT_EQ(!suites(told).empty(), one.told);
    EXPECT_FALSE(relay.leg(Side::kCallee).srtp_send);  // till the answer it may be plain
    const std::string answer =
        relay.answer(Side::kCallee, audio("RTP/AVP", one.callee ? crypto(1, k80, kCalleeKey) : "", 5000));
    EXPECT_EQ(relay.error, "");
    EXPECT_EQ(profile(answer), "RTP/AVP");
    EXPECT_EQ(suites(answer), one.answered ? std::string("3 ") + k80 : "");
    EXPECT_EQ(!!relay.leg(Side::kCaller).srtp_receive, one.answered);
    EXPECT_EQ(!!relay.leg(Side::kCallee).srtp_receive, one.callee);
    EXPECT_EQ(!!relay.leg(Side::kCallee).srtp_send, one.callee);
  }
}

TEST(DialogCrypto, SdesOff) {
  Relay relay;
  SdpOptions options = towards({.secure = true});
  options.sdes.off = true;
  relay.offer(Side::kCaller, audio("RTP/AVP"), options);
  EXPECT_NE(relay.error.find("SDP_UNSUPPORTED"), std::string::npos);
  options.profile.reset();
  relay.offer(Side::kCaller, audio("RTP/AVP", crypto(1, k80, kCallerKey)), options);
  EXPECT_EQ(relay.error, "");
  EXPECT_FALSE(relay.leg(Side::kCaller).srtp_receive);
}

TEST(DialogCrypto, KeysStayWhileNothingChanges) {
  Relay relay;
  const std::string offer = audio("RTP/SAVP", crypto(1, k80, kCallerKey));
  const std::string answer = audio("RTP/SAVP", crypto(1, k80, kCalleeKey), 5000);
  const std::string told = relay.offer(Side::kCaller, offer);
  const std::string answer_told = relay.answer(Side::kCallee, answer);
  EXPECT_EQ(relay.offer(Side::kCaller, offer), told);
  EXPECT_EQ(relay.answer(Side::kCallee, answer), answer_told);

  const MediaLeg before = relay.leg(Side::kCaller);
  relay.offer(Side::kCaller, audio("RTP/SAVP", crypto(1, k80, kOtherKey)));
  EXPECT_EQ(relay.leg(Side::kCaller), before);  // the new key comes with the answer
  relay.answer(Side::kCallee, answer);
  EXPECT_EQ(relay.leg(Side::kCaller).srtp_receive, key_of(crypto(1, k80, kOtherKey)));
  EXPECT_EQ(relay.leg(Side::kCaller).srtp_send, before.srtp_send);
}

TEST(DialogCrypto, KeysThatWereGivenUpDontComeBack) {
  Relay relay;
  const auto exchange = [&relay](const char* suite, const char* port) {
    relay.offer(Side::kCaller,
                body("m=audio " + std::string(port) + " RTP/SAVP 8\r\n" + crypto(1, suite, kCallerKey)),
                towards({}));
    relay.answer(Side::kCallee, body("m=audio " + std::string(port) + " RTP/AVP 8\r\n"));
    EXPECT_EQ(relay.error, "");
    return relay.leg(Side::kCaller).srtp_send;
  };
  const SrtpParamsRef first = exchange(k80, "4000");
  EXPECT_NE(exchange(k32, "4000"), first);
  const SrtpParamsRef second = exchange(k80, "4000");
  EXPECT_NE(second, first);
  EXPECT_FALSE(exchange(k80, "0"));
  EXPECT_NE(exchange(k80, "4000"), second);
}

}  // namespace
}  // namespace pollux::sdp
