// Vectors that give session keys: key streams (RFC 3711 B.2, RFC 6188 §7.1), AES-GCM (RFC 7714 §16, §17).
#include <gtest/gtest.h>

#include "dataplane/srtp/packet_layout.hpp"
#include "tests/support/srtp_mb_bed.hpp"
#include "tests/support/srtp_vectors.hpp"

namespace pollux::crypto::test {
namespace {

using SessionKeyVectors = EachMbArch;

constexpr std::size_t kBlocks = 0xff02;

// As one message by the library, since no packet is a megabyte long.
Bytes key_stream(MbArch arch, const Bytes& key, const Bytes& salt) {
  const MbManager manager = make_mb_manager(arch);
  alignas(16) std::uint8_t round_keys[240];
  alignas(16) std::uint8_t unused[240];
  if (key.size() == 32) {
    IMB_AES_KEYEXP_256(manager.get(), key.data(), round_keys, unused);
  } else {
    IMB_AES_KEYEXP_128(manager.get(), key.data(), round_keys, unused);
  }
  Bytes padded = salt;
  padded.resize(16);
  srtp::Counter counter;
  srtp::counter_mode_iv(padded.data(), 0, 0, counter.data());
  Bytes stream(16 * kBlocks);
  IMB_JOB job;
  std::memset(&job, 0, sizeof job);
  job.src = job.dst = stream.data();
  job.msg_len_to_cipher_in_bytes = stream.size();
  job.enc_keys = job.dec_keys = round_keys;
  job.key_len_in_bytes = key.size();
  job.iv = counter.data();
  job.iv_len_in_bytes = 16;
  job.cipher_mode = IMB_CIPHER_CNTR;
  job.cipher_direction = IMB_DIR_ENCRYPT;
  EXPECT_EQ(IMB_SUBMIT_CIPHER_BURST(manager.get(), &job, 1, IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT,
                                    key.size() == 32 ? IMB_KEY_256_BYTES : IMB_KEY_128_BYTES),
            1U);
  return stream;
}

TEST_P(SessionKeyVectors, KeyStreams) {
  for (const char* file : {"rfc3711_b2.txt", "rfc6188_7_1.txt"}) {
    for (auto& [name, section] : read_vectors(file)) {
      const Bytes stream = key_stream(GetParam(), section["session_key"], section["session_salt"]);
      unsigned blocks = 0;
      for (const auto& [field, wanted] : section) {
        if (field.starts_with("block_")) {
          const auto at = static_cast<std::ptrdiff_t>(16 * std::stoul(field.substr(6), nullptr, 16));
          EXPECT_EQ(Bytes(stream.begin() + at, stream.begin() + at + 16), wanted) << name << " " << field;
          ++blocks;
        }
      }
      EXPECT_EQ(blocks, 6U);
    }
  }
}

// The same by a packet of zeros, as far as a packet goes.
TEST_P(SessionKeyVectors, KeyStreamsOfPackets) {
  for (const char* file : {"rfc3711_b2.txt", "rfc6188_7_1.txt"}) {
    for (auto& [name, section] : read_vectors(file)) {
      const Bytes& key = section["session_key"];
      const auto suite = key.size() == 32 ? SrtpSuite::kAes256CmHmacSha1_80 : SrtpSuite::kAesCm128HmacSha1_80;
      const ContextId id = bed_->make_with_session_keys(suite, key, section["session_salt"]);
      Bytes packet(12 + 16 * 3);
      packet[0] = 0x80;  // SSRC and sequence number 0
      const Bytes out = bed_->run(&MbEngine::protect_rtp, id, packet, 12);
      ASSERT_EQ(out.size(), packet.size() + 10);
      EXPECT_EQ(Bytes(out.begin() + 12, out.begin() + 28), section["block_0000"]) << name;
      EXPECT_EQ(Bytes(out.begin() + 28, out.begin() + 44), section["block_0001"]) << name;
      EXPECT_EQ(Bytes(out.begin() + 44, out.begin() + 60), section["block_0002"]) << name;
    }
  }
}

TEST_P(SessionKeyVectors, GcmRtp) {
  for (auto& [name, section] : read_vectors("rfc7714_16.txt")) {
    const SrtpSuite suite = *srtp_suite_named(name);
    const auto make = [&, &section = section] {
      return bed_->make_with_session_keys(suite, section["session_key"], section["session_salt"]);
    };
    EXPECT_EQ(bed_->run(&MbEngine::protect_rtp, make(), section["rtp"], 12), section["srtp"]) << name;
    EXPECT_EQ(bed_->run(&MbEngine::unprotect_rtp, make(), section["srtp"], 12), section["rtp"]) << name;
  }
}

TEST_P(SessionKeyVectors, GcmRtcp) {
  unsigned encrypted = 0;
  for (auto& [name, section] : read_vectors("rfc7714_17.txt")) {
    const SrtpSuite suite = *srtp_suite_named(name.substr(0, name.find(' ')));
    const ContextId sender =
        bed_->make_with_session_keys(suite, section["session_key"], section["session_salt"]);
    const ContextId receiver =
        bed_->make_with_session_keys(suite, section["session_key"], section["session_salt"]);
    const std::uint32_t word = load_be32(section["index_word"].data());
    const Bytes opened = bed_->run(&MbEngine::unprotect_rtcp, receiver, section["srtcp"], 0);
    if ((word & srtp::kEncryptedFlag) == 0) {
      EXPECT_TRUE(opened.empty()) << "RTCP that isn't encrypted wasn't agreed on";
      continue;
    }
    ++encrypted;
    EXPECT_EQ(opened, section["rtcp"]) << name;
    bed_->context(sender).cold().rtcp_index = (word & ~srtp::kEncryptedFlag) - 1;
    EXPECT_EQ(bed_->run(&MbEngine::protect_rtcp, sender, section["rtcp"], 0), section["srtcp"]) << name;
  }
  EXPECT_EQ(encrypted, 2U);
}

INSTANTIATE_TEST_SUITE_P(Archs, SessionKeyVectors, testing::ValuesIn(mb_archs()),
                         [](const auto& test) { return name_of(test.param); });

}  // namespace
}  // namespace pollux::crypto::test
