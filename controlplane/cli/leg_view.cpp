#include "controlplane/cli/leg_view.hpp"

#include <algorithm>

#include "controlplane/cli/format.hpp"

namespace pollux::cli {

namespace {

constexpr double kRtcpAliveSeconds = 15;  // three of RFC 3550's least intervals

std::uint64_t packets_of(const v1::LegState& state, const std::string& reason) {
  for (const auto& drop : state.drops()) {
    if (drop.reason() == reason) {
      return drop.packets();
    }
  }
  return 0;
}

}  // namespace

bool LegView::party_sends() const {
  return spec->direction() != v1::DIRECTION_RECVONLY && spec->direction() != v1::DIRECTION_INACTIVE;
}

bool LegView::party_receives() const {
  return spec->direction() != v1::DIRECTION_SENDONLY && spec->direction() != v1::DIRECTION_INACTIVE;
}

bool LegView::rtcp_is_alive() const {
  return rtcp().rx_packets() > 0 && seconds_of(rtcp().last_rx_age()) < kRtcpAliveSeconds;
}

double LegView::silence_seconds() const {
  return seconds_of(rtp().last_rx_age());
}

std::uint64_t LegView::dropped(std::initializer_list<const char*> reasons) const {
  std::uint64_t sum = 0;
  for (const char* reason : reasons) {
    sum += packets_of(*state, reason);
  }
  return sum;
}

std::uint64_t LegView::refused() const {
  return dropped({"source_mismatch", "source_unproven", "source_impossible"});
}

std::string LegView::drops_text(std::initializer_list<const char*> reasons) const {
  std::string out;
  for (const char* reason : reasons) {
    if (const std::uint64_t packets = packets_of(*state, reason); packets > 0) {
      out += (out.empty() ? "" : ", ") + std::string(reason) + " " + human_count(packets);
    }
  }
  return out;
}

const v1::DropCounter* LegView::main_drop() const {
  const auto& drops = state->drops();
  const auto most = std::max_element(
      drops.begin(), drops.end(),
      [](const v1::DropCounter& a, const v1::DropCounter& b) { return a.packets() < b.packets(); });
  return most == drops.end() || most->packets() == 0 ? nullptr : &*most;
}

LegView find_leg(const v1::Session& session, const std::string& leg_id) {
  LegView leg{&v1::LegSpec::default_instance(), &v1::LegState::default_instance()};
  for (const auto& spec : session.spec().legs()) {
    if (spec.leg_id() == leg_id) {
      leg.spec = &spec;
    }
  }
  for (const auto& state : session.state().legs()) {
    if (state.leg_id() == leg_id) {
      leg.state = &state;
    }
  }
  return leg;
}

std::vector<std::string> sinks_of(const v1::Session& session, const v1::LegSpec& leg) {
  const auto& legs = session.spec().legs();
  const bool none_said =
      std::all_of(legs.begin(), legs.end(), [](const auto& l) { return l.sinks().empty(); });
  if (legs.size() == 2 && none_said) {
    return {legs[legs[0].leg_id() == leg.leg_id() ? 1 : 0].leg_id()};
  }
  return {leg.sinks().begin(), leg.sinks().end()};
}

}  // namespace pollux::cli
