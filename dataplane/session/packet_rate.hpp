// How many packets a second a local port takes.
#pragma once

#include <cstdint>

namespace pollux::session {

// A token bucket that counts no tokens: it remembers until when the packets that have passed are paid for,
// one interval each, and lets that time run at most kBurstUs ahead (ITU-T I.371's virtual scheduling). So
// nothing is divided, and nothing has to be filled up. Belongs to one worker.
class PacketRate {
 public:
  // A second's worth at once: a party that was cut off sends what it has gathered, a key frame of video comes
  // in one piece.
  static constexpr std::uint32_t kBurstUs = 1'000'000;

  // Whether one more packet may pass; if so, it has. `now_us` wraps. Pre: 0 < interval_us <= kBurstUs.
  bool take(std::uint32_t now_us, std::uint32_t interval_us) {
    const std::uint32_t ahead = ahead_of(now_us);
    if (ahead + interval_us > kBurstUs) [[unlikely]] {
      return false;
    }
    paid_until_us_ = now_us + ahead + interval_us;
    return true;
  }
  // Whether take() would say no.
  bool exhausted(std::uint32_t now_us, std::uint32_t interval_us) const {
    return ahead_of(now_us) + interval_us > kBurstUs;
  }

 private:
  // What lies further ahead than can be is past. Who was silent for 71 minutes may be taken, once in 4000
  // times, for one who has spent some of its burst.
  std::uint32_t ahead_of(std::uint32_t now_us) const {
    const std::uint32_t ahead = paid_until_us_ - now_us;
    return ahead > kBurstUs ? 0 : ahead;
  }

  std::uint32_t paid_until_us_ = 0;
};

}  // namespace pollux::session
