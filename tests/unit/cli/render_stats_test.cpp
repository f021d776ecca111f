#include "controlplane/cli/render_stats.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/messages.hpp"

namespace pollux::cli {
namespace {

using ::testing::HasSubstr;

v1::StatsResponse example() {
  return message<v1::StatsResponse>(R"(
    uptime { seconds: 192 }
    sessions { active: 12 created: 20 deleted: 7 timed_out: 1 refused: 0 }
    workers { worker: 0 cpu: 2 load: 0.05 busy_ratio: 0.1234 sessions: 8 commands: 30 handed_off: 5
      stages { stage: "rx" packets: 1000000 batches: 100000 cycles_per_packet: 20 }
      stages { stage: "classify" packets: 1000000 batches: 100000 }
      drops { reason: "no_endpoint" packets: 40 help: "late media" } }
    workers { worker: 1 cpu: 13 load: 0.955 busy_ratio: 0.5 sessions: 4 commands: 10 events_lost: 2
      stages { stage: "rx" packets: 3000000 batches: 100000 cycles_per_packet: 40 }
      drops { reason: "direction" packets: 41 help: "hold" } }
    ports { port: "p0" link_up: true rx_packets: 4000000 rx_bytes: 800000000 rx_missed: 7
            tx_packets: 3999000 tx_bytes: 799000000 }
    host { arp_received: 1 arp_sent: 2 nd_received: 3 nd_sent: 4 echo_answered: 5 neighbours: 6
           neighbours_failed: 7
           drops { reason: "punt_full" packets: 1 help: "flood" } }
    mbufs_total: 16384 mbufs_free: 16000)");
}

TEST(RenderStats, Golden) {
  EXPECT_EQ(
      render_stats(example(), {}, Style{}),
      "Node      up 3 min 12 s\n"
      "Sessions  12 active; 20 created, 7 deleted, 1 timed out, 0 refused\n"
      "Buffers   384 of 16.4 k in use\n"
      "Drops     82; polluxctl stats --drops says why\n"
      "! worker 1 is OVERLOADED (load 96 %): its calls lose packets; more workers, or fewer calls\n"
      "\n"
      "WORKER  CPU     LOAD     BUSY  SESSIONS  COMMANDS  HANDED OFF  EVENTS LOST\n"
      "0         2   5.00 %  12.34 %         8        30           5            0\n"
      "1        13  95.50 %  50.00 %         4        10           0            2\n"
      "\n"
      "STAGE     PACKETS  PER BATCH  CYCLES/PACKET\n"
      "rx         4.00 M       20.0           35.0\n"
      "classify   1.00 M       10.0              -\n"
      "\n"
      "PORT  LINK      RX  RX BYTES      TX  TX BYTES  MISSED  RX ERRORS  TX ERRORS  NO BUFFER\n"
      "p0    up    4.00 M    800 MB  4.00 M    799 MB       7          0          0          0\n"
      "\n"
      "Host      ARP 1 in, 2 out; ND 3 in, 4 out; 5 pings answered; 6 neighbours, 7 that never answered\n");
}

TEST(RenderStats, RatesFromTheSnapshotBefore) {
  auto before = example();
  before.mutable_workers(1)->mutable_stages(0)->set_packets(2'900'000);
  before.mutable_ports(0)->set_rx_packets(3'999'900);
  before.mutable_ports(0)->set_tx_packets(9'000'000);  // the node has restarted: counts fell
  const std::string text = render_stats(example(), {&before, 2}, Style{});
  EXPECT_NE(text.find("rx         4.00 M       20.0           35.0  50.0 k/s\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  50 /s        -\n"), std::string::npos) << text;
}

TEST(RenderStats, DelayOfWorkersThatMeasuredSome) {
  const auto stats = message<v1::StatsResponse>(R"(
    workers { worker: 0 forward_delay {} loop_time {} }
    workers { worker: 1
      forward_delay { count: 10 p50_ns: 640 p99_ns: 14336 p999_ns: 20480 max_ns: 104000 }
      loop_time { count: 10 p50_ns: 1280 p99_ns: 16384 p999_ns: 24576 max_ns: 1204300 } })");
  EXPECT_THAT(render_stats(stats, {}, Style{}),
              HasSubstr("\n"
                        "WORKER  TIME                 P50    P99  P99.9      MAX\n"
                        "1       a packet is here  0.6 us  14 us  20 us   104 us\n"
                        "1       a loop takes      1.3 us  16 us  25 us  1204 us\n"
                        "\n"));
}

TEST(RenderStats, DropsWithTheirMeaning) {
  EXPECT_EQ(render_drops(example(), {}, Style{}),
            "PACKETS  WHERE     REASON       MEANING\n"
            "     41  worker 1  direction    hold\n"
            "     40  worker 0  no_endpoint  late media\n"
            "      1  host      punt_full    flood\n");
  EXPECT_EQ(render_drops({}, {}, Style{}), "No packet has been dropped.\n");
}

TEST(RenderStats, DropRates) {
  auto before = example();
  before.mutable_workers(1)->mutable_drops(0)->set_packets(21);
  EXPECT_EQ(render_drops(example(), {&before, 2}, Style{}),
            "PACKETS   RATE  WHERE     REASON       MEANING\n"
            "     41  10 /s  worker 1  direction    hold\n"
            "     40   0 /s  worker 0  no_endpoint  late media\n"
            "      1   0 /s  host      punt_full    flood\n");
}

TEST(RenderStats, NodeWithoutTraffic) {
  EXPECT_EQ(
      render_stats({}, {}, Style{}),
      "Node      up 0 ms\n"
      "Sessions  0 active; 0 created, 0 deleted, 0 timed out, 0 refused\n"
      "Drops     0\n"
      "\n"
      "Host      ARP 0 in, 0 out; ND 0 in, 0 out; 0 pings answered; 0 neighbours, 0 that never answered\n");
}

TEST(RenderStats, WhatIsCommittedToMedia) {
  const auto stats = message<v1::StatsResponse>(
      "workers { worker: 0 } workers { worker: 1 media_committed: 0.4234 } workers { worker: 2 "
      "media_committed: 0.01 }");
  EXPECT_THAT(render_stats(stats, {}, Style{}),
              HasSubstr("Media     worker 1 42.3 %, worker 2 1.0 % of a core committed to transcoding\n"));
  EXPECT_THAT(render_stats(message<v1::StatsResponse>("workers { worker: 0 }"), {}, Style{}),
              ::testing::Not(HasSubstr("Media")));
}

}  // namespace
}  // namespace pollux::cli
