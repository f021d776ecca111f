// What a hostile network, or a client that changes its mind, can do to one worker.
#include <gtest/gtest.h>
#include <rte_mbuf.h>

#include <random>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/base/checksum.hpp"
#include "tests/support/ring_bed.hpp"

namespace pollux::testing {
namespace {

struct HostileTest : ::testing::Test {
  // A call between 192.0.2.7:4000 at port a and 198.51.100.9:5000 at port b.
  static SessionSpec call(std::uint16_t first_port = 20000) {
    SessionSpec spec;
    spec.legs = {bed_leg(0, 0, first_port, "192.0.2.7:4000"),
                 bed_leg(1, 1, static_cast<std::uint16_t>(first_port + 10000), "198.51.100.9:5000")};
    spec.legs[0].sinks.push_back(1);
    spec.legs[1].sinks.push_back(0);
    return spec;
  }
  UdpFrame from_a(const Bytes& payload, const char* source = "192.0.2.7:4000") const {
    return {.destination_mac = bed.mac(0),
            .source_mac = RingBed::peer_mac(0),
            .vlan = 0,
            .source = *SocketAddress::parse(source),
            .destination = *SocketAddress::parse("192.0.2.1:20000"),
            .payload = payload};
  }
  std::size_t count(EventType type) {
    const auto events = bed.events();
    return static_cast<std::size_t>(std::count_if(events.begin(), events.end(),
                                                  [type](const Event& event) { return event.type == type; }));
  }
  RingBed bed{RingBed::two_ports()};
};

// The tables of the payload types go with the routes that they belong to.
TEST_F(HostileTest, PacketsForALegWithoutSinksMeetNoOldPayloadTypes) {
  SessionSpec spec = call();
  spec.legs[0].payload_types.push_back({.wire = 8, .common = 8, .clock_rate = 8000});
  const SessionHandle session = bed.add(spec);
  bed.send(0, build(from_a(rtp({.sequence = 1, .timestamp = 160}))));
  bed.turn();
  EXPECT_EQ(bed.received_udp(1).size(), 1U);

  spec.legs[0].sinks.clear();
  bed.update(session, spec);
  bed.turn();  // the former routes have been freed
  bed.send(0, build(from_a(rtp({.sequence = 2, .timestamp = 320}))));
  bed.turn();
  EXPECT_TRUE(bed.received_udp(1).empty());
  EXPECT_EQ(bed.drops(DropReason::no_sink), 1U) << bed.describe();
}

// A believed source that changes its SSRC with every packet would otherwise fill the event ring of its
// worker.
TEST_F(HostileTest, ChangesOfTheStreamAreReportedOnceASecond) {
  bed.add(call());
  bed.send(0, build(from_a(rtp({.sequence = 0, .timestamp = 0}))));
  bed.turn();  // the next hop is known
  bed.received(1);
  bed.events();
  for (std::uint16_t i = 0; i < 1000; ++i) {
    bed.send(0, build(from_a(rtp({.sequence = i, .timestamp = i * 160U, .ssrc = i + 1U}))));
  }
  bed.turn();
  EXPECT_EQ(bed.received_udp(1).size(), 1000U) << bed.describe();
  EXPECT_LE(count(EventType::kStreamChanged), 1U);
  bed.advance_ms(1001);
  bed.send(0, build(from_a(rtp({.sequence = 1000, .timestamp = 160000, .ssrc = 5000}))));
  bed.turn();
  EXPECT_EQ(count(EventType::kStreamChanged), 1U);
}

// What a worker raised after it had carried out a command is told after the command's completion.
TEST_F(HostileTest, EventsKeepTheirPlaceAmongCompletedCommands) {
  bed.turn();
  bed.events();
  ASSERT_TRUE(bed.dataplane().add_session(call(), 1).has_value());
  bed.dataplane().worker(0).run_once(bed.now_tsc());
  bed.send(0, build(from_a(rtp({.sequence = 1, .timestamp = 160}))));
  bed.dataplane().worker(0).run_once(bed.now_tsc());
  std::array<Event, 16> events;
  const std::size_t polled = bed.dataplane().poll_events(events);
  ASSERT_GE(polled, 3U);
  EXPECT_EQ(events[0].type, EventType::kSessionLinked);
  EXPECT_EQ(events[1].type, EventType::kSourceLearned);
  EXPECT_EQ(events[2].type, EventType::kFirstMedia);
}

// The same with a caller whose room is small: nothing is lost, nothing changes places.
TEST_F(HostileTest, EventsKeepTheirOrderWhateverTheRoom) {
  bed.turn();
  bed.events();
  ASSERT_TRUE(bed.dataplane().add_session(call(), 1).has_value());
  bed.dataplane().worker(0).run_once(bed.now_tsc());
  bed.send(0, build(from_a(rtp({.sequence = 1, .timestamp = 160}))));
  bed.dataplane().worker(0).run_once(bed.now_tsc());
  ASSERT_TRUE(bed.dataplane().add_session(call(22000), 2).has_value());
  bed.dataplane().worker(0).run_once(bed.now_tsc());
  std::vector<EventType> types;
  std::array<Event, 1> one;
  while (bed.dataplane().poll_events(one) != 0) {
    types.push_back(one[0].type);
  }
  EXPECT_EQ(types, (std::vector{EventType::kSessionLinked, EventType::kSourceLearned, EventType::kFirstMedia,
                                EventType::kSessionLinked}));
}

// As kSessionUnlinked promises: without another poll.
TEST_F(HostileTest, PortsOfAnEndedSessionMayBeUsedAgainAtOnce) {
  const SessionHandle session = bed.add(call());
  ASSERT_TRUE(bed.dataplane().remove_session(session, 2).has_value());
  bed.dataplane().worker(0).run_once(bed.now_tsc());
  std::array<Event, 16> events;
  const std::size_t polled = bed.dataplane().poll_events(events);
  ASSERT_EQ(polled, 1U);
  ASSERT_EQ(events[0].type, EventType::kSessionUnlinked);
  const auto again = bed.dataplane().add_session(call(), 3);
  EXPECT_TRUE(again.has_value()) << again.error().message;
  EXPECT_TRUE(bed.dataplane().session_stats(session).has_value());
  bed.turn();
}

// A party can't be where no host can: nothing is learned from there, nothing sent.
TEST_F(HostileTest, ImpossibleSourcesTeachNothing) {
  SessionSpec spec = call();
  for (LegSpec& leg : spec.legs) {
    leg.remote_rtp.reset();
    leg.learning = LearningMode::kImmediate;
  }
  bed.add(spec);
  bed.events();
  const char* const sources[] = {"0.0.0.0:4000",         "224.0.0.1:4000", "239.255.1.1:4000",
                                 "255.255.255.255:4000", "127.0.0.1:4000", "192.0.2.1:20000",
                                 "192.0.2.255:4000",     "192.0.2.7:0"};
  std::uint16_t sequence = 0;
  for (const char* const source : sources) {
    const auto ip = IpAddress::parse(std::string(source).substr(0, std::string(source).find(':')));
    UdpFrame frame = from_a(rtp({.sequence = ++sequence, .timestamp = sequence * 160U}));
    frame.source = {*ip, static_cast<std::uint16_t>(
                             std::stoi(std::string(source).substr(std::string(source).find(':') + 1)))};
    bed.send(0, build(frame));
    bed.turn();
    EXPECT_EQ(count(EventType::kSourceLearned), 0U) << source;
  }
  bed.send(0, build(from_a(rtp({.sequence = ++sequence, .timestamp = sequence * 160U}))));
  bed.turn();
  EXPECT_EQ(count(EventType::kSourceLearned), 1U) << bed.describe();
}

// Ports and queues of a worker that doesn't relay would be lost to the sessions.
TEST(RolesTest, AWorkerForMediaOnlyOwnsNeitherPortNorQueue) {
  DataplaneConfig config = RingBed::two_ports(2);
  config.workers[0].roles.relay = false;
  RingBed bed(config);
  SessionSpec spec = HostileTest::call();
  spec.worker = 1;
  for (std::uint32_t port = 1; port < 65536; ++port) {
    ASSERT_EQ(bed.dataplane().port_owner(*IpAddress::parse("192.0.2.1"), static_cast<std::uint16_t>(port)),
              1);
  }
  bed.add(spec);
  UdpFrame frame{.destination_mac = bed.mac(0),
                 .source_mac = RingBed::peer_mac(0),
                 .vlan = 0,
                 .source = *SocketAddress::parse("192.0.2.7:4000"),
                 .destination = *SocketAddress::parse("192.0.2.1:20000"),
                 .payload = rtp({.sequence = 1, .timestamp = 160})};
  bed.send(0, build(frame));
  bed.turn();
  EXPECT_EQ(bed.received_udp(1).size(), 1U) << bed.describe();
  EXPECT_EQ(bed.dataplane().stats().workers[0].handed_off, 0U);
}

// Frames in memory of their own, exactly as long as they are: an address sanitizer sees each byte read
// beyond.
class ExactFrames {
 public:
  static rte_mempool* make_pool() {
    rte_mempool* const pool = rte_pktmbuf_pool_create("exact", 4095, 0, 0, 0, SOCKET_ID_ANY);
    leave_out_packet_buffers();
    return pool;
  }
  static void send(BedPort& port, const Bytes& frame) {
    static rte_mempool* const pool = make_pool();
    rte_mbuf* const mbuf = rte_pktmbuf_alloc(pool);
    ASSERT_NE(mbuf, nullptr);
    const std::size_t size = RTE_PKTMBUF_HEADROOM + frame.size();
    auto* const bytes = static_cast<std::uint8_t*>(std::malloc(size));
    std::copy(frame.begin(), frame.end(), bytes + RTE_PKTMBUF_HEADROOM);
    auto* const shared = new rte_mbuf_ext_shared_info();
    shared->free_cb = [](void* address, void* opaque) {
      std::free(address);
      delete static_cast<rte_mbuf_ext_shared_info*>(opaque);
    };
    shared->fcb_opaque = shared;
    rte_mbuf_ext_refcnt_set(shared, 1);
    rte_pktmbuf_attach_extbuf(mbuf, bytes, 0, static_cast<std::uint16_t>(size), shared);
    mbuf->data_off = RTE_PKTMBUF_HEADROOM;
    mbuf->data_len = static_cast<std::uint16_t>(frame.size());
    mbuf->pkt_len = mbuf->data_len;
    ASSERT_EQ(rte_ring_enqueue(port.to_port[0], mbuf), 0);
    in_use = pool;
  }
  static inline rte_mempool* in_use = nullptr;
};

// Makes the IPv4 header's check sum right, so that a changed frame gets past it.
void repair_ipv4(Bytes& frame) {
  const std::size_t ip = frame.size() > 17 && load_be16(&frame[12]) == 0x8100 ? 18 : 14;
  if (frame.size() >= ip + 20 && (frame[ip] >> 4) == 4) {
    frame[ip + 10] = frame[ip + 11] = 0;
    const std::uint16_t sum = checksum_finish(checksum_add(0, &frame[ip], 20));
    std::memcpy(&frame[ip + 10], &sum, 2);
  }
}

// As well the UDP check sum, where there is room for one.
void repair_udp(Bytes& frame) {
  repair_ipv4(frame);
  const std::size_t ip = frame.size() > 17 && load_be16(&frame[12]) == 0x8100 ? 18 : 14;
  if (frame.size() < ip + 20) {
    return;
  }
  const bool v4 = (frame[ip] >> 4) == 4;
  const std::size_t udp = ip + (v4 ? 20 : 40);
  if (frame.size() < udp + 8) {
    return;
  }
  const std::size_t length = load_be16(&frame[udp + 4]);
  if (length < 8 || length > frame.size() - udp) {
    return;
  }
  frame[udp + 6] = frame[udp + 7] = 0;
  std::uint64_t sum = v4 ? checksum_add(0, &frame[ip + 12], 8) : checksum_add(0, &frame[ip + 8], 32);
  sum += be16(static_cast<std::uint16_t>(length)).raw() + std::uint64_t{be16(17).raw()};
  std::uint16_t field = checksum_finish(checksum_add(sum, &frame[udp], length));
  field = field == 0 ? std::uint16_t{0xffff} : field;
  std::memcpy(&frame[udp + 6], &field, 2);
}

// Whatever comes, nothing is read beyond it and every buffer comes back.
TEST_F(HostileTest, MangledFramesCostNoBuffer) {
  SessionSpec spec = call();
  spec.legs[0].payload_types.push_back({.wire = 8, .common = 8, .clock_rate = 8000});
  spec.legs[0].payload_types.push_back({.wire = 101, .common = 101, .clock_rate = 8000});
  spec.legs[1].stream_mode = StreamMode::kRewrite;
  spec.legs[0].stream_mode = StreamMode::kRewrite;
  spec.legs.push_back(bed_leg(2, 1, 32000, "[2001:db8:b::9]:5000", true));
  spec.legs[0].sinks.push_back(2);
  spec.legs[2].sinks.push_back(0);
  bed.add(spec);
  SessionSpec mux;
  mux.legs = {bed_leg(0, 0, 24000, "[2001:db8:a::7]:4000", true), bed_leg(1, 1, 34000, "198.51.100.9:5004")};
  for (LegSpec& leg : mux.legs) {
    leg.local_rtcp_port = leg.local_rtp_port;
    leg.learning = LearningMode::kImmediate;
    leg.source_policy = SourcePolicy::kMediaHandover;
  }
  mux.legs[0].sinks.push_back(1);
  mux.legs[1].sinks.push_back(0);
  bed.add(mux);

  std::vector<Bytes> seeds;
  const auto seed = [&](UdpFrame frame, const char* to, const Bytes& payload, const char* from = nullptr) {
    frame.destination = *SocketAddress::parse(to);
    frame.payload = payload;
    if (from != nullptr) {
      frame.source = *SocketAddress::parse(from);
    }
    seeds.push_back(build(frame));
  };
  Bytes extended = rtp({.sequence = 7, .timestamp = 1120});
  extended[0] = 0xb2;  // padding, extension, two CSRCs
  for (const bool tagged : {false, true}) {
    UdpFrame frame = from_a({});
    frame.vlan = tagged ? 1 : 0;
    seed(frame, "192.0.2.1:20000", rtp({.sequence = 5, .timestamp = 800}));
    seed(frame, "192.0.2.1:20000", extended);
    seed(frame, "192.0.2.1:20001", rtcp_receiver_report(0x11223344, 1, 99), "192.0.2.7:4001");
    seed(frame, "192.0.2.1:20001", rtcp_sender_report(0x11223344, 1, 2, 3), "192.0.2.7:4001");
    seed(frame, "192.0.2.1:20000", {});
    frame.source = *SocketAddress::parse("[2001:db8:a::7]:4000");
    seed(frame, "[2001:db8:a::1]:24000", rtp({.sequence = 5, .timestamp = 800}));
    seed(frame, "[2001:db8:a::1]:24000", rtcp_sender_report(0x11223344, 1, 2, 3));
    seed(frame, "[2001:db8:a::1]:24000", extended);
  }
  std::minstd_rand random(20260101);
  const auto below = [&random](std::size_t limit) { return random() % limit; };
  const std::uint64_t free_before = bed.dataplane().stats().mbufs_free;
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < 500; ++i) {
      Bytes frame = seeds[below(seeds.size())];
      const std::size_t changes = below(5);
      for (std::size_t change = 0; change < changes; ++change) {
        // Mostly headers: Ethernet is left alone but for its type.
        const std::size_t at = 12 + below(std::min<std::size_t>(frame.size() - 12, below(4) == 0 ? 400 : 80));
        frame[at] = static_cast<std::uint8_t>(below(3) == 0 ? below(2) * 255 : below(256));
      }
      if (below(4) == 0) {
        frame.resize(below(frame.size() + 1));
      } else if (below(16) == 0) {
        frame.resize(frame.size() + below(1200), 0xa5);
      }
      if (below(8) != 0) {
        repair_udp(frame);
      }
      ExactFrames::send(bed.port(0), frame);
    }
    bed.advance_ms(below(40));
    bed.turn();
    bed.received(0);
    bed.received(1);
    bed.events();
  }
  bed.advance_ms(60000);
  bed.turn();
  // What the host thread holds for neighbours that don't answer is freed in its own time.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while ((rte_mempool_in_use_count(ExactFrames::in_use) != 0 || bed.mbufs_in_use() != 0) &&
         std::chrono::steady_clock::now() < deadline) {
    bed.turn();
  }
  EXPECT_EQ(rte_mempool_in_use_count(ExactFrames::in_use), 0U) << bed.describe();
  EXPECT_EQ(bed.mbufs_in_use(), 0U);
  EXPECT_GE(bed.dataplane().stats().mbufs_free + 64, free_before) << bed.describe();
}

}  // namespace
}  // namespace pollux::testing
