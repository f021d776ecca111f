// One end of SRTP: a backend, an engine and contexts, for tests that run on both libraries.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "dataplane/crypto/backend.hpp"
#include "dataplane/srtp/packet_layout.hpp"
#include "tests/support/srtp_packets.hpp"

namespace pollux::crypto {

// Readable failures.
inline void PrintTo(SrtpStatus status, std::ostream* out) {
  constexpr const char* kNames[] = {"kOk",       "kMalformed", "kMkiUnknown", "kAuthenticationFailed",
                                    "kReplayed", "kTooOld",    "kKeyExpired", "kStreamsFull"};
  *out << kNames[static_cast<std::size_t>(status)];
}

}  // namespace pollux::crypto

namespace pollux::crypto::test {

enum class Library { kIpsecMb, kLibsrtp };
inline constexpr Library kLibraries[] = {Library::kIpsecMb, Library::kLibsrtp};

// What became of a packet, and its bytes where it went well.
struct Outcome {
  SrtpStatus status = SrtpStatus::kOk;
  SrtpNote note = SrtpNote::kNone;
  Bytes bytes;
};

// Choosing managers takes the ipsec-mb backend milliseconds, so parties of the same options share one.
inline Backend& shared_backend(Library library, const ContextOptions& options) {
  constexpr std::size_t kMostContexts = 64;
  static auto* const backends =
      new std::map<std::tuple<Library, std::uint16_t, std::uint16_t>, std::unique_ptr<Backend>>;
  auto& backend = (*backends)[{library, options.replay_window, options.streams_per_key}];
  if (!backend) {
    backend = library == Library::kIpsecMb ? make_ipsec_mb_backend(options, kMostContexts)
                                           : make_libsrtp_backend(options, kMostContexts);
  }
  return *backend;
}

class Party {
 public:
  explicit Party(Library library, const ContextOptions& options = {})
      : backend_(shared_backend(library, options)), engine_(backend_.make_engine()) {}
  ~Party() {
    for (const ContextId id : contexts_) {
      backend_.release_alone(id);
    }
  }
  Party(const Party&) = delete;
  Party& operator=(const Party&) = delete;

  ContextId sender(const SrtpParamsRef& key, const ContextState& used = {}) {
    return keep(backend_.make_sender(*key, used));
  }
  ContextId receiver(const SrtpParamsRef& key, ContextId former = 0, const ContextState& used = {}) {
    return keep(backend_.make_receiver(*key, former, used));
  }
  Engine& engine() { return *engine_; }
  Backend& backend() { return backend_; }
  ContextState state(ContextId id) const { return backend_.state(id); }

  Outcome protect(ContextId id, const Bytes& packet) {
    return grow(id, packet, &Engine::protect_rtp,
                static_cast<std::uint16_t>(srtp::rtp_header_length(packet.data(), packet.size())));
  }
  Outcome protect_rtcp(ContextId id, const Bytes& packet) {
    return grow(id, packet, &Engine::protect_rtcp, 0);
  }
  // kMalformed, without asking the engine, where the header isn't RTP's: as receiving stages do.
  Outcome open(ContextId id, const Bytes& packet) {
    const std::size_t header = srtp::rtp_header_length(packet.data(), packet.size());
    if (header == 0) {
      return {SrtpStatus::kMalformed, SrtpNote::kNone, {}};
    }
    return run(id, packet, packet.size(), &Engine::unprotect_rtp, static_cast<std::uint16_t>(header));
  }
  Outcome open_rtcp(ContextId id, const Bytes& packet) {
    return run(id, packet, packet.size(), &Engine::unprotect_rtcp, 0);
  }
  // All in one call; packets have to have RTP's header.
  std::vector<Outcome> open_batch(ContextId id, const std::vector<Bytes>& packets) {
    std::vector<Bytes> copies = packets;
    std::vector<SrtpJob> jobs;
    for (Bytes& copy : copies) {
      jobs.push_back({copy.data(), id,
                      static_cast<std::uint16_t>(srtp::rtp_header_length(copy.data(), copy.size())),
                      static_cast<std::uint16_t>(copy.size())});
    }
    engine_->unprotect_rtp(jobs);
    std::vector<Outcome> outcomes;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      copies[i].resize(jobs[i].length);
      outcomes.push_back({jobs[i].status, jobs[i].note, copies[i]});
    }
    return outcomes;
  }

 private:
  using Call = void (Engine::*)(std::span<SrtpJob>);

  ContextId keep(ContextId id) {
    EXPECT_NE(id, 0U);
    contexts_.push_back(id);
    return id;
  }
  Outcome grow(ContextId id, const Bytes& packet, Call call, std::uint16_t header) {
    return run(id, packet, packet.size() + backend_.overhead(id), call, header);
  }
  // In a buffer of exactly `room` bytes on the heap, so that AddressSanitizer sees what goes beyond.
  Outcome run(ContextId id, const Bytes& packet, std::size_t room, Call call, std::uint16_t header) {
    const std::unique_ptr<std::uint8_t[]> buffer(new std::uint8_t[room]);
    std::copy(packet.begin(), packet.end(), buffer.get());
    SrtpJob job{buffer.get(), id, header, static_cast<std::uint16_t>(packet.size())};
    ((*engine_).*call)({&job, 1});
    Outcome outcome{job.status, job.note, {}};
    if (job.status == SrtpStatus::kOk) {
      outcome.bytes.assign(buffer.get(), buffer.get() + job.length);
    }
    return outcome;
  }

  Backend& backend_;
  const std::unique_ptr<Engine> engine_;
  std::vector<ContextId> contexts_;
};

inline bool same_state(const ContextState& a, const ContextState& b) {
  const auto same_stream = [](const StreamState& x, const StreamState& y) {
    return x.ssrc == y.ssrc && x.highest_index == y.highest_index;
  };
  return a.rtp_packets == b.rtp_packets && a.rtcp_packets == b.rtcp_packets &&
         a.rtp_packets_left == b.rtp_packets_left && a.rtcp_index == b.rtcp_index && a.overlap == b.overlap &&
         std::equal(a.streams.begin(), a.streams.end(), b.streams.begin(), b.streams.end(), same_stream);
}

inline std::string name_of(Library library) {
  return library == Library::kIpsecMb ? "ipsec_mb" : "libsrtp";
}

// Tests that take one library for both ends ...
using OneLibrary = std::tuple<Library, SrtpSuite>;
// ... and those that try each against each.
using TwoLibraries = std::tuple<Library, Library, SrtpSuite>;

inline std::string name_of_case(const testing::TestParamInfo<OneLibrary>& info) {
  return name_of(std::get<0>(info.param)) + "_" + std::string(facts_of(std::get<1>(info.param)).name);
}
inline std::string name_of_pair(const testing::TestParamInfo<TwoLibraries>& info) {
  return name_of(std::get<0>(info.param)) + "_to_" + name_of(std::get<1>(info.param)) + "_" +
         std::string(facts_of(std::get<2>(info.param)).name);
}

inline auto every_suite() {
  std::vector<SrtpSuite> suites;
  for (const SrtpSuiteFacts& facts : kSrtpSuites) {
    suites.push_back(facts.suite);
  }
  return testing::ValuesIn(suites);
}
inline auto each_library() {
  return testing::Combine(testing::ValuesIn(kLibraries), every_suite());
}
inline auto each_pair() {
  return testing::Combine(testing::ValuesIn(kLibraries), testing::ValuesIn(kLibraries), every_suite());
}

}  // namespace pollux::crypto::test
