#include "tests/bench/sealer.hpp"

#include <array>
#include <cstring>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/base/checksum.hpp"
#include "tests/bench/bench_net.hpp"

namespace pollux::bench {

namespace {

constexpr std::size_t kIp = 14;
constexpr std::size_t kUdp = 34;
constexpr std::size_t kRtp = 42;

SrtpParamsRef make_key(SrtpSuite suite, std::uint32_t number, std::uint8_t fill) {
  const SrtpSuiteFacts& facts = facts_of(suite);
  std::array<std::uint8_t, kMaxMasterKeyBytes> key;
  std::array<std::uint8_t, kMaxMasterSaltBytes> salt;
  key.fill(fill);
  salt.fill(fill);
  store_be32(key.data(), number);
  return SrtpParamsRef::make(suite, {key.data(), facts.key_bytes}, {salt.data(), facts.salt_bytes});
}

}  // namespace

Sealer::Sealer(SrtpSuite suite, std::uint32_t streams)
    : backend_(crypto::make_ipsec_mb_backend({.replay_window = 128, .streams_per_key = 1}, streams)),
      engine_(backend_ ? backend_->make_engine() : nullptr) {
  if (!engine_) {
    die("no engine to seal with");
  }
  for (std::uint32_t i = 0; i < streams; ++i) {
    keys_.push_back(make_key(suite, i, 0x5a));
    contexts_.push_back(backend_->make_sender(*keys_.back(), {}));
  }
}

SrtpParamsRef Sealer::another_key(SrtpSuite suite, std::uint32_t number) {
  return make_key(suite, number, 0xa5);
}

void Sealer::seal(std::uint32_t stream, rte_mbuf& mbuf) {
  auto* const data = rte_pktmbuf_mtod(&mbuf, std::uint8_t*);
  crypto::SrtpJob job;
  job.bytes = data + kRtp;
  job.context = contexts_[stream];
  job.header_length = 12;
  job.length = 12 + kPayload;
  engine_->protect_rtp({&job, 1});
  if (job.status != crypto::SrtpStatus::kOk) {
    die("a packet could not be sealed");
  }
  mbuf.data_len = static_cast<std::uint16_t>(kRtp + job.length);
  mbuf.pkt_len = mbuf.data_len;
  store_be16(data + kIp + 2, static_cast<std::uint16_t>(mbuf.data_len - kIp));
  store_be16(data + kUdp + 4, static_cast<std::uint16_t>(job.length + 8));
  std::memset(data + kUdp + 6, 0, 2);
  std::memset(data + kIp + 10, 0, 2);
  const std::uint16_t sum = checksum_finish(checksum_add(0, data + kIp, 20));
  std::memcpy(data + kIp + 10, &sum, 2);
}

}  // namespace pollux::bench
