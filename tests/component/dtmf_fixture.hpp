// A call whose parties press keys, in simulated time.
#pragma once

#include <gmock/gmock.h>

#include <initializer_list>
#include <memory>
#include <optional>
#include <vector>

#include "tests/component/srtp_fixture.hpp"
#include "tests/support/codec_format.hpp"
#include "tests/support/phone.hpp"

namespace pollux::testing {

using test::format;

inline const CodecFormat kPcmu = format(CodecId::kPcmu, 0);
inline const CodecFormat kPcma = format(CodecId::kPcma, 8);
inline const CodecFormat kG729 = format(CodecId::kG729, 18);
inline const CodecFormat kOpus = format(CodecId::kOpus, 96, 48000);
inline const CodecFormat kEvents = format(CodecId::kTelephoneEvent, 101);
inline const CodecFormat kWideEvents = format(CodecId::kTelephoneEvent, 110, 48000);

inline Phone::Ways by_events() {
  return {.rfc4733 = true};
}
inline Phone::Ways by_tones() {
  return {.in_band = true};
}

// Party a is a Phone or nobody, party b an Ear.
class DtmfTest : public SrtpCallTest {
 public:
  SessionSpec spec_of(std::initializer_list<CodecFormat> a_formats,
                      std::initializer_list<CodecFormat> b_formats) {
    SessionSpec spec = call();
    set_codecs(spec.legs[0], a_formats);
    set_codecs(spec.legs[1], b_formats);
    return spec;
  }
  SessionHandle add(const SessionSpec& spec) {
    spec_ = spec;
    ear_.emplace(std::vector<CodecFormat>(spec.legs[1].codecs.begin(), spec.legs[1].codecs.end()));
    session_ = bed().add(spec);
    return session_;
  }
  // Both parties speak SRTP, with keys that no other call has.
  SessionSpec secured(SessionSpec spec) {
    seed_ = static_cast<std::uint8_t>(seed_ + 2);
    spec.legs[0].srtp_receive = test_key(SrtpSuite::kAesCm128HmacSha1_80, seed_);
    spec.legs[0].srtp_send = to_a;
    spec.legs[1].srtp_receive = from_b;
    spec.legs[1].srtp_send =
        test_key(SrtpSuite::kAeadAes256Gcm, static_cast<std::uint8_t>(seed_ + 1), {1, 2, 3, 4});
    says_.emplace(*spec.legs[0].srtp_receive, Role::kSends);
    hears_.emplace(*spec.legs[1].srtp_send, Role::kReceives);
    return spec;
  }
  void injects(std::uint16_t leg, std::initializer_list<std::uint8_t> events, bool by_party = false,
               std::uint16_t duration_ms = 100, std::uint16_t gap_ms = 100) {
    DtmfInjection injection;
    injection.leg_id = leg;
    for (const std::uint8_t event : events) {
      injection.events.push_back(event);
    }
    injection.duration_ms = duration_ms;
    injection.gap_ms = gap_ms;
    injection.pressed_by_party = by_party;
    ASSERT_TRUE(bed().dataplane().inject_dtmf(session_, injection, 77));
    bed().turn_workers();
    hear();
  }

  // Time passes, millisecond by millisecond.
  void wait_ms(std::uint32_t ms) {
    for (std::uint32_t i = 0; i < ms; ++i) {
      bed().advance_ms(1);
      ++now_ms_;
      bed().turn_workers();
      hear();
    }
  }
  void say(const std::vector<Bytes>& packets) {
    for (const Bytes& packet : packets) {
      send(a, spec_.legs[0].srtp() ? says_->seal(packet) : packet);
      bed().turn_workers();
      hear();
    }
  }
  // Party a's phone for so long, in real time.
  void talk(Phone& phone, std::uint32_t ms) {
    for (std::uint32_t i = 0; i < ms; i += 20) {
      wait_ms(20);
      say(phone.next());
    }
  }
  void hear() {
    for (const UdpFrame& frame : bed().received_udp(b.port)) {
      if (frame.destination != b.address) {
        continue;  // RTCP, where media goes through a path
      }
      const Bytes& bytes = frame.payload;
      const Bytes packet = spec_.legs[1].srtp() ? hears_->open(bytes).value_or(Bytes()) : bytes;
      heard_.push_back(packet);
      ear_->take(packet, now_ms_);
    }
    for (const Event& event : bed().events()) {
      if (event.type == EventType::kDtmf) {
        presses_.push_back(event);
        press_times_.push_back(now_ms_);
      }
      refused_ |= event.refused;
    }
  }
  void hang_up() {
    bed().remove(session_);
    bed().received(0);  // BYE
    bed().received(1);
  }
  void TearDown() override {
    wait_ms(200);  // nothing is held back any more
    SrtpCallTest::TearDown();
  }
  std::uint64_t counted(std::size_t leg, DtmfWay way, DtmfCount what) {
    return bed().stats(session_).legs[leg].dtmf[static_cast<std::size_t>(way)]
                                               [static_cast<std::size_t>(what)];
  }
  // Digits whose end was reported, of the party of leg 0 unless `outgoing`.
  std::string reported(bool outgoing = false) const {
    std::string digits;
    for (const Event& event : presses_) {
      if (event.press.phase == DtmfPhase::kEnd && event.outgoing == outgoing) {
        digits += dtmf_letter(event.press.event);
      }
    }
    return digits;
  }
  static std::string digits_of(const std::vector<HeardKey>& keys) {
    std::string digits;
    for (const HeardKey& key : keys) {
      digits += dtmf_letter(key.event);
    }
    return digits;
  }
  Ear& ear() { return *ear_; }
  void expect_clean() {
    EXPECT_THAT(ear().complaints(), ::testing::IsEmpty());
    EXPECT_EQ(all_drops(), 0U) << bed().describe();
  }

 protected:
  SessionSpec spec_;
  SessionHandle session_ = 0;
  std::uint8_t seed_ = 100;
  std::optional<SrtpParty> says_;   // party a
  std::optional<SrtpParty> hears_;  // party b
  std::uint32_t now_ms_ = 0;
  std::optional<Ear> ear_;
  std::vector<Bytes> heard_;
  std::vector<Event> presses_;
  std::vector<std::uint32_t> press_times_;
  bool refused_ = false;
};

}  // namespace pollux::testing
