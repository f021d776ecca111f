#include "tests/bench/ng_process.hpp"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <thread>

#include "tests/bench/bench_net.hpp"

namespace pollux::bench {

namespace {

constexpr std::chrono::seconds kPatience{10};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (bind(socket, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    die("no free UDP port");
  }
  close(socket);
  return ntohs(address.sin_port);
}

bool answers(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
  const sockaddr_in address = loopback(port);
  const timeval patience{0, 100'000};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  constexpr std::string_view kPing = "1 d7:command4:pinge";
  char reply[64];
  const bool there = connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                     send(socket, kPing.data(), kPing.size(), 0) > 0 &&
                     recv(socket, reply, sizeof reply, 0) > 0;
  close(socket);
  return there;
}

constexpr const char* kRtpengine = "/usr/bin/rtpengine";

}  // namespace

std::unique_ptr<NgProcess> NgProcess::gateway(const std::string& node, const std::string& folder) {
  const std::uint16_t port = free_port();
  const std::string file = folder + "/pollux-ng.yaml";
  std::ofstream(file) << "listen:\n  udp: [127.0.0.1:" << port << "]\nnodes:\n  - address: " << node
                      << "\nrequests:\n  time: 20s\n  health_interval: 20s\nlog:\n  level: error\n";
  const auto build =
      std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path().parent_path();
  return std::unique_ptr<NgProcess>(
      new NgProcess({build / "controlplane/ng/pollux-ng", "--config", file}, port));
}

std::unique_ptr<NgProcess> NgProcess::rtpengine() {
  if (access(kRtpengine, X_OK) != 0) {
    return nullptr;
  }
  const std::uint16_t port = free_port();
  return std::unique_ptr<NgProcess>(new NgProcess(
      {kRtpengine, "--foreground", "--log-stderr", "--log-level=1", "--table=-1", "--num-threads=1",
       "--delete-delay=0", "--interface=a/127.0.0.1", "--interface=b/127.0.0.1",
       "--listen-ng=127.0.0.1:" + std::to_string(port), "--config-file=none"},
      port));
}

NgProcess::NgProcess(const std::vector<std::string>& command, std::uint16_t port)
    : address_("127.0.0.1:" + std::to_string(port)) {
  std::vector<char*> arguments;
  for (const std::string& word : command) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);  // the bench ends by exit() when something fails
    execv(arguments.front(), arguments.data());
    _exit(127);
  }
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!answers(port)) {
    if (std::chrono::steady_clock::now() > until || waitpid(pid_, nullptr, WNOHANG) == pid_) {
      die(command.front() + " doesn't answer at " + address_);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

NgProcess::~NgProcess() {
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
}

double NgProcess::cpu_seconds() const {
  std::ifstream stat("/proc/" + std::to_string(pid_) + "/stat");
  std::string word;
  std::string line;
  std::getline(stat, line);
  std::istringstream fields(line.substr(line.rfind(')') + 2));
  double ticks = 0;
  for (int field = 3; field <= 15 && fields >> word; ++field) {  // 14: utime, 15: stime (proc(5))
    ticks += field >= 14 ? std::stod(word) : 0;
  }
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace pollux::bench
