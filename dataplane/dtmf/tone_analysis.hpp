// Two sine waves in noise: how fast, how loud and from when to when. For the few moments at which a detector
// has a suspicion, not for every sample.
#pragma once

#include <cstddef>
#include <span>

namespace pollux::dtmf {

// cosine * cos(step * i) + sine * sin(step * i), i counted from the sample that it was fitted from.
struct SineWave {
  double step = 0;  // radians per sample
  double cosine = 0;
  double sine = 0;
  double amplitude() const;
};

struct TwoTones {
  SineWave low;
  SineWave high;
};

inline constexpr std::size_t kMostAnalysed = 1216;  // samples

// The least squares fit of two tones with these steps. Pre: 32 samples at least.
TwoTones fit_tones(std::span<const float> pcm, double low_step, double high_step);

// The same, with the steps themselves found near those that are given: to about 0.1 % at a signal-to-noise
// ratio of 15 dB and 160 samples. Pre: 112 samples at least.
TwoTones find_tones(std::span<const float> pcm, double low_step, double high_step);

// The power of what isn't the two tones, as a share of the whole; 1 for silence.
double residue(std::span<const float> pcm, const TwoTones& tones);

// Samples of which nothing is known, and which count neither way.
struct Unknown {
  std::size_t first = 0;
  std::size_t last = 0;
};

// Where in `pcm` the tones are, which were fitted from sample `origin` on and are certain to be there in
// [inside_first, inside_last): outside of it, from where on and up to where it is likelier that they are
// there than not.
struct ToneExtent {
  std::size_t first = 0;
  std::size_t last = 0;
  std::size_t first_of_either = 0;  // one tone may begin before the other
};
ToneExtent find_extent(std::span<const float> pcm, const TwoTones& tones, std::size_t origin,
                       std::size_t inside_first, std::size_t inside_last, Unknown unknown);

}  // namespace pollux::dtmf
