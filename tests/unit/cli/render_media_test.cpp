#include "controlplane/cli/render_media.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controlplane/cli/render_node.hpp"
#include "controlplane/cli/render_session.hpp"
#include "tests/unit/cli/messages.hpp"

namespace pollux::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::Session transcoded() {
  return message<v1::Session>(R"(
    session_id: "call-1"
    spec {
      legs { leg_id: "A" codecs { payload_type: 8 encoding: "PCMA" clock_rate: 8000 channels: 1 }
             codecs { payload_type: 97 encoding: "L16" clock_rate: 16000 channels: 2 } jitter_window_ms: 60 }
      legs { leg_id: "B" codecs { payload_type: 18 encoding: "G729" clock_rate: 8000 channels: 1
                      fmtp: "annexb=no" }
             codecs { payload_type: 96 encoding: "opus" clock_rate: 48000 channels: 2 }
             ptime_ms: 20 jitter_window_ms: 0 silence: SILENCE_POLICY_NOTHING dtx: true rtcp_xr: true } }
    state {
      worker: 0 media_cost: 0.0154 media_worker: 1
      legs { leg_id: "A" }
      legs { leg_id: "B"
             paths { from_leg: "A" worker: 1
                     received { encoding: "PCMA" clock_rate: 8000 channels: 1 ptime_ms: 20 }
                     sent { encoding: "G729" clock_rate: 8000 channels: 1 ptime_ms: 20 }
                     transcodes: true delay_ms: 25 cpu_share: 0.0041 packets_in: 100 packets_out: 99 } } })");
}

v1::MediaPath& path(v1::Session& session) {
  return *session.mutable_state()->mutable_legs(1)->mutable_paths(0);
}

TEST(RenderMedia, ALinePerPath) {
  EXPECT_EQ(
      render_media(transcoded(), Style{}),
      "A → B  PCMA 20 ms → decode → encode → G729 20 ms   delay 25 ms (window 0)  CPU 0.4 %  worker 1\n");
}

TEST(RenderMedia, SaysWhatIsDone) {
  auto session = transcoded();
  path(session).set_resampled_from_hz(8000);
  path(session).set_resampled_to_hz(44'100);
  path(session).set_window_ms(12.5);
  EXPECT_THAT(render_media(session, Style{}), HasSubstr("→ decode → 8 to 44.1 kHz → encode →"));
  EXPECT_THAT(render_media(session, Style{}), HasSubstr("(window 12.5)"));
  path(session).set_transcodes(false);
  EXPECT_THAT(render_media(session, Style{}), HasSubstr("PCMA 20 ms → convert byte by byte → G729 20 ms"));
  path(session).mutable_sent()->set_encoding("PCMA");
  path(session).mutable_sent()->set_ptime_ms(30);
  EXPECT_THAT(render_media(session, Style{}), HasSubstr("PCMA 20 ms → re-packetize → PCMA 30 ms"));
}

TEST(RenderMedia, FormatsAreAsShortAsTheyMayBe) {
  auto session = transcoded();
  *path(session).mutable_received() =
      message<v1::MediaFormat>("encoding: 'opus' clock_rate: 48000 channels: 2 ptime_ms: 2.5");
  *path(session).mutable_sent() = message<v1::MediaFormat>("encoding: 'L16' clock_rate: 16000 channels: 2");
  EXPECT_THAT(render_media(session, Style{}),
              HasSubstr("opus 2.5 ms → decode → encode → L16/16000/2   delay"));
}

TEST(RenderMedia, ASecondLineWhereSomethingWasLost) {
  auto session = transcoded();
  path(session).set_lost(3);
  path(session).mutable_concealed()->set_nanos(60'000'000);
  path(session).set_late(1);
  path(session).set_malformed(2);
  EXPECT_THAT(render_media(session, Style{}),
              HasSubstr("worker 1\n       lost 3, concealed 60 ms, late 1, malformed 2\n"));
  path(session).set_lost(0);
  path(session).mutable_concealed()->set_nanos(0);
  path(session).set_malformed(0);
  EXPECT_THAT(render_media(session, Style{}), HasSubstr("worker 1\n       late 1\n"));
}

TEST(RenderMedia, IsPartOfTheSession) {
  const std::string text = render_session(transcoded(), 0, 0.2, Style{});
  EXPECT_THAT(text, HasSubstr("\n\nA → B  PCMA 20 ms"));
  EXPECT_THAT(
      text, HasSubstr("  worker  0 (load 20 %), transcoding on worker 1 (reckoned at 1.5 % of its core)\n"));
  EXPECT_THAT(text, HasSubstr("codecs PCMA:8 L16:97/16000/2, jitter window 60 ms"));
  EXPECT_THAT(text,
              HasSubstr("codecs G729:18;annexb=no opus:96, ptime 20 ms, jitter window 0 ms, nothing sent in "
                        "silence, DTX, RTCP XR"));
  EXPECT_THAT(text, Not(HasSubstr("payload types")));
}

TEST(RenderMedia, RelayedMediaHasNone) {
  EXPECT_EQ(render_media(message<v1::Session>("spec { legs { leg_id: 'a' } } state { legs { leg_id: 'a' } }"),
                         Style{}),
            "");
}

TEST(RenderMedia, CodecsOfTheNode) {
  const auto info = message<v1::InfoResponse>(R"(
    codecs { encoding: "PCMU" decode_share: 0.00002 encode_share: 0.00003 }
    codecs { encoding: "opus" decode_share: 0.0021 encode_share: 0.0132 calls_per_core: 61.7 })");
  const std::string table =
      "CODEC  DECODING  ENCODING  CALLS TO PCMA PER CORE\n"
      "PCMU     0.00 %    0.00 %                       -\n"
      "opus     0.21 %    1.32 %                      61\n";
  EXPECT_EQ(render_codecs(info, Style{}), table);
  EXPECT_THAT(render_node(info, 0, Style{}), ::testing::EndsWith("\n\n" + table));
  EXPECT_EQ(render_codecs({}, Style{}), "");
}

}  // namespace
}  // namespace pollux::cli
