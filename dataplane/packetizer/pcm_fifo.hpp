// Samples between a decoder and an encoder.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pollux::packetizer {

// Holds at most the samples it was made for; memory is taken once. Counts are per channel, channels lie side
// by side. One thread.
class PcmFifo {
 public:
  PcmFifo(std::size_t capacity, std::size_t channels) : samples_(capacity * channels), channels_(channels) {}

  std::size_t size() const { return (end_ - begin_) / channels_; }
  std::size_t room() const { return samples_.size() / channels_ - size(); }
  bool empty() const { return begin_ == end_; }

  // Space for `count` more samples, to be written before the next call. Pre: count <= room().
  std::span<std::int16_t> append(std::size_t count) {
    const std::size_t values = count * channels_;
    if (end_ + values > samples_.size()) {
      std::copy(samples_.begin() + static_cast<std::ptrdiff_t>(begin_),
                samples_.begin() + static_cast<std::ptrdiff_t>(end_), samples_.begin());
      end_ -= begin_;
      begin_ = 0;
    }
    const std::span<std::int16_t> space(samples_.data() + end_, values);
    end_ += values;
    return space;
  }
  // Takes back what append() gave too much. Pre: count <= size().
  void drop_last(std::size_t count) { end_ -= count * channels_; }

  // The oldest `count`; stay readable until the next append(). Pre: count <= size().
  std::span<const std::int16_t> take(std::size_t count) {
    const std::span<const std::int16_t> taken(samples_.data() + begin_, count * channels_);
    begin_ += count * channels_;
    if (begin_ == end_) {
      begin_ = end_ = 0;
    }
    return taken;
  }
  void clear() { begin_ = end_ = 0; }

 private:
  std::vector<std::int16_t> samples_;
  std::size_t channels_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace pollux::packetizer
