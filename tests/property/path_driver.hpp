// Drives a path for properties: packets in at their times, packets out, and every packet given back once.
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "dataplane/media/path.hpp"
#include "tests/support/codec_format.hpp"

namespace pollux::media::test {

using Bytes = std::vector<std::uint8_t>;

using pollux::test::format;

struct Arrival {
  std::uint64_t at_us = 0;
  std::uint32_t timestamp = 0;
  std::uint16_t sequence = 0;
  std::uint8_t payload_type = 0;
  bool copy = false;  // of one that was sent before
  Bytes payload;
};

struct Departure {
  std::uint64_t at_us = 0;
  OutHeader header;
  Bytes payload;
};

class PathDriver {
 public:
  PathDriver(std::vector<CodecFormat> from, std::vector<CodecFormat> to, int ptime_ms, int window_ms,
             std::uint16_t sequence, std::uint32_t timestamp)
      : from_(std::move(from)), to_(std::move(to)) {
    const RouteWishes wishes{from_, to_, static_cast<std::uint16_t>(ptime_ms),
                             static_cast<std::uint16_t>(window_ms)};
    const RoutePlan plan = plan_route(wishes);
    RC_ASSERT(plan.needs_path);
    path_ = Path::make(wishes, plan, sequence, timestamp).value();
  }

  void push(Arrival arrival) {
    wait_until(arrival.at_us);
    held_.push_back({std::make_unique<Arrival>(std::move(arrival))});
    Arrival& packet = *held_.back().packet;
    path_->push({.token = held_.back().packet.get(),
                 .payload = packet.payload.data(),
                 .payload_length = static_cast<std::uint16_t>(packet.payload.size()),
                 .sequence = packet.sequence,
                 .timestamp = packet.timestamp,
                 .ssrc = 7,
                 .payload_type = packet.payload_type},
                now_us_);
    run();
  }
  // Whatever is due until then happens when it is due, and what is due gets done.
  void wait_until(std::uint64_t at_us) {
    while (path_->due_us() <= at_us) {
      now_us_ = std::max(now_us_, path_->due_us());
      run();
      RC_ASSERT(path_->due_us() > now_us_);
    }
    now_us_ = std::max(now_us_, at_us);
  }
  void close() {
    path_->close();
    run();
    for (const Held& held : held_) {
      RC_ASSERT(held.back == 1);
    }
  }

  const std::vector<Departure>& sent() const { return sent_; }
  // Packets that weren't used, copies aside.
  std::size_t refused() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        held_, [](const Held& held) { return held.fate != Fate::kUsed && !held.packet->copy; }));
  }
  Path& path() { return *path_; }
  std::uint64_t now_us() const { return now_us_; }

 private:
  struct Held {
    std::unique_ptr<Arrival> packet;
    int back = 0;
    Fate fate = Fate::kUsed;
  };
  void run() {
    Bytes room(Path::kRoom);
    Step step;
    while (path_->next(now_us_, room, step)) {
      if (step.kind == Step::Kind::kSend) {
        RC_ASSERT(!step.token);
        RC_ASSERT(step.length != 0 && step.length <= room.size());
        sent_.push_back({now_us_, step.header, Bytes(room.begin(), room.begin() + step.length)});
        continue;
      }
      const auto held =
          std::ranges::find_if(held_, [&](const Held& any) { return any.packet.get() == step.token; });
      RC_ASSERT(held != held_.end());
      ++held->back;
      RC_ASSERT(held->back == 1);
      if (step.kind == Step::Kind::kForward) {
        sent_.push_back({now_us_, step.header, held->packet->payload});
      } else {
        held->fate = step.fate;
      }
    }
  }

  std::vector<CodecFormat> from_;
  std::vector<CodecFormat> to_;
  std::unique_ptr<Path> path_;
  std::uint64_t now_us_ = 0;
  std::vector<Held> held_;
  std::vector<Departure> sent_;
};

}  // namespace pollux::media::test
