#include "tests/bench/gateway_process.hpp"

#include <arpa/inet.h>
#include <signal.h>
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

}  // namespace

GatewayProcess::GatewayProcess(const std::string& node, const std::string& folder) {
  const std::uint16_t port = free_port();
  address_ = "127.0.0.1:" + std::to_string(port);
  const std::string file = folder + "/pollux-ng.yaml";
  std::ofstream(file) << "listen:\n  udp: [" << address_ << "]\nnodes:\n  - address: " << node
                      << "\nlog:\n  level: error\n";
  const auto program =
      std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path().parent_path() /
      "controlplane/ng/pollux-ng";
  pid_ = fork();
  if (pid_ == 0) {
    execl(program.c_str(), program.c_str(), "--config", file.c_str(), nullptr);
    _exit(127);
  }
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!answers(port)) {
    if (std::chrono::steady_clock::now() > until || waitpid(pid_, nullptr, WNOHANG) == pid_) {
      die("pollux-ng doesn't answer at " + address_ + " (" + program.string() + ")");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

GatewayProcess::~GatewayProcess() {
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
}

double GatewayProcess::cpu_seconds() const {
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
