// Packets that are to be transcoded, and can't be.
#include "tests/component/drop_fixture.hpp"
#include "tests/support/codec_format.hpp"

namespace pollux::testing {

namespace {

using test::format;

// What party a sends as GSM, or G.722, is sent to b as A-law.
SessionSpec transcoding_call(std::uint16_t media_worker = 0) {
  SessionSpec spec = CallTest::call();
  spec.media_worker = media_worker;
  spec.legs[0].codecs.push_back(format(CodecId::kGsm, 3));
  spec.legs[0].jitter_window_ms = 0;
  spec.legs[1].codecs.push_back(format(CodecId::kPcma, 8));
  return spec;
}

Bytes gsm(std::uint16_t sequence, std::size_t length = 33) {
  return rtp({.payload_type = 3,
              .sequence = sequence,
              .timestamp = sequence * 160U,
              .ssrc = 0xaaaaaaaa,
              .payload_length = length,
              .fill = 0xd0});
}

void warm_up(DropTest& test, const SessionSpec& spec) {
  test.open(spec);
  test.send(test.a, gsm(1000));
  test.bed().turn();
  test.bed().received(1);
}

// With what is made up for the numbers left out.
void goes_on(DropTest& test) {
  EXPECT_FALSE(test.relay(test.a, test.b, gsm(1200)).empty()) << test.bed().describe();
}

std::uint64_t malformed(DropTest& test) {
  warm_up(test, transcoding_call());
  std::uint16_t sequence = 1001;
  for (const std::size_t length : std::initializer_list<std::size_t>{0, 1, 32, 34, 65}) {
    test.send(test.a, gsm(sequence++, length));
  }
  return 5;
}

std::uint64_t late(DropTest& test) {
  warm_up(test, transcoding_call());
  test.send(test.a, gsm(1003));
  test.send(test.a, gsm(1001));
  test.send(test.a, gsm(1002));
  test.send(test.a, gsm(1003));
  return 3;
}

void restart_with_media_worker(DropTest& test) {
  DataplaneConfig config = RingBed::two_ports(2);
  config.workers[0].roles = {.relay = true, .media = false};
  config.workers[1].roles = {.relay = false, .media = true};
  test.restart(config);
}

// What forty calls send while the media worker is at something else, more than the ring towards it holds.
std::uint64_t ring_full(DropTest& test) {
  constexpr std::uint16_t kCalls = 40;
  constexpr std::uint16_t kRing = 2047;
  constexpr std::uint16_t kMore = 7;
  restart_with_media_worker(test);
  std::vector<Party> others;
  for (std::uint16_t i = 1; i < kCalls; ++i) {
    SessionSpec spec = transcoding_call(1);
    for (LegSpec& leg : spec.legs) {
      leg.local_rtp_port = static_cast<std::uint16_t>(leg.local_rtp_port + 4 * i);
      leg.local_rtcp_port = static_cast<std::uint16_t>(leg.local_rtcp_port + 4 * i);
    }
    test.bed().add(spec);
    others.push_back(test.a);
    others.back().relay.port = spec.legs[0].local_rtp_port;
    test.send(others.back(), gsm(1000));
    test.bed().turn();
  }
  warm_up(test, transcoding_call(1));
  std::uint16_t waiting = 0;
  for (std::uint16_t sequence = 1001; waiting < kRing + kMore; ++sequence) {
    for (std::size_t i = 0; i < others.size() && waiting < kRing - 20; ++i, ++waiting) {
      test.send(others[i], gsm(sequence));
    }
    if (waiting >= kRing - 20) {
      test.send(test.a, gsm(sequence));
      ++waiting;
    }
    test.bed().turn_worker(0);
  }
  return kMore;
}

// While its path is being closed a route holds 64 packets.
std::uint64_t overloaded(DropTest& test) {
  restart_with_media_worker(test);
  warm_up(test, transcoding_call(1));
  SessionSpec other = transcoding_call(1);
  other.legs[1].codecs.clear();
  other.legs[1].codecs.push_back(format(CodecId::kG722, 9));
  EXPECT_TRUE(test.bed().dataplane().update_session(test.session, other, 99));
  test.bed().turn_worker(0);
  constexpr std::uint16_t kMore = 7;
  for (std::uint16_t i = 0; i < 64 + kMore; ++i) {
    test.send(test.a, gsm(static_cast<std::uint16_t>(1001 + i)));
  }
  test.bed().turn_worker(0);
  test.bed().turn_worker(0);
  return kMore;
}

// 120 packets of 20 ms at once, of which two seconds are let through.
std::uint64_t too_fast(DropTest& test) {
  warm_up(test, transcoding_call());
  for (std::uint16_t i = 0; i < 119; ++i) {
    test.send(test.a, gsm(static_cast<std::uint16_t>(1001 + i)));
  }
  return 20;
}

void goes_on_with_time(DropTest& test) {
  test.bed().advance_ms(1000);
  goes_on(test);
}

}  // namespace

std::vector<DropCase> codec_drops() {
  return {
      {DropReason::media_malformed, "payloads_that_are_no_frames", malformed, goes_on},
      {DropReason::media_late, "late_without_a_window", late, goes_on},
      {DropReason::media_too_fast, "more_media_than_time", too_fast, goes_on_with_time},
      {DropReason::media_overloaded, "more_than_wait_for_a_change", overloaded, goes_on},
      {DropReason::media_overloaded, "ring_to_the_media_worker_full", ring_full, goes_on},
  };
}

}  // namespace pollux::testing
