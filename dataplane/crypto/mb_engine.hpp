// One worker's engine on ipsec-mb. Internal to the crypto room.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "dataplane/crypto/backend_ipsec_mb.hpp"
#include "dataplane/crypto/opening.hpp"

namespace pollux::crypto {

// The synchronous burst calls do all packets of a batch and leave nothing under way, so that single packets
// may be opened in between. Order of opening, batch by batch: hash all, compare all, commit the good ones in
// their order, decrypt those.
class MbEngine final : public Engine {
 public:
  MbEngine(const MbChoice& choice, std::byte* contexts);
  ~MbEngine() override;  // beside what the control thread does
  bool ok() const { return managers_.ok(); }

  void protect_rtp(std::span<SrtpJob> jobs) override;
  void protect_rtcp(std::span<SrtpJob> jobs) override;
  void unprotect_rtp(std::span<SrtpJob> jobs) override;
  void unprotect_rtcp(std::span<SrtpJob> jobs) override;
  ContextId set_former(ContextId receiver, ContextId former) override;

  // For Opening.
  Context& context(ContextId id) { return *reinterpret_cast<Context*>(contexts_ + std::size_t{id} * 64); }
  bool open(Context& context, const SrtpJob& job, std::uint32_t ssrc, srtp::PacketIndex index,
            bool new_stream);

 private:
  static constexpr std::size_t kTagRoom = 32;  // bytes per packet: the library writes 12 of them

  // A packet between two bursts.
  struct Pending {
    SrtpJob* job;
    Context* context;
    Stream* stream;
    srtp::PacketIndex index;
    std::uint16_t end;      // of the ciphertext, where ROC, MKI and tag go
    std::uint8_t saved[4];  // what lay there, over which the ROC was written
  };
  using Round = std::span<SrtpJob>;

  template <typename Work>
  void in_rounds(std::span<SrtpJob> jobs, Work work);
  void prefetch_keys(Round jobs);
  void protect_round(Round jobs);
  void unprotect_round(Round jobs);
  bool prepare(SrtpJob& job, Pending& pending);
  void add_hash(const MbKeys& keys, const std::uint8_t* bytes, std::size_t length);
  void add_cipher(Context& context, const MbKeys& keys, std::uint8_t* bytes, std::size_t length,
                  std::uint32_t ssrc, std::uint64_t index);
  void run_hashes();
  void run_ciphers();
  void settle(Pending& pending, const std::uint8_t* computed);
  bool open_hmac(Context& context, const SrtpJob& job, std::uint32_t ssrc, srtp::PacketIndex index);
  bool open_gcm(Context& context, const SrtpJob& job, std::uint32_t ssrc, srtp::PacketIndex index);
  void seal_gcm(Context& context, SrtpJob& job, const SendPlace& place);
  void protect_rtcp_one(SrtpJob& job);
  bool open_rtcp(Context& context, SrtpJob& job);
  const std::uint8_t* lone_hash(const MbKeys& keys, const std::uint8_t* bytes, std::size_t length);
  void lone_cipher(const Context& context, MbKeys& keys, std::uint8_t* bytes, std::size_t length,
                   std::uint32_t ssrc, std::uint64_t index);
  void gcm(bool seal, const Context& context, MbKeys& keys, const std::uint8_t* iv, const std::uint8_t* aad,
           std::size_t aad_length, std::uint8_t* bytes, std::size_t length, std::uint8_t* tag);
  const std::uint8_t* tag(std::size_t number) const { return tags_.data() + number * kTagRoom; }

  const MbManagers managers_;
  const std::size_t round_;
  std::byte* const contexts_;
  std::size_t hashes_ = 0;
  std::array<std::size_t, 2> ciphers_{};  // by key length: 16 and 32 bytes
  std::array<Pending, kMbBatch> pending_;
  alignas(64) std::array<std::uint8_t, kMbBatch * kTagRoom> tags_{};
  alignas(64) std::array<srtp::Counter, 2 * kMbBatch> counters_{};
  std::array<IMB_JOB, kMbBatch> hash_jobs_{};
  std::array<std::array<IMB_JOB, kMbBatch>, 2> cipher_jobs_{};
  IMB_JOB lone_hash_{};
  IMB_JOB lone_cipher_{};
  alignas(16) std::array<std::uint8_t, kTagRoom> lone_tag_{};
  alignas(16) srtp::Counter lone_counter_{};
};

}  // namespace pollux::crypto
