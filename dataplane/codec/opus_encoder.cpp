#include <opus/opus.h>

#include <algorithm>
#include <array>

#include "dataplane/codec/opus.hpp"

namespace pollux::codec {
namespace {

// Of 0 to 10. At 48 kHz and 40 kbit/s one stream took 1.4 % of a core at 0, 2.1 % at 5, 3.6 % at 7 and 5.7 %
// at 10 (AMD EPYC, busy): what comes after 5 is dear, and a call has been through a narrow codec mostly.
constexpr int kComplexity = 5;
// Tones are narrow and last: CELT alone, without its look-ahead, needs no more for them.
constexpr int kToneComplexity = 0;
constexpr opus_int32 kToneBitRate = 32'000;
constexpr int kExpectedLossPercent = 10;
constexpr std::size_t kMostFrameBytes = 1275;  // RFC 6716 §3.2.1
constexpr std::size_t kJoinBytes = 7680;       // 120 ms at 510 kbit/s, the most that Opus has
constexpr std::size_t kSilentBytes = 2;
// Of libopus since 1.0, unlisted in its headers: keeps all pieces of a payload in one mode, without which
// they can't be joined. Should it be refused, the pieces go out as several payloads.
constexpr int kForceMode = 11002;
constexpr int kSilk = 1000;
constexpr int kHybrid = 1001;
constexpr int kCelt = 1002;

// What speech needs (RFC 7587 §3.1.1), at the upper end: FEC takes a quarter of it and is left out by the
// library where there is less.
opus_int32 speech_bit_rate(std::uint32_t pcm_rate, unsigned channels) {
  const opus_int32 mono = pcm_rate <= 8'000    ? 16'000
                          : pcm_rate <= 12'000 ? 20'000
                          : pcm_rate <= 16'000 ? 24'000
                          : pcm_rate <= 24'000 ? 32'000
                                               : 40'000;
  return channels == 1 ? mono : mono * 8 / 5;
}

// The receiver can't play more than half of its rate.
int most_bandwidth(std::uint32_t playback_rate) {
  return playback_rate <= 8'000    ? OPUS_BANDWIDTH_NARROWBAND
         : playback_rate <= 12'000 ? OPUS_BANDWIDTH_MEDIUMBAND
         : playback_rate <= 16'000 ? OPUS_BANDWIDTH_WIDEBAND
         : playback_rate <= 24'000 ? OPUS_BANDWIDTH_SUPERWIDEBAND
                                   : OPUS_BANDWIDTH_FULLBAND;
}

// In units of 2.5 ms: the longest packet that libopus makes and of which a whole number fits.
std::size_t piece_units(std::size_t units) {
  constexpr std::array<std::size_t, 9> kPackets = {48, 40, 32, 24, 16, 8, 4, 2, 1};
  if (std::find(kPackets.begin(), kPackets.end(), units) != kPackets.end()) {
    return units;
  }
  for (const std::size_t packet :
       {std::size_t{24}, std::size_t{16}, std::size_t{8}, std::size_t{4}, std::size_t{2}}) {
    if (units % packet == 0) {
      return packet;
    }
  }
  return 1;
}

// Pieces that wait to be one payload.
class Joining {
 public:
  Joining(OpusRepacketizer* joiner, std::span<std::uint8_t> out) : joiner_(joiner), out_(out) {
    opus_repacketizer_init(joiner_);
  }
  // The next piece, at `offset`. False: it can't be joined to those before it.
  bool add(std::span<const std::uint8_t> piece, std::size_t offset, std::size_t samples) {
    if (opus_repacketizer_cat(joiner_, piece.data(), static_cast<opus_int32>(piece.size())) != OPUS_OK) {
      return false;
    }
    if (chunk_.samples == 0) {
      chunk_.offset_samples = static_cast<std::uint16_t>(offset);
    }
    chunk_.samples = static_cast<std::uint16_t>(chunk_.samples + samples);
    return true;
  }
  void close() {
    if (chunk_.samples == 0) {
      return;
    }
    const auto room = static_cast<opus_int32>(out_.size());
    if (const opus_int32 bytes = opus_repacketizer_out(joiner_, out_.data(), room); bytes > 0) {
      chunk_.bytes = static_cast<std::uint16_t>(bytes);
      chunks_.push_back(chunk_);
      out_ = out_.subspan(static_cast<std::size_t>(bytes));
    }
    chunk_ = {};
    opus_repacketizer_init(joiner_);
  }
  const Chunks& chunks() const { return chunks_; }

 private:
  OpusRepacketizer* joiner_;
  std::span<std::uint8_t> out_;
  Chunks chunks_;
  Chunk chunk_;
};

}  // namespace

void OpusEncoder::Free::operator()(::OpusEncoder* state) const {
  opus_encoder_destroy(state);
}
void OpusEncoder::FreeJoiner::operator()(OpusRepacketizer* joiner) const {
  opus_repacketizer_destroy(joiner);
}

OpusEncoder::OpusEncoder(const CodecParams& receiver, std::uint32_t pcm_rate, std::uint8_t channels,
                         EncoderOptions options)
    : state_(opus_encoder_create(static_cast<opus_int32>(pcm_rate), channels,
                                 options.tones ? OPUS_APPLICATION_RESTRICTED_LOWDELAY : OPUS_APPLICATION_VOIP,
                                 nullptr)),
      joiner_(opus_repacketizer_create()),
      pcm_rate_(pcm_rate),
      channels_(channels),
      dtx_(options.dtx),
      mono_(channels == 2 && !receiver.stereo) {
  if (state_ == nullptr) {
    return;
  }
  const auto least_rate = std::min(pcm_rate, std::max(receiver.max_playback_rate, 8'000U));
  opus_int32 bit_rate = options.tones ? kToneBitRate : speech_bit_rate(least_rate, mono_ ? 1 : channels);
  if (receiver.max_average_bitrate != 0) {
    bit_rate = std::min(bit_rate, static_cast<opus_int32>(std::min(receiver.max_average_bitrate, 510'000U)));
  }
  ::OpusEncoder* state = state_.get();
  opus_encoder_ctl(state, OPUS_SET_COMPLEXITY(options.tones ? kToneComplexity : kComplexity));
  opus_encoder_ctl(state, OPUS_SET_BITRATE(bit_rate));
  opus_encoder_ctl(state, OPUS_SET_VBR(receiver.constant_bit_rate ? 0 : 1));
  opus_encoder_ctl(
      state, OPUS_SET_MAX_BANDWIDTH(most_bandwidth(options.tones ? 8'000 : receiver.max_playback_rate)));
  opus_encoder_ctl(state, OPUS_SET_DTX(dtx_ ? 1 : 0));
  if (mono_) {
    opus_encoder_ctl(state, OPUS_SET_FORCE_CHANNELS(1));
  }
  if (receiver.inband_fec) {
    opus_encoder_ctl(state, OPUS_SET_INBAND_FEC(1));
    opus_encoder_ctl(state, OPUS_SET_PACKET_LOSS_PERC(kExpectedLossPercent));
  }
}

std::uint32_t OpusEncoder::delay_samples() const {
  opus_int32 samples = 0;
  opus_encoder_ctl(state_.get(), OPUS_GET_LOOKAHEAD(&samples));
  return static_cast<std::uint32_t>(samples);
}

// A decoder that comes from SILK to CELT begins anew, and so must what it is sent: otherwise it lacks what
// the encoder takes for known, and makes 10 to 20 ms of something else.
void OpusEncoder::restart() {
  opus_encoder_ctl(state_.get(), OPUS_RESET_STATE);
}

// Mode, bandwidth and channels of what follows as in `toc` (RFC 6716 §3.1).
void OpusEncoder::hold_mode(std::uint8_t toc) {
  const unsigned config = toc >> 3;
  const int mode = config < 12 ? kSilk : config < 16 ? kHybrid : kCelt;
  opus_encoder_ctl(state_.get(), kForceMode, mode);
  opus_encoder_ctl(state_.get(), OPUS_SET_BANDWIDTH(opus_packet_get_bandwidth(&toc)));
  if (channels_ == 2) {
    opus_encoder_ctl(state_.get(), OPUS_SET_FORCE_CHANNELS(opus_packet_get_nb_channels(&toc)));
  }
}

void OpusEncoder::release_mode() {
  opus_encoder_ctl(state_.get(), kForceMode, OPUS_AUTO);
  opus_encoder_ctl(state_.get(), OPUS_SET_BANDWIDTH(OPUS_AUTO));
  if (channels_ == 2) {
    opus_encoder_ctl(state_.get(), OPUS_SET_FORCE_CHANNELS(mono_ ? 1 : OPUS_AUTO));
  }
}

Chunks OpusEncoder::encode(std::span<const Sample> pcm, std::span<std::uint8_t> out) {
  const std::size_t unit = pcm_rate_ / 400;
  const std::size_t units = pcm.size() / channels_ / unit;
  const std::size_t piece_length = piece_units(units) * unit;  // samples per channel
  const std::size_t pieces = units * unit / piece_length;
  std::array<std::uint8_t, kJoinBytes> buffer;
  std::size_t used = 0;
  Joining joining(joiner_.get(), out);
  for (std::size_t i = 0; i < pieces; ++i) {
    const std::size_t most = std::min((buffer.size() - used) / (pieces - i), kMostFrameBytes * 6);
    const opus_int32 bytes =
        opus_encode(state_.get(), pcm.data() + i * piece_length * channels_, static_cast<int>(piece_length),
                    buffer.data() + used, static_cast<opus_int32>(most));
    if (bytes <= 0 || (dtx_ && bytes <= static_cast<opus_int32>(kSilentBytes))) {
      joining.close();
      continue;
    }
    const auto piece = std::span(buffer).subspan(used, static_cast<std::size_t>(bytes));
    used += piece.size();
    if (!joining.add(piece, i * piece_length, piece_length)) {
      joining.close();
      joining.add(piece, i * piece_length, piece_length);
    }
    if (pieces > 1 && i == 0) {
      hold_mode(piece[0]);
    }
  }
  joining.close();
  if (pieces > 1) {
    release_mode();
  }
  return joining.chunks();
}

}  // namespace pollux::codec
