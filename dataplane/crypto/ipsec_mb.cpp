#include "dataplane/crypto/ipsec_mb.hpp"

#include <x86intrin.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace pollux::crypto {

namespace {

constexpr std::size_t kMessage = 172;  // bytes: G.711 at 20 ms with its header
constexpr unsigned kRuns = 16;
constexpr std::array<std::size_t, 11> kSizes = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64};
constexpr double kWorthIt = 0.95;  // what is less of a gain may be the measurement's noise
constexpr std::array<const char*, kMbArchs> kNames = {"sse", "avx2", "avx512"};

// Messages, keys and room for results to measure with. What they hold doesn't matter.
class Trial {
 public:
  Trial() {
    for (std::size_t i = 0; i < kMbBatch; ++i) {
      IMB_JOB& job = jobs_[i];
      std::memset(&job, 0, sizeof job);
      job.src = job.dst = &messages_[i * 256];
      job.enc_keys = job.dec_keys = keys_.data();
      job.key_len_in_bytes = 16;
      job.iv = iv_.data();
      job.iv_len_in_bytes = 16;
      job.msg_len_to_cipher_in_bytes = kMessage;
      job.msg_len_to_hash_in_bytes = kMessage;
      job.cipher_mode = IMB_CIPHER_CNTR;
      job.cipher_direction = IMB_DIR_ENCRYPT;
      job.hash_alg = IMB_AUTH_HMAC_SHA_1;
      job.auth_tag_output = &tags_[i * 32];
      job.auth_tag_output_len_in_bytes = 12;
      job.u.HMAC._hashed_auth_key_xor_ipad = keys_.data();
      job.u.HMAC._hashed_auth_key_xor_opad = keys_.data() + 32;
    }
  }

  std::uint64_t hash(IMB_MGR* manager, std::size_t packets) {
    return least([&] {
      IMB_SUBMIT_HASH_BURST(manager, jobs_.data(), static_cast<std::uint32_t>(packets), IMB_AUTH_HMAC_SHA_1);
    });
  }
  std::uint64_t cipher(IMB_MGR* manager, std::size_t packets) {
    return least([&] {
      IMB_SUBMIT_CIPHER_BURST(manager, jobs_.data(), static_cast<std::uint32_t>(packets), IMB_CIPHER_CNTR,
                              IMB_DIR_ENCRYPT, IMB_KEY_128_BYTES);
    });
  }
  std::uint64_t gcm(IMB_MGR* manager) {
    gcm_context_data context;
    IMB_AES128_GCM_PRE(manager, keys_.data(), &gcm_key_);
    return least([&] {
      for (std::size_t i = 0; i < 8; ++i) {
        std::uint8_t* const message = &messages_[i * 256];
        IMB_AES128_GCM_ENC(manager, &gcm_key_, &context, message, message, kMessage, iv_.data(), keys_.data(),
                           12, &tags_[i * 32], 16);
      }
    });
  }

 private:
  template <typename Work>
  static std::uint64_t least(Work work) {
    std::uint64_t best = ~std::uint64_t{0};
    for (unsigned i = 0; i < kRuns; ++i) {
      const std::uint64_t start = __rdtsc();
      work();
      best = std::min<std::uint64_t>(best, __rdtsc() - start);
    }
    return best;
  }

  alignas(64) std::array<std::uint8_t, kMbBatch * 256> messages_{};
  alignas(64) std::array<std::uint8_t, 256> keys_{};
  alignas(64) std::array<std::uint8_t, kMbBatch * 32> tags_{};
  alignas(16) std::array<std::uint8_t, 16> iv_{};
  alignas(64) gcm_key_data gcm_key_{};
  std::vector<IMB_JOB> jobs_ = std::vector<IMB_JOB>(kMbBatch);
};

// The least number from which on more packets at once gain nothing to speak of.
std::size_t best_round(const std::array<std::uint64_t, kSizes.size()>& hash,
                       const std::array<std::uint64_t, kSizes.size()>& cipher) {
  constexpr std::size_t kLeast = 8;
  std::size_t round = 0;
  double best = 0;
  for (std::size_t i = 0; i < kSizes.size(); ++i) {
    const double cost = static_cast<double>(hash[i] + cipher[i]) / static_cast<double>(kSizes[i]);
    if (kSizes[i] >= kLeast && (round == 0 || cost < kWorthIt * best)) {
      best = cost;
      round = kSizes[i];
    }
  }
  return round;
}

std::string describe(const std::array<MbArch, kMbBatch + 1>& choice) {
  std::string text;
  for (std::size_t from = 1; from <= kMbBatch;) {
    std::size_t to = from;
    while (to < kMbBatch && choice[to + 1] == choice[from]) {
      ++to;
    }
    text += (text.empty() ? "" : ", ") + std::string(kNames[static_cast<std::size_t>(choice[from])]);
    if (from != 1 || to != kMbBatch) {
      text += " " + std::to_string(from) + ".." + std::to_string(to);
    }
    from = to + 1;
  }
  return text;
}

}  // namespace

MbManager make_mb_manager(MbArch arch) {
  MbManager manager(alloc_mb_mgr(0));
  if (!manager) {
    return nullptr;
  }
  const std::uint64_t features = manager->features;
  constexpr std::uint64_t kWide = IMB_FEATURE_AVX512_SKX;
  switch (arch) {
    case MbArch::kSse:
      init_mb_mgr_sse(manager.get());
      break;
    case MbArch::kAvx2:
      if ((features & IMB_FEATURE_AVX2) == 0) {
        return nullptr;
      }
      init_mb_mgr_avx2(manager.get());
      break;
    case MbArch::kAvx512:
      if ((features & kWide) != kWide) {
        return nullptr;
      }
      init_mb_mgr_avx512(manager.get());
      break;
  }
  return imb_get_errno(manager.get()) == 0 ? std::move(manager) : nullptr;
}

MbChoice measure_mb_choice() {
  const auto trial = std::make_unique<Trial>();
  MbChoice choice;
  std::array<std::uint64_t, kSizes.size()> hash_best;
  std::array<std::uint64_t, kSizes.size()> cipher_best;
  std::array<MbArch, kSizes.size()> hash{};
  std::array<MbArch, kSizes.size()> cipher{};
  hash_best.fill(~std::uint64_t{0});
  cipher_best.fill(~std::uint64_t{0});
  std::uint64_t gcm_best = ~std::uint64_t{0};
  for (const MbArch arch : {MbArch::kSse, MbArch::kAvx2, MbArch::kAvx512}) {
    const MbManager manager = make_mb_manager(arch);
    if (!manager) {
      continue;
    }
    const auto consider = [arch](std::uint64_t cost, std::uint64_t& best, MbArch& chosen) {
      if (static_cast<double>(cost) < kWorthIt * static_cast<double>(best)) {
        best = cost;
        chosen = arch;
      }
    };
    for (std::size_t i = 0; i < kSizes.size(); ++i) {
      consider(trial->hash(manager.get(), kSizes[i]), hash_best[i], hash[i]);
      consider(trial->cipher(manager.get(), kSizes[i]), cipher_best[i], cipher[i]);
    }
    consider(trial->gcm(manager.get()), gcm_best, choice.gcm);
  }
  choice.round = best_round(hash_best, cipher_best);
  for (std::size_t packets = 1, i = 0; packets <= kMbBatch; ++packets) {
    i += packets > kSizes[i] ? 1U : 0U;
    choice.hash[packets] = hash[i];
    choice.cipher[packets] = cipher[i];
  }
  return choice;
}

std::string describe(const MbChoice& choice) {
  return "HMAC-SHA1 by " + describe(choice.hash) + "; AES-CM by " + describe(choice.cipher) +
         "; AES-GCM by " + kNames[static_cast<std::size_t>(choice.gcm)] + "; " +
         std::to_string(choice.round) + " packets at a time";
}

MbManagers::MbManagers(const MbChoice& choice) : choice_(choice) {
  const auto need = [this](MbArch arch) {
    MbManager& manager = managers_[static_cast<std::size_t>(arch)];
    if (!manager) {
      manager = make_mb_manager(arch);
      ok_ = ok_ && manager != nullptr;
    }
  };
  for (std::size_t packets = 1; packets <= kMbBatch; ++packets) {
    need(choice.hash[packets]);
    need(choice.cipher[packets]);
  }
  need(choice.gcm);
}

}  // namespace pollux::crypto
