#include "controlplane/sdp/codec_answer.hpp"

#include <algorithm>

#include "controlplane/sdp/codec_attribute.hpp"
#include "controlplane/sdp/leg_rules.hpp"

namespace pollux::sdp {

namespace {

struct Agreed {
  const Format* answer;
  const ToldFormat* told;
};

// A number means the same in the answer as in the offer, unless the answer says something else of it.
const ToldFormat* find_told(const CodecOffer& offer, const Format& answer, std::span<const Agreed> before) {
  const ToldFormat* found = nullptr;
  for (const ToldFormat& told : offer.told) {
    if (!same_format(told.format, answer) ||
        std::ranges::find(before, &told, &Agreed::told) != before.end()) {
      continue;
    }
    if (told.format.payload_type == answer.payload_type) {
      return &told;
    }
    found = found == nullptr ? &told : found;
  }
  return found;
}

class Answer {
 public:
  Answer(const CodecOffer& offer, std::span<const Format> offered, const CodecOptions& options)
      : offer_(offer), offered_(offered), options_(options) {}

  CodecAnswer run(std::span<const Format> answered, bool audio, std::vector<std::string>& warnings) {
    for (const Format& format : answered) {
      if (const ToldFormat* const told = find_told(offer_, format, agreed_)) {
        agreed_.push_back({&format, told});
      }
    }
    const auto first = std::ranges::find_if(agreed_, [](const Agreed& one) { return !rides(*one.answer); });
    if (first == agreed_.end()) {
      return {};
    }
    if (!audio || !first->answer->params || !first->told->format.params) {
      opaque(warnings);
    } else {
      looked_at();
    }
    return std::move(result_);
  }

 private:
  void opaque(std::vector<std::string>& warnings) {
    std::vector<std::pair<std::size_t, FormatPlan>> formats;
    bool any = false;
    for (const Agreed& one : agreed_) {
      if (!one.told->origin) {
        continue;
      }
      if (one.answer->payload_type != one.told->format.payload_type) {
        warnings.push_back("format " + std::to_string(one.answer->payload_type) +
                           " of the answer is left out: Pollux doesn't know it, and its number isn't the "
                           "offer's, " +
                           std::to_string(one.told->format.payload_type));
        continue;
      }
      any |= !rides(*one.answer);
      FormatPlan plan;
      plan.from = plan.payload_type = one.answer->payload_type;
      formats.emplace_back(*one.told->origin, std::move(plan));
    }
    if (any) {
      finish(std::move(formats));
    }
  }

  void looked_at() {
    std::vector<CodecFormat> answerer;
    std::vector<std::size_t> places;  // in the offerer's list
    for (const Agreed& one : agreed_) {
      if (one.answer->params) {
        answerer.push_back({*one.answer->params, one.answer->payload_type});
        if (one.told->origin && offered_[*one.told->origin].params) {
          places.push_back(*one.told->origin);
        }
      }
    }
    // By the number that it was told it may send the format all the same (RFC 3264 §5.1).
    for (const Agreed& one : agreed_) {
      if (one.answer->params && one.told->format.params) {
        const bool red = one.answer->params->id == CodecId::kRed;  // with the told number inside
        answerer.push_back(
            {red ? *one.told->format.params : *one.answer->params, one.told->format.payload_type});
      }
    }
    result_.answerer = leg_list(answerer);
    add_kept(places);
    if (options_.always_transcode || options_.keep_order) {
      std::ranges::sort(places);
    }
    add_events(places);
    if (options_.single) {
      leave_one(places);
    }
    std::vector<CodecFormat> offerer;
    for (const std::size_t place : places) {
      offerer.push_back({*offered_[place].params, offered_[place].payload_type});
    }
    result_.offerer = leg_list(offerer);
    if (result_.offerer.empty() || result_.answerer.empty()) {
      result_ = {};
      return;
    }
    std::vector<std::pair<std::size_t, FormatPlan>> formats;
    for (const std::size_t place : places) {
      if (std::ranges::find(result_.offerer, offered_[place].payload_type, &CodecFormat::payload_type) !=
          result_.offerer.end()) {
        formats.emplace_back(place, plan(place));
      }
    }
    finish(std::move(formats));
  }

  // What the offerer may use though the answer hasn't got it: it is transcoded.
  void add_kept(std::vector<std::size_t>& places) const {
    const bool shared =
        std::ranges::any_of(places, [this](std::size_t place) { return known_audio(offered_[place]); });
    for (std::size_t i = 0; i < offered_.size(); ++i) {
      const bool may = offer_.kept[i] || (!shared && known_audio(offered_[i]));
      if (offer_.usable[i] && may && offered_[i].params && std::ranges::find(places, i) == places.end()) {
        places.push_back(i);
      }
    }
  }

  // Where audio is transcoded events are translated: the offerer may have those of its own audio's clock.
  void add_events(std::vector<std::size_t>& places) const {
    const auto first =
        std::ranges::find_if(places, [this](std::size_t place) { return known_audio(offered_[place]); });
    if (first == places.end() || std::ranges::any_of(agreed_, [first](const Agreed& agreed) {
          return agreed.told->origin == *first;
        })) {
      return;
    }
    for (std::size_t i = 0; i < offered_.size(); ++i) {
      const Format& format = offered_[i];
      const bool events = format.params && format.params->id == CodecId::kTelephoneEvent;
      const bool clock = std::ranges::any_of(places, [&](std::size_t place) {
        return known_audio(offered_[place]) && offered_[place].clock_rate == format.clock_rate;
      });
      if (events && clock && offer_.usable[i] && std::ranges::find(places, i) == places.end()) {
        places.push_back(i);
      }
    }
  }

  void leave_one(std::vector<std::size_t>& places) const {
    bool seen = false;
    std::erase_if(
        places, [&](std::size_t place) { return known_audio(offered_[place]) && std::exchange(seen, true); });
  }

  FormatPlan plan(std::size_t place) const {
    const Format& format = offered_[place];
    FormatPlan plan;
    plan.payload_type = format.payload_type;
    const auto one =
        std::ranges::find_if(agreed_, [place](const Agreed& agreed) { return agreed.told->origin == place; });
    if (one != agreed_.end()) {
      plan.from = one->answer->payload_type;
    } else {
      plan.rtpmap = print_rtpmap(format);
    }
    if (one == agreed_.end() || format.params->id == CodecId::kRed) {
      plan.fmtp = print_fmtp(*format.params);  // of red: the numbers inside are the offerer's
    }
    return plan;
  }

  void finish(std::vector<std::pair<std::size_t, FormatPlan>> formats) {
    if (options_.keep_order || options_.always_transcode) {
      std::ranges::stable_sort(formats, {}, &std::pair<std::size_t, FormatPlan>::first);
    }
    for (auto& [place, plan] : formats) {
      result_.formats.push_back(std::move(plan));
    }
  }

  const CodecOffer& offer_;
  std::span<const Format> offered_;
  const CodecOptions& options_;
  std::vector<Agreed> agreed_;
  CodecAnswer result_;
};

}  // namespace

CodecAnswer answer_formats(const CodecOffer& offer, std::span<const Format> offered,
                           std::span<const Format> answered, const CodecOptions& options, bool audio,
                           std::vector<std::string>& warnings) {
  return Answer(offer, offered, options).run(answered, audio, warnings);
}

CodecAnswer expect_formats(const CodecOffer& offer, std::span<const Format> offered) {
  const auto first =
      std::ranges::find_if(offer.told, [](const ToldFormat& told) { return !rides(told.format); });
  if (first == offer.told.end() || !known_audio(first->format)) {
    return {};
  }
  std::vector<CodecFormat> offerer;
  std::vector<CodecFormat> answerer;
  for (std::size_t i = 0; i < offered.size(); ++i) {
    if (offer.usable[i] && offered[i].params) {
      offerer.push_back({*offered[i].params, offered[i].payload_type});
    }
  }
  for (const ToldFormat& told : offer.told) {
    if (told.format.params) {
      answerer.push_back({*told.format.params, told.format.payload_type});
    }
  }
  CodecAnswer result;
  result.offerer = leg_list(offerer);
  result.answerer = leg_list(answerer);
  if (result.offerer.empty() || result.answerer.empty()) {
    result = {};
  }
  return result;
}

}  // namespace pollux::sdp
