// One worker's engine on libsrtp2, and what a context keeps of that library. Internal to the crypto room.
#pragma once

#include <srtp2/srtp.h>

#include <array>
#include <cstdint>

#include "dataplane/base/srtp_params.hpp"
#include "dataplane/crypto/context.hpp"
#include "dataplane/crypto/opening.hpp"

namespace pollux::crypto {

inline constexpr std::size_t kMostSrtpBytes = 9216 + SRTP_MAX_TRAILER_LEN;  // of one packet

// Lies behind ContextCold::library. The session's streams are added one by one as their SSRCs come, since
// only such streams can begin with another rollover counter than 0.
struct LibsrtpSession {
  srtp_t session = nullptr;
  SrtpParamsRef params;
  unsigned long window = 128;
  bool sender = false;
  std::uint32_t rtcp_burn = 0;  // SRTCP indices that each stream has to leave out: used under this key before

  // False: the library won't.
  bool add_stream(std::uint32_t ssrc);
};

// Index and replay list are checked here first, so that both backends count and refuse alike; the library
// then does the same again, and the cryptography. It allocates when an SSRC is new: the price of the
// fallback.
class LibsrtpEngine final : public Engine {
 public:
  explicit LibsrtpEngine(std::byte* contexts) : contexts_(contexts) {}
  ~LibsrtpEngine() override;  // beside what the control thread does

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
  bool open_rtcp(Context& context, SrtpJob& job);
  bool begin_stream(LibsrtpSession& session, std::uint32_t ssrc, std::uint32_t roc, bool& added);

  std::byte* const contexts_;
  std::array<std::uint8_t, kMostSrtpBytes> copy_{};  // of a packet that may have to be tried again
};

}  // namespace pollux::crypto
