// SRTP and SRTCP as they come from the network: genuine, changed, cut and arbitrary packets, as RTP and as
// RTCP, to the receivers of both backends, with one key or two.
//
// The input is a choice of suites, MKIs and rollover counter, then records of an operation and its bytes.
// Both backends must say the same of each packet, open none that no sender made, and change no state for one
// they refuse.
#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/crypto/backend.hpp"
#include "dataplane/srtp/packet_layout.hpp"
#include "tests/fuzz/fuzz_input.hpp"

namespace pollux::crypto {
namespace {

using Bytes = std::vector<std::uint8_t>;

bool same(const ContextState& a, const ContextState& b) {
  return a.rtp_packets == b.rtp_packets && a.rtcp_packets == b.rtcp_packets && a.overlap == b.overlap &&
         std::equal(a.streams.begin(), a.streams.end(), b.streams.begin(), b.streams.end(),
                    [](const StreamState& x, const StreamState& y) {
                      return x.ssrc == y.ssrc && x.highest_index == y.highest_index;
                    });
}

// One library, its contexts for this input: a receiver of two keys, or of one.
class Side {
 public:
  Side(Backend& backend, Engine& engine) : backend_(backend), engine_(engine) {}
  ~Side() {
    for (const ContextId id : {receiver_, former_}) {
      if (id != 0) {
        backend_.release_alone(id);
      }
    }
  }
  Side(const Side&) = delete;
  Side& operator=(const Side&) = delete;

  void begin(const SrtpParamsRef& key, const SrtpParamsRef& former_key) {
    former_ = former_key ? backend_.make_receiver(*former_key, 0, {}) : 0;
    receiver_ = backend_.make_receiver(*key, former_, {});
    POLLUX_FUZZ_CHECK(receiver_ != 0);
  }
  std::vector<ContextState> states() const {
    std::vector<ContextState> states = {backend_.state(receiver_)};
    if (former_ != 0) {
      states.push_back(backend_.state(former_));
    }
    return states;
  }
  // In a copy of exactly its length; the plain packet is left in `bytes` where it was opened.
  SrtpStatus open(Bytes& bytes, bool rtcp, std::size_t header) {
    const std::unique_ptr<std::uint8_t[]> copy(new std::uint8_t[bytes.size()]);
    std::copy(bytes.begin(), bytes.end(), copy.get());
    SrtpJob job{copy.get(), receiver_, static_cast<std::uint16_t>(header),
                static_cast<std::uint16_t>(bytes.size())};
    const std::vector<ContextState> before = states();
    if (rtcp) {
      engine_.unprotect_rtcp({&job, 1});
    } else {
      engine_.unprotect_rtp({&job, 1});
    }
    if (job.status == SrtpStatus::kOk) {
      bytes.assign(copy.get(), copy.get() + job.length);
    } else {
      const std::vector<ContextState> after = states();
      POLLUX_FUZZ_CHECK(std::equal(before.begin(), before.end(), after.begin(), after.end(), same));
    }
    return job.status;
  }

 private:
  Backend& backend_;
  Engine& engine_;
  ContextId former_ = 0;
  ContextId receiver_ = 0;
};

constexpr ContextOptions kOptions{.replay_window = 64, .streams_per_key = 3};

Backend& ipsec_mb() {
  static Backend* const backend = make_ipsec_mb_backend(kOptions, 8).release();
  return *backend;
}
Backend& libsrtp() {
  static Backend* const backend = make_libsrtp_backend(kOptions, 8).release();
  return *backend;
}
Engine& engine_of(Backend& backend) {
  static Engine* const engines[] = {ipsec_mb().make_engine().release(), libsrtp().make_engine().release()};
  return *engines[&backend == &ipsec_mb() ? 0 : 1];
}

SrtpParamsRef make_key(FuzzInput& input, std::uint8_t fill) {
  const SrtpSuiteFacts& facts = kSrtpSuites[input.u8() % kSrtpSuites.size()];
  const std::uint8_t choice = input.u8();
  const Bytes key(facts.key_bytes, fill);
  const Bytes salt(facts.salt_bytes, static_cast<std::uint8_t>(fill + 1));
  const Bytes mki(choice % 5, fill);
  std::optional<std::uint32_t> roc;
  if ((choice & 0x80U) != 0) {
    roc = (choice & 0x40U) != 0 ? 0xffffffffU : 5U;
  }
  return SrtpParamsRef::make(facts.suite, key, salt, mki, 0, roc);
}

// A party that sends under one key: what it makes is genuine.
class Source {
 public:
  Source(const SrtpParamsRef& key, std::uint16_t sequence)
      : sender_(ipsec_mb().make_sender(*key, {})), sequence_(sequence) {
    POLLUX_FUZZ_CHECK(sender_ != 0);
  }
  ~Source() { ipsec_mb().release(sender_); }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  // Empty: the key has come to its end. `plain` is what it was before.
  Bytes next(bool rtcp, std::uint8_t control, Bytes& plain) {
    const std::size_t payload = 4 * (control & 0x0fU);
    const std::uint32_t ssrc = 1000 + (control >> 6);  // one more than there is room for
    plain.assign((rtcp ? 8 : 12) + payload, control);
    plain[0] = 0x80;
    plain[1] = rtcp ? 200 : 96;
    if (!rtcp) {
      store_be16(&plain[2], sequence_++);
    }
    store_be32(&plain[rtcp ? 4 : 8], ssrc);
    Bytes bytes = plain;
    bytes.resize(plain.size() + ipsec_mb().overhead(sender_));
    SrtpJob job{bytes.data(), sender_, static_cast<std::uint16_t>(rtcp ? 0 : 12),
                static_cast<std::uint16_t>(plain.size())};
    if (rtcp) {
      engine_of(ipsec_mb()).protect_rtcp({&job, 1});
    } else {
      engine_of(ipsec_mb()).protect_rtp({&job, 1});
    }
    bytes.resize(job.status == SrtpStatus::kOk ? job.length : 0);
    return bytes;
  }

 private:
  const ContextId sender_;
  std::uint16_t sequence_;
};

struct Ends {
  Side mb{ipsec_mb(), engine_of(ipsec_mb())};
  Side lib{libsrtp(), engine_of(libsrtp())};
};

// `plain`: what a genuine packet is; nullptr: no sender made these bytes.
SrtpStatus give(Ends& ends, const Bytes& packet, bool rtcp, const Bytes* plain) {
  const std::size_t header = rtcp ? 0 : srtp::rtp_header_length(packet.data(), packet.size());
  if (!rtcp && header == 0) {
    return SrtpStatus::kMalformed;  // goes no further than that
  }
  Bytes a = packet;
  Bytes b = packet;
  const SrtpStatus status = ends.mb.open(a, rtcp, header);
  POLLUX_FUZZ_CHECK(ends.lib.open(b, rtcp, header) == status);
  if (status == SrtpStatus::kOk) {
    POLLUX_FUZZ_CHECK(plain != nullptr);
    POLLUX_FUZZ_CHECK(a == *plain && b == *plain);
  }
  const std::vector<ContextState> mb = ends.mb.states();
  const std::vector<ContextState> lib = ends.lib.states();
  POLLUX_FUZZ_CHECK(std::equal(mb.begin(), mb.end(), lib.begin(), lib.end(), same));
  return status;
}

void run(FuzzInput input) {
  const bool two_keys = (input.u8() & 1U) != 0;
  const SrtpParamsRef keys[] = {make_key(input, 0x10), make_key(input, 0x20)};
  Ends ends;
  ends.mb.begin(keys[0], two_keys ? keys[1] : SrtpParamsRef());
  ends.lib.begin(keys[0], two_keys ? keys[1] : SrtpParamsRef());
  Source sources[] = {{keys[0], input.u16()}, {keys[1], input.u16()}};
  for (unsigned records = 0; !input.empty() && records < 40; ++records) {
    const std::uint8_t operation = input.u8();
    const bool rtcp = (operation & 0x80U) != 0;
    if (operation % 4 == 0) {  // arbitrary bytes
      const auto bytes = input.bytes(input.u8());
      give(ends, Bytes(bytes.begin(), bytes.end()), rtcp, nullptr);
      continue;
    }
    Bytes plain;
    const bool of_second = two_keys && (operation & 0x40U) != 0;
    const Bytes genuine = sources[of_second ? 1 : 0].next(rtcp, input.u8(), plain);
    if (genuine.empty()) {
      continue;
    }
    Bytes changed = genuine;
    if (operation % 4 == 1) {  // some bytes of it changed
      for (unsigned changes = 1 + (operation >> 2 & 3U); changes > 0; --changes) {
        changed[input.u16() % changed.size()] ^= input.u8();
      }
    } else if (operation % 4 == 2) {  // cut, or longer
      const auto more = input.bytes(input.u8() % 8U);
      changed.resize(input.u8() % (changed.size() + 1));
      changed.insert(changed.end(), more.begin(), more.end());
    }
    if (changed != genuine) {
      give(ends, changed, rtcp, nullptr);
    }
    if ((operation & 0x20U) != 0) {
      continue;  // lost
    }
    if (give(ends, genuine, rtcp, &plain) == SrtpStatus::kOk) {
      POLLUX_FUZZ_CHECK(give(ends, genuine, rtcp, nullptr) != SrtpStatus::kOk);  // once only
    }
  }
}

}  // namespace
}  // namespace pollux::crypto

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pollux::crypto::run(pollux::FuzzInput(data, size));
  return 0;
}
