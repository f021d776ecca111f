// Lines as they are found in the world, with invented keys. Keys in hex are Python's reading of the base64.
#include <gtest/gtest.h>

#include <string>

#include "controlplane/sdp/crypto_attribute.hpp"

namespace pollux::sdp {
namespace {

struct GoodLine {
  std::string who;
  std::string line;
  SrtpSuite suite;
  std::uint32_t tag;
  std::string master_key;
  std::string master_salt;
  std::uint64_t lifetime;
  std::string mki;
  std::string printed;  // empty: as it came
};

const GoodLine kGoodLines[] = {
    {"Asterisk, chan_sip", "1 AES_CM_128_HMAC_SHA1_80 inline:3LQbQlRZalgTa9kgKcbt8m7esMSJlRFoBxIHJKuu",
     SrtpSuite::kAesCm128HmacSha1_80, 1, "dcb41b4254596a58136bd92029c6edf2", "6edeb0c48995116807120724abae",
     0, "", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:3LQbQlRZalgTa9kgKcbt8m7esMSJlRFoBxIHJKuu"},
    {"Asterisk, chan_pjsip with 32 bit tags",
     "a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:ypYH8hJVSN6sEwOfGk2TW6eWrw3dUSLzvjXgo4pb",
     SrtpSuite::kAesCm128HmacSha1_32, 1, "ca9607f2125548deac13039f1a4d935b", "a796af0ddd5122f3be35e0a38a5b",
     0, "", ""},
    {"Asterisk, AES 256",
     "a=crypto:1 AES_256_CM_HMAC_SHA1_80 "
     "inline:S7yqWWi7ZxOYV60vk0ky9OPzl22YzfWRAnmj9JbTwr0OeVHP6pXGYT28R0fb4w==",
     SrtpSuite::kAes256CmHmacSha1_80, 1, "4bbcaa5968bb67139857ad2f934932f4e3f3976d98cdf5910279a3f496d3c2bd",
     "0e7951cfea95c6613dbc4747dbe3", 0, "", ""},
    {"Asterisk, GCM", "a=crypto:2 AEAD_AES_128_GCM inline:zmDWFpmK5SD2OCNy2cmwJP6QnPAvbxwlcNM0Ug==",
     SrtpSuite::kAeadAes128Gcm, 2, "ce60d616998ae520f6382372d9c9b024", "fe909cf02f6f1c2570d33452", 0, "", ""},
    {"FreeSWITCH, offer",
     "a=crypto:1 AEAD_AES_256_GCM inline:Ky6YKEB+oXzjGy5x/lbpBfxe3hHXwNUBaBUmNRZLuMMnDXsE1IxDN6Xi/w8",
     SrtpSuite::kAeadAes256Gcm, 1, "2b2e9828407ea17ce31b2e71fe56e905fc5ede11d7c0d50168152635164bb8c3",
     "270d7b04d48c4337a5e2ff0f", 0, "",
     "a=crypto:1 AEAD_AES_256_GCM inline:Ky6YKEB+oXzjGy5x/lbpBfxe3hHXwNUBaBUmNRZLuMMnDXsE1IxDN6Xi/w8="},
    {"FreeSWITCH, fourth line",
     "a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:pnkXOs5BnD+08uSefIyACmm8lsu8uVXKNyaR51l0",
     SrtpSuite::kAesCm128HmacSha1_80, 4, "a679173ace419c3fb4f2e49e7c8c800a", "69bc96cbbcb955ca372691e75974",
     0, "", ""},
    {"FreeSWITCH, line end",
     "a=crypto:6 AES_CM_128_HMAC_SHA1_32 inline:IDyVuC3HyLpXAsGUROOMd64Jld6Zgy1QaPtjYz9f\r\n",
     SrtpSuite::kAesCm128HmacSha1_32, 6, "203c95b82dc7c8ba5702c19444e38c77", "ae0995de99832d5068fb63633f5f",
     0, "", "a=crypto:6 AES_CM_128_HMAC_SHA1_32 inline:IDyVuC3HyLpXAsGUROOMd64Jld6Zgy1QaPtjYz9f"},
    {"Linphone, padded",
     "a=crypto:1 AES_256_CM_HMAC_SHA1_80 "
     "inline:8U40lj/wXnzKpv3pjYpqacHqIhrdCjhd8sEeNK+mRuKe2QD3a+K5Dd28x+GmEQ==",
     SrtpSuite::kAes256CmHmacSha1_80, 1, "f14e34963ff05e7ccaa6fde98d8a6a69c1ea221add0a385df2c11e34afa646e2",
     "9ed900f76be2b90dddbcc7e1a611", 0, "", ""},
    {"Linphone, second line",
     "a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:vpLZw1BEQyWgU319KFU+pbe1o2vzMEbdJ6KJDw47",
     SrtpSuite::kAesCm128HmacSha1_32, 2, "be92d9c350444325a0537d7d28553ea5", "b7b5a36bf33046dd27a2890f0e3b",
     0, "", ""},
    {"Linphone, without RTCP encryption",
     "a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:5PivZbPrScxRwK9kmi4i7IN3XIZyx+KWwpvEDDCI UNENCRYPTED_SRTCP",
     SrtpSuite::kAesCm128HmacSha1_80, 3, "e4f8af65b3eb49cc51c0af649a2e22ec", "83775c8672c7e296c29bc40c3088",
     0, "", ""},
    {"rtpengine, bare 256",
     "a=crypto:3 AES_256_CM_HMAC_SHA1_80 "
     "inline:4vNf2lbuie9on8kSiRoFG/BJxL3j4C9+aweGkbsXsd375AnQVJLFKqvVaB/Agg",
     SrtpSuite::kAes256CmHmacSha1_80, 3, "e2f35fda56ee89ef689fc912891a051bf049c4bde3e02f7e6b078691bb17b1dd",
     "fbe409d05492c52aabd5681fc082", 0, "",
     "a=crypto:3 AES_256_CM_HMAC_SHA1_80 "
     "inline:4vNf2lbuie9on8kSiRoFG/BJxL3j4C9+aweGkbsXsd375AnQVJLFKqvVaB/Agg=="},
    {"rtpengine, bare 256 with 32 bit tags",
     "a=crypto:4 AES_256_CM_HMAC_SHA1_32 "
     "inline:qQ9gnRNqBbQjpdgliSCpaadFQ4cT5t3Y/s7l0N4SBqeunk2H0OBrAq59hZ+SgA",
     SrtpSuite::kAes256CmHmacSha1_32, 4, "a90f609d136a05b423a5d8258920a969a745438713e6ddd8fecee5d0de1206a7",
     "ae9e4d87d0e06b02ae7d859f9280", 0, "",
     "a=crypto:4 AES_256_CM_HMAC_SHA1_32 "
     "inline:qQ9gnRNqBbQjpdgliSCpaadFQ4cT5t3Y/s7l0N4SBqeunk2H0OBrAq59hZ+SgA=="},
    {"rtpengine, bare GCM 256",
     "a=crypto:5 AEAD_AES_256_GCM inline:2oXg6VFtUjmcm5CO27+9ljY982ReyTbAjUSLHmkYsR/X2cHuDPPHxz2Xzzc",
     SrtpSuite::kAeadAes256Gcm, 5, "da85e0e9516d52399c9b908edbbfbd96363df3645ec936c08d448b1e6918b11f",
     "d7d9c1ee0cf3c7c73d97cf37", 0, "",
     "a=crypto:5 AEAD_AES_256_GCM inline:2oXg6VFtUjmcm5CO27+9ljY982ReyTbAjUSLHmkYsR/X2cHuDPPHxz2Xzzc="},
    {"rtpengine, bare GCM 128", "a=crypto:6 AEAD_AES_128_GCM inline:eD5QgjgTcyR2ikRTPHPa66cP3qb2PVkHatyWXg",
     SrtpSuite::kAeadAes128Gcm, 6, "783e508238137324768a44533c73daeb", "a70fdea6f63d59076adc965e", 0, "",
     "a=crypto:6 AEAD_AES_128_GCM inline:eD5QgjgTcyR2ikRTPHPa66cP3qb2PVkHatyWXg=="},
    {"rtpengine, padded by SDES-pad",
     "a=crypto:5 AEAD_AES_256_GCM inline:DmcvhZ4NU2yj47g1KyySMspDhYwxoGzOSOoyPi16ZBR+li9UoTS4YzIVFAE=",
     SrtpSuite::kAeadAes256Gcm, 5, "0e672f859e0d536ca3e3b8352b2c9232ca43858c31a06cce48ea323e2d7a6414",
     "7e962f54a134b86332151401", 0, "", ""},
    {"rtpengine, null cipher",
     "a=crypto:10 NULL_HMAC_SHA1_80 inline:CQy3VFkKv+4kwc1Rkpc3MSrrqkdbfJBULVnNBA8c",
     SrtpSuite::kNullHmacSha1_80, 10, "090cb754590abfee24c1cd5192973731", "2aebaa475b7c90542d59cd040f1c", 0,
     "", ""},
    {"rtpengine, lifetime",
     "a=crypto:1 AEAD_AES_256_GCM inline:pI8rllyuID3/qhwYX2WasAfbJK7vpTUqyiEZTg1jfAuldejVegDpCKC2exc=|2^31",
     SrtpSuite::kAeadAes256Gcm, 1, "a48f2b965cae203dffaa1c185f659ab007db24aeefa5352aca21194e0d637c0b",
     "a575e8d57a00e908a0b67b17", std::uint64_t{1} << 31, "", ""},
    {"rtpengine, lifetime and MKI",
     "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:o0Ky7Dt6rwIJOevxNzih2d8eopBTDVZNjcl3tY3e|2^31|1:1",
     SrtpSuite::kAesCm128HmacSha1_80, 1, "a342b2ec3b7aaf020939ebf13738a1d9", "df1ea290530d564d8dc977b58dde",
     std::uint64_t{1} << 31, "01", ""},
    {"Kamailio, relayed from a handset",
     "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:BsGPrU9gk+SjWgb8klLJ9QrrdgkTLuK7hdiQSP9e|2^20|1:4",
     SrtpSuite::kAesCm128HmacSha1_80, 1, "06c18fad4f6093e4a35a06fc9252c9f5", "0aeb7609132ee2bb85d89048ff5e",
     1048576, "00000001", ""},
    {"Cisco, IOS gateway",
     "a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:1HR6gj9PvM2tirj1wJYhR/Jj76LSdIkHjS18Q5SA",
     SrtpSuite::kAesCm128HmacSha1_32, 1, "d4747a823f4fbccdad8ab8f5c0962147", "f263efa2d27489078d2d7c439480",
     0, "", ""},
    {"Cisco, GCM",
     "a=crypto:1 AEAD_AES_256_GCM inline:HVBde2U0vK9JTsldGQWEo9P7E2jsxKguzc7VNvRv2XhObwcJm2IfwJig3eI=",
     SrtpSuite::kAeadAes256Gcm, 1, "1d505d7b6534bcaf494ec95d190584a3d3fb1368ecc4a82ecdced536f46fd978",
     "4e6f07099b621fc098a0dde2", 0, "", ""},
    {"Cisco, ATA with lifetime",
     "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:tx+QIxfayVLMqAn4y+npxS7wOYu4C2B83I0wjLmB|2^31",
     SrtpSuite::kAesCm128HmacSha1_80, 1, "b71f902317dac952cca809f8cbe9e9c5", "2ef0398bb80b607cdc8d308cb981",
     std::uint64_t{1} << 31, "", ""},
    {"Cisco, window size",
     "a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:253YU5E87FTDqIw51xxGnTx9kwnwjJL6z1KqOYcS WSH=64",
     SrtpSuite::kAesCm128HmacSha1_32, 1, "db9dd853913cec54c3a88c39d71c469d", "3c7d9309f08c92facf52aa398712",
     0, "", ""},
    {"Lync", "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:sGnIDEEtaMJMMIs+m/ydsvU/zYXHPhtnMeatWHrK|2^31|1:1",
     SrtpSuite::kAesCm128HmacSha1_80, 2, "b069c80c412d68c24c308b3e9bfc9db2", "f53fcd85c73e1b6731e6ad587aca",
     std::uint64_t{1} << 31, "01", ""},
    {"Snom, decimal lifetime",
     "a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:3LNXxzQSKqh0VqKFCpJdIiBPM8FGzaBMJoqUgjWb|1048575",
     SrtpSuite::kAesCm128HmacSha1_32, 1, "dcb357c734122aa87456a2850a925d22", "204f33c146cda04c268a9482359b",
     1048575, "", ""},
    {"Polycom, four byte MKI",
     "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:lsds6fMxcDBUjx2WexL6zbqGRxyeHTqfbaPyLOT5|2^48|4294967295:4",
     SrtpSuite::kAesCm128HmacSha1_80, 1, "96c76ce9f3317030548f1d967b12facd", "ba86471c9e1d3a9f6da3f22ce4f9",
     std::uint64_t{1} << 48, "ffffffff", ""},
    {"Grandstream, trailing blank",
     "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:LMS75BT/SFsqQ0yrVTCOkfm/T94ag9rypxPr73MS|2^32 ",
     SrtpSuite::kAesCm128HmacSha1_80, 2, "2cc4bbe414ff485b2a434cab55308e91", "f9bf4fde1a83daf2a713ebef7312",
     std::uint64_t{1} << 32, "",
     "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:LMS75BT/SFsqQ0yrVTCOkfm/T94ag9rypxPr73MS|2^32"},
    {"Yealink",
     "a=crypto:3 AES_256_CM_HMAC_SHA1_80 "
     "inline:ZMEz6YgXm1iM+J04AkRHF85bE8Ksk74JXkttVlNC6hKYuaY1qS+dcn2kcDt7ZQ==",
     SrtpSuite::kAes256CmHmacSha1_80, 3, "64c133e988179b588cf89d3802444717ce5b13c2ac93be095e4b6d565342ea12",
     "98b9a635a92f9d727da4703b7b65", 0, "", ""},
    {"carrier, many blanks",
     "a=crypto:1  AES_CM_128_HMAC_SHA1_80\tinline:8Ab+P1cOKM3kxe6XbDtC54D2iOko7nL+/00p+z4R  KDR=0   WSH=128",
     SrtpSuite::kAesCm128HmacSha1_80, 1, "f006fe3f570e28cde4c5ee976c3b42e7", "80f688e928ee72feff4d29fb3e11",
     0, "",
     "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:8Ab+P1cOKM3kxe6XbDtC54D2iOko7nL+/00p+z4R KDR=0 WSH=128"},
    {"carrier, power as a decimal",
     "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:xFeE7wwEVWfv1aL5qesZqWrXLOajuKEOigHfJYEs|65536",
     SrtpSuite::kAesCm128HmacSha1_80, 1, "c45784ef0c045567efd5a2f9a9eb19a9", "6ad72ce6a3b8a10e8a01df25812c",
     65536, "", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:xFeE7wwEVWfv1aL5qesZqWrXLOajuKEOigHfJYEs|2^16"},
    {"carrier, MKI alone",
     "a=crypto:999999999 AES_CM_128_HMAC_SHA1_80 inline:Z3Tsb5Revz7mD39WMwJioeXhjmNoRkDUujHJwtAU|66051:4",
     SrtpSuite::kAesCm128HmacSha1_80, 999999999, "6774ec6f945ebf3ee60f7f56330262a1",
     "e5e18e63684640d4ba31c9c2d014", 0, "00010203", ""},
    {"carrier, longest MKI",
     "a=crypto:1 AES_CM_128_HMAC_SHA1_80 "
     "inline:8noW8a55EKxkhzHoFOxns4ScNR1ZJU3yMyq8+dSl|"
     "1797693134862315907729305190789024733617976978942306572734300811577326758055009631327084773224075360211"
     "2011387987139335765878976881441662249284743063947412437776789342486548527630221960124609411945308295208"
     "5005768838150682342462881473913110540827237163350510684586298239947245938479716304835356329624224137215"
     ":128",
     SrtpSuite::kAesCm128HmacSha1_80, 1, "f27a16f1ae7910ac648731e814ec67b3", "849c351d59254df2332abcf9d4a5",
     0,
     "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
     "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
     "ffffffffffffffffffffffffffffffffffffffffffffffffff",
     ""},
    {"browser before DTLS",
     "a=crypto:0 AES_CM_128_HMAC_SHA1_80 inline:ed87MpofxCEYDlyatoDLmRzdVJJRike9JruFrMib",
     SrtpSuite::kAesCm128HmacSha1_80, 0, "79df3b329a1fc421180e5c9ab680cb99", "1cdd5492518a47bd26bb85acc89b",
     0, "", ""},
    {"browser before DTLS, second",
     "a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:jaTD1OSrKheV116+6/gDBhv6/PTy3Mg+/QIqSrE0\n",
     SrtpSuite::kAesCm128HmacSha1_32, 1, "8da4c3d4e4ab2a1795d75ebeebf80306", "1bfafcf4f2dcc83efd022a4ab134",
     0, "", "a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:jaTD1OSrKheV116+6/gDBhv6/PTy3Mg+/QIqSrE0"},
    {"RFC 4568, parameters",
     "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:w1WvX1OOdZZgtDcqYYssK16VnYlBJ3JY3//icMNG FEC_ORDER=FEC_SRTP "
     "UNAUTHENTICATED_SRTP UNENCRYPTED_SRTP",
     SrtpSuite::kAesCm128HmacSha1_80, 1, "c355af5f538e759660b4372a618b2c2b", "5e959d8941277258dfffe270c346",
     0, "",
     "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:w1WvX1OOdZZgtDcqYYssK16VnYlBJ3JY3//icMNG UNENCRYPTED_SRTP "
     "UNAUTHENTICATED_SRTP FEC_ORDER=FEC_SRTP"},
    {"unknown optional",
     "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:30/fII4gRZtpakpdYE8xtsVc1HE+6zTfIvD+uv4O -HINT=a;b=c "
     "WSH=1024 -OTHER",
     SrtpSuite::kAesCm128HmacSha1_80, 1, "df4fdf208e20459b696a4a5d604f31b6", "c55cd4713eeb34df22f0febafe0e",
     0, "",
     "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:30/fII4gRZtpakpdYE8xtsVc1HE+6zTfIvD+uv4O WSH=1024 "
     "-HINT=a;b=c -OTHER"},
};

std::string hex(std::span<const std::uint8_t> bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : bytes) {
    out += {kHex[byte >> 4], kHex[byte & 15]};
  }
  return out;
}

TEST(CryptoParser, ReadsWhatIsFoundInTheWorld) {
  for (const GoodLine& good : kGoodLines) {
    SCOPED_TRACE(good.who);
    const auto parsed = parse_crypto(good.line);
    ASSERT_TRUE(parsed) << parsed.error().field << ": " << parsed.error().message;
    ASSERT_EQ(parsed->keys.size(), 1U);
    const SrtpParams& key = *parsed->keys[0];
    EXPECT_EQ(parsed->suite(), good.suite);
    EXPECT_EQ(parsed->tag, good.tag);
    EXPECT_EQ(hex(key.master_key.bytes()), good.master_key);
    EXPECT_EQ(hex(key.master_salt.bytes()), good.master_salt);
    EXPECT_EQ(key.lifetime, good.lifetime);
    EXPECT_EQ(hex(key.mki.span()), good.mki);
    EXPECT_FALSE(key.roc);
    EXPECT_EQ(print_crypto(*parsed).view(), good.printed.empty() ? good.line : good.printed);
  }
}

const std::string kStart = "1 AES_CM_128_HMAC_SHA1_80 inline:QUJDREVGR0hJSktMTU5PUGFiY2RlZmdoaWprbG1u";

TEST(CryptoParser, ReadsSessionParameters) {
  const auto plain = parse_crypto(kStart);
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->kdr || plain->wsh || plain->unencrypted_srtp || plain->unencrypted_srtcp ||
               plain->unauthenticated_srtp);
  EXPECT_TRUE(plain->fec_order.empty() && plain->fec_key.empty() && plain->optional_parameters.empty());

  const auto full =
      parse_crypto(kStart +
                   " -X=1 WSH=4294967295 FEC_KEY=inline:QUJD|2^20|1:4;inline:REVG FEC_ORDER=SRTP_FEC"
                   " UNAUTHENTICATED_SRTP UNENCRYPTED_SRTCP UNENCRYPTED_SRTP KDR=24 -Y");
  ASSERT_TRUE(full) << full.error().message;
  EXPECT_EQ(full->kdr, 24);
  EXPECT_EQ(full->wsh, 4294967295U);
  EXPECT_TRUE(full->unencrypted_srtp && full->unencrypted_srtcp && full->unauthenticated_srtp);
  EXPECT_EQ(full->fec_order, "SRTP_FEC");
  EXPECT_EQ(full->fec_key.view(), "inline:QUJD|2^20|1:4;inline:REVG");
  ASSERT_EQ(full->optional_parameters.size(), 2U);
  EXPECT_EQ(full->optional_parameters[0].view(), "-X=1");
  EXPECT_EQ(full->optional_parameters[1].view(), "-Y");
}

TEST(CryptoParser, TellsApartFlagsThatAreSetAlone) {
  const auto srtp = parse_crypto(kStart + " UNENCRYPTED_SRTP");
  const auto srtcp = parse_crypto(kStart + " UNENCRYPTED_SRTCP");
  const auto forged = parse_crypto(kStart + " UNAUTHENTICATED_SRTP");
  ASSERT_TRUE(srtp && srtcp && forged);
  EXPECT_TRUE(srtp->unencrypted_srtp && !srtp->unencrypted_srtcp && !srtp->unauthenticated_srtp);
  EXPECT_TRUE(!srtcp->unencrypted_srtp && srtcp->unencrypted_srtcp && !srtcp->unauthenticated_srtp);
  EXPECT_TRUE(!forged->unencrypted_srtp && !forged->unencrypted_srtcp && forged->unauthenticated_srtp);
}

TEST(CryptoParser, ReadsSeveralKeys) {
  const std::string other = "inline:YWJjZGVmZ2hpamtsbW5vcEFCQ0RFRkdISUpLTE1O";
  const auto parsed = parse_crypto(kStart + "|2^20|1:4;" + other + "|2^21|2:4;" + other + "|4294967295:4");
  ASSERT_TRUE(parsed) << parsed.error().message;
  ASSERT_EQ(parsed->keys.size(), 3U);
  EXPECT_EQ(parsed->keys[0]->lifetime, 1U << 20);
  EXPECT_EQ(parsed->keys[1]->lifetime, 1U << 21);
  EXPECT_EQ(parsed->keys[2]->lifetime, 0U);
  EXPECT_EQ(hex(parsed->keys[1]->mki.span()), "00000002");
  EXPECT_EQ(hex(parsed->keys[2]->mki.span()), "ffffffff");
  EXPECT_FALSE(parsed->keys[0]->same_key(*parsed->keys[1]));
  EXPECT_TRUE(parsed->keys[1]->same_key(*parsed->keys[2]));
}

TEST(CryptoParser, TakesTheLargestLinesThatItPromises) {
  std::string line = "1 AES_CM_128_HMAC_SHA1_80 ";
  for (std::size_t i = 0; i < kMaxCryptoKeys; ++i) {
    line += i == 0 ? "" : ";";
    line += "inline:QUJDREVGR0hJSktMTU5PUGFiY2RlZmdoaWprbG1u|" + std::to_string(100 + i) + ":128";
  }
  for (std::size_t i = 0; i < kMaxSessionParameters; ++i) {
    line += " -P" + std::to_string(i);
  }
  line += std::string(kMaxCryptoLetters - line.size(), ' ');
  const auto parsed = parse_crypto(line);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->keys.size(), kMaxCryptoKeys);
  EXPECT_EQ(parsed->optional_parameters.size(), kMaxSessionParameters);
}

}  // namespace
}  // namespace pollux::sdp
