// Memory for a detector: control thread.
#include <spandsp.h>

#include <new>

#include "dataplane/dtmf/tone_detector.hpp"

namespace pollux::dtmf {
namespace {

// Wider than Q.24 asks for, dB: spandsp takes the levels of what lies beside its frequencies too low. The
// tones are measured again before they are believed.
constexpr int kTwist = 12;
constexpr int kKeepThreshold = -99;

}  // namespace

std::unique_ptr<ToneDetector> ToneDetector::make() {
  std::unique_ptr<ToneDetector> detector(new (std::nothrow) ToneDetector);
  if (detector == nullptr) {
    return nullptr;
  }
  detector->rx_ = dtmf_rx_init(nullptr, nullptr, nullptr);
  if (detector->rx_ == nullptr) {
    return nullptr;
  }
  dtmf_rx_parms(detector->rx_, 0, kTwist, kTwist, kKeepThreshold);
  dtmf_rx_set_realtime_callback(detector->rx_, &ToneDetector::on_report, detector.get());
  return detector;
}

ToneDetector::~ToneDetector() {
  if (rx_ != nullptr) {
    dtmf_rx_free(rx_);
  }
}

}  // namespace pollux::dtmf
