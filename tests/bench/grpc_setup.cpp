// How fast a running polluxd makes sessions through gRPC: rate, and how long each Create takes.
//
//   grpc_setup --target unix:/run/pollux/pollux.sock --sessions 10000 --clients 8
//
// Makes two-leg sessions in the node's first two networks, each client one after another, then ends them.
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "pollux/v1/node.grpc.pb.h"
#include "pollux/v1/session.grpc.pb.h"

namespace {

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

struct Options {
  std::string target = "unix:/run/pollux/pollux.sock";
  int sessions = 10000;
  int clients = 8;
};

struct Networks {
  std::string a;
  std::string b;
};

class Client {
 public:
  Client(const Options& options, int index)
      : index_(index), stub_(pollux::v1::SessionService::NewStub(make_channel(options.target, index))) {}

  static std::shared_ptr<grpc::Channel> make_channel(const std::string& target, int index) {
    grpc::ChannelArguments arguments;
    arguments.SetInt("bench.client", index);  // a connection of its own
    return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
  }

  void create(int session, const Networks& networks) {
    pollux::v1::CreateRequest request;
    request.set_session_id(id(session));
    auto* a = request.mutable_spec()->add_legs();
    a->set_leg_id("a");
    a->set_network(networks.a);
    auto* b = request.mutable_spec()->add_legs();
    b->set_leg_id("b");
    b->set_network(networks.b);
    grpc::ClientContext context;
    pollux::v1::Session response;
    const auto start = Clock::now();
    const grpc::Status status = stub_->Create(&context, request, &response);
    took.push_back(Microseconds(Clock::now() - start).count());
    if (!status.ok()) {
      ++failures;
      last_error = status.error_message();
    }
  }

  void remove(int session) {
    pollux::v1::DeleteRequest request;
    request.set_session_id(id(session));
    grpc::ClientContext context;
    pollux::v1::Session response;
    stub_->Delete(&context, request, &response);
  }

  std::vector<double> took;
  int failures = 0;
  std::string last_error;

 private:
  std::string id(int session) const {
    return "bench-" + std::to_string(index_) + "-" + std::to_string(session);
  }

  int index_;
  std::unique_ptr<pollux::v1::SessionService::Stub> stub_;
};

Networks find_networks(const std::string& target) {
  const auto node = pollux::v1::NodeService::NewStub(Client::make_channel(target, -1));
  grpc::ClientContext context;
  pollux::v1::InfoResponse info;
  const grpc::Status status = node->Info(&context, {}, &info);
  if (!status.ok() || info.networks().empty()) {
    throw std::runtime_error("the node doesn't tell its networks: " + status.error_message());
  }
  return {info.networks(0).name(), info.networks(info.networks_size() > 1 ? 1 : 0).name()};
}

template <typename Function>
void in_parallel(std::vector<Client>& clients, Function function) {
  std::vector<std::thread> threads;
  for (Client& client : clients) {
    threads.emplace_back([&client, &function] { function(client); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

int run(const Options& options) {
  const Networks networks = find_networks(options.target);
  std::vector<Client> clients;
  for (int i = 0; i < options.clients; ++i) {
    clients.emplace_back(options, i);
  }
  const int each = options.sessions / options.clients;
  const auto start = Clock::now();
  in_parallel(clients, [&](Client& client) {
    for (int i = 0; i < each; ++i) {
      client.create(i, networks);
    }
  });
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  in_parallel(clients, [&](Client& client) {
    for (int i = 0; i < each; ++i) {
      client.remove(i);
    }
  });

  std::vector<double> took;
  int failures = 0;
  for (const Client& client : clients) {
    took.insert(took.end(), client.took.begin(), client.took.end());
    failures += client.failures;
    if (client.failures > 0) {
      std::cerr << client.last_error << "\n";
    }
  }
  std::sort(took.begin(), took.end());
  const auto quantile = [&took](double q) {
    return took[static_cast<std::size_t>(q * static_cast<double>(took.size() - 1))];
  };
  std::cout << "{\"name\":\"grpc_setup\",\"clients\":" << options.clients << ",\"sessions\":" << took.size()
            << ",\"failures\":" << failures
            << ",\"sessions_per_second\":" << static_cast<double>(took.size()) / seconds
            << ",\"p50_us\":" << quantile(0.5) << ",\"p99_us\":" << quantile(0.99)
            << ",\"p999_us\":" << quantile(0.999) << "}\n";
  return failures == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("grpc_setup: how fast a running polluxd makes sessions");
  app.add_option("--target", options.target, "gRPC door of the node");
  app.add_option("--sessions", options.sessions, "how many")->check(CLI::Range(1, 1000000));
  app.add_option("--clients", options.clients, "each with a connection of its own")->check(CLI::Range(1, 64));
  CLI11_PARSE(app, argc, argv);
  options.sessions = std::max(options.sessions, options.clients);
  try {
    return run(options);
  } catch (const std::exception& error) {
    std::cerr << "grpc_setup: " << error.what() << "\n";
    return 1;
  }
}
