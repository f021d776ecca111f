// What a request asks for: the keys and flags of the NG protocol, read into the API's words.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/ng/value.hpp"
#include "pollux/v1/offer_answer.pb.h"

namespace pollux::ng {

struct Wishes {
  v1::SdpOptions options;
  std::string via_branch;
  std::string label;
  std::string sip_code;
  std::string received_from;
  bool sip_source_address = false;
  std::vector<std::string> directions;  // as the proxy calls the networks: of the sender, of the receiver
  bool fatal = false;
  bool all = false;
  bool supports_load_limit = false;
  std::optional<std::int64_t> delete_delay_s;
  // Of DTMF commands.
  std::string code;
  std::string address;
  std::optional<std::int64_t> duration_ms;
  std::optional<std::int64_t> pause_ms;
  std::optional<std::int64_t> volume;
  std::optional<v1::DtmfBlock> dtmf_security;
  bool block_dtmf = false;

  // Words that nothing is done for, with the reason, to be logged and counted; never an error.
  struct Ignored {
    std::string word;
    std::string why;  // empty: nobody knows the word
  };
  std::vector<Ignored> ignored;
  // Values of known keys that aren't understood: "transport-protocol: UDP/BFCP".
  std::vector<std::string> odd;
};

enum class Coverage : std::uint8_t { kDone, kIgnored, kDifferent };

// Where a word is written.
enum class Place : std::uint8_t {
  kKey,   // "ptime": 20
  kFlag,  // in the list `flags`
  kBoth,
  kItem,  // in the list of its group ("replace": ["origin"]), or as a flag with its name ("replace-origin")
};

// One word of the protocol. The table is what the reader goes by, and what docs/pollux-ng.md shows.
struct WishRow {
  std::string_view group;  // of kItem
  std::string_view name;   // "strip-*": with an argument
  Place place = Place::kKey;
  Coverage coverage = Coverage::kIgnored;
  std::string_view how;
  void (*apply)(Wishes& wishes,
                std::string_view argument) = nullptr;  // null: nothing, or by the command itself
};

const std::vector<WishRow>& wish_rows();
// The parts of the table, by what they are about.
void add_call_rows(std::vector<WishRow>& rows);
void add_sdp_rows(std::vector<WishRow>& rows);
void add_codec_rows(std::vector<WishRow>& rows);
void add_security_rows(std::vector<WishRow>& rows);
void add_dtmf_rows(std::vector<WishRow>& rows);
void add_other_rows(std::vector<WishRow>& rows);

// Reads all keys of `dict`, `flags` and `rtpp-flags` included. What isn't known is ignored, as proxies
// expect.
Wishes read_wishes(const Dict& dict);

// Table of all words for docs/pollux-ng.md.
std::string wish_table();

// The entries that the text of `rtpp-flags` stands for, added to those of `dict`; its flags to `flags`.
void expand_rtpp_flags(Dict& dict);

// "5000" -> 5000 within the bounds; otherwise noted as odd and unset.
std::optional<std::int64_t> wished_number(Wishes& wishes, std::string_view name, std::string_view text,
                                          std::int64_t least, std::int64_t most);

}  // namespace pollux::ng
