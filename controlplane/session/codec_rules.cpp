#include "controlplane/session/codec_rules.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace pollux::control {

namespace {

constexpr std::uint16_t kMinPtimeMs = 5;
constexpr std::uint8_t kFirstFreePayloadType = 35;  // below: given away, or reserved (RFC 3551 §6)

const CodecFacts& facts_of(const CodecFormat& codec) {
  return codec_facts(codec.params.id);
}

// The least whole number of milliseconds that is a whole number of frames.
int whole_frames_ms(const CodecFacts& facts) {
  int ms = 1;
  while (ms * 8 % facts.frame_samples != 0) {
    ++ms;
  }
  return ms;
}

bool is_known(CodecId id, std::span<const CodecCost> known) {
  return !codec_facts(id).audio ||
         std::any_of(known.begin(), known.end(), [id](const CodecCost& cost) { return cost.id == id; });
}

std::string names_of(std::span<const CodecCost> known) {
  std::string names;
  for (const CodecCost& cost : known) {
    names += (names.empty() ? "" : ", ") + std::string(codec_facts(cost.id).name);
  }
  return names.empty() ? "none" : names;
}

const CodecFormat* first_audio(const LegRequest& leg) {
  const auto end = leg.codecs.begin() + static_cast<std::ptrdiff_t>(std::min(leg.codecs.size(), kMaxCodecs));
  const auto found =
      std::find_if(leg.codecs.begin(), end, [](const CodecFormat& codec) { return facts_of(codec).audio; });
  return found == end ? nullptr : &*found;
}

class CodecCheck {
 public:
  CodecCheck(const LegRequest& leg, std::string path, Violations& violations)
      : leg_(leg), path_(std::move(path)), violations_(violations) {}

  void list(std::span<const CodecCost> known) {
    if (leg_.codecs.size() > kMaxCodecs) {
      add("codecs", "at most " + std::to_string(kMaxCodecs) + " codecs");
    }
    std::array<bool, 256> seen{};
    for (std::size_t i = 0; i < std::min(leg_.codecs.size(), kMaxCodecs); ++i) {
      const CodecFormat& codec = leg_.codecs[i];
      const std::string at = "codecs[" + std::to_string(i) + "].";
      payload_type(codec, at + "payload_type", std::exchange(seen[codec.payload_type], true));
      if (!is_known(codec.params.id, known)) {
        add(at + "encoding", "this build of Pollux has no " + std::string(facts_of(codec).name) +
                                 "; it has: " + names_of(known));
      }
    }
    if (first_audio(leg_) == nullptr) {
      add("codecs", "at least one must be audio: CN, telephone-event and red only ride along");
    }
  }

  // What the list rules out.
  void others() {
    if (!leg_.payload_types.empty()) {
      add("payload_types", "not together with codecs, which say what each payload type is");
    }
    if (leg_.srtp_passthrough) {
      add("srtp_passthrough", "not together with codecs: media that stays encrypted can't be transcoded");
    }
  }

  // What needs a list.
  void without_list() {
    const auto needs = [this](bool set, const char* field) {
      if (set) {
        add(field, "has an effect only with codecs: give the leg codecs, or leave this out");
      }
    };
    needs(leg_.ptime_ms != 0, "ptime_ms");
    needs(leg_.dtx, "dtx");
    needs(leg_.rtcp_xr, "rtcp_xr");
  }

  void ptime() {
    if (leg_.ptime_ms == 0) {
      return;
    }
    if (leg_.ptime_ms < kMinPtimeMs || leg_.ptime_ms > kMaxPtimeMs) {
      add("ptime_ms", "must be 0 (as it comes) or 5..120, not " + std::to_string(leg_.ptime_ms));
      return;
    }
    const CodecFormat* const audio = first_audio(leg_);
    if (audio == nullptr) {
      return;
    }
    const CodecFacts& facts = facts_of(*audio);
    const std::string name(facts.name);
    const int step_ms = whole_frames_ms(facts);
    if (leg_.ptime_ms > facts.max_ptime_ms) {
      add("ptime_ms", "must be at most " + std::to_string(facts.max_ptime_ms) + " for " + name +
                          ", the first audio codec, not " + std::to_string(leg_.ptime_ms));
    } else if (leg_.ptime_ms % step_ms != 0) {
      add("ptime_ms", "must be a multiple of " + std::to_string(step_ms) + " for the frames of " + name +
                          ", the first audio codec, not " + std::to_string(leg_.ptime_ms));
    }
  }

  void jitter_window() {
    if (leg_.jitter_window_ms.value_or(0) > kMaxJitterWindowMs) {
      add("jitter_window_ms", "must be 0 (don't wait) .." + std::to_string(kMaxJitterWindowMs) + ", not " +
                                  std::to_string(*leg_.jitter_window_ms));
    }
  }

  void needed_for(const std::string& other) {
    add("codecs", "must be set: media goes between this leg and leg " + shown(other) +
                      ", which has codecs; name what this leg's party takes and sends");
  }

 private:
  void payload_type(const CodecFormat& codec, const std::string& field, bool twice) {
    const std::uint8_t number = codec.payload_type;
    const CodecFacts& facts = facts_of(codec);
    if (number > 127 || (number >= 64 && number <= 95)) {
      add(field, "must be 0..63 or 96..127, not " + std::to_string(number) +
                     " (64..95 can't be told from RTCP, RFC 5761 section 4)");
    } else if (twice) {
      add(field, std::to_string(number) + " is there twice");
    } else if (number < kFirstFreePayloadType &&
               (facts.static_payload_type != number || codec.params.clock_rate != 8000)) {
      const bool has = facts.static_payload_type.has_value() && codec.params.clock_rate == 8000;
      add(field, std::to_string(number) + " isn't " + std::string(facts.name) +
                     (has ? ", which is " + std::to_string(*facts.static_payload_type) : "") +
                     " (RFC 3551 section 6): use " + (has ? "that, or " : "") + "one of 96..127");
    }
  }

  void add(const std::string& field, std::string description) {
    violations_.push_back({path_ + "." + field, std::move(description)});
  }

  const LegRequest& leg_;
  std::string path_;
  Violations& violations_;
};

bool feeds(const LegRequest& from, const LegRequest& to) {
  const auto end = from.sinks.begin() + static_cast<std::ptrdiff_t>(std::min(from.sinks.size(), kMaxLegs));
  return std::find(from.sinks.begin(), end, to.id) != end;
}

}  // namespace

void check_codecs(const SessionRequest& request, std::span<const CodecCost> known, const LegPath& leg_path,
                  Violations& violations) {
  const std::span<const LegRequest> legs =
      std::span(request.legs).first(std::min(request.legs.size(), kMaxLegs));
  for (std::size_t i = 0; i < legs.size(); ++i) {
    CodecCheck check(legs[i], leg_path(i), violations);
    if (!legs[i].codecs.empty()) {
      check.list(known);
      check.others();
      check.ptime();
      check.jitter_window();
      continue;
    }
    check.without_list();
    const auto partner = std::find_if(legs.begin(), legs.end(), [&](const LegRequest& other) {
      return !other.codecs.empty() && (feeds(legs[i], other) || feeds(other, legs[i]));
    });
    if (partner != legs.end()) {
      check.needed_for(partner->id);
    }
  }
}

}  // namespace pollux::control
