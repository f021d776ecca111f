// answer_section(): what two parties agree on in one section.
#include <algorithm>
#include <utility>

#include "controlplane/sdp/codec_answer.hpp"
#include "controlplane/sdp/exchange.hpp"
#include "controlplane/sdp/leg_settings.hpp"

namespace pollux::sdp {

namespace {

class AnswerSection {
 public:
  AnswerSection(SectionState& state, const BodySection& body, const Exchange& exchange)
      : state_(state),
        body_(body),
        exchange_(exchange),
        options_(exchange.offer_options),
        answerer_(state.party(exchange.from)),
        offerer_(state.party(exchange.to())),
        plan_(state.plans[index_of(exchange.to())]) {}

  Expected<void> run() {
    answerer_.said = said_media(body_.media, body_.section, options_.known_codecs);
    if (state_.offered == Fate::kPass) {
      state_.fate = plan_.fate = Fate::kPass;
      answerer_.protocol = answerer_.said.protocol;
      return {};
    }
    if (state_.offered == Fate::kReject || !answerer_.said.on) {
      reject();
      return {};
    }
    return relay();
  }

 private:
  const Line& line() const { return body_.section.lines.front(); }

  // Another answer to the same offer may take the section, at the ports that were told: what the legs are
  // stays, but for media.
  void reject() {
    state_.fate = Fate::kReject;
    state_.agreed = false;
    offerer_.keys.clear();
    offerer_.leg.direction = answerer_.leg.direction = Direction::kInactive;
    answerer_.leg.remote_rtp.reset();
    answerer_.remote_rtcp_apart.reset();
    aim_rtcp(answerer_);
    plan_ = SectionPlan{};
    plan_.protocol = offerer_.protocol;
    plan_.format_list = offerer_.said.format_list;
  }

  Expected<void> relay() {
    const std::optional<RtpProfile>& profile = answerer_.said.profile;
    if (!profile || profile->secure != answerer_.profile.secure || profile->dtls) {
      return line_error(kSdpMalformed, line(),
                        "the offer's profile was " + answerer_.protocol +
                            ": answer with that, or reject the section with port 0 (RFC 3264 section 6)");
    }
    auto agreed = agree_on_keys();
    if (!agreed) {
      return tl::unexpected(std::move(agreed.error()));
    }
    CodecAnswer codecs =
        answer_formats(state_.codecs, offerer_.said.formats, answerer_.said.formats, options_.codecs,
                       offerer_.said.kind == MediaKind::kAudio, exchange_.warnings);
    if (codecs.formats.empty()) {
      exchange_.warnings.push_back(
          "line " + std::to_string(body_.media.line) +
          ": the answer has no format that the offerer can use, and none that can be transcoded; the section "
          "is rejected");
      reject();
      return {};
    }
    state_.fate = Fate::kRelay;
    state_.agreed = true;
    plan_ = SectionPlan{};
    plan_.fate = Fate::kRelay;
    plan_.protocol = offerer_.protocol;
    plan_.formats = std::move(codecs.formats);
    plan_.feedback = offerer_.profile.feedback;
    plan_.offered_feedback = offerer_.said.feedback;
    plan_.ptime_ms = options_.ptime_reverse_ms;
    plan_.drop_mid = !offerer_.said.has_mid;
    tell_direction();
    make_legs(*agreed);
    set_codecs(state_, exchange_.to(), std::move(codecs.offerer), std::move(codecs.answerer), options_,
               &exchange_.warnings);
    return {};
  }

  Expected<AgreedCrypto> agree_on_keys() const {
    const bool opportunistic = !answerer_.profile.secure && body_.media.crypto.empty();
    if (answerer_.offered.empty() || opportunistic) {
      return AgreedCrypto{};
    }
    return accept_crypto(body_.media.crypto, answerer_.offered, body_.section);
  }

  // An answer says no more than its offer allows (RFC 3264 §6.1).
  void tell_direction() {
    const SaidMedia& said = answerer_.said;
    const bool as_said = options_.original_direction;
    plan_.zero_address = said.zero_address && as_said && !options_.replace.zero_address;
    const Direction wish = as_said ? said.direction : said.effective_direction();
    const Direction offered = offerer_.said.direction;
    const Direction direction =
        direction_of(sends(wish) && receives(offered), receives(wish) && sends(offered));
    if (direction != said.direction) {
      plan_.direction = direction;
    }
  }

  void make_legs(const AgreedCrypto& agreed) {
    MediaLeg& theirs = answerer_.leg;
    const SdpOptions& options = exchange_.options;
    theirs.learning = options.learning.value_or(theirs.learning);
    change_keys(answerer_, agreed);
    theirs.rtcp_mux = state_.rtcp_mux_told && takes_mux();
    theirs.rtcp_mux_offered = false;
    aim_leg(answerer_, body_.media, exchange_);

    MediaLeg& own = offerer_.leg;
    own.direction = offerer_.said.effective_direction();
    const RtcpMuxOptions& mux = options_.rtcp_mux;
    const bool offered = offerer_.said.rtcp_mux || offerer_.said.rtcp_mux_only;
    own.rtcp_mux =
        offered && !mux.reject && (mux.accept || mux.demux || offerer_.said.rtcp_mux_only || theirs.rtcp_mux);
    own.rtcp_mux_offered = false;
    aim_rtcp(offerer_);
    plan_.rtcp_mux = own.rtcp_mux;
    plan_.rtcp_apart = !own.rtcp_mux;
    AgreedCrypto own_keys;
    if (offerer_.taken) {
      own_keys = {offerer_.taken->key, offerer_.keys.get(offerer_.taken->key->suite, 0, 0, exchange_.random)};
      plan_.crypto = {{offerer_.taken->tag, own_keys.send}};
      plan_.padding = options_.sdes.pad ? Base64Padding::kPadded : Base64Padding::kBare;
    }
    change_keys(offerer_, own_keys);
  }

  // There is no other port where nothing else was offered (RFC 8858), now or before.
  bool takes_mux() const {
    const bool said = answerer_.said.rtcp_mux || answerer_.said.rtcp_mux_only;
    const bool only = answerer_.one_port || state_.plans[index_of(exchange_.from)].rtcp_mux_only;
    if (only && !said) {
      exchange_.warnings.push_back("line " + std::to_string(body_.media.line) +
                                   ": the answer has no a=rtcp-mux, and nothing else was offered; RTCP is "
                                   "sent to the RTP port all the same (RFC 8858)");
    }
    return said || only;
  }

  void change_keys(PartyState& party, const AgreedCrypto& keys) const {
    if (was_agreed_ && party.leg.srtp_send && party.leg.srtp_send != keys.send) {
      party.keys.forget(party.leg.srtp_send);
    }
    party.leg.srtp_receive = keys.receive;
    party.leg.srtp_send = keys.send;
  }

  SectionState& state_;
  const BodySection& body_;
  const Exchange& exchange_;
  const SdpOptions& options_;
  PartyState& answerer_;
  PartyState& offerer_;
  SectionPlan& plan_;
  bool was_agreed_ = state_.agreed;
};

}  // namespace

Expected<void> answer_section(SectionState& state, const BodySection& body, const Exchange& exchange) {
  return AnswerSection(state, body, exchange).run();
}

}  // namespace pollux::sdp
