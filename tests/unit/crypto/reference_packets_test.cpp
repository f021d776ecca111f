// Whole packets of every suite, from master keys: by both backends, and by each of ipsec-mb's managers.
#include <gtest/gtest.h>

#include "tests/support/srtp_end.hpp"
#include "tests/support/srtp_mb_bed.hpp"
#include "tests/support/srtp_vectors.hpp"

namespace pollux::crypto::test {
namespace {

VectorSection section_of(SrtpSuite suite) {
  return read_vectors("libsrtp_reference.txt").at(std::string(facts_of(suite).name));
}
SrtpParamsRef key_of(SrtpSuite suite, const VectorSection& section) {
  return SrtpParamsRef::make(suite, section.at("master_key"), section.at("master_salt"));
}

class ReferencePackets : public testing::TestWithParam<OneLibrary> {};

TEST_P(ReferencePackets, BothWays) {
  const auto [library, suite] = GetParam();
  const VectorSection section = section_of(suite);
  const SrtpParamsRef key = key_of(suite, section);
  Party party(library);
  const ContextId sender = party.sender(key);
  const ContextId receiver = party.receiver(key);
  EXPECT_EQ(party.protect(sender, section.at("rtp")).bytes, section.at("srtp"));
  EXPECT_EQ(party.protect_rtcp(sender, section.at("rtcp")).bytes, section.at("srtcp"));
  EXPECT_EQ(party.open(receiver, section.at("srtp")).bytes, section.at("rtp"));
  EXPECT_EQ(party.open_rtcp(receiver, section.at("srtcp")).bytes, section.at("rtcp"));
}
INSTANTIATE_TEST_SUITE_P(All, ReferencePackets, each_library(), name_of_case);

using ReferencePacketsByArch = EachMbArch;

TEST_P(ReferencePacketsByArch, BothWays) {
  for (const SrtpSuiteFacts& facts : kSrtpSuites) {
    const VectorSection section = section_of(facts.suite);
    const SrtpParamsRef key = key_of(facts.suite, section);
    const ContextId sender = bed_->make(key);
    const ContextId receiver = bed_->make(key);
    EXPECT_EQ(bed_->run(&MbEngine::protect_rtp, sender, section.at("rtp"), 12), section.at("srtp"));
    EXPECT_EQ(bed_->run(&MbEngine::protect_rtcp, sender, section.at("rtcp"), 0), section.at("srtcp"));
    EXPECT_EQ(bed_->run(&MbEngine::unprotect_rtp, receiver, section.at("srtp"), 12), section.at("rtp"));
    EXPECT_EQ(bed_->run(&MbEngine::unprotect_rtcp, receiver, section.at("srtcp"), 0), section.at("rtcp"));
  }
}
INSTANTIATE_TEST_SUITE_P(Archs, ReferencePacketsByArch, testing::ValuesIn(mb_archs()),
                         [](const auto& test) { return name_of(test.param); });

}  // namespace
}  // namespace pollux::crypto::test
