#include <gtest/gtest.h>

#include <set>

#include "tests/support/srtp_mb_bed.hpp"

namespace pollux::crypto::test {
namespace {

TEST(MbChoice, NamesManagersThatThereAre) {
  const MbChoice choice = measure_mb_choice();
  std::set<MbArch> named = {choice.gcm};
  for (std::size_t packets = 1; packets <= kMbBatch; ++packets) {
    named.insert(choice.hash[packets]);
    named.insert(choice.cipher[packets]);
  }
  for (const MbArch arch : named) {
    EXPECT_NE(make_mb_manager(arch), nullptr) << name_of(arch);
  }
  const MbManagers managers(choice);
  ASSERT_TRUE(managers.ok());
  for (std::size_t packets = 1; packets <= kMbBatch; ++packets) {
    EXPECT_NE(managers.hash(packets), nullptr) << packets;
    EXPECT_NE(managers.cipher(packets), nullptr) << packets;
  }
  EXPECT_NE(managers.gcm(), nullptr);
  const std::string text = describe(choice);
  for (const char* part : {"HMAC-SHA1 by ", "AES-CM by ", "AES-GCM by "}) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  }
}

TEST(MbChoice, DescriptionTellsWhereTheChoiceChanges) {
  MbChoice choice = only(MbArch::kSse);
  std::fill(choice.cipher.begin() + 9, choice.cipher.end(), MbArch::kAvx2);
  choice.gcm = MbArch::kAvx512;
  EXPECT_EQ(describe(choice),
            "HMAC-SHA1 by sse; AES-CM by sse 1..8, avx2 9..64; AES-GCM by avx512; 64 packets at a time");
}

TEST(MbChoice, ManagersAreThereWhereTheProcessorHasThem) {
  for (const MbArch arch : {MbArch::kSse, MbArch::kAvx2, MbArch::kAvx512}) {
    EXPECT_EQ(MbManagers(only(arch)).ok(), make_mb_manager(arch) != nullptr) << name_of(arch);
  }
}

// Batches of every size and of mixed suites and lengths, in both directions: the bytes of sse's manager.
TEST(MbChoice, ManagersAgreeOnBatches) {
  constexpr std::size_t kContexts = kSrtpSuites.size();
  const auto batches = [](MbArch arch) {
    MbBed bed(arch);
    std::vector<ContextId> senders;
    std::vector<ContextId> receivers;
    for (std::size_t i = 0; i < kContexts; ++i) {
      senders.push_back(bed.make(make_key(kSrtpSuites[i].suite)));
      receivers.push_back(bed.make(make_key(kSrtpSuites[i].suite)));
    }
    Random random(11);
    std::vector<Bytes> results;
    std::uint16_t sequence = 0;
    for (std::size_t count = 1; count <= kMbBatch + 3; ++count) {  // the last ones take two rounds
      std::vector<Bytes> plain;
      std::vector<Bytes> packets;
      std::vector<SrtpJob> jobs;
      std::vector<std::size_t> which;
      for (std::size_t i = 0; i < count; ++i) {
        plain.push_back(make_rtp(++sequence, {.payload = between(random, 0, 1400)}));
        packets.push_back(plain.back());
        packets.back().resize(plain.back().size() + 32);
        which.push_back(random() % kContexts);
      }
      for (std::size_t i = 0; i < count; ++i) {
        jobs.push_back(
            {packets[i].data(), senders[which[i]], 12, static_cast<std::uint16_t>(plain[i].size())});
      }
      bed.engine().protect_rtp(jobs);
      for (std::size_t i = 0; i < count; ++i) {
        EXPECT_EQ(jobs[i].status, SrtpStatus::kOk);
        results.emplace_back(packets[i].begin(), packets[i].begin() + jobs[i].length);
        jobs[i].context = receivers[which[i]];
      }
      bed.engine().unprotect_rtp(jobs);
      for (std::size_t i = 0; i < count; ++i) {
        EXPECT_EQ(jobs[i].status, SrtpStatus::kOk);
        EXPECT_EQ(Bytes(packets[i].begin(), packets[i].begin() + jobs[i].length), plain[i]);
      }
    }
    return results;
  };
  const std::vector<Bytes> wanted = batches(MbArch::kSse);
  for (const MbArch arch : mb_archs()) {
    EXPECT_TRUE(batches(arch) == wanted) << name_of(arch);
  }
}

}  // namespace
}  // namespace pollux::crypto::test
