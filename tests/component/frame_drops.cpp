// Frames that are wrong below UDP's payload.
#include "dataplane/base/byte_order.hpp"
#include "tests/component/drop_fixture.hpp"

namespace pollux::testing {

namespace {

using Change = DropTest::Change;
constexpr std::size_t kIp = DropTest::kIp;
constexpr std::size_t kUdpV4 = DropTest::kUdpV4;
constexpr std::size_t kUdpV6 = DropTest::kUdpV6;

// In the middle of a's stream comes each of these frames.
DropCase frames(DropReason reason, const char* name, std::function<std::vector<Bytes>(DropTest&)> make) {
  return {reason, name,
          [make = std::move(make)](DropTest& test) {
            test.open_and_warm_up();
            const auto bad = make(test);
            for (const Bytes& frame : bad) {
              test.bed().send(0, frame);
            }
            return std::uint64_t{bad.size()};
          },
          stream_goes_on};
}
// The same for a party on IPv6, whose stream begins afterwards.
DropCase v6_frames(DropReason reason, const char* name, std::function<std::vector<Bytes>(DropTest&)> make) {
  return {reason, name,
          [make = std::move(make)](DropTest& test) {
            test.open_v6();
            const auto bad = make(test);
            for (const Bytes& frame : bad) {
              test.bed().send(0, frame);
            }
            return std::uint64_t{bad.size()};
          },
          [](DropTest& test) { test.expect_relayed(test.v6_a, test.b, rtp({.sequence = 1})); }};
}

// The good frame cut to each length in [from, to).
std::vector<Bytes> cut(const Bytes& good, std::size_t from, std::size_t to) {
  std::vector<Bytes> cuts;
  for (std::size_t length = from; length < to; ++length) {
    cuts.emplace_back(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length));
  }
  return cuts;
}

// The same with IP lengths that fit what is left.
std::vector<Bytes> cut_with_ip_length(const Bytes& good, std::size_t from, std::size_t to) {
  auto cuts = cut(good, from, to);
  for (Bytes& frame : cuts) {
    if (frame[kIp] == 0x45) {
      store_be16(&frame[kIp + 2], static_cast<std::uint16_t>(frame.size() - kIp));
      DropTest::fix_ipv4_checksum(frame);
    } else {
      store_be16(&frame[kIp + 4], static_cast<std::uint16_t>(frame.size() - kUdpV6));
    }
  }
  return cuts;
}

std::vector<Bytes> tagged(const Bytes& good, const Bytes& tag) {
  Bytes frame = good;
  frame.insert(frame.begin() + 12, tag.begin(), tag.end());
  return {frame};
}

// One IPv4 option (four bytes of no-operation) between header and UDP.
Bytes with_options(DropTest& test) {
  Bytes frame = test.good();
  const Bytes options = {1, 1, 1, 1};
  frame.insert(frame.begin() + kUdpV4, options.begin(), options.end());
  frame[kIp] = 0x46;
  store_be16(&frame[kIp + 2], static_cast<std::uint16_t>(frame.size() - kIp));
  DropTest::fix_ipv4_checksum(frame);
  return frame;
}

std::vector<Bytes> each_next_header(DropTest& test, std::initializer_list<std::uint8_t> values) {
  std::vector<Bytes> frames;
  for (const std::uint8_t value : values) {
    frames.push_back(DropTest::changed(test.good_v6(), {{kIp + 6, value}}, false));
  }
  return frames;
}

// What the device says about a frame's check sums.
DropCase device_says(DropReason reason, const char* name, std::uint64_t flag) {
  return {reason, name,
          [flag](DropTest& test) {
            test.open_and_warm_up();
            rte_mbuf* const mbuf = RingBed::mbuf_of(test.good());
            mbuf->ol_flags |= flag;
            test.bed().send(0, mbuf);
            return std::uint64_t{1};
          },
          stream_goes_on};
}

std::vector<DropCase> ethernet_drops() {
  return {
      frames(DropReason::ethernet_malformed, "cut", [](DropTest& t) { return cut(t.good(), 0, 14); }),
      frames(DropReason::ethernet_malformed, "cut_in_the_tag",
             [](DropTest& t) {
               return cut(tagged(t.good(), {0x81, 0, 0, 10})[0], 14, 18);
             }),
      frames(DropReason::ethernet_malformed, "other_protocols",
             [](DropTest& t) {
               return Heard{DropTest::changed(t.good(), {{12, 0x88}, {13, 0xcc}}),   // LLDP
                            DropTest::changed(t.good(), {{12, 0x00}, {13, 0x26}}),   // IEEE 802.3 length
                            DropTest::changed(t.good(), {{12, 0x88}, {13, 0xa8}})};  // 802.1ad
             }),
      frames(DropReason::not_for_us, "other_mac",
             [](DropTest& t) {
               std::vector<Bytes> bad;
               for (std::size_t i = 0; i < 6; ++i) {
                 bad.push_back(t.good());
                 bad.back()[i] ^= 1;
               }
               bad.push_back(t.good());
               std::fill_n(bad.back().begin(), 6, std::uint8_t{0xff});
               return bad;
             }),
      frames(DropReason::vlan_unknown, "tag",
             [](DropTest& t) {
               return tagged(t.good(), {0x81, 0, 0, 10});
             }),
      frames(DropReason::vlan_unknown, "tag_4095",
             [](DropTest& t) {
               return tagged(t.good(), {0x81, 0, 0xff, 0xff});
             }),
  };
}

std::vector<DropCase> ip_drops() {
  return {
      frames(DropReason::ip_malformed, "cut",
             [](DropTest& t) {
               const Bytes good = t.good();
               return cut(good, 14, good.size());
             }),
      v6_frames(DropReason::ip_malformed, "v6_cut",
                [](DropTest& t) {
                  const Bytes good = t.good_v6();
                  return cut(good, 14, good.size());
                }),
      frames(DropReason::ip_malformed, "header",
             [](DropTest& t) {
               return Heard{DropTest::changed(t.good(), {{kIp, 0x55}}, false),
                            DropTest::changed(t.good(), {{kIp, 0x65}}, false),
                            DropTest::changed(t.good(), {{kIp, 0x44}}, false),
                            DropTest::changed(t.good(), {{kIp, 0x40}}, false),
                            DropTest::changed(t.good(), {{kIp + 2, 0}, {kIp + 3, 19}}),
                            DropTest::changed(t.good(), {{kIp + 2, 0}, {kIp + 3, 0}}),
                            DropTest::changed(t.good(), {{kIp + 2, 0xff}, {kIp + 3, 0xff}})};
             }),
      // Each byte of the header, the check sum itself included.
      frames(DropReason::ip_malformed, "checksum",
             [](DropTest& t) {
               std::vector<Bytes> bad;
               for (std::size_t i = 1; i < 20; ++i) {
                 bad.push_back(t.good());
                 bad.back()[kIp + i] ^= 0x01;
               }
               return bad;
             }),
      v6_frames(DropReason::ip_malformed, "v6_header",
                [](DropTest& t) {
                  return Heard{DropTest::changed(t.good_v6(), {{kIp, 0x45}}, false),
                               DropTest::changed(t.good_v6(), {{kIp + 4, 0xff}, {kIp + 5, 0xff}}, false)};
                }),
      device_says(DropReason::ip_malformed, "by_device", RTE_MBUF_F_RX_IP_CKSUM_BAD),
      frames(DropReason::ip_fragment, "any_part",
             [](DropTest& t) {
               return Heard{DropTest::changed(t.good(), {{kIp + 6, 0x20}}),
                            DropTest::changed(t.good(), {{kIp + 6, 0x20}, {kIp + 7, 0x80}}),
                            DropTest::changed(t.good(), {{kIp + 6, 0x00}, {kIp + 7, 0x01}}),
                            DropTest::changed(t.good(), {{kIp + 6, 0x1f}, {kIp + 7, 0xff}})};
             }),
      v6_frames(DropReason::ip_fragment, "v6", [](DropTest& t) { return each_next_header(t, {44}); }),
      frames(DropReason::ip_options, "v4", [](DropTest& t) { return Heard{with_options(t)}; }),
      v6_frames(DropReason::ip_options, "v6",
                [](DropTest& t) {
                  return each_next_header(t, {0, 43, 51, 60, 135});
                }),
      frames(DropReason::address_unknown, "not_ours",
             [](DropTest& t) {
               std::vector<Bytes> bad;
               for (const char* other : {"192.0.2.2", "192.0.2.255", "224.0.0.1", "198.51.100.1", "127.0.0.1",
                                         "0.0.0.0", "255.255.255.255"}) {
                 UdpFrame frame = t.datagram(t.a, rtp({}));
                 frame.destination.ip = ip(other);
                 bad.push_back(build(frame));
               }
               return bad;
             }),
      v6_frames(DropReason::address_unknown, "v6_not_ours",
                [](DropTest& t) {
                  std::vector<Bytes> bad;
                  for (const char* other : {"2001:db8:a::2", "2001:db8:b::1", "ff02::1", "::1", "::"}) {
                    UdpFrame frame = t.datagram(t.v6_a, rtp({}));
                    frame.destination.ip = ip(other);
                    bad.push_back(build(frame));
                  }
                  return bad;
                }),
      frames(DropReason::protocol_unknown, "v4",
             [](DropTest& t) {
               std::vector<Bytes> bad;
               for (const std::uint8_t protocol : Bytes{2, 6, 41, 50, 58, 132, 255}) {
                 bad.push_back(DropTest::changed(t.good(), {{kIp + 9, protocol}}));
               }
               return bad;
             }),
      v6_frames(DropReason::protocol_unknown, "v6",
                [](DropTest& t) {
                  return each_next_header(t, {1, 6, 50, 59, 132, 255});
                }),
  };
}

std::vector<DropCase> udp_drops() {
  return {
      frames(DropReason::udp_malformed, "cut",
             [](DropTest& t) {
               const Bytes good = t.good();
               return cut_with_ip_length(good, kUdpV4, good.size());
             }),
      v6_frames(DropReason::udp_malformed, "v6_cut",
                [](DropTest& t) {
                  const Bytes good = t.good_v6();
                  return cut_with_ip_length(good, kUdpV6, good.size());
                }),
      frames(DropReason::udp_malformed, "length",
             [](DropTest& t) {
               return Heard{DropTest::changed(t.good(), {{kUdpV4 + 4, 0}, {kUdpV4 + 5, 7}}),
                            DropTest::changed(t.good(), {{kUdpV4 + 4, 0}, {kUdpV4 + 5, 0}}),
                            DropTest::changed(t.good(), {{kUdpV4 + 4, 0xff}, {kUdpV4 + 5, 0xff}}),
                            DropTest::changed(t.good(), {{kUdpV4 + 5, 8 + 12 + 160 + 1}})};
             }),
      v6_frames(DropReason::checksum_wrong, "absent_over_v6",
                [](DropTest& t) {
                  return Heard{DropTest::changed(t.good_v6(), {{kUdpV6 + 6, 0}, {kUdpV6 + 7, 0}}, false)};
                }),
      // State is learned from intact packets only: the stream can begin afterwards.
      v6_frames(DropReason::checksum_wrong, "at_learning",
                [](DropTest& t) {
                  Bytes frame = t.good_v6();
                  frame.back() ^= 0xff;
                  return Heard{frame};
                }),
      device_says(DropReason::checksum_wrong, "by_device", RTE_MBUF_F_RX_L4_CKSUM_BAD),
      frames(DropReason::no_endpoint, "other_ports",
             [](DropTest& t) {
               std::vector<Bytes> bad;
               for (const std::uint16_t port :
                    std::vector<std::uint16_t>{0, 1, 19998, 19999, 20002, 20003, 30000, 65535}) {
                 UdpFrame frame = t.datagram(t.a, rtp({}));
                 frame.destination.port = port;
                 bad.push_back(build(frame));
               }
               return bad;
             }),
      {DropReason::no_endpoint, "after_the_call",
       [](DropTest& t) {
         t.open_and_warm_up();
         t.bed().remove(t.session);
         t.bed().send(0, t.good());
         t.send(t.a.next_port(), rtcp_sender_report(1, 2, 3, 4));
         return std::uint64_t{2};
       },
       [](DropTest& t) {
         t.open();
         stream_goes_on(t);
       }},
  };
}

}  // namespace

std::vector<DropCase> frame_drops() {
  std::vector<DropCase> cases;
  for (const auto& some : {ethernet_drops(), ip_drops(), udp_drops()}) {
    cases.insert(cases.end(), some.begin(), some.end());
  }
  return cases;
}

}  // namespace pollux::testing
