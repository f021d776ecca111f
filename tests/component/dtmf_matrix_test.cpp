// Three ways in, three ways out, RTP and SRTP, across codecs: every press arrives once. Prints the table.
#include <gmock/gmock.h>

#include <cstdio>

#include "tests/component/dtmf_fixture.hpp"

namespace pollux::testing {
namespace {

struct Codec {
  const char* name;
  CodecFormat audio;
  CodecFormat events;
};

const std::array<Codec, 4> kSides{{{"PCMA", kPcma, kEvents},
                                   {"PCMU", kPcmu, kEvents},
                                   {"G729", kG729, kEvents},
                                   {"opus", kOpus, kWideEvents}}};
constexpr std::array<DtmfWay, 3> kWays{DtmfWay::kInBand, DtmfWay::kRfc4733, DtmfWay::kSipInfo};
constexpr std::array<const char*, 3> kNames{"in-band", "RFC 4733", "SIP INFO"};
constexpr std::uint32_t kDigitMs = 100;
constexpr std::uint32_t kPeriodMs = 200;
// A press begins where a packet of audio ends; the detector knows times to a few milliseconds.
constexpr double kPacketMs = 20;
constexpr double kDetectorMs = 3;

struct Row {
  std::size_t sent = 0;
  std::size_t arrived = 0;
  std::size_t doubled = 0;
  std::size_t lost = 0;
  double timing_ms = 0;  // the largest error of a length, or of the distance between two digits
};

class DtmfMatrix : public DtmfTest {
 public:
  Row run(const Codec& in, const Codec& out, DtmfWay from, DtmfWay to, bool srtp) {
    SessionSpec spec = call();
    set_codecs(spec.legs[0], {in.audio});
    set_codecs(spec.legs[1], {out.audio});
    if (from == DtmfWay::kRfc4733) {
      spec.legs[0].codecs.push_back(in.events);
    }
    if (to == DtmfWay::kRfc4733) {
      spec.legs[1].codecs.push_back(out.events);
    }
    constexpr std::array<DtmfSend, 3> kSend{DtmfSend::kInBand, DtmfSend::kRfc4733, DtmfSend::kSipInfo};
    spec.legs[1].dtmf.send = kSend[static_cast<std::size_t>(to)];
    spec.legs[0].dtmf.tone_guard_ms = 40;
    if (srtp) {
      spec = secured(spec);
    }
    std::vector<KeyPress> presses;
    for (std::uint8_t digit = 0; digit < 16; ++digit) {
      presses.push_back({digit, 400 + digit * kPeriodMs, kDigitMs});
    }
    presses_.clear();
    press_times_.clear();
    now_ms_ = 0;
    add(spec);
    Phone phone(in.audio, from == DtmfWay::kRfc4733 ? std::optional(in.events) : std::nullopt,
                {.in_band = from == DtmfWay::kInBand, .rfc4733 = from == DtmfWay::kRfc4733}, presses);
    for (std::uint32_t ms = 0; ms < 4000; ms += 20) {
      talk(phone, 20);
      for (const KeyPress& press : presses) {
        if (from == DtmfWay::kSipInfo && press.at_ms == ms + 20) {
          injects(0, {press.event}, true, kDigitMs);
        }
      }
    }
    wait_ms(500);
    EXPECT_THAT(ear().complaints(), ::testing::IsEmpty());
    hang_up();
    bed().events();
    return compare(presses, arrived(to));
  }

 private:
  std::vector<HeardKey> arrived(DtmfWay to) {
    if (to == DtmfWay::kInBand) {
      EXPECT_THAT(ear().events(), ::testing::IsEmpty());
      return ear().tones();
    }
    EXPECT_THAT(ear().tones(), ::testing::IsEmpty()) << "tones beside";
    if (to == DtmfWay::kRfc4733) {
      return ear().events();
    }
    EXPECT_THAT(ear().events(), ::testing::IsEmpty());
    std::vector<HeardKey> keys;
    for (std::size_t i = 0; i < presses_.size(); ++i) {
      const DtmfPress& press = presses_[i].press;
      if (press.phase == DtmfPhase::kEnd) {
        keys.push_back({press.event, static_cast<double>(press_times_[i] - press.began_ms_ago),
                        static_cast<double>(press.duration_ms)});
      }
    }
    return keys;
  }

  static Row compare(const std::vector<KeyPress>& presses, const std::vector<HeardKey>& heard) {
    Row row;
    row.sent = presses.size();
    row.arrived = heard.size();
    const HeardKey* before = nullptr;
    for (const KeyPress& press : presses) {
      std::size_t found = 0;
      for (const HeardKey& key : heard) {
        if (key.event == press.event) {
          ++found;
          row.timing_ms = std::max(row.timing_ms, std::abs(key.ms - press.ms));
          if (before != nullptr && found == 1) {
            row.timing_ms = std::max(row.timing_ms, std::abs(key.at_ms - before->at_ms - kPeriodMs));
          }
          before = &key;
        }
      }
      row.lost += found == 0 ? 1U : 0U;
      row.doubled += found > 1 ? 1U : 0U;
    }
    return row;
  }
};

TEST_F(DtmfMatrix, EveryPressOnce) {
  std::printf("%-8s  %-8s  %-4s  %-4s  %-5s  %4s  %7s  %7s  %4s  %9s\n", "from", "to", "in", "out", "",
              "sent", "arrived", "doubled", "lost", "timing ms");
  std::size_t cells = 0;
  for (const DtmfWay from : kWays) {
    for (const DtmfWay to : kWays) {
      for (const Codec& in : kSides) {
        for (const Codec& out : kSides) {
          const bool heard = from != DtmfWay::kInBand || carries_tones(in.audio.params.id);
          const bool told = to != DtmfWay::kInBand || carries_tones(out.audio.params.id);
          // Other pairs of codecs say no more than these.
          const bool of_interest = &in == &out || &in == &kSides[0] || &out == &kSides[0];
          if (!heard || !told || !of_interest) {
            continue;
          }
          for (const bool srtp : {false, true}) {
            const Row row = run(in, out, from, to, srtp);
            std::printf("%-8s  %-8s  %-4s  %-4s  %-5s  %4zu  %7zu  %7zu  %4zu  %9.1f\n",
                        kNames[static_cast<std::size_t>(from)], kNames[static_cast<std::size_t>(to)], in.name,
                        out.name, srtp ? "SRTP" : "RTP", row.sent, row.arrived, row.doubled, row.lost,
                        row.timing_ms);
            EXPECT_EQ(row.arrived, row.sent);
            EXPECT_EQ(row.doubled, 0U);
            EXPECT_EQ(row.lost, 0U);
            EXPECT_LE(row.timing_ms, kPacketMs + kDetectorMs);
            ++cells;
          }
        }
      }
    }
  }
  EXPECT_GT(cells, 50U);
}

}  // namespace
}  // namespace pollux::testing
