// ipsec-mb's engine taken apart: with managers of one instruction set, and with session keys instead of a
// master key, which some of the RFCs' vectors give.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <vector>

#include "dataplane/crypto/mb_engine.hpp"
#include "tests/support/srtp_packets.hpp"

namespace pollux::crypto::test {

// Those that this processor has.
inline std::vector<MbArch> mb_archs() {
  std::vector<MbArch> archs;
  for (const MbArch arch : {MbArch::kSse, MbArch::kAvx2, MbArch::kAvx512}) {
    if (make_mb_manager(arch)) {
      archs.push_back(arch);
    }
  }
  return archs;
}
inline const char* name_of(MbArch arch) {
  constexpr const char* kNames[] = {"sse", "avx2", "avx512"};
  return kNames[static_cast<std::size_t>(arch)];
}

// The same manager for everything.
inline MbChoice only(MbArch arch) {
  MbChoice choice;
  choice.hash.fill(arch);
  choice.cipher.fill(arch);
  choice.gcm = arch;
  return choice;
}

class MbBed {
 public:
  explicit MbBed(MbArch arch)
      : arch_(arch),
        store_(ContextOptions(), 16, MbKeyMaker::key_bytes(SrtpSuite::kAeadAes256Gcm, arch)),
        keys_(arch),
        engine_(only(arch), store_.base()) {}

  ContextId make(const SrtpParamsRef& key) {
    const ContextId id = store_.make(*key, MbKeyMaker::key_bytes(key->suite, arch_));
    EXPECT_NE(id, 0U);
    keys_.fill(store_.at(id), *key);
    return id;
  }

  // RTP's and RTCP's session key and salt alike; what HMAC needs stays as it was.
  ContextId make_with_session_keys(SrtpSuite suite, const Bytes& key, const Bytes& salt) {
    const ContextId id = make(make_key(suite));
    for (MbKeys* keys : {&rtp_keys(store_.at(id)), &rtcp_keys(store_.at(id))}) {
      std::memset(keys->salt, 0, sizeof keys->salt);
      std::memcpy(keys->salt, salt.data(), salt.size());
      const MbManager manager = make_mb_manager(arch_);
      if (facts_of(suite).cipher == SrtpCipher::kAesGcm) {
        gcm_key_data expanded;
        if (key.size() == 32) {
          IMB_AES256_GCM_PRE(manager.get(), key.data(), &expanded);
        } else {
          IMB_AES128_GCM_PRE(manager.get(), key.data(), &expanded);
        }
        std::memcpy(keys->cipher(), &expanded, MbKeyMaker::key_bytes(suite, arch_) - sizeof(MbKeys));
      } else {
        alignas(16) std::uint8_t unused[240];
        if (key.size() == 32) {
          IMB_AES_KEYEXP_256(manager.get(), key.data(), keys->cipher(), unused);
        } else {
          IMB_AES_KEYEXP_128(manager.get(), key.data(), keys->cipher(), unused);
        }
      }
    }
    return id;
  }

  Context& context(ContextId id) { return store_.at(id); }
  MbEngine& engine() { return engine_; }

  // The packet in its other form; empty where the engine says no.
  using Call = void (MbEngine::*)(std::span<SrtpJob>);
  Bytes run(Call call, ContextId id, const Bytes& packet, std::size_t header) {
    Bytes bytes = packet;
    bytes.resize(packet.size() + overhead_of(context(id)));
    SrtpJob job{bytes.data(), id, static_cast<std::uint16_t>(header),
                static_cast<std::uint16_t>(packet.size())};
    (engine_.*call)({&job, 1});
    bytes.resize(job.status == SrtpStatus::kOk ? job.length : 0);
    return bytes;
  }

 private:
  const MbArch arch_;
  ContextStore store_;
  MbKeyMaker keys_;
  MbEngine engine_;
};

class EachMbArch : public testing::TestWithParam<MbArch> {
 protected:
  const std::unique_ptr<MbBed> bed_ = std::make_unique<MbBed>(GetParam());
};

}  // namespace pollux::crypto::test
