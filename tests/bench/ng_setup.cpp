// How fast offers and answers are taken, through pollux-ng or through gRPC: callers that make one
// request at a time, one of them unless more are asked for.
//
//   ng_setup --ng 127.0.0.1:22222 --calls 10000
//   ng_setup --grpc unix:/run/pollux/pollux.sock --calls 10000
//
// An offer and its answer are measured together; the call is deleted afterwards, which is not.
#include <arpa/inet.h>
#include <grpcpp/grpcpp.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <future>
#include <iostream>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "pollux/v1/offer_answer.grpc.pb.h"
#include "tests/bench/setup_result.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;
namespace v1 = pollux::v1;

double cpu_seconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

// What a desk phone says, in the network of the bench's parties.
std::string body(unsigned call, unsigned side) {
  const std::string address =
      "172.31." + std::to_string(call / 250 % 250) + "." + std::to_string(1 + call % 250);
  return "v=0\r\no=- " + std::to_string(call + 1) + " 1 IN IP4 " + address + "\r\ns=-\r\nc=IN IP4 " +
         address + "\r\nt=0 0\r\nm=audio " + std::to_string(40000 + 2 * side) +
         " RTP/AVP 8 0 9 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:9 G722/8000\r\n"
         "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n";
}

class Exchanger {
 public:
  virtual ~Exchanger() = default;
  virtual void offer(const std::string& call_id, const std::string& sdp) = 0;
  virtual void answer(const std::string& call_id, const std::string& sdp) = 0;
  virtual void end(const std::string& call_id) = 0;
};

std::string text(const std::string& value) {
  return std::to_string(value.size()) + ":" + value;
}

// The NG protocol: bencode over UDP.
class NgExchanger final : public Exchanger {
 public:
  explicit NgExchanger(const std::string& address) {
    const auto colon = address.rfind(':');
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
    timeval patience{10, 0};
    if (socket_ < 0 || inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr) != 1 ||
        connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 ||
        setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0) {
      throw std::runtime_error("can't reach " + address);
    }
  }
  ~NgExchanger() override { close(socket_); }

  void offer(const std::string& call_id, const std::string& sdp) override {
    ask("7:command5:offer7:call-id" + text(call_id) + "8:from-tag1:a3:sdp" + text(sdp) +
        "9:directionl1:a1:be7:replacel6:origine");
  }
  void answer(const std::string& call_id, const std::string& sdp) override {
    ask("7:command6:answer7:call-id" + text(call_id) + "8:from-tag1:a6:to-tag1:b3:sdp" + text(sdp));
  }
  void end(const std::string& call_id) override {
    ask("7:command6:delete7:call-id" + text(call_id) + "8:from-tag1:a");
  }

 private:
  void ask(const std::string& entries) {
    const std::string cookie =
        std::to_string(getpid()) + "_" + std::to_string(socket_) + "_" + std::to_string(++asked_) + " ";
    const std::string request = cookie + "d" + entries + "e";
    if (send(socket_, request.data(), request.size(), 0) < 0) {
      throw std::runtime_error("the gateway doesn't listen");
    }
    std::string reply(65536, '\0');
    const ssize_t size = recv(socket_, reply.data(), reply.size(), 0);
    reply.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    if (!reply.starts_with(cookie) || reply.find("6:result2:ok") == std::string::npos) {
      throw std::runtime_error(reply.empty() ? "no reply within 10 s" : reply);
    }
  }

  int socket_ = ::socket(AF_INET, SOCK_DGRAM, 0);
  unsigned asked_ = 0;
};

class GrpcExchanger final : public Exchanger {
 public:
  explicit GrpcExchanger(const std::string& target)
      : stub_(v1::OfferAnswerService::NewStub(
            grpc::CreateChannel(target, grpc::InsecureChannelCredentials()))) {}

  void offer(const std::string& call_id, const std::string& sdp) override {
    v1::OfferRequest request;
    request.set_call_id(call_id);
    request.set_from_tag("a");
    request.set_sdp(sdp);
    request.mutable_options()->set_from_network("a");
    request.mutable_options()->set_to_network("b");
    request.mutable_options()->mutable_replace()->set_origin(true);
    grpc::ClientContext context;
    v1::OfferResponse response;
    check(stub_->Offer(&context, request, &response));
  }
  void answer(const std::string& call_id, const std::string& sdp) override {
    v1::AnswerRequest request;
    request.set_call_id(call_id);
    request.set_from_tag("a");
    request.set_to_tag("b");
    request.set_sdp(sdp);
    grpc::ClientContext context;
    v1::AnswerResponse response;
    check(stub_->Answer(&context, request, &response));
  }
  void end(const std::string& call_id) override {
    v1::DeleteCallRequest request;
    request.set_call_id(call_id);
    grpc::ClientContext context;
    v1::Call response;
    check(stub_->DeleteCall(&context, request, &response));
  }

 private:
  static void check(const grpc::Status& status) {
    if (!status.ok()) {
      throw std::runtime_error(status.error_message());
    }
  }
  std::unique_ptr<v1::OfferAnswerService::Stub> stub_;
};

// One caller after another call; how long each offer with its answer took.
std::vector<double> make_calls(Exchanger& exchanger, unsigned caller, unsigned calls) {
  std::vector<double> took;
  for (unsigned call = 0; call < calls; ++call) {
    const std::string call_id =
        "bench-" + std::to_string(getpid()) + "-" + std::to_string(caller) + "-" + std::to_string(call);
    const std::string offer = body(call, 0);
    const std::string answer = body(call, 1);
    const auto start = Clock::now();
    exchanger.offer(call_id, offer);
    exchanger.answer(call_id, answer);
    took.push_back(Milliseconds(Clock::now() - start).count());
    exchanger.end(call_id);
  }
  return took;
}

pollux::bench::SetupResult run(std::vector<std::unique_ptr<Exchanger>>& exchangers, unsigned calls) {
  pollux::bench::SetupResult result;
  const double cpu_before = cpu_seconds();
  const auto start = Clock::now();
  const auto callers = static_cast<unsigned>(exchangers.size());
  std::vector<std::future<std::vector<double>>> running;
  for (unsigned i = 0; i < callers; ++i) {
    running.push_back(
        std::async(std::launch::async, [&exchanger = *exchangers[i], i, count = calls / callers] {
          return make_calls(exchanger, i, count);
        }));
  }
  std::vector<double> took;
  for (auto& caller : running) {
    const std::vector<double> part = caller.get();
    took.insert(took.end(), part.begin(), part.end());
  }
  result.seconds = callers == 1 ? std::accumulate(took.begin(), took.end(), 0.0) / 1000
                                : Milliseconds(Clock::now() - start).count() / 1000;
  result.client_cpu_s = cpu_seconds() - cpu_before;
  std::sort(took.begin(), took.end());
  const auto quantile = [&took](double share) {
    return took[static_cast<std::size_t>(share * static_cast<double>(took.size() - 1))];
  };
  result.in_flight = callers;
  result.sessions = static_cast<unsigned>(took.size());
  result.sessions_per_s = static_cast<double>(took.size()) / result.seconds;
  result.p50_ms = quantile(0.5);
  result.p99_ms = quantile(0.99);
  result.p999_ms = quantile(0.999);
  result.most_ms = took.back();
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  std::string ng;
  std::string target;
  unsigned calls = 10000;
  unsigned callers = 1;
  CLI::App app("ng_setup: how fast offers and answers are taken");
  auto* const ng_option = app.add_option("--ng", ng, "address of pollux-ng or rtpengine, UDP");
  app.add_option("--grpc", target, "gRPC door of a node")->excludes(ng_option);
  app.add_option("--calls", calls, "how many are measured")->check(CLI::Range(1, 1000000));
  app.add_option("--callers", callers,
                 "at once, each with one request at a time; with one, the rate leaves deletes out")
      ->check(CLI::Range(1, 1000));
  CLI11_PARSE(app, argc, argv);
  try {
    std::vector<std::unique_ptr<Exchanger>> exchangers;
    for (unsigned i = 0; i < callers; ++i) {
      if (ng.empty()) {
        exchangers.push_back(std::make_unique<GrpcExchanger>(target));
      } else {
        exchangers.push_back(std::make_unique<NgExchanger>(ng));
      }
    }
    const pollux::bench::SetupResult result = run(exchangers, calls);
    std::printf(POLLUX_SETUP_RESULT_FORMAT, result.in_flight, result.sessions, result.failures,
                result.seconds, result.sessions_per_s, result.p50_ms, result.p99_ms, result.p999_ms,
                result.most_ms, result.client_cpu_s);
  } catch (const std::exception& error) {
    std::cerr << "ng_setup: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
