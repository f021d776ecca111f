#include "controlplane/call/call.hpp"

#include <cstdint>
#include <cstdio>

#include "controlplane/session/session_rules.hpp"

namespace pollux::call {

namespace {

constexpr std::size_t kKeptBytes = 100;  // of a Call-ID that is no session id, for people

// FNV-1a, 64 bits. Equal ones of different calls are refused, not mixed up: the session exists then.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char letter : text) {
    hash = (hash ^ static_cast<std::uint8_t>(letter)) * 0x100000001b3U;
  }
  return hash;
}

}  // namespace

std::string session_id_of(const std::string& call_id) {
  if (control::valid_session_id(call_id)) {
    return call_id;
  }
  std::string id;
  for (const char letter : call_id) {
    const bool allowed = control::valid_session_id(std::string_view(&letter, 1));
    if (allowed && id.size() < kKeptBytes) {
      id += letter;
    }
  }
  char hash[18];
  std::snprintf(hash, sizeof hash, ":%016llx", static_cast<unsigned long long>(hash_of(call_id)));
  return id + hash;
}

}  // namespace pollux::call
