// Packet loss concealment for codecs without their own, by spandsp, at any rate and with one or two channels.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "dataplane/codec/types.hpp"

namespace pollux::codec {

// Repeats the last pitch period and fades out within 50 ms. spandsp looks for pitch at 8 kHz: PCM of higher
// rates is concealed in its lower 4 kHz, which is where voice is. Made by the control thread (it allocates).
class Concealer {
 public:
  Concealer(std::uint32_t pcm_rate, std::uint8_t channels);
  bool ok() const;  // false: no memory

  // What was received, in order. Just after a loss its beginning is blended with what was made up.
  void received(std::span<Sample> pcm);
  void conceal(std::span<Sample> pcm);

 private:
  struct Free {
    void operator()(void* state) const;
  };
  // spandsp turns its history round with a copy onto itself (memcpy, overlapping) unless it gets all of it at
  // once. So it is kept here, and handed over when a loss begins.
  static constexpr std::size_t kHistory = 280;
  // When a loss begins, spandsp writes up to a quarter of the longest pitch period, 30 samples, however few
  // it was asked for. What is over is put out next.
  static constexpr std::size_t kLeast = 32;
  struct Channel {
    std::unique_ptr<void, Free> state;  // plc_state_t
    Sample last = 0;                    // that was put out
    std::array<Sample, kHistory> history{};
    std::array<Sample, kLeast> ahead{};
    std::size_t ahead_at = kLeast;  // of what is over

    void remember(std::span<const Sample> low);
    void receive(std::span<Sample> low, bool after_loss);
    void make_up(std::span<Sample> low, bool loss_begins);
  };
  void receive_block(Channel& channel, Sample* pcm, std::size_t count);

  std::array<Channel, 2> channel_;
  std::uint32_t factor_;  // samples in one of spandsp's
  std::uint8_t channels_;
  bool concealing_ = false;
};

}  // namespace pollux::codec
