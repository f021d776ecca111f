// Protects and opens SRTP and SRTCP: what workers and the control thread see of a cryptographic library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dataplane/base/srtp_params.hpp"

namespace pollux::crypto {

// What became of a packet.
enum class SrtpStatus : std::uint8_t {
  kOk,
  kMalformed,  // too short, or an SRTCP packet whose E flag isn't as agreed
  kMkiUnknown,
  kAuthenticationFailed,
  kReplayed,     // this index has been opened, or used for sending, before
  kTooOld,       // before the replay window
  kKeyExpired,   // the key's lifetime, or the packet index, is used up
  kStreamsFull,  // a new SSRC, and there is no room for another
};

// What a packet made known besides.
enum class SrtpNote : std::uint8_t {
  kNone,
  kKeyExpiring,  // the key nears the end of its lifetime; told once per context
  kKeyExpired,   // this packet is the first that is refused for it
};

// Names a cryptographic context: one direction of a leg under one master key, RTP and RTCP, with the state of
// all its SSRCs (RFC 3711 §3.2.3). 0 names none. Made and given back by the control thread; in between it
// belongs to one worker.
using ContextId = std::uint32_t;

// One packet. Where `status` isn't kOk its bytes mean nothing any more.
struct SrtpJob {
  std::uint8_t* bytes = nullptr;  // to protect: with room for overhead() more
  ContextId context = 0;
  std::uint16_t header_length = 0;  // RTP only: fixed header, CSRCs and extension; at most `length`
  std::uint16_t length = 0;         // in: of the packet; out: of its other form, which lies in the same place
  SrtpStatus status = SrtpStatus::kOk;  // out
  SrtpNote note = SrtpNote::kNone;      // out
};

// One SSRC's place under a key.
struct StreamState {
  std::uint32_t ssrc = 0;
  std::uint64_t highest_index = 0;  // ROC << 16 | sequence
};

// What is known of a context, for statistics and for a key that comes back.
struct ContextState {
  std::uint64_t rtp_packets = 0;
  std::uint64_t rtcp_packets = 0;
  std::uint64_t rtp_packets_left = 0;
  std::uint32_t rtcp_index = 0;  // sending: of the last SRTCP packet
  bool overlap = false;
  std::vector<StreamState> streams;
  std::vector<StreamState> rtcp_streams;  // receiving; `highest_index` is SRTCP's
};

struct ContextOptions {
  std::uint16_t replay_window = 128;   // packets, a multiple of 64 in 64..1024
  std::uint16_t streams_per_key = 16;  // 1..256
};

// One worker's engine; all calls on that worker's thread. Packets of one batch are handled in their order.
class Engine {
 public:
  virtual ~Engine() = default;
  // The index of each is above all before it or inside the replay window and unused, else kReplayed or
  // kTooOld: no index is used twice (RFC 3711 §9.1).
  virtual void protect_rtp(std::span<SrtpJob> jobs) = 0;
  virtual void protect_rtcp(std::span<SrtpJob> jobs) = 0;
  // Index estimate, replay check, authentication, and only then decryption and a change of state.
  virtual void unprotect_rtp(std::span<SrtpJob> jobs) = 0;
  virtual void unprotect_rtcp(std::span<SrtpJob> jobs) = 0;
  // The former key of a receiver is another from now on; 0: none. Gives the one until now.
  virtual ContextId set_former(ContextId receiver, ContextId former) = 0;
};

// A library with its contexts: one per process. Thread: control, but for state().
class Backend {
 public:
  virtual ~Backend() = default;

  // For what is received. `former`: the context of the leg's key until now, which stays good beside this one
  // until set_former() takes it away: its rollover counters are tried where packets under the new key don't
  // fit the initial one. `used`: how far the same key had got before; nothing up to there is opened again. 0:
  // no memory.
  virtual ContextId make_receiver(const SrtpParams& params, ContextId former, const ContextState& used) = 0;
  // For what is sent. `used`: how far the same key had got before; nothing up to there is used again. 0: no
  // memory.
  virtual ContextId make_sender(const SrtpParams& params, const ContextState& used) = 0;
  // The former context that a receiver still has goes with it. Pre: no worker knows the context any more.
  virtual void release(ContextId context) = 0;
  // As release(), of a receiver that no worker ever got: its former context stays.
  virtual void release_alone(ContextId context) = 0;
  // Whole values in no order between them while a worker uses the context. Any thread.
  virtual ContextState state(ContextId context) const = 0;
  // Bytes by which packets sent under the key grow at most: tag, MKI, SRTCP index.
  virtual std::uint16_t overhead(ContextId context) const = 0;

  virtual std::unique_ptr<Engine> make_engine() = 0;
  // For people: the library's name, its version, and what was chosen for this machine.
  virtual std::string description() const = 0;
};

// Room for `most_contexts` at once; nullptr when there is no memory for so many, or the library doesn't work
// here.
std::unique_ptr<Backend> make_ipsec_mb_backend(const ContextOptions& options, std::size_t most_contexts);
std::unique_ptr<Backend> make_libsrtp_backend(const ContextOptions& options, std::size_t most_contexts);

}  // namespace pollux::crypto
