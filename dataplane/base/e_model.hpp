// Speech quality as the E-model estimates it (ITU-T G.107), from what a receiver can measure.
#pragma once

#include <optional>
#include <string_view>

namespace pollux {

// A codec's susceptibility (ITU-T G.113 Appendix I).
struct Impairment {
  double equipment = 0;   // Ie: what the codec costs without loss
  double robustness = 1;  // Bpl: how well it stands random loss
};

// By encoding name, whatever its case. None: not tabled, so that nothing can be said. Wideband codecs are
// taken for as good as G.711 on the narrow-band scale.
std::optional<Impairment> impairment_of(std::string_view encoding);

struct ReceptionQuality {
  double loss = 0;              // share of the packets that never came, 0..1
  double mean_gap_packets = 1;  // lost in a row, on average; 1: each alone
  double delay_ms = 0;          // mouth to ear, one way, as far as it is known
};

// R, 0..93.2: the default values of G.107 except for what is given, with the delay impairment's usual
// approximation (Cole and Rosenbluth, 2001).
double r_factor(const Impairment& codec, const ReceptionQuality& reception);

// G.107 Annex B: 1.0..4.5.
double mos_of(double r_factor);

}  // namespace pollux
