#include "dataplane/codec/concealer.hpp"

#include <spandsp.h>

#include <algorithm>

namespace pollux::codec {
namespace {

constexpr std::uint32_t kPlcRate = 8000;
constexpr std::size_t kBlock = 160;  // of spandsp's samples; longer than what it blends after a loss

plc_state_t* plc(void* state) {
  return static_cast<plc_state_t*>(state);
}

Sample clipped(int value) {
  return static_cast<Sample>(std::clamp(value, -32768, 32767));
}

}  // namespace

void Concealer::Free::operator()(void* state) const {
  plc_free(plc(state));
}

Concealer::Concealer(std::uint32_t pcm_rate, std::uint8_t channels)
    : factor_(std::max(1U, (pcm_rate + kPlcRate / 2) / kPlcRate)), channels_(channels) {
  for (std::size_t i = 0; i < channels_; ++i) {
    channel_[i].state.reset(plc_init(nullptr));
  }
}

bool Concealer::ok() const {
  return channel_[0].state != nullptr && (channels_ == 1 || channel_[1].state != nullptr);
}

void Concealer::Channel::remember(std::span<const Sample> low) {
  if (low.size() >= kHistory) {
    low = low.last(kHistory);
  }
  const auto kept = static_cast<std::ptrdiff_t>(kHistory - low.size());
  std::copy(history.end() - kept, history.end(), history.begin());
  std::copy(low.begin(), low.end(), history.begin() + kept);
}

void Concealer::Channel::receive(std::span<Sample> low, bool after_loss) {
  if (after_loss) {
    plc_rx(plc(state.get()), low.data(), static_cast<int>(low.size()));
    ahead_at = kLeast;
  }
  remember(low);
}

void Concealer::Channel::make_up(std::span<Sample> low, bool loss_begins) {
  const std::size_t over = std::min(low.size(), kLeast - ahead_at);
  std::copy_n(ahead.begin() + static_cast<std::ptrdiff_t>(ahead_at), over, low.begin());
  ahead_at += over;
  const std::span<Sample> rest = low.subspan(over);
  if (loss_begins) {
    plc_rx(plc(state.get()), history.data(), kHistory);
  }
  if (!rest.empty() && rest.size() < kLeast) {
    plc_fillin(plc(state.get()), ahead.data(), kLeast);
    std::copy_n(ahead.begin(), rest.size(), rest.begin());
    ahead_at = rest.size();
  } else if (!rest.empty()) {
    plc_fillin(plc(state.get()), rest.data(), static_cast<int>(rest.size()));
  }
  remember(low);
}

// `count` of spandsp's samples from `pcm` on, every channels_ * factor_.
void Concealer::receive_block(Channel& channel, Sample* pcm, std::size_t count) {
  std::array<Sample, kBlock> low;
  for (std::size_t i = 0; i < count; ++i) {
    int sum = 0;
    for (std::size_t j = 0; j < factor_; ++j) {
      sum += pcm[(i * factor_ + j) * channels_];
    }
    low[i] = static_cast<Sample>(sum / static_cast<int>(factor_));
  }
  const std::array<Sample, kBlock> before = low;
  channel.receive(std::span(low).first(count), concealing_);
  if (!concealing_) {
    return;
  }
  for (std::size_t i = 0; i < count * factor_; ++i) {
    Sample& sample = pcm[i * channels_];
    sample = clipped(sample + low[i / factor_] - before[i / factor_]);
  }
}

void Concealer::received(std::span<Sample> pcm) {
  const std::size_t stride = std::size_t{factor_} * channels_;
  if (stride == 1) {
    channel_[0].receive(pcm, concealing_);
    concealing_ = false;
    return;
  }
  for (std::size_t c = 0; c < channels_ && pcm.size() >= channels_; ++c) {
    Channel& channel = channel_[c];
    const std::size_t count = pcm.size() / stride;
    for (std::size_t at = 0; at < count; at += kBlock) {
      receive_block(channel, pcm.data() + at * stride + c, std::min(kBlock, count - at));
    }
    channel.last = pcm[pcm.size() - channels_ + c];
  }
  concealing_ = false;
}

void Concealer::conceal(std::span<Sample> pcm) {
  const std::size_t samples = pcm.size() / channels_;
  for (std::size_t c = 0; c < channels_; ++c) {
    Channel& channel = channel_[c];
    if (factor_ == 1 && channels_ == 1) {
      channel.make_up(pcm, !concealing_);
      break;
    }
    std::array<Sample, kBlock> low;
    for (std::size_t at = 0; at < samples;) {
      const std::size_t count = std::min(kBlock, (samples - at + factor_ - 1) / factor_);
      channel.make_up(std::span(low).first(count), !concealing_ && at == 0);
      for (std::size_t i = 0; i < count; ++i) {
        const int from = channel.last;
        for (std::size_t j = 1; j <= factor_ && at < samples; ++j, ++at) {
          pcm[at * channels_ + c] =
              static_cast<Sample>(from + (low[i] - from) * static_cast<int>(j) / static_cast<int>(factor_));
        }
        channel.last = low[i];
      }
    }
  }
  concealing_ = true;
}

}  // namespace pollux::codec
