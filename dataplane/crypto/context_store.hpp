// The control thread's side of contexts: what both backends do alike when they make them and give them back.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/crypto/backend.hpp"
#include "dataplane/crypto/context.hpp"
#include "dataplane/crypto/context_memory.hpp"

namespace pollux::crypto {

class ContextStore {
 public:
  // `most_key_bytes`: what a backend keeps of one key, for RTP or RTCP, at the most.
  ContextStore(const ContextOptions& options, std::size_t most_contexts, std::size_t most_key_bytes);

  bool ok() const { return memory_.ok(); }
  std::byte* base() const { return memory_.base(); }
  Context& at(ContextId id) const { return *reinterpret_cast<Context*>(memory_.at(id)); }

  // With room for two times `key_bytes`, which the backend fills: at keys_at and cold().rtcp_keys_at. 0: no
  // memory.
  ContextId make(const SrtpParams& params, std::size_t key_bytes);
  // Of a sender that goes on where another left off, known by its signalled rollover counter: SRTCP begins
  // above what so many RTP packets can have had of it.
  static std::uint32_t rtcp_skip(const SrtpParams& params);
  // The streams of `used` with all their indices used up. Pre: a fresh context of the same key.
  void resume(ContextId id, const ContextState& used);
  void release(ContextId id);
  ContextState state(ContextId id) const;

 private:
  const ContextOptions options_;
  ContextMemory memory_;
};

// Tag, MKI and SRTCP index.
std::uint16_t overhead_of(Context& context);

}  // namespace pollux::crypto
