// Keys that come back, and what forged packets leave behind: the places where a library's own streams and
// ours could part.
#include "dataplane/crypto/libsrtp_engine.hpp"
#include "tests/support/srtp_end.hpp"

namespace pollux::crypto::test {
namespace {

struct ResumedKey : testing::TestWithParam<OneLibrary> {
  Library library() const { return std::get<0>(GetParam()); }
  SrtpSuite suite() const { return std::get<1>(GetParam()); }
};

// A hundred packets past the first wrap of the sequence numbers, so that rollover counter 1 is reached.
void go_past_wrap(Party& from, ContextId sender, Party& to, ContextId receiver) {
  for (std::uint32_t i = 65500; i < 65600; ++i) {
    const Bytes sealed = from.protect(sender, make_rtp(static_cast<std::uint16_t>(i))).bytes;
    ASSERT_EQ(to.open(receiver, sealed).status, SrtpStatus::kOk) << i;
  }
}

// RTCP makes the SSRC known to the library before RTP tells where it stands.
TEST_P(ResumedKey, SendsOnWhereItWasThoughRtcpGoesFirst) {
  Party party(library());
  const SrtpParamsRef key = make_key(suite());
  const ContextId receiver = party.receiver(key);
  const ContextId before = party.sender(key);
  go_past_wrap(party, before, party, receiver);
  ASSERT_EQ(party.open_rtcp(receiver, party.protect_rtcp(before, make_rtcp()).bytes).status, SrtpStatus::kOk);

  const ContextId after = party.sender(key, party.state(before));
  EXPECT_EQ(party.open_rtcp(receiver, party.protect_rtcp(after, make_rtcp()).bytes).bytes, make_rtcp());
  for (const std::uint16_t sequence : Numbers{64, 65, 66}) {
    const Bytes plain = make_rtp(sequence);
    EXPECT_EQ(party.open(receiver, party.protect(after, plain).bytes).bytes, plain) << sequence;
  }
}

TEST_P(ResumedKey, ReceivesOnWhereItWasThoughRtcpComesFirst) {
  Party party(library());
  const SrtpParamsRef key = make_key(suite());
  const ContextId sender = party.sender(key);
  const ContextId before = party.receiver(key);
  go_past_wrap(party, sender, party, before);
  const Bytes old_rtcp = party.protect_rtcp(sender, make_rtcp()).bytes;
  ASSERT_EQ(party.open_rtcp(before, old_rtcp).status, SrtpStatus::kOk);

  const ContextId after = party.receiver(key, 0, party.state(before));
  EXPECT_NE(party.open_rtcp(after, old_rtcp).status, SrtpStatus::kOk);  // taken once already
  EXPECT_EQ(party.open_rtcp(after, party.protect_rtcp(sender, make_rtcp()).bytes).bytes, make_rtcp());
  const Bytes plain = make_rtp(64);
  EXPECT_EQ(party.open(after, party.protect(sender, plain).bytes).bytes, plain);
}

// The index of a packet that was late at the very start would be one of a cycle that there is not.
TEST_P(ResumedKey, WhatLiesBeforeAStreamsStartIsNotSent) {
  Party party(library());
  const SrtpParamsRef key = make_key(suite());
  const ContextId sender = party.sender(key);
  const ContextId receiver = party.receiver(key);
  EXPECT_EQ(party.open(receiver, party.protect(sender, make_rtp(5)).bytes).status, SrtpStatus::kOk);
  EXPECT_EQ(party.protect(sender, make_rtp(65533)).status, SrtpStatus::kTooOld);
  EXPECT_EQ(party.open(receiver, party.protect(sender, make_rtp(6)).bytes).bytes, make_rtp(6));
}

// Another node took the call over, and doesn't know how far its RTCP had got.
TEST_P(ResumedKey, SrtcpOfASenderThatGoesOnElsewhereSkipsAhead) {
  Party party(library());
  const ContextId sender = party.sender(make_key(suite(), {.roc = 2}));
  ASSERT_EQ(party.protect_rtcp(sender, make_rtcp()).status, SrtpStatus::kOk);
  const Bytes sealed = party.protect_rtcp(sender, make_rtcp()).bytes;
  const std::size_t tag = facts_of(suite()).cipher == SrtpCipher::kAesGcm ? 0 : facts_of(suite()).rtcp_tag;
  EXPECT_GT(load_be32(&sealed[sealed.size() - tag - 4]) & 0x7fffffffU, 1000U);
}

INSTANTIATE_TEST_SUITE_P(All, ResumedKey, each_library(), name_of_case);

// What was only tried with forged packets isn't kept: neither by us nor by the library.
TEST(LibsrtpStreams, OfForgedPacketsAreForgotten) {
  Party party(Library::kLibsrtp);
  const ContextId receiver = party.receiver(make_key(SrtpSuite::kAesCm128HmacSha1_80));
  Context& context = static_cast<LibsrtpEngine&>(party.engine()).context(receiver);
  const auto& session = *static_cast<LibsrtpSession*>(context.cold().library);
  for (std::uint32_t ssrc = 0x01020304; ssrc < 0x01020304 + 50; ++ssrc) {
    EXPECT_EQ(party.open(receiver, make_rtp(1, {.ssrc = ssrc})).status, SrtpStatus::kAuthenticationFailed);
    std::uint32_t roc = 0;
    EXPECT_NE(srtp_get_stream_roc(session.session, ssrc, &roc), srtp_err_status_ok) << ssrc;
    Bytes rtcp = make_rtcp();
    store_be32(&rtcp[4], ssrc);
    rtcp.resize(rtcp.size() + 14, 0x80);  // E flag, index and tag
    EXPECT_EQ(party.open_rtcp(receiver, rtcp).status, SrtpStatus::kAuthenticationFailed);
    EXPECT_NE(srtp_get_stream_roc(session.session, ssrc, &roc), srtp_err_status_ok) << ssrc;
  }
}

TEST(LibsrtpStreams, OfOutgoingRtcpAreBounded) {
  Party party(Library::kLibsrtp, {.replay_window = 128, .streams_per_key = 3});
  const ContextId sender = party.sender(make_key(SrtpSuite::kAesCm128HmacSha1_80));
  for (std::uint32_t ssrc = 1; ssrc < 6; ++ssrc) {
    Bytes rtcp = make_rtcp();
    store_be32(&rtcp[4], ssrc);
    EXPECT_EQ(party.protect_rtcp(sender, rtcp).status,
              ssrc <= 3 ? SrtpStatus::kOk : SrtpStatus::kStreamsFull);
  }
}

}  // namespace
}  // namespace pollux::crypto::test
