#include "tests/bench/setup_bed.hpp"

#include <rte_cycles.h>
#include <stdlib.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <random>
#include <semaphore>
#include <thread>
#include <utility>
#include <vector>

#include "controlplane/session/session_rules.hpp"

namespace pollux::bench {

namespace {

constexpr double kPacketPeriodMs = 20;
constexpr unsigned kRoom = kHeldSessions + 1000;  // for them, and those that are being ended
constexpr unsigned kPortsPerSession = 4;          // RTP and RTCP of two legs
constexpr std::ptrdiff_t kUnderWay = 64;
constexpr std::chrono::milliseconds kWarmUp{1000};

config::NodeConfig node_config(unsigned running, const std::string& socket) {
  config::NodeConfig config;
  config.dataplane = bench_config(running + kRoom, kPortsPerSession * (running + kRoom));
  for (unsigned side = 0; side < 2; ++side) {
    config::NetworkConfig network;
    network.name = config.dataplane.ports[side].name;
    network.addresses = {local_ip(side, 0), local_ip(side, 1)};
    config.networks.push_back(network);
  }
  config.grpc.unix_socket = socket;
  config.admission.max_worker_load = 100;  // a worker without its CPU looks busy, and is no news here
  return config;
}

SetupResult run_client(const std::string& command) {
  std::FILE* const output = popen(command.c_str(), "r");
  SetupResult result;
  if (output == nullptr) {
    die("can't run " + command);
  }
  const int fields = std::fscanf(output, POLLUX_SETUP_RESULT_FORMAT, &result.in_flight, &result.sessions,
                                 &result.failures, &result.seconds, &result.sessions_per_s, &result.p50_ms,
                                 &result.p99_ms, &result.p999_ms, &result.most_ms, &result.client_cpu_s);
  if (pclose(output) != 0 || fields != 10) {
    die("the client failed: " + command);
  }
  return result;
}

}  // namespace

SocketDirectory::SocketDirectory() {
  path_ = std::filesystem::temp_directory_path() / "pollux-bench-XXXXXX";
  if (mkdtemp(path_.data()) == nullptr) {
    die("can't make " + path_);
  }
}

SocketDirectory::~SocketDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

SetupBed::SetupBed(unsigned running)
    : config_(node_config(running, directory_.socket())), ports_(config_.dataplane) {
  pin_this_thread(cpus().other);  // threads made from here on inherit it
  auto made = worker::DataplaneImpl::create(config_.dataplane, worker::Drive::kCaller);
  if (!made) {
    die(made.error().field + ": " + made.error().message);
  }
  dataplane_ = std::move(*made);
  media_ = std::make_unique<MediaLoad>(dataplane_->worker(0), ports_);
  identity_ = {POLLUX_VERSION, control::make_node_run(), std::chrono::system_clock::now(), {}, {}};
  manager_ = std::make_unique<control::SessionManager>(
      *dataplane_, control::make_manager_options(config_, identity_.node_run));
  calls_ = std::make_unique<call::CallManager>(*manager_);
  control_ = std::make_unique<control::ControlThread>(*manager_, [this] { calls_->poll(); });
  reloader_ = std::make_unique<ops::ConfigReloader>(
      config_, [] { return config::ConfigResult{}; },
      [](const config::NodeConfig&) -> Expected<void> { return {}; });
  auto server = rpc::RpcServer::start(*control_, *calls_, *dataplane_, config_, identity_, *reloader_);
  if (!server) {
    die(server.error().message);
  }
  server_ = std::move(*server);
  make_running(running);
  quiet(kWarmUp);  // gateways are found, sources learned
}

SetupBed::~SetupBed() {
  server_->shutdown();
  control_->stop();
  media_.reset();
  calls_.reset();
  manager_.reset();
  dataplane_.reset();
  pin_this_thread(cpus().measuring);
}

void SetupBed::make_running(unsigned running) {
  const NodeStats stats = dataplane_->stats();
  std::vector<Stream> streams;
  // No more at once than a worker takes: a command that waits too long fails.
  std::counting_semaphore<> room(kUnderWay);
  for (unsigned call = 0; call < running; ++call) {
    room.acquire();
    control::SessionRequest request;
    for (unsigned side = 0; side < 2; ++side) {
      control::LegRequest leg;
      leg.id = side == 0 ? "a" : "b";
      leg.network = config_.networks[side].name;
      leg.remote_rtp = party(side, call);
      request.legs.push_back(leg);
    }
    control::resolve_defaults(request, manager_->defaults(), control::SinkDefault::kEachOther);
    // On the control thread, one after another: `streams` needs no lock.
    const auto done = [&, call](const control::SessionResult& session) {
      if (!session) {
        die(session.error().error.message);
      }
      for (unsigned side = 0; side < 2; ++side) {
        streams.push_back(
            make_stream(stats, side, party(side, call), session->legs[side].local_rtp, 2 * call + side + 1));
      }
      room.release();
    };
    control_->post([this, call, request = std::move(request), done] {
      manager_->create("running-" + std::to_string(call), request, done);
    });
  }
  for (std::ptrdiff_t i = 0; i < kUnderWay; ++i) {
    room.acquire();  // until the last one is made
  }
  std::shuffle(streams.begin(), streams.end(), std::mt19937(1));  // nothing a prefetcher can guess
  media_->play(std::move(streams), kPacketPeriodMs);
}

double SetupBed::control_cpu_seconds() const {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9 - media_->cpu_seconds();
}

MediaResult SetupBed::quiet(std::chrono::milliseconds time) {
  media_->take();
  std::this_thread::sleep_for(time);
  return media_->take();
}

SetupBed::Loaded SetupBed::loaded(const std::string& program, const std::string& arguments, unsigned made) {
  const auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const std::string command = "'" + (folder / program).string() + "' " + arguments;
  Loaded loaded;
  media_->take();
  const double cpu_before = control_cpu_seconds();
  loaded.client = run_client(command);
  loaded.control_cpu_s = control_cpu_seconds() - cpu_before;
  loaded.made = made;
  loaded.media = media_->take();
  return loaded;
}

}  // namespace pollux::bench
