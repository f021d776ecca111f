#include "controlplane/config/media_schema.hpp"

#include <gtest/gtest.h>

#include "controlplane/config/node_schema.hpp"
#include "tests/unit/config/config_text.hpp"

namespace pollux::config {
namespace {

std::string with_srtp(const std::string& key) {
  return changed("networks:", "srtp: {" + key + "}\nnetworks:");
}

std::string with_media(const std::string& key) {
  return changed("networks:", "media: {" + key + "}\nnetworks:");
}

NodeConfig loaded(const std::string& text) {
  const ConfigResult result = load_config_text(text, "test.yaml");
  EXPECT_TRUE(result.config.has_value()) << format_problems(result.problems);
  return result.config.value_or(NodeConfig{});
}

TEST(MediaSchema, SrtpHasDefaults) {
  const NodeConfig config = loaded(kGood);
  EXPECT_EQ(config.dataplane.srtp.backend, SrtpBackend::kIpsecMb);
  EXPECT_EQ(config.dataplane.srtp.replay_window, 128);
  EXPECT_EQ(config.dataplane.srtp.streams_per_key, 16);
  EXPECT_EQ(config.dataplane.srtp.rekey_overlap_ms, 10000U);
  EXPECT_FALSE(config.srtp.allow_null_cipher);
  EXPECT_FALSE(config.srtp.allow_decrypted_capture);
}

TEST(MediaSchema, SrtpIsRead) {
  const NodeConfig config =
      loaded(with_srtp("backend: libsrtp, replay_window: 1024, streams_per_key: 256, rekey_overlap: 0s, "
                       "allow_null_cipher: true, allow_decrypted_capture: true"));
  EXPECT_EQ(config.dataplane.srtp.backend, SrtpBackend::kLibsrtp);
  EXPECT_EQ(config.dataplane.srtp.replay_window, 1024);
  EXPECT_EQ(config.dataplane.srtp.streams_per_key, 256);
  EXPECT_EQ(config.dataplane.srtp.rekey_overlap_ms, 0U);
  EXPECT_TRUE(config.srtp.allow_null_cipher);
  EXPECT_TRUE(config.srtp.allow_decrypted_capture);
}

TEST(MediaSchema, ReplayWindowIsAMultipleOf64) {
  EXPECT_EQ(loaded(with_srtp("replay_window: 64")).dataplane.srtp.replay_window, 64);
  EXPECT_EQ(problems_of(with_srtp("replay_window: 100")),
            (Lines{"13: srtp.replay_window: 100 is not a multiple of 64; write 64 or 128"}));
  EXPECT_EQ(problems_of(with_srtp("replay_window: 0")),
            (Lines{"13: srtp.replay_window: 0 is out of range; allowed are 64..1024 packets"}));
  EXPECT_EQ(problems_of(with_srtp("replay_window: 1088")),
            (Lines{"13: srtp.replay_window: 1088 is out of range; allowed are 64..1024 packets"}));
}

TEST(MediaSchema, SrtpHasBounds) {
  EXPECT_EQ(problems_of(with_srtp("streams_per_key: 0, rekey_overlap: 11min, backend: openssl")),
            (Lines{"13: srtp.backend: 'openssl' is not one of ipsec_mb or libsrtp",
                   "13: srtp.streams_per_key: 0 is out of range; allowed are 1..256 SSRCs",
                   "13: srtp.rekey_overlap: 11min is out of range; allowed are 0s..10min"}));
  EXPECT_EQ(problems_of(with_srtp("streams_per_key: 257")).size(), 1U);
  EXPECT_EQ(problems_of(with_srtp("allow_null_cipher: perhaps")).size(), 1U);
}

TEST(MediaSchema, OnlyThePermissionsAreHot) {
  NodeConfig from = loaded(kGood);
  from.dataplane.srtp = {SrtpBackend::kLibsrtp, 256, 3, 7};
  from.srtp = {true, true};
  NodeConfig to;
  node_schema().take_hot(from, to);
  EXPECT_TRUE(to.srtp.allow_null_cipher);
  EXPECT_TRUE(to.srtp.allow_decrypted_capture);
  EXPECT_EQ(to.dataplane.srtp.backend, SrtpBackend::kIpsecMb);
  EXPECT_EQ(to.dataplane.srtp.replay_window, 128);
  EXPECT_EQ(to.dataplane.srtp.streams_per_key, 16);
  EXPECT_EQ(to.dataplane.srtp.rekey_overlap_ms, 10000U);
}

TEST(MediaSchema, MediaHasDefaultsAndBounds) {
  EXPECT_EQ(loaded(kGood).media.jitter_window, std::chrono::milliseconds(60));
  EXPECT_EQ(loaded(with_media("jitter_window: 0s")).media.jitter_window, std::chrono::milliseconds(0));
  EXPECT_EQ(loaded(with_media("jitter_window: 500ms")).media.jitter_window, std::chrono::milliseconds(500));
  EXPECT_EQ(problems_of(with_media("jitter_window: 501ms")),
            (Lines{"13: media.jitter_window: 501ms is out of range; allowed are 0s..500ms"}));
  NodeConfig to;
  node_schema().take_hot(loaded(with_media("jitter_window: 80ms")), to);
  EXPECT_EQ(to.media.jitter_window, std::chrono::milliseconds(80));
}

TEST(MediaSchema, PacketsPerSecondAreBoundedUnlessTheFileSaysOtherwise) {
  const auto rate = [](const NodeConfig& config) { return config.dataplane.max_packets_per_second; };
  EXPECT_EQ(rate(loaded(kGood)), 3000U);
  EXPECT_EQ(rate(loaded(with_media("max_packets_per_second: 0"))), 0U);
  EXPECT_EQ(rate(loaded(with_media("max_packets_per_second: 1000000"))), 1'000'000U);
  EXPECT_EQ(problems_of(with_media("max_packets_per_second: 1000001")),
            (Lines{"13: media.max_packets_per_second: 1000001 is out of range; allowed are 0..1000000 "
                   "packets per second"}));
  NodeConfig to = loaded(kGood);
  node_schema().take_hot(loaded(with_media("max_packets_per_second: 500")), to);
  EXPECT_EQ(rate(to), 500U);
}

TEST(MediaSchema, TheLimitOfMediaIsHot) {
  const auto with_limit = [](const std::string& percent) {
    return changed("networks:", "admission: {max_media_load: " + percent + "}\nnetworks:");
  };
  EXPECT_EQ(loaded(kGood).admission.max_media_load, 80U);
  EXPECT_EQ(problems_of(with_limit("0")),
            (Lines{"13: admission.max_media_load: 0 is out of range; allowed are 1..100 percent"}));
  EXPECT_EQ(problems_of(with_limit("101")).size(), 1U);
  NodeConfig to;
  node_schema().take_hot(loaded(with_limit("50")), to);
  EXPECT_EQ(to.admission.max_media_load, 50U);
}

}  // namespace
}  // namespace pollux::config
