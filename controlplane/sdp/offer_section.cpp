// offer_section(): what becomes of one section of an offer.
#include <algorithm>
#include <utility>

#include "controlplane/sdp/codec_answer.hpp"
#include "controlplane/sdp/exchange.hpp"
#include "controlplane/sdp/leg_settings.hpp"
#include "controlplane/sdp/words.hpp"

namespace pollux::sdp {

namespace {

class OfferSection {
 public:
  OfferSection(SectionState& state, const BodySection& body, const Exchange& exchange)
      : state_(state),
        body_(body),
        exchange_(exchange),
        options_(exchange.options),
        offerer_(state.party(exchange.from)),
        receiver_(state.party(exchange.to())),
        plan_(state.plans[index_of(exchange.to())]) {}

  Expected<void> run() {
    SaidMedia said = said_media(body_.media, body_.section, options_.known_codecs);
    if (state_.fate != Fate::kRelay || !same_word(said.kind_name, offerer_.said.kind_name)) {
      state_ = SectionState{};  // keys that were used and given up must not come back
    }
    offerer_.said = std::move(said);
    offerer_.protocol = offerer_.said.protocol;
    if (!offerer_.said.on || removed()) {
      reject();
      return {};
    }
    if (!offerer_.said.profile) {
      other_media();
      return {};
    }
    if (auto fine = relay(); !fine) {
      reject();
      return fine;
    }
    return {};
  }

 private:
  const Line& line() const { return body_.section.lines.front(); }

  bool removed() const {
    return std::ranges::any_of(options_.remove_media, [this](const std::string& kind) {
      return same_word(kind, offerer_.said.kind_name);
    });
  }

  void reject() {
    state_.fate = state_.offered = Fate::kReject;
    state_.agreed = false;
    offerer_.keys.clear();
    receiver_.keys.clear();
    receiver_.protocol = offerer_.protocol;
    plan_ = SectionPlan{};
    plan_.protocol = receiver_.protocol;
    plan_.format_list = offerer_.said.format_list;
  }

  void other_media() {
    reject();
    if (options_.other_media == OtherMedia::kPass) {
      state_.fate = state_.offered = plan_.fate = Fate::kPass;
    } else {
      exchange_.warnings.push_back("line " + std::to_string(body_.media.line) + ": " + offerer_.protocol +
                                   " isn't RTP, and rejected");
    }
  }

  Expected<void> relay() {
    offerer_.profile = *offerer_.said.profile;
    // A party that has its profile keeps it, whatever the other one has.
    const bool known = state_.agreed && !options_.profile;
    if (!known) {
      receiver_.profile = options_.profile.value_or(offerer_.profile);
      receiver_.protocol = receiver_.profile == offerer_.profile
                               ? offerer_.protocol
                               : std::string(print_profile(receiver_.profile));
    }
    if (auto fine = take_keys(); !fine) {
      return fine;
    }
    if (auto fine = choose_formats(); !fine) {
      return fine;
    }
    plan_ = SectionPlan{};
    if (auto fine = offer_keys(); !fine) {
      return fine;
    }
    state_.fate = state_.offered = plan_.fate = Fate::kRelay;
    plan_.protocol = receiver_.protocol;
    plan_.formats = plan_offer(state_.codecs);
    plan_.feedback = receiver_.profile.feedback;
    plan_.ptime_ms = options_.ptime_ms;
    state_.mid_made = options_.generate_mid && !offerer_.said.has_mid;
    plan_.new_mid = state_.mid_made ? "m" + std::to_string(body_.index + 1) : "";
    tell_direction();
    make_legs();
    return {};
  }

  Expected<void> take_keys() {
    const bool secure = offerer_.profile.secure;
    const bool dtls = offerer_.profile.dtls;
    offerer_.taken.reset();
    if (!dtls && !options_.sdes.off && (secure || options_.osrtp != OsrtpMode::kOff)) {
      offerer_.taken = take_crypto(body_.media.crypto, offerer_.keys);
    }
    if (offerer_.taken || (!secure && !dtls)) {
      return {};
    }
    if (dtls || (body_.media.fingerprint && body_.media.crypto.empty() && body_.media.crypto_unknown == 0)) {
      return line_error(kSdpUnsupported, line(),
                        "keys by DTLS are not there yet; offer SDES (a=crypto) or plain RTP");
    }
    return line_error(kSdpUnsupported, line(),
                      options_.sdes.off
                          ? "SRTP needs keys by SDES, which options.sdes.off forbids"
                          : "SRTP without an a=crypto line that can be used: offer one of a suite that "
                            "encrypts, with one key and without KDR, UNENCRYPTED_ and FEC parameters");
  }

  Expected<void> choose_formats() {
    const std::span<const Format> formats = offerer_.said.formats;
    const auto is_media = [](const Format& format) { return !rides(format); };
    state_.codecs = offerer_.said.kind == MediaKind::kAudio
                        ? select_formats(formats, options_.codecs, options_.known_codecs, exchange_.warnings)
                        : all_formats(formats);
    if (state_.codecs.told.empty() ||
        (std::ranges::any_of(formats, is_media) &&
         std::ranges::none_of(state_.codecs.told, is_media, &ToldFormat::format))) {
      return line_error(kSdpUnsupported, line(),
                        "options.codecs leave no format to offer: strip fewer, or add some with transcode");
    }
    return {};
  }

  Expected<void> offer_keys() {
    if (state_.agreed && receiver_.offered.empty() && receiver_.leg.srtp_send) {
      receiver_.first_suite = receiver_.leg.srtp_send->suite;  // what it has chosen itself
    }
    receiver_.offered.clear();
    const bool secure = receiver_.profile.secure;
    if (receiver_.profile.dtls) {
      return line_error(kSdpUnsupported, line(),
                        "keys by DTLS are not there yet; ask for RTP_SAVP or a plain profile");
    }
    const bool has_keys = state_.agreed && receiver_.leg.srtp_send;
    if (!options_.sdes.off && (secure || has_keys || options_.osrtp == OsrtpMode::kOffer)) {
      const auto theirs = offerer_.taken ? std::optional(offerer_.taken->key->suite) : std::nullopt;
      receiver_.offered = offer_crypto(options_.sdes, receiver_.first_suite ? receiver_.first_suite : theirs,
                                       receiver_.keys, exchange_.random);
    }
    if (secure && receiver_.offered.empty()) {
      return line_error(kSdpUnsupported, line(),
                        "options.sdes leave no suite to offer to the receiver, whose profile is SRTP");
    }
    plan_.crypto = receiver_.offered;
    plan_.padding = options_.sdes.pad ? Base64Padding::kPadded : Base64Padding::kBare;
    return {};
  }

  void tell_direction() {
    const SaidMedia& said = offerer_.said;
    const bool as_said = options_.original_direction;
    plan_.zero_address = said.zero_address && as_said && !options_.replace.zero_address;
    const Direction direction = options_.inactive ? Direction::kInactive
                                : as_said         ? said.direction
                                                  : said.effective_direction();
    if (direction != said.direction) {
      plan_.direction = direction;
    }
  }

  void make_legs() {
    place(offerer_, exchange_.place(exchange_.from), options_.from_network);
    place(receiver_, exchange_.place(exchange_.to()), options_.to_network);
    families();
    offer_mux();
    aim_leg(offerer_, body_.media, exchange_);
    if (receiver_.leg.remote_rtp && receiver_.leg.remote_rtp->ip.family() != receiver_.leg.family) {
      receiver_.leg.remote_rtp.reset();
      receiver_.remote_rtcp_apart.reset();
    }
    aim_rtcp(receiver_);
    offerer_.dtmf = options_.offerer_dtmf;
    receiver_.dtmf = options_.receiver_dtmf;
    offerer_.ptime_ms = options_.ptime_reverse_ms;
    receiver_.ptime_ms = options_.ptime_ms;
    if (state_.agreed) {
      return;  // codecs and keys change with the answer
    }
    CodecAnswer expected = offerer_.said.kind == MediaKind::kAudio
                               ? expect_formats(state_.codecs, offerer_.said.formats)
                               : CodecAnswer{};
    set_codecs(state_, exchange_.from, std::move(expected.offerer), std::move(expected.answerer), options_,
               nullptr);
    offerer_.leg.srtp_receive = offerer_.leg.srtp_send = {};
    receiver_.leg.srtp_receive = receiver_.leg.srtp_send = {};
    if (offerer_.taken) {
      offerer_.leg.srtp_receive = offerer_.taken->key;
      offerer_.leg.srtp_send = offerer_.keys.get(offerer_.taken->key->suite, 0, 0, exchange_.random);
    }
    if (receiver_.profile.secure) {
      receiver_.leg.srtp_send = receiver_.offered.front().key;  // till the answer: nothing goes in the clear
    }
  }

  void place(PartyState& party, PartyPlace& place, const std::string& network) const {
    // A party stays where it began: proxies give the same two for offers of either party.
    if (place.network.empty()) {
      place.network = network;
    }
    party.leg.network = place.network;
    party.leg.learning = options_.learning.value_or(party.leg.learning);
    party.leg.source_policy = options_.source_policy.value_or(party.leg.source_policy);
    party.leg.dscp = options_.dscp ? options_.dscp : party.leg.dscp;
  }

  void families() {
    std::optional<AddressFamily>& own = exchange_.place(exchange_.from).family;
    std::optional<AddressFamily>& theirs = exchange_.place(exchange_.to()).family;
    if (!own || !offerer_.said.zero_address) {
      const bool elsewhere = options_.received_from && !options_.trust_address;
      own = elsewhere          ? options_.received_from->family()
            : body_.media.ipv6 ? AddressFamily::kIpv6
                               : AddressFamily::kIpv4;
    }
    theirs = options_.family ? options_.family : theirs ? theirs : own;
    offerer_.leg.family = *own;
    receiver_.leg.family = *theirs;
  }

  void offer_mux() {
    const RtcpMuxOptions& options = options_.rtcp_mux;
    const SaidMedia& said = offerer_.said;
    const bool offered = said.rtcp_mux || said.rtcp_mux_only;
    const bool has_mux = state_.agreed && receiver_.leg.rtcp_mux;
    plan_.rtcp_mux = options.require || options.offer || ((offered || has_mux) && !options.demux);
    plan_.rtcp_mux_only = options.require;  // the offerer's own is between it and the relay
    plan_.rtcp_apart = !plan_.rtcp_mux_only;
    state_.rtcp_mux_told = plan_.rtcp_mux;
    const bool may = offered && !options.reject;
    const bool now = may && (options.accept || options.demux || said.rtcp_mux_only);
    MediaLeg& own = offerer_.leg;
    own.rtcp_mux = now || (may && state_.agreed && own.rtcp_mux);
    own.rtcp_mux_offered = may && !own.rtcp_mux && plan_.rtcp_mux;
    MediaLeg& theirs = receiver_.leg;
    theirs.rtcp_mux = plan_.rtcp_mux_only || (plan_.rtcp_mux && state_.agreed && theirs.rtcp_mux);
    theirs.rtcp_mux_offered = plan_.rtcp_mux && !theirs.rtcp_mux;
    for (PartyState& party : state_.parties) {
      const bool first = !state_.agreed && !party.leg.rtcp_mux_offered;
      party.one_port = party.leg.rtcp_mux && (first || party.one_port);
    }
  }

  SectionState& state_;
  const BodySection& body_;
  const Exchange& exchange_;
  const SdpOptions& options_;
  PartyState& offerer_;
  PartyState& receiver_;
  SectionPlan& plan_;
};

}  // namespace

Expected<void> offer_section(SectionState& state, const BodySection& body, const Exchange& exchange) {
  return OfferSection(state, body, exchange).run();
}

}  // namespace pollux::sdp
