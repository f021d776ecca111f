// Hold in all its forms, and directions of answers (RFC 3264 §6.1, §8.4).
#include "tests/unit/sdp/dialog_calls.hpp"

namespace pollux::sdp {
namespace {

using namespace test;

std::string audio(std::string_view lines = "", int port = 4000) {
  return "m=audio " + std::to_string(port) + " RTP/AVP 8\r\n" + std::string(lines);
}

std::string direction(std::string_view text) {
  for (const char* const name : {"sendrecv", "sendonly", "recvonly", "inactive"}) {
    if (!lines(text, std::string("a=") + name).empty()) {
      return name;
    }
  }
  return "";
}

struct Hold {
  const char* name;
  const char* session;
  const char* lines;
  const char* told;  // direction; empty: no line
  Direction leg;
  bool sendable;
  const char* connection = "c=IN IP4 203.0.113.1";
  bool original = false;
  bool zero_address = false;
};

constexpr const char* kReal = "c=IN IP4 192.0.2.10\r\n";
constexpr const char* kZero = "c=IN IP4 0.0.0.0\r\n";

const Hold kHolds[] = {
    {"nothing said", kReal, "", "", Direction::kSendRecv, true},
    {"sendrecv", kReal, "a=sendrecv\r\n", "sendrecv", Direction::kSendRecv, true},
    {"sendonly", kReal, "a=sendonly\r\n", "sendonly", Direction::kSendOnly, true},
    {"recvonly", kReal, "a=recvonly\r\n", "recvonly", Direction::kRecvOnly, true},
    {"inactive", kReal, "a=inactive\r\n", "inactive", Direction::kInactive, true},
    {"zero address", kZero, "", "sendonly", Direction::kSendOnly, false},
    {"zero address, sendrecv", kZero, "a=sendrecv\r\n", "sendonly", Direction::kSendOnly, false},
    {"zero address, sendonly", kZero, "a=sendonly\r\n", "sendonly", Direction::kSendOnly, false},
    {"zero address, recvonly", kZero, "a=recvonly\r\n", "inactive", Direction::kInactive, false},
    {"zero address, inactive", kZero, "a=inactive\r\n", "inactive", Direction::kInactive, false},
    {"zero address of the section", kReal, "c=IN IP4 0.0.0.0\r\n", "sendonly", Direction::kSendOnly, false},
    {"zero address, IPv6", "c=IN IP6 ::\r\n", "", "sendonly", Direction::kSendOnly, false,
     "c=IN IP6 2001:db8::2"},
    {"zero address as it is", kZero, "", "", Direction::kSendOnly, false, "c=IN IP4 0.0.0.0", true},
    {"zero address replaced, direction as it is", kZero, "", "", Direction::kSendOnly, false,
     "c=IN IP4 203.0.113.1", true, true},
};

TEST(DialogDirection, OfHolds) {
  for (const Hold& hold : kHolds) {
    SCOPED_TRACE(hold.name);
    Relay relay;
    SdpOptions options;
    options.original_direction = hold.original;
    options.replace.zero_address = hold.zero_address;
    const std::string told = relay.offer(Side::kCaller, body(audio(hold.lines), hold.session), options);
    EXPECT_EQ(relay.error, "");
    EXPECT_EQ(direction(told), hold.told);
    EXPECT_EQ(relay.leg(Side::kCaller).direction, hold.leg);
    EXPECT_EQ(relay.leg(Side::kCaller).remote_rtp.has_value(), hold.sendable);
    const std::string section = told.substr(told.find("m="));
    EXPECT_EQ(lines(section, "c="), hold.connection);
  }
}

TEST(DialogDirection, OfTheSessionHoldsForItsSections) {
  Relay relay;
  const std::string told = relay.offer(
      Side::kCaller, body(audio() + audio("a=sendrecv\r\n", 4002), "c=IN IP4 192.0.2.10\r\na=sendonly\r\n"));
  EXPECT_EQ(lines(told, "a=send"), "a=sendonly|a=sendrecv");
  EXPECT_EQ(relay.leg(Side::kCaller, 0).direction, Direction::kSendOnly);
  EXPECT_EQ(relay.leg(Side::kCaller, 1).direction, Direction::kSendRecv);
}

// Rows: what was offered; columns: what the answer says. What the offerer is told never goes beyond its
// offer.
TEST(DialogDirection, OfAnswers) {
  const char* const names[] = {"sendrecv", "sendonly", "recvonly", "inactive"};
  const char* const told[4][4] = {{"sendrecv", "sendonly", "recvonly", "inactive"},
                                  {"recvonly", "inactive", "recvonly", "inactive"},
                                  {"sendonly", "sendonly", "inactive", "inactive"},
                                  {"inactive", "inactive", "inactive", "inactive"}};
  for (std::size_t offered = 0; offered < 4; ++offered) {
    for (std::size_t answered = 0; answered < 4; ++answered) {
      SCOPED_TRACE(std::string(names[offered]) + ", " + names[answered]);
      Relay relay;
      const auto line = [&](std::size_t name) { return "a=" + std::string(names[name]) + "\r\n"; };
      relay.offer(Side::kCaller, body(audio(line(offered))));
      EXPECT_EQ(direction(relay.answer(Side::kCallee, body(audio(line(answered), 5000)))),
                told[offered][answered]);
      EXPECT_EQ(relay.leg(Side::kCaller).direction, static_cast<Direction>(offered));
      EXPECT_EQ(relay.leg(Side::kCallee).direction, static_cast<Direction>(answered));
    }
  }
}

TEST(DialogDirection, HoldAndResumeFromEitherSide) {
  for (const Side side : {Side::kCaller, Side::kCallee}) {
    Relay relay;
    relay.offer(Side::kCaller, body(audio()));
    relay.answer(Side::kCallee, body(audio("", 5000)));
    const MediaLeg before = relay.leg(side);
    for (const char* const session : {kZero, kReal}) {
      const bool held = session == kZero;
      EXPECT_EQ(direction(relay.offer(side, body(audio("", side == Side::kCaller ? 4000 : 5000), session))),
                held ? "sendonly" : "");
      EXPECT_EQ(relay.leg(side).remote_rtp.has_value(), !held);
      relay.answer(other(side),
                   body(audio(held ? "a=recvonly\r\n" : "", side == Side::kCaller ? 5000 : 4000)));
      EXPECT_EQ(relay.error, "");
      EXPECT_EQ(relay.leg(other(side)).direction, held ? Direction::kRecvOnly : Direction::kSendRecv);
    }
    EXPECT_EQ(relay.leg(side), before);
  }
}

TEST(DialogDirection, InactiveWhateverIsSaid) {
  Relay relay;
  SdpOptions options;
  options.inactive = true;
  EXPECT_EQ(direction(relay.offer(Side::kCaller, body(audio()), options)), "inactive");
  EXPECT_EQ(relay.leg(Side::kCaller).direction, Direction::kSendRecv);
}

TEST(DialogDirection, AnswerOnHoldByItsAddress) {
  Relay relay;
  relay.offer(Side::kCaller, body(audio()));
  const std::string told = relay.answer(Side::kCallee, body(audio("", 5000), kZero));
  EXPECT_EQ(direction(told), "sendonly");
  EXPECT_EQ(lines(told, "c="), "c=IN IP4 198.51.100.1|c=IN IP4 198.51.100.1");
  EXPECT_FALSE(relay.leg(Side::kCallee).remote_rtp.has_value());
}

// Rows: what was offered; columns: what the answer says.
TEST(DialogDirection, SilentWhereNobodySendsToOneWhoListens) {
  const char* const names[] = {"sendrecv", "sendonly", "recvonly", "inactive"};
  constexpr bool kSilent[4][4] = {{false, false, false, true},
                                  {false, true, false, true},
                                  {false, false, true, true},
                                  {true, true, true, true}};
  for (std::size_t offered = 0; offered < 4; ++offered) {
    for (std::size_t answered = 0; answered < 4; ++answered) {
      SCOPED_TRACE(std::string(names[offered]) + ", " + names[answered]);
      Relay relay;
      const auto line = [&](std::size_t name) { return "a=" + std::string(names[name]) + "\r\n"; };
      relay.offer(Side::kCaller, body(audio(line(offered))));
      EXPECT_TRUE(relay.dialog.silent());  // nobody has answered
      relay.answer(Side::kCallee, body(audio(line(answered), 5000)));
      EXPECT_EQ(relay.dialog.silent(), kSilent[offered][answered]);
    }
  }
}

TEST(DialogDirection, SilentByAllSections) {
  Relay relay;
  EXPECT_TRUE(relay.dialog.silent());
  relay.offer(Side::kCaller, body(audio("a=inactive\r\n") + audio("", 4002) + audio("", 4004)));
  relay.answer(Side::kCallee, body(audio("", 5000) + audio("", 5002) + audio("", 5004)));
  EXPECT_FALSE(relay.dialog.silent());
  relay.answer(Side::kCallee, body(audio("", 5000) + audio("a=inactive\r\n", 5002) + audio("", 0)));
  EXPECT_TRUE(relay.dialog.silent());
  // Who can't be sent to doesn't listen.
  relay.answer(Side::kCallee, body(audio("", 5000) + audio("a=recvonly\r\n", 5002) + audio("", 0), kZero));
  EXPECT_TRUE(relay.dialog.silent());
}

}  // namespace
}  // namespace pollux::sdp
