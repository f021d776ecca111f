#include "controlplane/sdp/dialog.hpp"

#include <algorithm>
#include <utility>

#include "controlplane/sdp/section_writer.hpp"
#include "controlplane/sdp/session_writer.hpp"
#include "controlplane/sdp/words.hpp"

namespace pollux::sdp {

namespace {

// Some leave out what they reject at the end: `body` with those sections, as they should be.
Document with_all_sections(Document body, std::span<const SectionState> sections, Side offerer) {
  for (const SectionState& section : sections.subspan(std::min(body.sections.size(), sections.size()))) {
    const SaidMedia& offered = section.party(offerer).said;
    Line line;
    line.type = 'm';
    line.end = body.line_end();
    line.value = offered.kind_name + " 0 " + offered.protocol;
    if (!offered.format_list.empty()) {
      line.value += ' ';
      line.value += offered.format_list;
    }
    body.sections.push_back({{std::move(line)}});
  }
  return body;
}

const Line& last_media_line(const Document& document) {
  return document.sections.empty() ? document.session.front() : document.sections.back().lines.front();
}

bool has_connection(const Section& section) {
  return std::ranges::any_of(section.lines, [](const Line& line) { return line.type == 'c'; });
}

bool media_flows(const SectionState& section) {
  const Direction caller = section.parties[0].said.effective_direction();
  const Direction callee = section.parties[1].said.effective_direction();
  return section.fate == Fate::kRelay &&
         ((sends(caller) && receives(callee)) || (sends(callee) && receives(caller)));
}

// A number of o= that nobody chose: up to 62 bits, since some read it into a signed one.
std::string new_session_id(RandomSource& random) {
  const std::uint64_t high = random();
  return std::to_string((high << 32 | random()) >> 2);
}

}  // namespace

Expected<void> Dialog::take_offer(Side from, const Document& offer, const SdpOptions& options,
                                  RandomSource& random, std::vector<std::string>& warnings) {
  auto media = describe(offer);
  if (!media) {
    return tl::unexpected(std::move(media.error()));
  }
  if (media->size() < sections_.size()) {
    return line_error(kSdpMalformed, last_media_line(offer),
                      "the offer has fewer m= lines than the dialog, " + std::to_string(sections_.size()) +
                          ": keep those that aren't needed, with port 0 (RFC 3264 section 8)");
  }
  Dialog next = *this;
  next.sections_.resize(media->size());
  next.options_ = options;
  next.offerer_ = from;
  next.offered_ = next.open_ = true;
  const Exchange exchange{from, options, options, next.places_, random, warnings};
  std::optional<Error> first;
  for (std::size_t i = 0; i < media->size(); ++i) {
    const auto taken = offer_section(next.sections_[i], {(*media)[i], offer.sections[i], i}, exchange);
    if (!taken) {
      warnings.push_back(taken.error().message + " (the section is rejected)");
      first = first ? first : taken.error();
    }
  }
  const bool any = std::ranges::any_of(
      next.sections_, [](const SectionState& section) { return section.fate != Fate::kReject; });
  if (first && !any) {
    return tl::unexpected(std::move(*first));
  }
  for (ToldSession& told : next.told_) {
    if (options.replace.session_id && told.session_id.empty()) {
      told.session_id = new_session_id(random);
    }
  }
  *this = std::move(next);
  return {};
}

Expected<void> Dialog::take_answer(Side from, const Document& answer, const SdpOptions& options,
                                   RandomSource& random, std::vector<std::string>& warnings) {
  if (!offered_ || from == offerer_) {
    return fail(ErrorCode::kInvalidArgument, "NO_OFFER", "sdp",
                "there is no offer that this party could answer: send its SDP as an offer");
  }
  const auto count_of = [](std::size_t count) { return std::to_string(count) + " m= lines"; };
  if (answer.sections.size() < sections_.size()) {
    warnings.push_back("the answer has " + count_of(answer.sections.size()) + ", and the offer " +
                       std::to_string(sections_.size()) + ": the last ones are taken as rejected");
    return take_answer(from, with_all_sections(answer, sections_, offerer_), options, random, warnings);
  }
  auto media = describe(answer);
  if (!media) {
    return tl::unexpected(std::move(media.error()));
  }
  if (media->size() > sections_.size()) {
    return line_error(kSdpMalformed, last_media_line(answer),
                      "the answer has " + count_of(media->size()) + ", and the offer " +
                          std::to_string(sections_.size()) +
                          ": answer each of them, in their order (RFC 3264 section 6)");
  }
  Dialog next = *this;
  next.open_ = false;
  const Exchange exchange{from, options_, options, next.places_, random, warnings};
  for (std::size_t i = 0; i < media->size(); ++i) {
    SectionState& section = next.sections_[i];
    if (!same_word((*media)[i].kind_name, section.party(offerer_).said.kind_name)) {
      return line_error(kSdpMalformed, answer.sections[i].lines.front(),
                        "the offer's section was " + section.party(offerer_).said.kind_name +
                            ": answer the sections in their order (RFC 3264 section 6)");
    }
    if (auto taken = answer_section(section, {(*media)[i], answer.sections[i], i}, exchange); !taken) {
      return taken;
    }
  }
  *this = std::move(next);
  return {};
}

std::vector<SectionLegs> Dialog::legs() const {
  std::vector<SectionLegs> legs(sections_.size());
  for (std::size_t i = 0; i < sections_.size(); ++i) {
    if (sections_[i].offered == Fate::kRelay) {
      legs[i].sides = std::array{sections_[i].parties[0].leg, sections_[i].parties[1].leg};
    }
  }
  return legs;
}

Document Dialog::write(Side from, const Document& body, std::span<const SectionPorts> ports) {
  if (body.sections.size() < sections_.size()) {
    return write(from, with_all_sections(body, sections_, offerer_), ports);
  }
  const std::size_t to = index_of(other(from));
  const std::size_t count = std::min({body.sections.size(), sections_.size(), ports.size()});
  std::vector<SectionPlace> places(count);
  std::optional<IpAddress> relay;
  bool replace_connection = options_.replace.session_connection;
  for (std::size_t i = 0; i < count; ++i) {
    const bool relayed = sections_[i].plans[to].fate == Fate::kRelay && ports[i][to];
    if (!relayed) {
      continue;
    }
    LocalMedia local = *ports[i][to];
    if (options_.media_address && from == offerer_) {
      local.rtp.ip = local.rtcp.ip = *options_.media_address;
    }
    places[i].local = local;
    relay = relay ? relay : local.rtp.ip;
    replace_connection |= !has_connection(body.sections[i]);
  }
  Document document;
  document.tail = body.tail;
  document.session = write_session(body, options_.replace, relay, replace_connection, told_[to]);
  for (std::size_t i = 0; i < count; ++i) {
    const SectionPlan& plan = sections_[i].plans[to];
    places[i].line_end = body.line_end();
    places[i].rtcp = options_.no_rtcp_attribute     ? RtcpAttribute::kNone
                     : options_.full_rtcp_attribute ? RtcpAttribute::kFull
                                                    : RtcpAttribute::kPort;
    if (plan.fate == Fate::kPass && replace_connection && relay) {
      places[i].connection = body.find('c');
    } else if (plan.fate == Fate::kReject && relay) {
      places[i].local = LocalMedia{{*relay, 0}, {*relay, 0}};
    }
    document.sections.push_back(write_section(body.sections[i], plan, places[i]));
  }
  if (options_.replace.version) {
    write_version(document, told_[to]);
  }
  return document;
}

std::vector<SectionView> Dialog::view() const {
  std::vector<SectionView> views;
  for (const SectionState& section : sections_) {
    SectionView& view = views.emplace_back();
    view.kind = section.party(offerer_).said.kind_name;
    for (std::size_t side = 0; side < section.parties.size(); ++side) {
      const PartyState& party = section.parties[side];
      view.protocol[side] = section.fate == Fate::kReject ? "" : party.protocol;
      view.direction[side] = section.fate == Fate::kRelay ? party.leg.direction : party.said.direction;
      view.codecs[side] = section.fate == Fate::kRelay ? party.leg.codecs : std::vector<CodecFormat>{};
    }
  }
  return views;
}

bool Dialog::offer_open() const {
  return open_;
}

Side Dialog::offerer() const {
  return offerer_;
}

bool Dialog::silent() const {
  return open_ || std::ranges::none_of(sections_, media_flows);
}

Dialog Dialog::fork() const {
  Dialog copy = *this;
  const std::size_t callee = index_of(Side::kCallee);
  copy.told_[callee] = {};
  copy.places_[callee] = {};
  for (SectionState& section : copy.sections_) {
    section.parties[callee] = {};
    section.agreed = false;
  }
  return copy;
}

}  // namespace pollux::sdp
