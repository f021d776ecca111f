// Load generator: the parties of many calls, over UDP sockets of the kernel in two network namespaces.
//
//   udp_load PLAN WARM_UP_SECONDS SECONDS
//
// PLAN: tests/load/udp_plan.hpp. Every party sends a packet of 20 ms in real time, at a moment of its own. A
// line "warming up" says that it has begun, "measuring" and "measured" embrace the seconds that count, and
// the last line is JSON of what became of their packets. It holds its CPU all the time, so that packets leave
// in time; when they arrive, the kernel's stamps tell.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/load/udp_plan.hpp"
#include "tests/load/udp_socket.hpp"
#include "tests/load/udp_streams.hpp"

namespace {

using pollux::load::kUdpSides;
using pollux::load::now_ns;
using pollux::load::UdpPlan;
using pollux::load::UdpSocket;
using pollux::load::UdpStreams;

constexpr std::int64_t kPacketNs = 20'000'000;
constexpr std::int64_t kLookNs = 100'000;  // between two looks for what has come, if nothing is to be sent
constexpr std::int64_t kStragglersNs = 500'000'000;  // after the last packet sent
constexpr unsigned kSeed = 1;
constexpr std::uint32_t kRoundsPerSecond = 50;
constexpr std::size_t kTogether = 4;  // packets of a moment: one's time of sending is that of all

int fail(const std::string& why) {
  std::fprintf(stderr, "udp_load: %s\n", why.c_str());
  return 1;
}

void say(const char* line) {
  std::puts(line);
  std::fflush(stdout);
}

class Load {
 public:
  Load(const UdpPlan& plan, std::uint32_t warm_up, std::uint32_t rounds)
      : streams_(plan, rounds), warm_up_(warm_up), rounds_(rounds) {
    std::mt19937_64 random(kSeed);
    std::uniform_int_distribution<std::int64_t> phase(0, kPacketNs - 1);
    for (std::size_t i = 0; i < streams_.size(); ++i) {
      turns_.push_back({phase(random), i});
    }
    std::sort(turns_.begin(), turns_.end());
  }

  std::string open(const UdpPlan& plan) {
    for (unsigned side = 0; side < kUdpSides; ++side) {
      if (const std::string wrong = sockets_[side].open(plan.sides[side].netns, plan.sides[side].address);
          !wrong.empty()) {
        return wrong;
      }
    }
    return "";
  }

  bool run() {
    say("warming up");
    const std::int64_t start = now_ns();
    std::int64_t measured_from = 0;
    for (std::uint32_t round = 0; round < rounds_; ++round) {
      if (round == warm_up_) {
        measured_from = now_ns();
        say("measuring");
      }
      if (!send_round(start + round * kPacketNs, round >= warm_up_)) {
        return false;
      }
    }
    seconds_ = static_cast<double>(now_ns() - measured_from) / 1e9;
    say("measured");
    for (const std::int64_t end = now_ns() + kStragglersNs; now_ns() < end;) {
      receive();
    }
    return true;
  }

  std::string report() {
    std::sort(late_us_.begin(), late_us_.end());
    char text[80];
    std::snprintf(text, sizeof text, R"(, "late_p99_us": %.1f, "late_max_us": %.1f})",
                  late_us_[late_us_.size() * 99 / 100], late_us_.back());
    return streams_.report(warm_up_, seconds_) + text;
  }

 private:
  // A packet of each stream, each at its moment.
  bool send_round(std::int64_t start, bool counts) {
    for (std::size_t next = 0; next < turns_.size();) {
      wait_until(start + turns_[next].first);
      const std::int64_t due = now_ns() - start;
      const std::size_t first = next;
      for (; next < turns_.size() && next - first < kTogether && turns_[next].first <= due; ++next) {
        const std::size_t stream = turns_[next].second;
        UdpSocket& socket = sockets_[stream % 2];
        socket.add(streams_.make(stream, socket.room()), streams_.leg(stream).relay);
      }
      const std::int64_t now = now_ns();
      for (std::size_t i = first; i < next; ++i) {
        streams_.sent(turns_[i].second, now);
        if (counts) {
          late_us_.push_back(static_cast<double>(now - start - turns_[i].first) / 1e3);
        }
      }
      if (!sockets_[0].send() || !sockets_[1].send()) {
        return false;
      }
    }
    return true;
  }

  void wait_until(std::int64_t moment) {
    do {
      if (const std::int64_t now = now_ns(); now >= next_look_) {
        receive();
        next_look_ = now + kLookNs;
      }
    } while (now_ns() < moment);
  }

  void receive() {
    for (unsigned side = 0; side < kUdpSides; ++side) {
      sockets_[side].receive([&](std::span<std::uint8_t> bytes, const sockaddr_in& from, std::int64_t at) {
        streams_.take(side, bytes, ntohs(from.sin_port), at);
      });
    }
  }

  UdpStreams streams_;
  std::array<UdpSocket, kUdpSides> sockets_;
  std::vector<std::pair<std::int64_t, std::size_t>> turns_;
  std::vector<double> late_us_;
  std::uint32_t warm_up_, rounds_;
  std::int64_t next_look_ = 0;
  double seconds_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    return fail("usage: udp_load PLAN WARM_UP_SECONDS SECONDS");
  }
  UdpPlan plan;
  if (const std::string wrong = pollux::load::read_plan(argv[1], plan); !wrong.empty()) {
    return fail(wrong);
  }
  const double warm_up = std::atof(argv[2]), seconds = std::atof(argv[3]);
  if (warm_up <= 0 || seconds <= 0) {
    return fail("both times are above 0");
  }
  const auto warm_up_rounds = static_cast<std::uint32_t>(warm_up * kRoundsPerSecond) + 1;
  const auto rounds = static_cast<std::uint32_t>(seconds * kRoundsPerSecond) + 1;
  const auto load = std::make_unique<Load>(plan, warm_up_rounds, warm_up_rounds + rounds);
  if (const std::string wrong = load->open(plan); !wrong.empty()) {
    return fail(wrong);
  }
  if (!load->run()) {
    return fail("the kernel doesn't take a packet");
  }
  say(load->report().c_str());
  return 0;
}
