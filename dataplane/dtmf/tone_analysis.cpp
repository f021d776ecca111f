#include "dataplane/dtmf/tone_analysis.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <utility>

namespace pollux::dtmf {
namespace {

constexpr std::size_t kUnknowns = 4;
constexpr int kRounds = 3;  // of find_tones(): each takes out what the tones hide of each other

// The unit vector at angle `step * i`, sample by sample, without a call of sin() for each.
class Rotor {
 public:
  Rotor(double step, double from) : now_(std::polar(1.0, step * from)), turn_(std::polar(1.0, step)) {}
  std::complex<double> next() {
    const auto at = now_;
    now_ = {now_.real() * turn_.real() - now_.imag() * turn_.imag(),
            now_.real() * turn_.imag() + now_.imag() * turn_.real()};
    return at;
  }

 private:
  std::complex<double> now_;
  std::complex<double> turn_;
};

class Wave {
 public:
  Wave(const SineWave& wave, double from) : rotor_(wave.step, from), wave_(wave) {}
  double next() {
    const auto at = rotor_.next();
    return wave_.cosine * at.real() + wave_.sine * at.imag();
  }

 private:
  Rotor rotor_;
  SineWave wave_;
};

// Of a symmetric, positive definite system; what is singular gives zeros.
std::array<double, kUnknowns> solve(std::array<std::array<double, kUnknowns + 1>, kUnknowns> rows) {
  for (std::size_t i = 0; i < kUnknowns; ++i) {
    if (std::abs(rows[i][i]) < 1e-9) {
      return {};
    }
    for (std::size_t j = i + 1; j < kUnknowns; ++j) {
      const double factor = rows[j][i] / rows[i][i];
      for (std::size_t k = i; k <= kUnknowns; ++k) {
        rows[j][k] -= factor * rows[i][k];
      }
    }
  }
  std::array<double, kUnknowns> result{};
  for (std::size_t i = kUnknowns; i-- > 0;) {
    double sum = rows[i][kUnknowns];
    for (std::size_t k = i + 1; k < kUnknowns; ++k) {
      sum -= rows[i][k] * result[k];
    }
    result[i] = sum / rows[i][i];
  }
  return result;
}

// How much faster than `step` one tone of `pcm` turns, `other` taken out: by the phases of two windows that
// overlap by a half (each a third of a turn from being mistaken at 70 Hz).
double drift(std::span<const float> pcm, double step, const SineWave& other) {
  const std::size_t hop = pcm.size() / 3;
  const std::size_t length = 2 * hop;
  std::array<std::complex<double>, 2> sums{};
  Rotor rotor(step, 0);
  Wave hidden(other, 0);
  Rotor shape(2 * M_PI / static_cast<double>(length), 0.5);
  std::array<double, kMostAnalysed> window;
  for (std::size_t i = 0; i < length; ++i) {
    window[i] = 1 - shape.next().real();
  }
  for (std::size_t i = 0; i < 3 * hop; ++i) {
    const std::complex<double> turned = (pcm[i] - hidden.next()) * std::conj(rotor.next());
    if (i < length) {
      sums[0] += window[i] * turned;
    }
    if (i >= hop) {
      sums[1] += window[i - hop] * turned;
    }
  }
  const std::complex<double> turn = {sums[1].real() * sums[0].real() + sums[1].imag() * sums[0].imag(),
                                     sums[1].imag() * sums[0].real() - sums[1].real() * sums[0].imag()};
  return std::arg(turn) / static_cast<double>(hop);
}

}  // namespace

double SineWave::amplitude() const {
  return std::sqrt(cosine * cosine + sine * sine);
}

TwoTones fit_tones(std::span<const float> pcm, double low_step, double high_step) {
  std::array<std::array<double, kUnknowns + 1>, kUnknowns> rows{};
  Rotor low(low_step, 0);
  Rotor high(high_step, 0);
  for (const float sample : pcm) {
    const auto l = low.next();
    const auto h = high.next();
    const std::array<double, kUnknowns + 1> basis = {l.real(), l.imag(), h.real(), h.imag(), sample};
    for (std::size_t i = 0; i < kUnknowns; ++i) {
      for (std::size_t j = 0; j <= kUnknowns; ++j) {
        rows[i][j] += basis[i] * basis[j];
      }
    }
  }
  const auto found = solve(rows);
  return {{low_step, found[0], found[1]}, {high_step, found[2], found[3]}};
}

TwoTones find_tones(std::span<const float> pcm, double low_step, double high_step) {
  TwoTones tones = fit_tones(pcm, low_step, high_step);
  for (int i = 0; i < kRounds; ++i) {
    const double low = tones.low.step + drift(pcm, tones.low.step, tones.high);
    const double high = tones.high.step + drift(pcm, tones.high.step, tones.low);
    tones = fit_tones(pcm, low, high);
  }
  return tones;
}

double residue(std::span<const float> pcm, const TwoTones& tones) {
  Wave low(tones.low, 0);
  Wave high(tones.high, 0);
  double rest = 0;
  double all = 0;
  for (const float sample : pcm) {
    const double error = sample - low.next() - high.next();
    rest += error * error;
    all += double{sample} * sample;
  }
  return all > 0 ? rest / all : 1;
}

// The likelihood of a change at i is, but for a constant, the sum of model * (2 * sample - model) over what
// is taken for tone: what squares lose when the model is taken out.
ToneExtent find_extent(std::span<const float> pcm, const TwoTones& tones, std::size_t origin,
                       std::size_t inside_first, std::size_t inside_last, Unknown unknown) {
  std::array<double, kMostAnalysed> low;
  std::array<double, kMostAnalysed> high;
  const double from = -static_cast<double>(origin);
  Wave low_wave(tones.low, from);
  Wave high_wave(tones.high, from);
  for (std::size_t i = 0; i < pcm.size(); ++i) {
    low[i] = low_wave.next();
    high[i] = high_wave.next();
  }
  const auto known = [&](std::size_t i) { return i < unknown.first || i >= unknown.last; };
  const auto both = [&](std::size_t i) {
    const double model = low[i] + high[i];
    return known(i) ? model * (2 * pcm[i] - model) : 0;
  };
  const auto back = [&](const auto& gain) {
    std::size_t best = inside_first;
    double sum = 0;
    double most = 0;
    for (std::size_t i = inside_first; i-- > 0;) {
      sum += gain(i);
      if (sum > most) {
        most = sum;
        best = i;
      }
    }
    return best;
  };
  ToneExtent extent{back(both), inside_last, 0};
  double sum = 0;
  double most = 0;
  for (std::size_t i = inside_last; i < pcm.size(); ++i) {
    sum += both(i);
    if (sum > most) {
      most = sum;
      extent.last = i + 1;
    }
  }
  const auto alone = [&](const auto& own, const auto& other) {
    return back([&](std::size_t i) {
      const double rest = pcm[i] - (i >= extent.first ? other[i] : 0);
      return known(i) ? own[i] * (2 * rest - own[i]) : 0;
    });
  };
  extent.first_of_either = std::min({extent.first, alone(low, high), alone(high, low)});
  return extent;
}

}  // namespace pollux::dtmf
