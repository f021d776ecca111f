// Calls over a fake data plane: bodies of two phones, and what comes out for the other one.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "controlplane/call/call_manager.hpp"
#include "tests/support/control_fixture.hpp"

namespace pollux::call {

// "v=0 …" with one audio section, as `formats` has it.
inline std::string phone(const std::string& address, int port, const std::string& more = "a=sendrecv\r\n",
                         const std::string& formats = "8 0 101") {
  return "v=0\r\no=phone 1 1 IN IP4 " + address + "\r\ns=-\r\nc=IN IP4 " + address + "\r\nt=0 0\r\nm=audio " +
         std::to_string(port) + " RTP/AVP " + formats +
         "\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n" + more;
}
inline std::string alice() {
  return phone("10.0.0.100", 4000);
}
inline std::string bob() {
  return phone("198.51.100.7", 5000);
}

struct CallTest : ::testing::Test, test::ManagerFixture {
  CallTest()
      : ManagerFixture(1),
        calls(
            manager, [this] { return steady; }, [this] { return system; }) {
    options.from_network = "inside";
    options.to_network = "outside";
  }

  void settle() {
    while (manager.poll() || calls.poll()) {
    }
  }
  struct Outcome {
    std::vector<tl::expected<Exchanged, control::Failure>> results;
    std::string sdp() const { return std::string(results.at(0).value().sdp); }
    const Error& error() const { return results.at(0).error().error; }
    bool failed() const { return !results.at(0).has_value(); }
  };
  struct Told {
    std::vector<tl::expected<CallView, control::Failure>> results;
    const CallView& call() const { return results.at(0).value(); }
    const Error& error() const { return results.at(0).error().error; }
  };
  static ExchangeCallback into(Outcome& outcome) {
    return [&outcome](auto result) { outcome.results.push_back(std::move(result)); };
  }
  static CallCallback into(Told& told) {
    return [&told](auto result) { told.results.push_back(std::move(result)); };
  }

  void begin_offer(Outcome& outcome, const DialogName& name, const std::string& body) {
    calls.offer({name, sdp::parse_document(body).value(), options, {}, {}}, into(outcome));
  }
  Outcome offer(const DialogName& name, const std::string& body) {
    Outcome outcome;
    begin_offer(outcome, name, body);
    settle();
    return outcome;
  }
  Outcome answer(const DialogName& name, const std::string& body, bool final = false) {
    Outcome outcome;
    calls.answer({name, sdp::parse_document(body).value(), {}, final}, into(outcome));
    settle();
    return outcome;
  }
  Told remove(const DialogName& name, std::chrono::milliseconds delay = std::chrono::milliseconds{0}) {
    Told told;
    calls.remove(name, delay, into(told));
    settle();
    return told;
  }
  Told query(const std::string& call_id) {
    Told told;
    calls.query(call_id, into(told));
    settle();
    return told;
  }
  SessionSpec spec() { return dataplane.spec(dataplane.last_handle()).value(); }

  sdp::SdpOptions options;
  CallManager calls;
};

// The port of the first m= line.
inline int port_of(const std::string& sdp) {
  const auto at = sdp.find("m=audio ");
  return at == std::string::npos ? -1 : std::stoi(sdp.substr(at + 8));
}
// The last address of a c= line.
inline std::string address_of(const std::string& sdp) {
  const auto at = sdp.rfind("c=IN IP");
  return at == std::string::npos ? "" : sdp.substr(at + 9, sdp.find('\r', at) - at - 9);
}

}  // namespace pollux::call
