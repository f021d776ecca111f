// Random calls by three implementations at once: ipsec-mb's backend, libsrtp's backend, and libsrtp itself.
// What one protects the others protect to the same bytes; what is opened is what was sent, by all of them or
// by none.
//
// POLLUX_SRTP_PACKETS=1000000 lengthens the run, POLLUX_SRTP_SEED=... repeats another one.
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "dataplane/srtp/packet_index.hpp"
#include "tests/support/srtp_end.hpp"
#include "tests/support/srtp_oracle.hpp"

namespace pollux::crypto::test {
namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

struct Sent {
  Bytes plain;
  Bytes packet;
  std::uint64_t index = 0;  // as sent, the true one
  std::uint64_t arrival = 0;
};

// One key with its SSRCs: some hundred packets sent, then received otherwise than they were sent.
class Call {
 public:
  Call(unsigned seed, std::uint64_t& packets) : random_(seed), packets_(packets) {
    const SrtpSuite suite = kSrtpSuites[random_() % kSrtpSuites.size()].suite;
    constexpr std::size_t kMkis[] = {0, 0, 1, 4};
    shape_.seed = seed;
    shape_.mki_bytes = random_() % 5 == 0 ? between(random_, 0, 128) : kMkis[random_() % 4];
    if (random_() % 2 == 0) {
      constexpr std::uint32_t kRocs[] = {0, 1, 2, 0x7fffffff, 0xfffffffd};
      shape_.roc = kRocs[random_() % 5];
    }
    key_ = make_key(suite, shape_);
    unchecked_rtcp_ = shape_.mki_bytes != 0 && facts_of(suite).rtp_tag != facts_of(suite).rtcp_tag;
  }

  void run() {
    send();
    if (!testing::Test::HasFatalFailure()) {
      receive();
    }
  }

 private:
  std::uint32_t first_roc() const { return shape_.roc.value_or(0); }

  Bytes random_rtp(std::uint32_t ssrc, std::uint64_t index) {
    RtpShape shape{.ssrc = ssrc};
    shape.payload = random_() % 8 == 0 ? 0 : between(random_, 0, random_() % 4 == 0 ? 1400 : 200);
    shape.csrcs = random_() % 4 == 0 ? between(random_, 0, 15) : 0;
    if (random_() % 4 == 0) {
      shape.extension_words = between(random_, 0, 10);
    }
    shape.padding = random_() % 8 == 0;
    return make_rtp(static_cast<std::uint16_t>(index), shape);
  }

  void send() {
    const ContextId mb = mb_.sender(key_);
    const ContextId lib = lib_.sender(key_);
    Oracle oracle(key_);
    const std::size_t streams = between(random_, 1, 4);
    std::vector<std::uint64_t> next;
    for (std::size_t i = 0; i < streams; ++i) {
      const std::uint64_t sequence =
          random_() % 2 == 0 ? between(random_, 65450, 65535) : random_() & 0xffffU;
      next.push_back((std::uint64_t{first_roc()} << 16) + sequence);
    }
    for (unsigned i = 0; i < 300; ++i) {
      const std::size_t stream = random_() % streams;
      std::uint64_t index = next[stream];
      next[stream] += random_() % 6 == 0 ? between(random_, 2, 40) : 1;
      // Of what was left out, some goes later: a relay's party reorders as well.
      if (random_() % 10 == 0 && index > next[stream] - 2 && last_.contains(stream)) {
        index = last_[stream] - std::min<std::uint64_t>(last_[stream] & 0xffU, between(random_, 0, 100));
      }
      const bool first = !last_.contains(stream);
      send_one(mb, lib, oracle, static_cast<std::uint32_t>(1000 + stream), index);
      ASSERT_FALSE(testing::Test::HasFatalFailure());
      last_[stream] = first ? index : std::max(last_[stream], index);
      if (random_() % 16 == 0) {
        send_rtcp(mb, lib, oracle);
      }
    }
  }

  void send_one(ContextId mb, ContextId lib, Oracle& oracle, std::uint32_t ssrc, std::uint64_t index) {
    const Bytes plain = random_rtp(ssrc, index);
    const Outcome a = mb_.protect(mb, plain);
    const Outcome b = lib_.protect(lib, plain);
    Bytes c = plain;
    const bool c_ok = oracle.protect(c, first_roc());
    ++packets_;
    ASSERT_EQ(a.status, b.status) << describe() << " index " << index;
    ASSERT_EQ(a.status == SrtpStatus::kOk, c_ok) << describe() << " index " << index;
    if (c_ok) {
      ASSERT_EQ(a.bytes, b.bytes) << describe() << " index " << index;
      ASSERT_EQ(a.bytes, c) << describe() << " index " << index;
      // The first of a stream comes first, or its counter may not be known.
      const bool first = started_.insert(ssrc).second;
      const std::uint64_t arrival = sent_.size() * 10 + (first || random_() % 3 != 0 ? 0 : random_() % 1500);
      sent_.push_back({plain, a.bytes, index, arrival});
    }
  }

  void send_rtcp(ContextId mb, ContextId lib, Oracle& oracle) {
    const Bytes plain = make_rtcp(1000, between(random_, 0, 100), static_cast<unsigned>(random_()));
    const Outcome a = mb_.protect_rtcp(mb, plain);
    const Outcome b = lib_.protect_rtcp(lib, plain);
    Bytes c = plain;
    ASSERT_TRUE(oracle.protect_rtcp(c, first_roc()));
    ++packets_;
    if (!key_->roc) {  // a sender that goes on elsewhere skips ahead, each library as far as it can
      ASSERT_EQ(a.bytes, b.bytes) << describe();
      ASSERT_EQ(a.bytes, c) << describe();
    }
    rtcp_.push_back({plain, a.bytes, 0, 0});
  }

  void receive() {
    std::stable_sort(sent_.begin(), sent_.end(),
                     [](const Sent& a, const Sent& b) { return a.arrival < b.arrival; });
    std::vector<const Sent*> arrivals;
    std::set<std::uint32_t> seen;
    for (const Sent& sent : sent_) {
      const bool first = seen.insert(load_be32(&sent.packet[8])).second;
      if (!first && random_() % 20 == 0) {
        continue;  // lost
      }
      arrivals.push_back(&sent);
      if (random_() % 10 == 0) {
        arrivals.push_back(random_() % 2 == 0 ? &sent : arrivals[random_() % arrivals.size()]);
      }
    }
    const ContextId mb = mb_.receiver(key_);
    const ContextId lib = lib_.receiver(key_);
    Oracle oracle(key_);
    for (std::size_t at = 0; at < arrivals.size();) {
      const std::size_t count = std::min(arrivals.size() - at, between(random_, 1, 80));
      receive_batch(mb, lib, oracle, {arrivals.begin() + static_cast<std::ptrdiff_t>(at), count});
      ASSERT_FALSE(testing::Test::HasFatalFailure());
      at += count;
    }
    ASSERT_TRUE(same_state(mb_.state(mb), lib_.state(lib))) << describe();
    for (std::size_t i = 0; i < 2 * rtcp_.size(); ++i) {
      receive_rtcp(mb, lib, oracle, rtcp_[random_() % rtcp_.size()]);
    }
  }

  void receive_batch(ContextId mb, ContextId lib, Oracle& oracle, std::span<const Sent* const> batch) {
    std::vector<Bytes> packets;
    for (const Sent* const sent : batch) {
      packets.push_back(sent->packet);
    }
    const std::vector<Outcome> a = mb_.open_batch(mb, packets);
    const std::vector<Outcome> b = lib_.open_batch(lib, packets);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const Sent& sent = *batch[i];
      Bytes c = sent.packet;
      const bool c_ok = oracle.open(c, srtp::roc_of(sent.index));
      ASSERT_EQ(a[i].status == SrtpStatus::kOk, c_ok) << describe() << " index " << sent.index;
      ASSERT_EQ(b[i].status == SrtpStatus::kOk, c_ok) << describe() << " index " << sent.index;
      if (c_ok) {
        ASSERT_EQ(a[i].bytes, sent.plain) << describe() << " index " << sent.index;
        ASSERT_EQ(b[i].bytes, sent.plain) << describe() << " index " << sent.index;
        ASSERT_EQ(c, sent.plain) << describe() << " index " << sent.index;
      } else {
        // Which of the two may differ: ipsec-mb's backend looks before the packets of the same batch have
        // moved the window, and again afterwards.
        for (const SrtpStatus status : {a[i].status, b[i].status}) {
          ASSERT_TRUE(status == SrtpStatus::kReplayed || status == SrtpStatus::kTooOld)
              << describe() << " " << testing::PrintToString(status);
        }
      }
    }
  }

  void receive_rtcp(ContextId mb, ContextId lib, Oracle& oracle, const Sent& sent) {
    const Outcome a = mb_.open_rtcp(mb, sent.packet);
    const Outcome b = lib_.open_rtcp(lib, sent.packet);
    ASSERT_EQ(a.status, b.status) << describe();
    ASSERT_EQ(a.bytes, b.bytes) << describe();
    if (a.status == SrtpStatus::kOk) {
      ASSERT_EQ(a.bytes, sent.plain) << describe();
    }
    if (!unchecked_rtcp_) {
      Bytes c = sent.packet;
      ASSERT_EQ(oracle.open_rtcp(c, 0), a.status == SrtpStatus::kOk) << describe();
    }
  }

  std::string describe() const {
    return std::string(facts_of(key_->suite).name) + ", seed " + std::to_string(shape_.seed) + ", MKI " +
           std::to_string(shape_.mki_bytes) + ", ROC " + (shape_.roc ? std::to_string(*shape_.roc) : "none");
  }

  Random random_;
  std::uint64_t& packets_;  // protected so far
  KeyShape shape_;
  SrtpParamsRef key_;
  bool unchecked_rtcp_ = false;
  Party mb_{Library::kIpsecMb};
  Party lib_{Library::kLibsrtp};
  std::map<std::size_t, std::uint64_t> last_;
  std::set<std::uint32_t> started_;
  std::vector<Sent> sent_;
  std::vector<Sent> rtcp_;
};

TEST(Srtp, BackendsAgreeWithEachOtherAndWithLibsrtp) {
  const std::uint64_t wanted = from_environment("POLLUX_SRTP_PACKETS", 30'000);
  auto seed = static_cast<unsigned>(from_environment("POLLUX_SRTP_SEED", 1));
  std::uint64_t packets = 0;
  for (; packets < wanted; ++seed) {
    Call call(seed, packets);
    call.run();
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
  }
  RecordProperty("packets", std::to_string(packets));
}

}  // namespace
}  // namespace pollux::crypto::test
