// Key presses from a node's events to the sinks.
#include <gtest/gtest.h>

#include "controlplane/ng/press_message.hpp"
#include "tests/unit/ng/fake_polluxd.hpp"
#include "tests/unit/ng/proxy.hpp"

namespace pollux::ng {
namespace {

v1::WatchEventsResponse press_of(std::uint64_t sequence, const std::string& digit,
                                 v1::DtmfPhase phase = v1::DTMF_PHASE_END) {
  v1::WatchEventsResponse response;
  v1::Event& event = *response.mutable_event();
  event.set_sequence(sequence);
  event.set_type(v1::EVENT_TYPE_DTMF);
  event.set_session_id("call-1");
  event.set_leg_id("caller-1");
  event.mutable_dtmf()->set_digit(digit);
  event.mutable_dtmf()->set_phase(phase);
  event.mutable_dtmf()->mutable_start_time()->set_seconds(1'700'000'123);
  event.mutable_dtmf()->set_duration_ms(160);
  event.mutable_dtmf()->set_volume_dbm0(-10);
  event.mutable_dtmf()->set_info_dtmf_relay("Signal=" + digit + "\r\nDuration=160\r\n");
  return response;
}

const char* const kIncoming =
    R"({"callid":"call-1","source_tag":"a","tags":["a","b"],"type":"DTMF","timestamp":1700000123,)"
    R"("source_ip":"192.0.2.1","event":5,"duration":160,"volume":10)";

TEST(PressMessage, HasTheLayoutThatProxiesRead) {
  const auto message = press_message(press_of(1, "5").event(), call_in_progress("call-1"));
  ASSERT_TRUE(message);
  EXPECT_EQ(print_json(Value(*message)), std::string(kIncoming) + "}");
}

TEST(PressMessage, AKeyHasItsNumber) {
  const std::pair<const char*, const char*> kNumbers[] = {{"0", "0"},  {"9", "9"},  {"*", "10"},
                                                          {"#", "11"}, {"D", "15"}, {"!", "16"}};
  for (const auto& [digit, number] : kNumbers) {
    const auto message = press_message(press_of(1, digit).event(), call_in_progress("call-1"));
    EXPECT_EQ(text_of(*message, "event"), number);
  }
}

TEST(PressMessage, WhatTheProxyHasToSendOnSaysToWhomAndWhat) {
  v1::Event event = press_of(1, "5").event();
  const auto message = outgoing_message(event, call_in_progress("call-1"), "callee-1");
  ASSERT_TRUE(message);
  EXPECT_EQ(print_json(Value(*message)),
            std::string(kIncoming) +
                R"(,"direction":"outgoing","target_tag":"b","content_type":"application/dtmf-relay",)"
                R"("info_body":"Signal=5\r\nDuration=160\r\n"})");
  event.set_leg_id("callee-1");
  event.set_outgoing(true);  // asked for by the API
  const auto asked = outgoing_message(event, call_in_progress("call-1"), "callee-1");
  EXPECT_EQ(text_of(*asked, "source_tag"), "a");
  EXPECT_EQ(text_of(*asked, "target_tag"), "b");
}

TEST(PressMessage, OfALegThatTheCallDoesntKnowThereIsNone) {
  v1::Event event = press_of(1, "5").event();
  event.set_leg_id("callee2-1");
  EXPECT_FALSE(press_message(event, call_in_progress("call-1")));
  EXPECT_FALSE(knows_legs(event, call_in_progress("call-1")));
  EXPECT_FALSE(outgoing_message(event, call_in_progress("call-1"), "callee2-1"));
}

// A UDP socket that sinks send to.
class Listener {
 public:
  Listener() : socket_(std::move(*open_listener(*SocketAddress::parse("127.0.0.1:0"), SOCK_DGRAM))) {}
  SocketAddress address() const { return {IpAddress::v4(be32(0x7f000001U)), local_port(socket_)}; }
  std::string receive(int patience_ms = 20'000) {
    pollfd waiting{socket_.get(), POLLIN, 0};
    char bytes[4096];
    const ssize_t size = poll(&waiting, 1, patience_ms) > 0 ? recv(socket_.get(), bytes, sizeof bytes, 0) : 0;
    return {bytes, static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }

 private:
  Fd socket_;
};

class Notifier : public testing::Test {
 protected:
  Notifier() {
    node.calls["call-1"] = call_in_progress("call-1");
    node.watch = [this](const v1::WatchEventsRequest&, grpc::ServerWriter<v1::WatchEventsResponse>& writer,
                        grpc::ServerContext& context) {
      const std::size_t mine = stream++;
      if (mine < streams.size()) {
        for (const auto& response : streams[mine]) {
          writer.Write(response);
        }
      }
      while (mine + 1 >= streams.size() && !context.IsCancelled()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));  // an open stream; ends with the watcher
      }
      return grpc::Status::OK;
    };
  }
  v1::WatchEventsResponse opening(const std::string& run, std::uint64_t next) {
    v1::WatchEventsResponse response;
    response.set_node_run(run);
    response.set_next_sequence(next);
    return response;
  }
  void start(const SinkEntry& sink) {
    GatewayConfig config = test_config({node.address()});
    config.dtmf_sinks = {sink};
    gateway = std::move(*Gateway::start(config));
  }
  std::string digits(Listener& listener, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) {
      const auto json = read_json(listener.receive());
      out += json && json->dict() != nullptr ? text_of(*json->dict(), "event") : "?";
    }
    return out;
  }

  std::vector<std::vector<v1::WatchEventsResponse>> streams;  // one after the other; the last stays open
  std::atomic<std::size_t> stream{0};
  FakePolluxd node;
  std::unique_ptr<Gateway> gateway;
};

TEST_F(Notifier, TellsOnceAtTheEndOfAPress) {
  streams = {
      {opening("run-1", 7), press_of(7, "1", v1::DTMF_PHASE_START), press_of(8, "1"), press_of(9, "2")}};
  Listener listener;
  start({.type = SinkType::kUdp, .address = listener.address(), .outgoing = false, .framing = {}});
  EXPECT_EQ(digits(listener, 2), "12");
  EXPECT_EQ(listener.receive(50), "");
  ASSERT_FALSE(node.queries.empty());
  EXPECT_EQ(node.queries[0].session_id(), "call-1");
  EXPECT_EQ(node.watched[0].from_sequence(), 0U);
}

TEST_F(Notifier, AfterABreakItAsksForWhatItHasMissed) {
  streams = {{opening("run-1", 7), press_of(7, "1")}, {opening("run-1", 9), press_of(8, "2")}};
  Listener listener;
  start({.type = SinkType::kUdp, .address = listener.address(), .outgoing = false, .framing = {}});
  EXPECT_EQ(digits(listener, 2), "12");
  node.wait_for_watchers(2);
  EXPECT_EQ(node.watched[1].from_sequence(), 8U);
  EXPECT_EQ(node.watched[1].node_run(), "run-1");
}

TEST_F(Notifier, PressesToBeSentOnGoToThoseThatWantThem) {
  auto press = press_of(7, "1");
  press.mutable_event()->mutable_dtmf()->add_info_leg_ids("callee-1");
  auto asked = press_of(8, "2");
  asked.mutable_event()->set_outgoing(true);
  asked.mutable_event()->mutable_dtmf()->add_info_leg_ids("caller-1");
  streams = {{opening("run-1", 7), press, asked, press_of(9, "3")}};
  Listener all;
  Listener incoming;
  GatewayConfig config = test_config({node.address()});
  config.dtmf_sinks = {
      {.type = SinkType::kUdp, .address = all.address(), .outgoing = true, .framing = {}},
      {.type = SinkType::kUdp, .address = incoming.address(), .outgoing = false, .framing = {}}};
  gateway = std::move(*Gateway::start(config));
  EXPECT_EQ(digits(all, 4), "1123");
  EXPECT_EQ(digits(incoming, 2), "13");
}

TEST_F(Notifier, EvapiGetsNetstringsAndIsConnectedAgain) {
  const Fd server = std::move(*open_listener(*SocketAddress::parse("127.0.0.1:0"), SOCK_STREAM));
  streams = {{opening("run-1", 7), press_of(7, "5")}};
  start({.type = SinkType::kEvapi,
         .address = {IpAddress::v4(be32(0x7f000001U)), local_port(server)},
         .outgoing = false,
         .framing = Framing::kNetstring});
  const auto accepted = [&server] {
    pollfd waiting{server.get(), POLLIN, 0};
    poll(&waiting, 1, 20'000);
    return Fd(accept4(server.get(), nullptr, nullptr, SOCK_CLOEXEC));
  };
  Fd connection = accepted();
  const std::string expected = netstring(std::string(kIncoming) + "}");
  std::string bytes(expected.size(), '\0');
  EXPECT_EQ(recv(connection.get(), bytes.data(), bytes.size(), MSG_WAITALL),
            static_cast<ssize_t>(expected.size()));
  EXPECT_EQ(bytes, expected);
  connection = Fd();
  EXPECT_TRUE(accepted());
  EXPECT_EQ(netstring("hello world!"), "12:hello world!,");
}

}  // namespace
}  // namespace pollux::ng
