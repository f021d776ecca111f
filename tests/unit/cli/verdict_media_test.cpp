// Why there is no audio where it has to be transcoded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controlplane/cli/verdict.hpp"
#include "tests/unit/cli/messages.hpp"
#include "tests/unit/cli/talking.hpp"

namespace pollux::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::Session transcoded() {
  auto session = talking();
  auto* codec = session.mutable_spec()->mutable_legs(0)->add_codecs();
  codec->set_encoding("G729");
  codec->set_payload_type(18);
  session.mutable_spec()->mutable_legs(0)->set_jitter_window_ms(60);
  session.mutable_spec()->mutable_legs(1)->add_codecs()->set_encoding("PCMA");
  auto* path = state(session, 1).add_paths();
  path->set_from_leg("a");
  path->set_worker(3);
  return session;
}

TEST(VerdictMedia, Flows) {
  EXPECT_EQ(summarize(transcoded()).text, "media flows");
}

TEST(VerdictMedia, PayloadIsNotWhatItSays) {
  auto session = transcoded();
  drop(session, 0, "media_malformed", 20);
  EXPECT_EQ(lines(session)[0],
            "a → b: receiving, but 20 of 100 packets aren't what their payload type says (media_malformed)");
  EXPECT_THAT(verdicts(session)[0].advice, AllOf(HasSubstr("codecs of leg a (there: G729:18)"),
                                                 HasSubstr("polluxctl capture call-1 --leg a")));
  EXPECT_EQ(verdicts(session)[0].flow, Flow::kNotSent);
  EXPECT_THAT(verdicts(session)[0].remarks, IsEmpty());
  EXPECT_THAT(lines(session)[1], HasSubstr("b → a: receiving, forwarding"));
}

TEST(VerdictMedia, WorkerHadNoTime) {
  auto session = transcoded();
  drop(session, 0, "media_overloaded", 30);
  EXPECT_EQ(lines(session)[0],
            "a → b: receiving, but worker 3 had no time to transcode 30 of 100 packets (media_overloaded)");
  EXPECT_THAT(
      verdicts(session)[0].advice,
      AllOf(HasSubstr("polluxctl top"), HasSubstr("admission.max_media_load"), HasSubstr("workers[].roles")));
  state(session, 1).clear_paths();
  EXPECT_THAT(lines(session)[0], HasSubstr("the media worker had no time"));
}

TEST(VerdictMedia, CameTooLate) {
  auto session = transcoded();
  drop(session, 0, "media_late", 25);
  EXPECT_EQ(lines(session)[0],
            "a → b: receiving, forwarding to 198.51.100.7:5004, but 25 of 100 packets came too late to be "
            "transcoded (media_late)");
  EXPECT_THAT(verdicts(session)[0].advice, HasSubstr("a longer jitter window of leg a (now 60 ms at most)"));
  EXPECT_EQ(verdicts(session)[0].flow, Flow::kPoor);
  EXPECT_EQ(summarize(session).text, "a → b: 25 of 100 packets came too late to be transcoded (media_late)");
}

TEST(VerdictMedia, AFewAreARemark) {
  auto session = transcoded();
  drop(session, 0, "media_malformed", 1);
  drop(session, 0, "media_late", 2);
  EXPECT_THAT(lines(session)[0], HasSubstr("a → b: receiving, forwarding"));
  EXPECT_THAT(verdicts(session)[0].remarks,
              ElementsAre("some packets of a couldn't be transcoded (media_malformed 1, media_late 2)"));
}

TEST(VerdictMedia, NothingSentAtAll) {
  auto session = transcoded();
  rtp(session, 1).set_tx_packets(0);
  drop(session, 0, "media_malformed", 1);
  EXPECT_THAT(lines(session)[0], HasSubstr("1 of 100 packets aren't what their payload type says"));
}

TEST(VerdictMedia, PayloadTypeThatIsNotInTheList) {
  auto session = transcoded();
  drop(session, 0, "payload_type_unmapped", 95);
  EXPECT_EQ(lines(session)[0],
            "a → b: receiving, but 95 of 100 packets have a payload type that isn't among the codecs "
            "(payload_type_unmapped)");
  EXPECT_THAT(verdicts(session)[0].advice,
              HasSubstr("add what a really sends to codecs of leg a (there: G729:18)"));
}

}  // namespace
}  // namespace pollux::cli
