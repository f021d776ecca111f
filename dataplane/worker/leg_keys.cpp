#include "dataplane/worker/leg_keys.hpp"

#include <utility>

namespace pollux::worker {

namespace {

constexpr std::size_t kMostRetired = 64;  // keys remembered per direction; the oldest are forgotten

tl::unexpected<Error> in_use(const std::string& field) {
  return fail(
      ErrorCode::kInvalidArgument, "INVALID_FIELD", field,
      "this key is in use with another suite, MKI or lifetime: what belongs to a key can't change; give a "
      "new one");
}

// A key goes on by its own count, whatever rollover counter it once began with.
bool goes_on(const SrtpParams& present, const SrtpParams& wanted) {
  return present.same_key(wanted) && present.suite == wanted.suite && present.mki == wanted.mki &&
         present.lifetime == wanted.lifetime;
}

tl::unexpected<Error> no_memory_for_keys() {
  return fail(ErrorCode::kExhausted, "SRTP_CONTEXTS_EXHAUSTED", "",
              "no room for another SRTP key: end sessions, or raise memory.max_endpoints; with srtp.backend "
              "libsrtp a key that has sent much RTCP can't come back either");
}

bool is_key(const KeyInUse& key, const SrtpParams& params) {
  return key.context != 0 && key.params->same_key(params);
}

// RFC 3711 §9.1: two senders under one key give each other away.
tl::unexpected<Error> sends_elsewhere(const std::string& path, const std::string& how) {
  return fail(ErrorCode::kInvalidArgument, "INVALID_FIELD", path + ".srtp_send",
              "this key " + how + ": give a new one, or remove it there first, by a change of its own");
}

const crypto::ContextState& used_before(const std::vector<RetiredKey>& retired, const SrtpParams& params) {
  static const crypto::ContextState kNothing;
  for (const RetiredKey& key : retired) {
    if (key.params->same_key(params)) {
      return key.state;
    }
  }
  return kNothing;
}

}  // namespace

Expected<crypto::ContextId> KeyMaker::plan_in(const LegKeys& keys, const RetiredKeys& retired,
                                              const SrtpParamsRef& wanted, const std::string& path) {
  if (!wanted) {
    return crypto::ContextId{0};
  }
  for (const KeyInUse* key : {&keys.in.present, &keys.in.former}) {
    if (key->context != 0 && goes_on(*key->params, *wanted)) {
      return key->context;  // as it is, or back to the one before
    }
    if (key->context != 0 && key->params->same_key(*wanted)) {
      return in_use(path + ".srtp_receive");
    }
  }
  const crypto::ContextId former = overlap_ms_ != 0 ? keys.in.present.context : 0;
  const crypto::ContextId made = backend_.make_receiver(*wanted, former, used_before(retired.in, *wanted));
  if (made == 0) {
    return no_memory_for_keys();
  }
  return made;
}

Expected<crypto::ContextId> KeyMaker::plan_out(const LegKeys& keys, std::span<const LegKeys> legs,
                                               const RetiredKeys& retired, const SrtpParamsRef& wanted,
                                               const std::string& path) {
  if (!wanted) {
    return crypto::ContextId{0};
  }
  const KeyInUse& present = keys.out.present;
  if (present.context != 0 && goes_on(*present.params, *wanted)) {
    return present.context;
  }
  if (present.context != 0 && present.params->same_key(*wanted)) {
    return in_use(path + ".srtp_send");
  }
  for (const LegKeys& other : legs) {
    if (&other != &keys && is_key(other.out.present, *wanted)) {
      return sends_elsewhere(path,
                             "is sent with on another leg");  // which this change may be about to remove
    }
    if (is_key(other.in.present, *wanted) || is_key(other.in.former, *wanted)) {
      return sends_elsewhere(path, "is, or was until now, that of what a party sends");
    }
  }
  const crypto::ContextId made = backend_.make_sender(*wanted, used_before(retired.out, *wanted));
  if (made == 0) {
    return no_memory_for_keys();
  }
  return made;
}

Expected<void> KeyMaker::plan(const LegKeys& keys, std::span<const LegKeys> legs, const RetiredKeys& retired,
                              const LegSpec& wanted, const std::string& path, session::LegPlan& plan) {
  plan.protection = wanted.srtp_passthrough ? session::Protection::kPassthrough
                    : wanted.srtp()         ? session::Protection::kSrtp
                                            : session::Protection::kNone;
  const auto in = plan_in(keys, retired, wanted.srtp_receive, path);
  if (!in) {
    return tl::unexpected(in.error());
  }
  plan.srtp_in = *in;
  plan.keeps_former_in = plan.srtp_in != 0 && plan.srtp_in != keys.in.present.context && overlap_ms_ != 0;
  const auto out = plan_out(keys, legs, retired, wanted.srtp_send, path);
  if (!out) {
    discard(keys, plan);
    return tl::unexpected(out.error());
  }
  plan.srtp_out = *out;
  return {};
}

void KeyMaker::discard(const LegKeys& keys, const session::LegPlan& plan) {
  const auto fresh = [](const KeysOfDirection& of, crypto::ContextId context) {
    return context != 0 && context != of.present.context && context != of.former.context;
  };
  if (fresh(keys.in, plan.srtp_in)) {
    backend_.release_alone(plan.srtp_in);
  }
  if (fresh(keys.out, plan.srtp_out)) {
    backend_.release(plan.srtp_out);
  }
}

void KeyMaker::commit(LegKeys& keys, const LegSpec& wanted, const session::LegPlan& plan,
                      std::uint64_t now_ms) {
  if (plan.srtp_in != keys.in.present.context) {
    // Contexts that drop out here come back with the plan: retire() finds them in `leaving`.
    const bool back = plan.srtp_in != 0 && plan.srtp_in == keys.in.former.context;
    if (keys.in.former.context != 0 && !back) {
      keys.in.leaving.push_back(keys.in.former);
    }
    keys.in.former = {};
    if (keys.in.present.context != 0) {
      (plan.keeps_former_in ? keys.in.former : keys.in.leaving.emplace_back()) = keys.in.present;
    }
    keys.former_until_ms = keys.in.former.context != 0 ? now_ms + overlap_ms_ : 0;
    keys.in.present = {plan.srtp_in, wanted.srtp_receive};
  }
  if (plan.srtp_out != keys.out.present.context) {
    if (keys.out.present.context != 0) {
      keys.out.leaving.push_back(keys.out.present);
    }
    keys.out.present = {plan.srtp_out, wanted.srtp_send};
  }
}

void KeyMaker::remember(const KeyInUse& key, std::vector<RetiredKey>& retired) const {
  std::erase_if(retired, [&](const RetiredKey& old) { return old.params->same_key(*key.params); });
  if (retired.size() == kMostRetired) {
    retired.erase(retired.begin());
  }
  retired.push_back({key.params, backend_.state(key.context)});
}

void KeyMaker::retire_one(KeysOfDirection& keys, crypto::ContextId context,
                          std::vector<RetiredKey>& retired) {
  if (context == 0) {
    return;
  }
  for (auto key = keys.leaving.begin(); key != keys.leaving.end(); ++key) {
    if (key->context == context) {
      remember(*key, retired);
      keys.leaving.erase(key);
      break;
    }
  }
  backend_.release(context);
}

void KeyMaker::retire(LegKeys& keys, const session::LegPlan& plan, RetiredKeys& retired) {
  for (const crypto::ContextId context : plan.retired_in) {
    if (context == keys.in.present.context) {
      continue;  // it was to be forgotten, and a later plan has brought it back
    }
    if (context != 0 && context == keys.in.former.context) {  // its time is over
      keys.in.leaving.push_back(std::exchange(keys.in.former, {}));
      keys.former_until_ms = 0;
    }
    retire_one(keys.in, context, retired.in);
  }
  retire_one(keys.out, plan.retired_out, retired.out);
}

void KeyMaker::retire_all(LegKeys& keys, RetiredKeys& retired) {
  for (const KeyInUse* key : {&keys.in.former, &keys.in.present}) {
    if (key->context != 0) {
      remember(*key, retired.in);
    }
  }
  if (keys.out.present.context != 0) {
    remember(keys.out.present, retired.out);
  }
  release(keys);
}

void KeyMaker::release(LegKeys& keys) {
  if (keys.in.present.context != 0) {
    backend_.release(keys.in.present.context);  // the former one goes with it
  }
  if (keys.out.present.context != 0) {
    backend_.release(keys.out.present.context);
  }
  keys = {};
}

SrtpDirectionStats KeyMaker::stats_of(const KeyInUse& key) const {
  const crypto::ContextState state = backend_.state(key.context);
  SrtpDirectionStats stats;
  stats.rtp_packets = state.rtp_packets;
  stats.rtcp_packets = state.rtcp_packets;
  stats.rtp_packets_left = state.rtp_packets_left;
  for (const crypto::StreamState& stream : state.streams) {
    stats.streams.push_back({stream.ssrc, static_cast<std::uint32_t>(stream.highest_index >> 16),
                             static_cast<std::uint16_t>(stream.highest_index)});
  }
  return stats;
}

void KeyMaker::fill(const LegKeys& keys, LegStats& stats) const {
  if (keys.in.present.context != 0) {
    stats.srtp_receive = stats_of(keys.in.present);
    stats.srtp_receive->overlap = keys.in.former.context != 0;
  }
  if (keys.out.present.context != 0) {
    stats.srtp_send = stats_of(keys.out.present);
  }
}

}  // namespace pollux::worker
