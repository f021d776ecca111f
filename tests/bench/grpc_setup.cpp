// How fast a running polluxd makes sessions through gRPC: rate, and how long each Create takes.
//
//   grpc_setup --target unix:/run/pollux/pollux.sock --sessions 10000 --in-flight 8 --networks inside,outside
//
// One connection, one thread, some calls in flight at any time. Each session lives until --hold younger ones
// have been made, so that after a start which isn't measured every Create comes with a Delete.
#include <grpcpp/grpcpp.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "pollux/v1/session.grpc.pb.h"
#include "tests/bench/setup_result.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;
namespace v1 = pollux::v1;

struct Options {
  std::string target = "unix:/run/pollux/pollux.sock";
  std::vector<std::string> networks = {"inside", "outside"};
  unsigned sessions = 10000;
  unsigned in_flight = 8;
  unsigned hold = 500;
};

double cpu_seconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

class Client {
 public:
  explicit Client(const Options& options)
      : options_(options),
        stub_(v1::SessionService::NewStub(
            grpc::CreateChannel(options.target, grpc::InsecureChannelCredentials()))) {}

  pollux::bench::SetupResult run() {
    for (unsigned i = 0; i < options_.in_flight; ++i) {
      next();
    }
    wait_for_all();
    result_.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    result_.client_cpu_s = cpu_seconds() - start_cpu_;
    std::sort(took_.begin(), took_.end());
    const auto quantile = [this](double share) {
      return took_[static_cast<std::size_t>(share * static_cast<double>(took_.size() - 1))];
    };
    result_.in_flight = options_.in_flight;
    result_.sessions = options_.sessions;
    result_.sessions_per_s = options_.sessions / result_.seconds;
    result_.p50_ms = quantile(0.5);
    result_.p99_ms = quantile(0.99);
    result_.p999_ms = quantile(0.999);
    result_.most_ms = took_.back();
    for (; oldest_ < made_; ++oldest_) {  // those that are left: not measured
      remove(oldest_);
      wait_for_all();
    }
    return result_;
  }
  const std::string& first_error() const { return first_error_; }

 private:
  struct Call {
    bool create = false;
    bool measured = false;
    grpc::ClientContext context;
    v1::Session response;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<v1::Session>> reader;
    Clock::time_point start;
  };

  static std::string id(unsigned session) { return "bench-" + std::to_string(session); }

  // The next session of those that shall be made; nothing when there are enough.
  void next() {
    if (made_ == options_.hold + options_.sessions) {
      return;
    }
    if (made_ == options_.hold) {
      start_ = Clock::now();
      start_cpu_ = cpu_seconds();
    }
    const unsigned session = made_++;
    v1::CreateRequest request;
    request.set_session_id(id(session));
    for (unsigned i = 0; i < 2; ++i) {
      auto* const leg = request.mutable_spec()->add_legs();
      leg->set_leg_id(i == 0 ? "a" : "b");
      leg->set_network(options_.networks[i % options_.networks.size()]);
      leg->mutable_remote_rtp()->set_address("172.31." + std::to_string(session / 250 % 250) + "." +
                                             std::to_string(1 + session % 250));
      leg->mutable_remote_rtp()->set_port(40000);
    }
    auto* const call = begin(true);
    call->measured = session >= options_.hold;
    call->reader = stub_->AsyncCreate(&call->context, request, &queue_);
    call->reader->Finish(&call->response, &call->status, call);
  }

  void remove(unsigned session) {
    v1::DeleteRequest request;
    request.set_session_id(id(session));
    auto* const call = begin(false);
    call->reader = stub_->AsyncDelete(&call->context, request, &queue_);
    call->reader->Finish(&call->response, &call->status, call);
  }

  Call* begin(bool create) {
    auto* const call = new Call;  // until wait_for_all() takes it from the queue
    call->create = create;
    call->start = Clock::now();
    ++under_way_;
    return call;
  }

  void wait_for_all() {
    void* tag = nullptr;
    bool ok = false;
    while (under_way_ != 0 && queue_.Next(&tag, &ok)) {
      const std::unique_ptr<Call> call(static_cast<Call*>(tag));
      --under_way_;
      if (!call->status.ok()) {
        if (result_.failures++ == 0) {  // others follow from it
          first_error_ = call->status.error_message();
        }
      }
      if (call->measured) {
        took_.push_back(Milliseconds(Clock::now() - call->start).count());
      }
      if (call->create && made_ - oldest_ > options_.hold) {
        remove(oldest_++);
      } else {
        next();
      }
    }
  }

  const Options options_;
  std::unique_ptr<v1::SessionService::Stub> stub_;
  grpc::CompletionQueue queue_;
  unsigned under_way_ = 0;
  unsigned made_ = 0;
  unsigned oldest_ = 0;  // of those that exist
  std::vector<double> took_;
  Clock::time_point start_;
  double start_cpu_ = 0;
  pollux::bench::SetupResult result_;
  std::string first_error_;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("grpc_setup: how fast a running polluxd makes sessions");
  app.add_option("--target", options.target, "gRPC door of the node");
  app.add_option("--networks", options.networks, "of the two legs")->delimiter(',');
  app.add_option("--sessions", options.sessions, "how many are measured")->check(CLI::Range(1, 1000000));
  app.add_option("--in-flight", options.in_flight, "calls at a time")->check(CLI::Range(1, 256));
  app.add_option("--hold", options.hold, "sessions that exist at a time")->check(CLI::Range(256, 100000));
  CLI11_PARSE(app, argc, argv);
  Client client(options);
  const pollux::bench::SetupResult result = client.run();
  std::printf(POLLUX_SETUP_RESULT_FORMAT, result.in_flight, result.sessions, result.failures, result.seconds,
              result.sessions_per_s, result.p50_ms, result.p99_ms, result.p999_ms, result.most_ms,
              result.client_cpu_s);
  if (result.failures != 0) {
    std::cerr << "grpc_setup: " << result.failures << " calls failed: " << client.first_error() << "\n";
  }
  return result.failures == 0 ? 0 : 1;
}
