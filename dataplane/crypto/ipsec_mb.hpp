// Intel's multi-buffer library (ipsec-mb): the managers of each instruction set, and which of them to use
// when. Included by the ipsec-mb backend's own files only.
#pragma once

#include <intel-ipsec-mb.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace pollux::crypto {

inline constexpr std::size_t kMbBatch = 64;  // packets handled together at the most

enum class MbArch : std::uint8_t { kSse, kAvx2, kAvx512 };
inline constexpr std::size_t kMbArchs = 3;

struct MbManagerDeleter {
  void operator()(IMB_MGR* manager) const { free_mb_mgr(manager); }
};
using MbManager = std::unique_ptr<IMB_MGR, MbManagerDeleter>;

// nullptr: the processor can't, or there is no memory.
MbManager make_mb_manager(MbArch arch);

// The quickest manager for so many packets at once, [1..kMbBatch]. The wide ones need full lanes: with few
// packets they lose against one that has instructions for a single stream (SHA-NI).
struct MbChoice {
  std::array<MbArch, kMbBatch + 1> hash{};    // HMAC-SHA1
  std::array<MbArch, kMbBatch + 1> cipher{};  // AES counter mode
  MbArch gcm = MbArch::kSse;                  // one at a time; its keys have a form of their own in each
  // Packets handled together: as few as fill the lanes, so that what they touch stays in the first cache.
  std::size_t round = kMbBatch;
};

// Measured on this processor, in some milliseconds. Never fails: what isn't there isn't chosen.
MbChoice measure_mb_choice();
// "HMAC-SHA1 by sse; AES-CM by sse 1..7, avx2 8..64; AES-GCM by avx2; 8 packets at a time"
std::string describe(const MbChoice& choice);

// One worker's managers: those that the choice names. An IMB_MGR is no thread's but its owner's.
class MbManagers {
 public:
  explicit MbManagers(const MbChoice& choice);
  bool ok() const { return ok_; }
  IMB_MGR* hash(std::size_t packets) const { return of(choice_.hash[packets]); }
  IMB_MGR* cipher(std::size_t packets) const { return of(choice_.cipher[packets]); }
  IMB_MGR* gcm() const { return of(choice_.gcm); }

 private:
  IMB_MGR* of(MbArch arch) const { return managers_[static_cast<std::size_t>(arch)].get(); }

  MbChoice choice_;
  std::array<MbManager, kMbArchs> managers_;
  bool ok_ = true;
};

}  // namespace pollux::crypto
