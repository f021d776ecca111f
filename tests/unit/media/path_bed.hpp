// A path with a clock of its own: packets in at given times, packets out with the time at which they left.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "dataplane/media/path.hpp"
#include "tests/support/codec_format.hpp"

namespace pollux::media::test {

using Bytes = std::vector<std::uint8_t>;

using pollux::test::format;
inline const CodecFormat kPcmu = format(CodecId::kPcmu, 0);
inline const CodecFormat kPcma = format(CodecId::kPcma, 8);
inline const CodecFormat kG722 = format(CodecId::kG722, 9);
inline const CodecFormat kGsm = format(CodecId::kGsm, 3);
inline const CodecFormat kG729 = format(CodecId::kG729, 18);
inline const CodecFormat kOpus = format(CodecId::kOpus, 111, 48000);
inline const CodecFormat kNoise = format(CodecId::kComfortNoise, 13);
inline const CodecFormat kEvents = format(CodecId::kTelephoneEvent, 101);
inline const CodecFormat kWideEvents = format(CodecId::kTelephoneEvent, 110, 48000);

struct Sent {
  std::uint64_t at_us = 0;
  OutHeader header;
  Bytes payload;
};

struct Given {
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint8_t payload_type = 8;
  Bytes payload;
  bool marker = false;
  std::uint32_t ssrc = 0x1234;
};

class PathBed {
 public:
  static constexpr std::uint16_t kFirstSequence = 5000;
  static constexpr std::uint32_t kFirstTimestamp = 900000;

  PathBed(const std::vector<CodecFormat>& from, const std::vector<CodecFormat>& to,
          std::uint16_t ptime_ms = 0, std::uint16_t window_ms = 0, bool comfort_noise = true,
          bool dtx = false)
      : from_(from), to_(to) {
    const RouteWishes wishes{from_, to_, ptime_ms, window_ms, comfort_noise, dtx};
    const RoutePlan plan = plan_route(wishes);
    EXPECT_TRUE(plan.needs_path);
    auto made = Path::make(wishes, plan, kFirstSequence, kFirstTimestamp);
    EXPECT_TRUE(made) << (made ? "" : made.error().message);
    path_ = std::move(*made);
  }
  ~PathBed() {
    path_->close();
    run();
    EXPECT_TRUE(held_.empty()) << "packets that the path never gave back";
  }

  // Time goes on to `at_us`; whatever is due meanwhile happens when it is due.
  void wait_until(std::uint64_t at_us) {
    while (path_->due_us() <= at_us) {
      now_us_ = std::max(now_us_, path_->due_us());
      run();
      if (path_->due_us() <= now_us_) {
        ADD_FAILURE() << "due, and nothing done";
        break;
      }
    }
    now_us_ = std::max(now_us_, at_us);
  }
  void give(std::uint64_t at_us, const Given& packet) {
    wait_until(at_us);
    auto* const held = new Bytes(packet.payload);
    held_.insert(held);
    const Input input{.token = held,
                      .payload = held->data(),
                      .payload_length = static_cast<std::uint16_t>(held->size()),
                      .sequence = packet.sequence,
                      .timestamp = packet.timestamp,
                      .ssrc = packet.ssrc,
                      .payload_type = packet.payload_type,
                      .marker = packet.marker};
    OutHeader header;
    const Path::Passed passed = passes_ ? path_->pass(input, now_us_, header) : Path::Passed::kNo;
    if (passed == Path::Passed::kNo) {
      path_->push(input, now_us_);
    } else {
      ++passed_;
      if (passed == Path::Passed::kForwarded) {
        sent_.push_back({now_us_, header, *held});
      } else {
        ++discarded_[static_cast<std::size_t>(Fate::kUsed)];
      }
      held_.erase(held);
      delete held;
    }
    run();
  }
  void close() {
    path_->close();
    run();
  }

  // Every packet is pushed from now on, even if it could pass.
  void only_push() { passes_ = false; }
  std::uint64_t passed() const { return passed_; }

  // What has left since the last call.
  std::vector<Sent> sent() { return std::exchange(sent_, {}); }
  std::uint64_t discarded(Fate fate) const { return discarded_[static_cast<std::size_t>(fate)]; }
  std::uint64_t now_us() const { return now_us_; }
  Path& path() { return *path_; }

 private:
  void run() {
    std::array<std::uint8_t, Path::kRoom> room;
    Step step;
    while (path_->next(now_us_, room, step)) {
      auto* const held = static_cast<Bytes*>(step.token);
      if (step.kind == Step::Kind::kSend) {
        sent_.push_back({now_us_, step.header, Bytes(room.begin(), room.begin() + step.length)});
        continue;
      }
      ASSERT_EQ(held_.erase(held), 1U) << "a packet given back twice";
      if (step.kind == Step::Kind::kForward) {
        sent_.push_back({now_us_, step.header, *held});
      } else {
        ++discarded_[static_cast<std::size_t>(step.fate)];
      }
      delete held;
    }
  }

  std::vector<CodecFormat> from_;
  std::vector<CodecFormat> to_;
  std::unique_ptr<Path> path_;
  std::uint64_t now_us_ = 0;
  std::set<Bytes*> held_;
  std::vector<Sent> sent_;
  std::array<std::uint64_t, 5> discarded_{};
  bool passes_ = true;
  std::uint64_t passed_ = 0;
};

// `milliseconds` of a tone that never repeats itself for a second, as A-law: tells where a byte comes from.
inline Bytes ramp(std::uint32_t first, std::size_t count) {
  Bytes bytes(count);
  for (std::size_t i = 0; i < count; ++i) {
    bytes[i] = static_cast<std::uint8_t>((first + i) * 7 + (first + i) / 256);
  }
  return bytes;
}

}  // namespace pollux::media::test
