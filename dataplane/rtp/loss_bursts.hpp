// Whether packets are lost in bursts or alone (RFC 3611 §4.7.2).
#pragma once

#include <cstdint>

namespace pollux::rtp {

// A burst begins and ends with a lost packet and holds no kGmin received ones in a row; a packet that is lost
// with kGmin received ones on either side is part of the gap between bursts. Told of each run of missing
// sequence numbers as it is first seen. One thread.
class LossBursts {
 public:
  static constexpr std::uint8_t kGmin = 16;  // RFC 3611's recommendation

  struct Totals {
    std::uint32_t bursts = 0;
    std::uint32_t burst_packets = 0;  // due in bursts, received or not
    std::uint32_t burst_lost = 0;
  };

  // `lost` numbers from `first` on are missing; extended sequence numbers of one stream, ascending.
  void on_missing(std::uint32_t first, std::uint32_t lost) {
    if (lost_ != 0 && first - end_ < kGmin) {
      lost_ += lost;
    } else {
      close();
      begin_ = first;
      lost_ = lost;
    }
    end_ = first + lost;
  }
  // A missing one came late. Of a burst that is over it stays part, since its edges are forgotten.
  void on_found(std::uint32_t sequence) {
    if (lost_ != 0 && sequence - begin_ < end_ - begin_) {
      --lost_;
    }
  }
  // The stream is over: what comes next has other numbers.
  void close() {
    totals_ = totals();
    lost_ = 0;
  }
  // The last burst counted as far as it has got.
  Totals totals() const {
    Totals now = totals_;
    if (lost_ > 1) {
      ++now.bursts;
      now.burst_packets += end_ - begin_;
      now.burst_lost += lost_;
    }
    return now;
  }

 private:
  Totals totals_;
  std::uint32_t begin_ = 0;
  std::uint32_t end_ = 0;   // the number behind the last lost one
  std::uint32_t lost_ = 0;  // between them; 0: none is open
};

}  // namespace pollux::rtp
