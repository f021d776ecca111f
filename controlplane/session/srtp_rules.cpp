#include "controlplane/session/srtp_rules.hpp"

#include <algorithm>

namespace pollux::control {

namespace {

constexpr std::uint64_t kLeastLifetime =
    1024;  // less than half a minute of voice: nobody could re-key in time

const LegRequest* find_leg(std::span<const LegRequest> legs, std::string_view id) {
  const auto found =
      std::find_if(legs.begin(), legs.end(), [id](const LegRequest& leg) { return leg.id == id; });
  return found == legs.end() ? nullptr : &*found;
}

bool same_key(const SrtpParamsRef& a, const SrtpParamsRef& b) {
  return a && b && a->same_key(*b);
}

// The checks of one leg; collects into one list.
class SrtpCheck {
 public:
  SrtpCheck(const LegRequest& leg, std::string path, Violations& violations)
      : leg_(leg), path_(std::move(path)), violations_(violations) {}

  // `before`: the leg as it was; null: a new one.
  void keys(bool allow_null_cipher, const LegRequest* before) {
    const auto known = [before](const SrtpParamsRef& params, SrtpParamsRef LegRequest::*which) {
      return before != nullptr && before->*which == params;
    };
    key("srtp_receive", leg_.srtp_receive,
        allow_null_cipher || known(leg_.srtp_receive, &LegRequest::srtp_receive));
    key("srtp_send", leg_.srtp_send, allow_null_cipher || known(leg_.srtp_send, &LegRequest::srtp_send));
    if (same_key(leg_.srtp_send, leg_.srtp_receive)) {
      add("srtp_send.master_key",
          "is the key of srtp_receive too: two streams under one key give each other away (two-time pad, RFC "
          "3711 section 9.1). Make a key of its own for what is sent");
    }
  }

  void key_of_its_own(std::span<const LegRequest> earlier) {
    for (const LegRequest& other : earlier) {
      if (same_key(leg_.srtp_send, other.srtp_send)) {
        return add("srtp_send.master_key",
                   "is sent with on leg " + shown(other.id) +
                       " too: two streams under one key give each other away (two-time pad, RFC 3711 section "
                       "9.1). Make a key for each leg");
      }
    }
  }

  // What came under a key and is sent on under it goes out as it came only while nothing is changed; reports,
  // BYE and digits are.
  void key_of_no_party(std::span<const LegRequest> legs) {
    for (const LegRequest& other : legs) {
      if (&other != &leg_ && same_key(leg_.srtp_send, other.srtp_receive)) {
        return add(
            "srtp_send.master_key",
            "is the key that leg " + shown(other.id) +
                "'s party sends with: two senders under one key give each other away (two-time pad, RFC "
                "3711 section 9.1). Make a key of its own, or set srtp_passthrough on both legs");
      }
    }
  }

  void passthrough(std::span<const LegRequest> legs) {
    if (leg_.srtp_passthrough) {
      untouched();
    }
    for (std::size_t i = 0; i < std::min(leg_.sinks.size(), kMaxLegs); ++i) {
      const LegRequest* sink = find_leg(legs, leg_.sinks[i]);
      if (sink == nullptr || sink->srtp_passthrough == leg_.srtp_passthrough) {
        continue;
      }
      return add(
          "srtp_passthrough",
          leg_.srtp_passthrough
              ? "its sink " + shown(sink->id) + " doesn't pass SRTP through: set srtp_passthrough there too"
              : "its sink " + shown(sink->id) + " passes SRTP through: set srtp_passthrough here too");
    }
  }

 private:
  void key(const std::string& field, const SrtpParamsRef& params, bool null_allowed) {
    if (!params) {
      return;
    }
    const SrtpSuiteFacts& facts = facts_of(params->suite);
    if (facts.cipher == SrtpCipher::kNull && !null_allowed) {
      add(field + ".suite", std::string(facts.name) +
                                " doesn't encrypt; this node takes it only with srtp.allow_null_cipher: true "
                                "in its configuration");
    }
    if (params->lifetime != 0 && (params->lifetime < kLeastLifetime || params->lifetime > kMaxSrtpLifetime)) {
      add(field + ".lifetime", "must be 0 (as many packets as the suite allows) or 1024..2^48, not " +
                                   std::to_string(params->lifetime));
    }
  }

  void untouched() {
    static constexpr const char* kWhy = ": SRTP passes through this leg untouched (srtp_passthrough)";
    if (leg_.srtp_receive) {
      add("srtp_receive", std::string("must be unset") + kWhy);
    }
    if (leg_.srtp_send) {
      add("srtp_send", std::string("must be unset") + kWhy);
    }
    if (leg_.stream_mode != StreamMode::kPreserve) {
      add("stream_mode", std::string("must be PRESERVE") + kWhy);
    }
    if (!leg_.payload_types.empty()) {
      add("payload_types", std::string("must be empty") + kWhy);
    }
  }

  void add(const std::string& field, std::string description) {
    violations_.push_back({path_ + "." + field, std::move(description)});
  }

  const LegRequest& leg_;
  std::string path_;
  Violations& violations_;
};

}  // namespace

void check_srtp(const SessionRequest& request, bool allow_null_cipher, const SessionRequest* before,
                const LegPath& leg_path, Violations& violations) {
  const std::span legs = std::span(request.legs).first(std::min(request.legs.size(), kMaxLegs));
  for (std::size_t i = 0; i < legs.size(); ++i) {
    SrtpCheck check(legs[i], leg_path(i), violations);
    check.keys(allow_null_cipher, before == nullptr ? nullptr : find_leg(before->legs, legs[i].id));
    check.key_of_its_own(legs.first(i));
    check.key_of_no_party(legs);
    check.passthrough(legs);
  }
}

}  // namespace pollux::control
