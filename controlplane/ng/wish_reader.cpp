#include <algorithm>

#include "controlplane/ng/wishes.hpp"

namespace pollux::ng {

namespace {

// Whether `row` is the word, and what its argument is.
bool matches(const WishRow& row, std::string_view word, std::string_view& argument) {
  if (!row.name.ends_with('*')) {
    argument = {};
    return same_name(row.name, word);
  }
  const std::string_view stem = row.name.substr(0, row.name.size() - 1);
  if (word.size() <= stem.size() || !same_name(stem, word.substr(0, stem.size()))) {
    return false;
  }
  argument = word.substr(stem.size());
  return true;
}

const WishRow* find_item(std::string_view group, std::string_view word, std::string_view& argument) {
  for (const WishRow& row : wish_rows()) {
    if (row.place == Place::kItem && same_name(row.group, group) && matches(row, word, argument)) {
      return &row;
    }
  }
  return nullptr;
}

const WishRow* find_flag(std::string_view word, std::string_view& argument) {
  for (const WishRow& row : wish_rows()) {
    if ((row.place == Place::kFlag || row.place == Place::kBoth) && matches(row, word, argument)) {
      return &row;
    }
    const bool in_group = row.place == Place::kItem && word.size() > row.group.size() + 1 &&
                          same_name(row.group, word.substr(0, row.group.size())) &&
                          same_name("-", word.substr(row.group.size(), 1));
    if (in_group && matches(row, word.substr(row.group.size() + 1), argument)) {
      return &row;
    }
  }
  return nullptr;
}

void take(const WishRow* row, const std::string& word, std::string_view argument, Wishes& wishes) {
  if (row == nullptr) {
    wishes.ignored.push_back({word, ""});
    return;
  }
  if (row->apply != nullptr) {
    row->apply(wishes, argument);
  }
  if (row->coverage == Coverage::kIgnored) {
    wishes.ignored.push_back({word, std::string(row->how)});
  }
}

void take_flag(const std::string& word, Wishes& wishes) {
  std::string_view argument;
  take(find_flag(word, argument), word, argument, wishes);
}

void take_item(const std::string& group, const std::string& word, Wishes& wishes) {
  std::string_view argument;
  take(find_item(group, word, argument), group + ": " + word, argument, wishes);
}

bool is_group(std::string_view key) {
  return std::any_of(wish_rows().begin(), wish_rows().end(), [key](const WishRow& row) {
    return row.place == Place::kItem && same_name(row.group, key);
  });
}

// A list of words, one word, or words by what is to be done with them ("strip": ["PCMU"]).
void take_group(const std::string& group, const Value& value, Wishes& wishes) {
  if (const List* items = value.list()) {
    for (const Value& item : *items) {
      take_item(group, item.as_text(), wishes);
    }
  } else if (const Dict* parts = value.dict()) {
    for (const Dict::Entry& part : parts->entries()) {
      const List* names = part.second.list();
      for (const Value& name : names != nullptr ? *names : List{part.second}) {
        take_item(group, part.first + "-" + name.as_text(), wishes);
      }
    }
  } else {
    take_item(group, value.as_text(), wishes);
  }
}

void take_key(const std::string& key, const Value& value, Wishes& wishes) {
  for (const WishRow& row : wish_rows()) {
    std::string_view argument;
    if ((row.place != Place::kKey && row.place != Place::kBoth) || !matches(row, key, argument)) {
      continue;
    }
    if (const List* items = value.list(); items != nullptr && row.apply != nullptr) {
      for (const Value& item : *items) {
        row.apply(wishes, item.as_text());
      }
    } else {
      take(&row, key, value.as_text(), wishes);
    }
    return;
  }
  wishes.ignored.push_back({key, ""});
}

// Where media goes when the party's SDP isn't believed.
void settle(Wishes& wishes) {
  wishes.options.set_trust_address(!wishes.sip_source_address || wishes.received_from.empty());
  wishes.options.set_received_from(wishes.received_from);
  if (wishes.block_dtmf) {
    const v1::DtmfBlock mode = wishes.dtmf_security.value_or(v1::DTMF_BLOCK_DROP);
    wishes.options.mutable_offerer_dtmf()->set_block(mode);
    wishes.options.mutable_receiver_dtmf()->set_block(mode);
  }
}

}  // namespace

const std::vector<WishRow>& wish_rows() {
  static const std::vector<WishRow> rows = [] {
    std::vector<WishRow> made;
    add_call_rows(made);
    add_sdp_rows(made);
    add_codec_rows(made);
    add_security_rows(made);
    add_dtmf_rows(made);
    add_other_rows(made);
    return made;
  }();
  return rows;
}

Wishes read_wishes(const Dict& dict) {
  Wishes wishes;
  Dict expanded;
  const Dict* whole = &dict;
  if (dict.find("rtpp-flags") != nullptr) {
    for (const Dict::Entry& entry : dict.entries()) {
      if (!same_name(entry.first, "sdp")) {  // no copies of keys
        expanded.entries().push_back(entry);
      }
    }
    expand_rtpp_flags(expanded);
    whole = &expanded;
  }
  for (const auto& [key, value] : whole->entries()) {
    if (same_name(key, "sdp")) {
      continue;  // the command's own
    }
    if (same_name(key, "flags")) {
      const List* flags = value.list();
      for (const Value& flag : flags != nullptr ? *flags : List{value}) {
        take_flag(flag.as_text(), wishes);
      }
    } else if (same_name(key, "codecs")) {
      take_group("codec", value, wishes);
    } else if (is_group(key)) {
      take_group(key, value, wishes);
    } else if (const Value* first = whole->find(key); first == &value) {
      take_key(key, value, wishes);
    }
  }
  settle(wishes);
  return wishes;
}

std::string wish_table() {
  std::string table = "| Word | Where | State | How |\n|---|---|---|---|\n";
  for (const WishRow& row : wish_rows()) {
    std::string word;
    std::string where;
    if (row.place == Place::kItem) {
      word = std::string(row.group) + ": " + std::string(row.name);
      where = "list `" + std::string(row.group) + "`, or flag `" + std::string(row.group) + "-" +
              std::string(row.name) + "`";
    } else {
      word = row.name;
      where = row.place == Place::kKey ? "key" : row.place == Place::kFlag ? "flag" : "key or flag";
    }
    table += "| `" + word + "` | " + where + " | " +
             (row.coverage == Coverage::kDone      ? "done"
              : row.coverage == Coverage::kIgnored ? "ignored"
                                                   : "different") +
             " | " + std::string(row.how) + " |\n";
  }
  return table;
}

std::optional<std::int64_t> wished_number(Wishes& wishes, std::string_view name, std::string_view text,
                                          std::int64_t least, std::int64_t most) {
  const auto number = Value(text).number();
  if (!number || *number < least || *number > most) {
    wishes.odd.push_back(std::string(name) + ": " + std::string(text.substr(0, 64)));
    return std::nullopt;
  }
  return number;
}

}  // namespace pollux::ng
