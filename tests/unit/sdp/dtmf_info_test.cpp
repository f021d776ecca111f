// Bodies of SIP INFO as endpoints send them.
#include "controlplane/sdp/dtmf_info.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "dataplane/base/dtmf_params.hpp"

namespace pollux::sdp {
namespace {

constexpr const char* kRelay = "application/dtmf-relay";
constexpr const char* kPlain = "application/dtmf";
constexpr const char* kSignals = "0..9, *, #, A..D, ! or hf (flash), or the number of an event, 10..16";

// "5 160"
std::string read(std::string_view content_type, std::string_view body) {
  const auto press = read_info(content_type, body);
  return press ? std::string(1, dtmf_letter(press->event)) + " " + std::to_string(press->duration_ms)
               : press.error().field + ": " + press.error().message;
}

TEST(ReadInfo, RelayAsItIsMeant) {
  EXPECT_EQ(read(kRelay, "Signal=5\r\nDuration=160\r\n"), "5 160");
  EXPECT_EQ(read(kRelay, "Duration=250\r\nSignal=*\r\n"), "* 250");
  EXPECT_EQ(read(kRelay, "Signal=#\r\nDuration=20000"), "# 20000");
}

TEST(ReadInfo, RelayAsItIsSent) {
  EXPECT_EQ(read(kRelay, "Signal=5"), "5 160");
  EXPECT_EQ(read(kRelay, "Signal=5\r\nDuration=0\r\n"), "5 160");
  EXPECT_EQ(read(kRelay, "signal= 5\nDURATION =\t100 \n"), "5 100");
  EXPECT_EQ(read(kRelay, "Signal=5\rDuration=100\r"), "5 100");
  EXPECT_EQ(read(kRelay, "\r\nSignal: 5\r\n\r\nDuration: 100\r\n\r\n"), "5 100");
  EXPECT_EQ(read(kRelay, "Vendor=x\nSignal=d\nnonsense"), "D 160");
  EXPECT_EQ(read("Application/DTMF-Relay ; charset=utf-8", "Signal=1"), "1 160");
}

TEST(ReadInfo, EventsByNumberAndFlash) {
  EXPECT_EQ(read(kRelay, "Signal=10"), "* 160");
  EXPECT_EQ(read(kRelay, "Signal=11"), "# 160");
  EXPECT_EQ(read(kRelay, "Signal=12"), "A 160");
  EXPECT_EQ(read(kRelay, "Signal=15"), "D 160");
  for (const char* const flash : {"Signal=16", "Signal=hf", "Signal=HF", "Signal=!", "Signal=Flash"}) {
    EXPECT_EQ(read(kRelay, flash), "! 160") << flash;
  }
}

TEST(ReadInfo, PlainIsTheSignalAlone) {
  EXPECT_EQ(read(kPlain, "5"), "5 160");
  EXPECT_EQ(read(kPlain, " # \r\n"), "# 160");
  EXPECT_EQ(read(kPlain, "\r\na\r\n"), "A 160");
  EXPECT_EQ(read(kPlain, "10"), "* 160");
  EXPECT_EQ(read("APPLICATION/DTMF", "16"), "! 160");
}

TEST(ReadInfo, EveryDigitOnceThere) {
  for (const char letter : std::string("0123456789*#ABCD")) {
    const std::string signal(1, letter);
    EXPECT_EQ(read(kRelay, "Signal=" + signal), signal + " 160");
    EXPECT_EQ(read(kPlain, signal), signal + " 160");
  }
}

TEST(ReadInfo, SaysWhichLineIsWrong) {
  const std::string signal = std::string("Signal must be ") + kSignals;
  for (const char* const bad : {"E", "17", "9a", "05", "123", "", "-1", "55"}) {
    EXPECT_EQ(read(kRelay, "Duration=1\r\n\r\nSignal=" + std::string(bad)),
              "body: line 3: " + signal + "; not \"" + bad + "\"");
  }
  EXPECT_EQ(read(kRelay, "Signal=1\nSignal=1"), "body: line 2: a second Signal; one INFO tells of one press");
  EXPECT_EQ(read(kRelay, "Signal=1\rDuration=1\rDuration=1"), "body: line 3: a second Duration");
  for (const char* const bad : {"20001", "x", "", "1.5", "-1", "99999999999", "100 ms"}) {
    EXPECT_EQ(read(kRelay, "Signal=1\nDuration=" + std::string(bad)),
              "body: line 2: Duration must be 0..20000 ms, not \"" + std::string(bad) + "\"");
  }
  EXPECT_EQ(read(kRelay, ""), "body: has no line \"Signal=\", which tells the key");
  EXPECT_EQ(read(kRelay, "5"), "body: has no line \"Signal=\", which tells the key");
  EXPECT_EQ(read(kPlain, "\r\n"), std::string("body: is empty: it must be one of ") + kSignals);
  EXPECT_EQ(read(kPlain, "5\n6"), "body: line 2: more than one press in one INFO");
  EXPECT_EQ(read(kPlain, "55"), std::string("body: line 1: must be ") + kSignals + "; not \"55\"");
}

TEST(ReadInfo, OtherBodiesAreRefused) {
  EXPECT_EQ(read("application/sdp", "5"),
            "content_type: must be application/dtmf-relay or application/dtmf, not \"application/sdp\"");
  EXPECT_EQ(read("", "5"), "content_type: must be application/dtmf-relay or application/dtmf, not \"\"");
}

TEST(ReadInfo, HostileBytesStayShortInMessages) {
  EXPECT_EQ(read(kPlain, std::string("\x1b[2J\0\xff", 6)),
            std::string("body: line 1: must be ") + kSignals + "; not \"?[2J??\"");
  EXPECT_EQ(read(kPlain, std::string(256, 'x')),
            std::string("body: line 1: must be ") + kSignals + "; not \"" + std::string(32, 'x') + "...\"");
  EXPECT_EQ(read(kPlain, std::string(257, '5')), "body: must have at most 256 bytes, not 257");
}

TEST(PrintInfo, Bodies) {
  EXPECT_EQ(print_dtmf_relay({5, 160}), "Signal=5\r\nDuration=160\r\n");
  EXPECT_EQ(print_dtmf_relay({10, 80}), "Signal=*\r\nDuration=80\r\n");
  EXPECT_EQ(print_dtmf_relay({kFlashEvent, 300}), "Signal=16\r\nDuration=300\r\n");
  EXPECT_EQ(print_dtmf({11, 160}), "#");
  EXPECT_EQ(print_dtmf({15, 160}), "D");
  EXPECT_EQ(print_dtmf({kFlashEvent, 160}), "");
}

TEST(PrintInfo, WhatIsPrintedCanBeRead) {
  for (std::uint8_t event = 0; event <= kFlashEvent; ++event) {
    const InfoPress press{event, 100U + event};
    EXPECT_EQ(read_info(kRelay, print_dtmf_relay(press)), press);
    if (is_digit(event)) {
      EXPECT_EQ(read_info(kPlain, print_dtmf(press)), (InfoPress{event, 160}));
    }
  }
}

}  // namespace
}  // namespace pollux::sdp
