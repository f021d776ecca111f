// Load generator: the parties of thousands of calls, over two memif devices, in a process of its own.
//
//   memif_load EAL_ARGUMENTS --vdev=net_memif0,… --vdev=net_memif1,… -- MAC_A MAC_B
//
// MAC_A and MAC_B are those of polluxd's ports. It obeys lines on standard input and answers each with a line
// of JSON: "load FILE", "greet", "run ROUNDS IDLE" (of 20 ms each; poll or sleep when idle); it ends at the
// end of its input. ARP and Neighbour Discovery are answered at all times. Sequence and duplicates:
// tests/load/traffic.hpp.
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <optional>
#include <queue>
#include <sstream>
#include <string>
#include <thread>

#include "tests/load/traffic.hpp"

namespace {

using pollux::load::kSides;
using pollux::load::Traffic;

constexpr std::uint16_t kDescriptors = 2048;
constexpr std::uint32_t kWindow = kDescriptors - 128;  // polluxd has a burst in its hands, ARP needs room
constexpr auto kAnySocket = static_cast<unsigned>(SOCKET_ID_ANY);
constexpr unsigned kMbufs = 8191;
constexpr auto kConnectTime = std::chrono::seconds(10);
constexpr useconds_t kIdleMicroseconds = 200;

void reply(const std::string& json) {
  std::cout << json << std::endl;
}

int fail(const std::string& why) {
  std::cerr << "memif_load: " << why << "\n";
  return 1;
}

// Reads standard input on a thread, since the packets can't wait for it.
class Commands {
 public:
  Commands() : thread_([this] { read(); }) {}
  ~Commands() { thread_.join(); }

  // The next one, if there is one; `ended` when there won't be any more.
  std::optional<std::string> next(bool& ended) {
    const std::lock_guard lock(mutex_);
    if (lines_.empty()) {
      ended = ended_;
      return std::nullopt;
    }
    std::string line = lines_.front();
    lines_.pop();
    return line;
  }

 private:
  void read() {
    std::string line;
    while (std::getline(std::cin, line)) {
      const std::lock_guard lock(mutex_);
      lines_.push(line);
    }
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }

  std::mutex mutex_;
  std::queue<std::string> lines_;
  bool ended_ = false;
  std::thread thread_;
};

bool start_port(std::uint16_t port, rte_mempool* pool) {
  rte_eth_conf conf{};
  return rte_eth_dev_configure(port, 1, 1, &conf) == 0 &&
         rte_eth_rx_queue_setup(port, 0, kDescriptors, kAnySocket, nullptr, pool) == 0 &&
         rte_eth_tx_queue_setup(port, 0, kDescriptors, kAnySocket, nullptr) == 0 &&
         rte_eth_dev_start(port) == 0;
}

bool wait_for_link(std::uint16_t port) {
  const auto deadline = std::chrono::steady_clock::now() + kConnectTime;
  rte_eth_link link{};
  while (rte_eth_link_get_nowait(port, &link) != 0 || link.link_status != RTE_ETH_LINK_UP) {
    if (std::chrono::steady_clock::now() > deadline) {
      return false;
    }
    usleep(kIdleMicroseconds);
  }
  return true;
}

std::string carry_out(Traffic& traffic, const std::string& command) {
  std::istringstream words(command);
  std::string verb, file, idle;
  std::uint32_t rounds = 0;
  words >> verb;
  if (verb == "load" && words >> file) {
    const std::string wrong = traffic.load(file);
    return wrong.empty() ? R"({"loaded": true})" : R"({"error": ")" + wrong + "\"}";
  }
  if (verb == "greet") {
    return traffic.greet() ? R"({"greeted": true})" : R"({"error": "a greeting didn't arrive"})";
  }
  if (verb == "run" && words >> rounds >> idle && (idle == "poll" || idle == "sleep")) {
    return traffic.run(rounds, idle == "sleep");
  }
  return R"({"error": "unknown command"})";
}

void obey(Traffic& traffic) {
  Commands commands;
  for (bool ended = false; !ended;) {
    if (const auto command = commands.next(ended)) {
      reply(carry_out(traffic, *command));
    } else if (!traffic.receive()) {
      usleep(kIdleMicroseconds);
    }
  }
}

int run(int argc, char** argv) {
  std::array<rte_ether_addr, kSides> macs{};
  std::array<std::uint16_t, kSides> ports{};
  if (argc != 1 + static_cast<int>(kSides)) {
    return fail("after -- come the MAC addresses of polluxd's two ports");
  }
  rte_mempool* const pool =
      rte_pktmbuf_pool_create("load", kMbufs, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
  if (pool == nullptr) {
    return fail("not enough memory for packets: raise -m");
  }
  for (unsigned side = 0; side < kSides; ++side) {
    const std::string name = "net_memif" + std::to_string(side);
    if (rte_ether_unformat_addr(argv[1 + side], &macs[side]) != 0) {
      return fail(std::string("no MAC address: ") + argv[1 + side]);
    }
    if (rte_eth_dev_get_port_by_name(name.c_str(), &ports[side]) != 0 || !start_port(ports[side], pool)) {
      return fail(name + " doesn't start");
    }
  }
  for (const std::uint16_t port : ports) {
    if (!wait_for_link(port)) {
      return fail("polluxd doesn't answer on its memif socket");
    }
  }
  Traffic traffic(ports, macs, pool, kWindow);
  reply(R"({"ready": true})");
  obey(traffic);
  for (const std::uint16_t port : ports) {
    rte_eth_dev_stop(port);
    rte_eth_dev_close(port);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const int used = rte_eal_init(argc, argv);
  if (used < 0) {
    return fail("EAL doesn't start");
  }
  prctl(PR_SET_TIMERSLACK, 1000UL);  // nanoseconds: naps are as long as they are meant to be
  const int status = run(argc - used, argv + used);
  rte_eal_cleanup();
  return status;
}
