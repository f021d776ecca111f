// Words about key presses.
#include "controlplane/ng/wishes.hpp"

namespace pollux::ng {

namespace {

using Text = std::string_view;
constexpr Coverage kDone = Coverage::kDone;
constexpr Coverage kIgnored = Coverage::kIgnored;
constexpr Coverage kDifferent = Coverage::kDifferent;
constexpr std::int64_t kLongestMs = 1'000'000;

// Of party: 1 the offerer, 2 the receiver.
template <int kParty>
v1::DtmfPolicy& policy(Wishes& wishes) {
  return kParty == 1 ? *wishes.options.mutable_offerer_dtmf() : *wishes.options.mutable_receiver_dtmf();
}

template <int kParty>
void set_send(Wishes& wishes, Text text) {
  static constexpr std::pair<Text, v1::DtmfSend> kWords[] = {
      {"auto", v1::DTMF_SEND_AUTO},       {"rfc4733", v1::DTMF_SEND_RFC4733},
      {"in-band", v1::DTMF_SEND_IN_BAND}, {"sip-info", v1::DTMF_SEND_SIP_INFO},
      {"none", v1::DTMF_SEND_NONE},
  };
  for (const auto& [word, mode] : kWords) {
    if (word == text) {
      return policy<kParty>(wishes).set_send(mode);
    }
  }
  wishes.odd.push_back("DTMF-send: " + std::string(text.substr(0, 64)));
}

template <int kParty>
void set_in_band(Wishes& wishes, Text text) {
  static constexpr std::pair<Text, v1::DtmfReceive> kWords[] = {
      {"auto", v1::DTMF_RECEIVE_AUTO}, {"on", v1::DTMF_RECEIVE_ON}, {"off", v1::DTMF_RECEIVE_OFF}};
  for (const auto& [word, mode] : kWords) {
    if (word == text) {
      return policy<kParty>(wishes).set_receive_in_band(mode);
    }
  }
  wishes.odd.push_back("DTMF-receive-in-band: " + std::string(text.substr(0, 64)));
}

void set_security(Wishes& wishes, Text text) {
  static constexpr std::pair<Text, v1::DtmfBlock> kWords[] = {
      {"off", v1::DTMF_BLOCK_OFF},         {"no", v1::DTMF_BLOCK_OFF},      {"drop", v1::DTMF_BLOCK_DROP},
      {"silence", v1::DTMF_BLOCK_SILENCE}, {"tone", v1::DTMF_BLOCK_TONE},   {"random", v1::DTMF_BLOCK_RANDOM},
      {"zero", v1::DTMF_BLOCK_RANDOM},     {"DTMF", v1::DTMF_BLOCK_RANDOM},
  };
  for (const auto& [word, mode] : kWords) {
    if (word == text) {
      wishes.dtmf_security = mode;
      return;
    }
  }
  wishes.odd.push_back("DTMF-security: " + std::string(text.substr(0, 64)));
}

void set_code(Wishes& wishes, Text text) {
  wishes.code = text;
}

}  // namespace

void add_dtmf_rows(std::vector<WishRow>& rows) {
  rows.insert(
      rows.end(),
      {
          {"", "DTMF-send", Place::kKey, kDone,
           "Pollux's own: how presses go to the receiver of the offer: rfc4733, in-band, sip-info, none or "
           "auto",
           set_send<2>},
          {"", "DTMF-send-reverse", Place::kKey, kDone, "the same for the offerer", set_send<1>},
          {"", "DTMF-receive-in-band", Place::kKey, kDone,
           "Pollux's own: whether tones of the receiver are looked for: auto, on or off", set_in_band<2>},
          {"", "DTMF-receive-in-band-reverse", Place::kKey, kDone, "the same for the offerer",
           set_in_band<1>},
          {"", "code", Place::kKey, kDone, "of play DTMF: 0..9, *, #, A..D, or 0..15", set_code},
          {"", "digit", Place::kKey, kDone, "as code", set_code},
          {"", "duration", Place::kKey, kDone, "of play DTMF, ms",
           [](Wishes& wishes, Text text) {
             wishes.duration_ms = wished_number(wishes, "duration", text, 0, kLongestMs);
           }},
          {"", "pause", Place::kKey, kDone, "of play DTMF, ms after the press",
           [](Wishes& wishes, Text text) {
             wishes.pause_ms = wished_number(wishes, "pause", text, 0, kLongestMs);
           }},
          {"", "volume", Place::kKey, kDifferent,
           "of play DTMF, dBm0, brought to -36..-1; a press has the volume of the leg it goes to where "
           "nothing else is said",
           [](Wishes& wishes, Text text) {
             wishes.volume = wished_number(wishes, "volume", text, -1000, 1000);
           }},
          {"", "DTMF-security", Place::kKey, kDifferent,
           "drop, silence, tone, random; zero and DTMF are as random; in an offer with block-DTMF only",
           set_security},
          {"", "block-DTMF", Place::kFlag, kDone, "of both parties, as DTMF-security says",
           [](Wishes& wishes, Text /*text*/) { wishes.block_dtmf = true; }},
          {"", "inject-DTMF", Place::kFlag, kDone, "always possible"},
          {"", "detect-DTMF", Place::kFlag, kDone, "tones of both parties are looked for",
           [](Wishes& wishes, Text /*text*/) {
             wishes.options.mutable_offerer_dtmf()->set_receive_in_band(v1::DTMF_RECEIVE_ON);
             wishes.options.mutable_receiver_dtmf()->set_receive_in_band(v1::DTMF_RECEIVE_ON);
           }},
          {"", "DTMF-security-trigger", Place::kKey, kIgnored, "no triggers: block DTMF does it at once"},
          {"", "DTMF-security-trigger-end", Place::kKey, kIgnored, "no triggers"},
          {"", "DTMF-delay", Place::kKey, kIgnored, "presses are told within 60 ms"},
          {"", "dtmf-log-dest", Place::kKey, kIgnored, "`dtmf_sinks` of the configuration"},
          {"", "delay-buffer", Place::kKey, kIgnored, "the node's tone guard"},
          {"", "frequency", Place::kKey, kIgnored, "tone is one that is no digit"},
          {"", "trigger", Place::kKey, kIgnored, "no triggers"},
          {"", "trigger-end", Place::kKey, kIgnored, "no triggers"},
          {"", "trigger-end-time", Place::kKey, kIgnored, "no triggers"},
          {"", "trigger-end-digits", Place::kKey, kIgnored, "no triggers"},
          {"", "vsc-*", Place::kKey, kIgnored, "no star codes"},
      });
}

}  // namespace pollux::ng
