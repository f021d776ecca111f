#include "controlplane/sdp/codec_selection.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "controlplane/sdp/codec_attribute.hpp"
#include "controlplane/sdp/words.hpp"

namespace pollux::sdp {

namespace {

bool names(const CodecName& name, const Format& format) {
  if (name.all || name.full) {
    return name.all || format.params.has_value();
  }
  return !format.encoding.empty() && same_word(name.encoding, format.encoding) &&
         (name.clock_rate == 0 || name.clock_rate == format.clock_rate) &&
         (name.channels == 0 || name.channels == format.channels);
}

bool one_names(std::span<const CodecName> list, const Format& format) {
  return std::ranges::any_of(list, [&format](const CodecName& name) { return names(name, format); });
}

bool by_its_name(std::span<const CodecName> list, const Format& format) {
  return std::ranges::any_of(
      list, [&format](const CodecName& name) { return !name.all && !name.full && names(name, format); });
}

// "all" and "full" spare what `except` and `offer` name.
bool taken_out(std::span<const CodecName> list, const CodecOptions& options, const Format& format) {
  return by_its_name(list, format) ||
         (one_names(list, format) && !one_names(options.except, format) && !one_names(options.offer, format));
}

class Selection {
 public:
  Selection(std::span<const Format> offered, const CodecOptions& options, std::uint32_t known_codecs,
            std::vector<std::string>& warnings)
      : offered_(offered), options_(options), known_codecs_(known_codecs), warnings_(warnings) {}

  CodecOffer run() {
    for (const Format& format : offered_) {
      const bool masked =
          taken_out(options_.mask, options_, format) || taken_out(options_.consume, options_, format);
      masked_.push_back(masked);
      result_.usable.push_back(!taken_out(options_.strip, options_, format));
      result_.kept.push_back(result_.usable.back() &&
                             (masked || options_.always_transcode || one_names(options_.accept, format)));
    }
    named_first();
    for (std::size_t i = 0; i < offered_.size(); ++i) {
      if (!masked_[i]) {
        take(i);
      }
    }
    for (const CodecName& name : options_.transcode) {
      add(name);
    }
    for (const CodecName& name : options_.set) {
      change(name);
    }
    unmask_the_last();
    return std::move(result_);
  }

 private:
  bool is_told(std::size_t place) const {
    return std::ranges::any_of(result_.told,
                               [place](const ToldFormat& told) { return told.origin == place; });
  }

  void take(std::size_t place) {
    if (result_.usable[place] && !is_told(place)) {
      result_.told.push_back({offered_[place], place, false});
    }
  }

  bool has_codec(CodecId id) const { return (known_codecs_ >> static_cast<unsigned>(id) & 1U) != 0; }

  void named_first() {
    for (const CodecName& name : options_.offer) {
      for (std::size_t i = 0; i < offered_.size(); ++i) {
        if (!masked_[i] && names(name, offered_[i])) {
          take(i);
        }
      }
    }
  }

  void add(const CodecName& name) {
    if (name.full) {
      for (const CodecFacts& facts : kCodecs) {
        if (facts.audio && has_codec(facts.id)) {
          CodecName one;
          one.encoding = facts.name;
          add_one(one);
        }
      }
      return;
    }
    if (same_word(name.encoding, "telephone-event") && name.clock_rate == 0) {
      return add_events(name);
    }
    if (!name.all) {
      add_one(name);
    }
  }

  // One for each clock of what is offered (RFC 4733 §2.1).
  void add_events(const CodecName& name) {
    std::set<std::uint32_t> clocks;
    for (const ToldFormat& told : result_.told) {
      if (known_audio(told.format)) {
        clocks.insert(told.format.clock_rate);
      }
    }
    if (clocks.empty()) {
      clocks.insert(8000);
    }
    for (const std::uint32_t clock : clocks) {
      CodecName one = name;
      one.clock_rate = clock;
      add_one(one);
    }
  }

  void add_one(const CodecName& name) {
    for (const ToldFormat& told : result_.told) {
      if (names(name, told.format)) {
        return;
      }
    }
    for (std::size_t i = 0; i < offered_.size(); ++i) {
      if (result_.usable[i] && names(name, offered_[i])) {
        return take(i);  // it was masked
      }
    }
    const auto params = read_codec({name.encoding, name.clock_rate, name.channels, name.fmtp});
    if (!params) {
      warnings_.push_back("codec " + name.encoding + " isn't added: " + params.error().field + " " +
                          params.error().message);
      return;
    }
    if (!has_codec(params->id)) {
      warnings_.push_back("codec " + name.encoding + " isn't added: this node doesn't have it");
      return;
    }
    const auto number = free_number(*params);
    if (!number) {
      warnings_.push_back("codec " + name.encoding + " isn't added: no payload type is free");
      return;
    }
    Format format;
    format.payload_type = *number;
    format.encoding = codec_facts(params->id).name;
    format.clock_rate = params->clock_rate;
    format.channels = rtpmap_channels(*params);
    format.fmtp = name.fmtp.empty() ? print_fmtp(*params) : name.fmtp;
    format.params = *params;
    result_.told.push_back({std::move(format), std::nullopt, true});
  }

  std::optional<std::uint8_t> free_number(const CodecParams& params) const {
    std::array<bool, 256> used{};
    for (const ToldFormat& told : result_.told) {
      used[told.format.payload_type] = true;
    }
    for (std::size_t i = 0; i < offered_.size(); ++i) {
      used[offered_[i].payload_type] |= result_.usable[i];
    }
    const CodecFacts& facts = codec_facts(params.id);
    if (facts.static_payload_type && params.clock_rate == 8000 && !used[*facts.static_payload_type]) {
      return facts.static_payload_type;
    }
    for (const Format& format : offered_) {
      used[format.payload_type] = true;
    }
    for (const auto& [first, last] : {std::pair{96, 127}, std::pair{35, 63}}) {
      for (int number = first; number <= last; ++number) {
        if (!used[static_cast<std::size_t>(number)]) {
          return static_cast<std::uint8_t>(number);
        }
      }
    }
    return std::nullopt;
  }

  void change(const CodecName& name) {
    for (ToldFormat& told : result_.told) {
      if (name.all || name.full || name.fmtp.empty() || !names(name, told.format)) {
        continue;
      }
      const auto params =
          read_codec({told.format.encoding, told.format.clock_rate, told.format.channels, name.fmtp});
      if (!params) {
        warnings_.push_back("codec " + name.encoding + " isn't changed: " + params.error().field + " " +
                            params.error().message);
        return;
      }
      if (told.format.params) {  // else it isn't looked at, whatever it is called
        told.format.params = *params;
      }
      told.format.fmtp = name.fmtp;
      told.new_parameters = true;
    }
  }

  // An m= line needs a format: where masks leave no audio at all they are not followed.
  void unmask_the_last() {
    const auto audio = [](const ToldFormat& told) { return !rides(told.format); };
    if (std::ranges::any_of(result_.told, audio)) {
      return;
    }
    bool any = false;
    for (std::size_t i = 0; i < offered_.size(); ++i) {
      if (masked_[i] && result_.usable[i] && !rides(offered_[i])) {
        take(i);
        any = true;
      }
    }
    if (any) {
      warnings_.push_back(
          "mask and consume leave no audio format to offer: they are not followed; add one "
          "with transcode");
    }
  }

  std::span<const Format> offered_;
  const CodecOptions& options_;
  std::uint32_t known_codecs_;
  std::vector<std::string>& warnings_;
  std::vector<bool> masked_;
  CodecOffer result_;
};

}  // namespace

bool rides(const Format& format) {
  if (format.params) {
    return !codec_facts(format.params->id).audio;
  }
  return same_word(format.encoding, "telephone-event") || same_word(format.encoding, "CN") ||
         same_word(format.encoding, "red");
}

bool known_audio(const Format& format) {
  return format.params && codec_facts(format.params->id).audio;
}

bool same_format(const Format& a, const Format& b) {
  if (a.params && b.params) {
    return a.params->id == b.params->id && a.params->clock_rate == b.params->clock_rate &&
           a.params->channels == b.params->channels;
  }
  if (a.encoding.empty() || b.encoding.empty()) {
    return a.encoding.empty() && b.encoding.empty() && a.payload_type == b.payload_type;
  }
  return same_word(a.encoding, b.encoding) && a.clock_rate == b.clock_rate && a.channels == b.channels;
}

std::string print_rtpmap(const Format& format) {
  return format.encoding + "/" + std::to_string(format.clock_rate) +
         (format.channels > 1 ? "/" + std::to_string(format.channels) : "");
}

CodecOffer select_formats(std::span<const Format> offered, const CodecOptions& options,
                          std::uint32_t known_codecs, std::vector<std::string>& warnings) {
  return Selection(offered, options, known_codecs, warnings).run();
}

CodecOffer all_formats(std::span<const Format> offered) {
  CodecOffer offer;
  for (std::size_t i = 0; i < offered.size(); ++i) {
    offer.told.push_back({offered[i], i, false});
  }
  offer.usable.assign(offered.size(), true);
  offer.kept.assign(offered.size(), false);
  return offer;
}

std::vector<FormatPlan> plan_offer(const CodecOffer& offer) {
  std::vector<FormatPlan> plan;
  for (const ToldFormat& told : offer.told) {
    FormatPlan format;
    format.payload_type = told.format.payload_type;
    if (told.origin) {
      format.from = told.format.payload_type;
    } else {
      format.rtpmap = print_rtpmap(told.format);
    }
    if (told.new_parameters) {
      format.fmtp = told.format.fmtp;
    }
    plan.push_back(std::move(format));
  }
  return plan;
}

}  // namespace pollux::sdp
