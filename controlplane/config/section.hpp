// A section of the configuration file: which keys it has, and how they become members of a struct. One
// declaration serves the reader, the check of config/pollux.example.yaml and the table in
// docs/configuration.md, so that they can't drift apart.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "controlplane/config/value_type.hpp"

// Short for the accessors that Section takes: the member `path` of whichever struct the section fills.
#define POLLUX_MEMBER(path)  \
  [](auto& owner) -> auto& { \
    return owner.path;       \
  }

namespace pollux::config {

enum class Presence {
  kOptional,
  kRequired,
};

// When a changed value takes effect.
enum class Apply {
  kRestart,  // when polluxd is started again
  kHot,      // while it runs
};

struct KeyDoc {
  std::string name;
  std::string doc;  // one sentence
  Presence presence = Presence::kOptional;
  Apply apply = Apply::kRestart;
  // The example file shows some other value than the default, because the default (an empty list) shows
  // nothing.
  bool sample = false;
};

// One key as the documentation lists it.
struct KeyInfo {
  std::string path;  // "ports[].interfaces[].vlan"
  std::string unit;
  std::string default_value;  // "required" where there is none
  std::string range;
  std::string doc;
  Apply apply = Apply::kRestart;
  bool required = false;
  bool sample = false;
};

// The entry of every key that the section knows, in the file's order; complains about unknown and repeated
// keys and about a node that is no section. Nothing between the braces reads as an empty section.
std::map<std::string, const YamlNode*> section_entries(const YamlNode& node, const std::string& path,
                                                       const std::vector<std::string>& known,
                                                       ReadContext& context);

template <typename Owner>
class Section {
 public:
  // `get` gives the member: [](auto& owner) -> auto& { return owner.mtu; }
  template <typename T, typename Get>
  Section& value(KeyDoc doc, Get get, ValueType<T> type) {
    return converted<T>(
        std::move(doc), [get](const Owner& owner) { return T(get(owner)); },
        [get](Owner& owner, T value) {
          get(owner) = static_cast<std::decay_t<decltype(get(owner))>>(std::move(value));
        },
        std::move(type));
  }

  // For a value that isn't kept as it is read.
  template <typename T, typename Load, typename Store>
  Section& converted(KeyDoc doc, Load load, Store store, ValueType<T> type) {
    Field field;
    field.doc = doc;
    field.read = [=](const YamlNode& node, const std::string& path, ReadContext& context, Owner& owner) {
      T target = load(owner);
      type.read(node, path, context, target);
      store(owner, std::move(target));
    };
    field.show = [=](const Owner& owner, const std::string& path, std::map<std::string, std::string>& out) {
      out[path] = type.show(load(owner));
    };
    if (doc.apply == Apply::kHot) {
      field.take_hot = [=](const Owner& from, Owner& to) { store(to, load(from)); };
    }
    field.describe = [=](const std::string& path, std::vector<KeyInfo>& out) {
      const bool required = doc.presence == Presence::kRequired;
      const std::string default_value = required ? "required" : type.show(load(Owner{}));
      out.push_back({path, type.unit, default_value, type.range, doc.doc, doc.apply, required, doc.sample});
    };
    return add(std::move(field));
  }

  template <typename Child, typename Get>
  Section& section(KeyDoc doc, Get get, Section<Child> child) {
    Field field;
    field.doc = doc;
    field.read = [=](const YamlNode& node, const std::string& path, ReadContext& context, Owner& owner) {
      child.read(node, path, context, get(owner));
    };
    field.show = [=](const Owner& owner, const std::string& path, std::map<std::string, std::string>& out) {
      child.show(get(owner), path, out);
    };
    field.take_hot = [=](const Owner& from, Owner& to) { child.take_hot(get(from), get(to)); };
    field.describe = [=](const std::string& path, std::vector<KeyInfo>& out) { child.describe(path, out); };
    return add(std::move(field));
  }

  // A list of sections of `least` to `most` items.
  template <typename Child, typename Get>
  Section& list(KeyDoc doc, Get get, Section<Child> child, std::size_t least, std::size_t most) {
    Field field;
    field.doc = doc;
    field.read = [=](const YamlNode& node, const std::string& path, ReadContext& context, Owner& owner) {
      if (!expect_list(node, path, least, most, context)) {
        return;
      }
      auto& items = get(owner);
      items.assign(node.items.size(), Child{});
      for (std::size_t i = 0; i < items.size(); ++i) {
        context.seen(item_key(path, i), node.items[i].line);
        child.read(node.items[i], item_key(path, i), context, items[i]);
      }
    };
    field.show = [=](const Owner& owner, const std::string& path, std::map<std::string, std::string>& out) {
      const auto& items = get(owner);
      for (std::size_t i = 0; i < items.size(); ++i) {
        child.show(items[i], item_key(path, i), out);
      }
    };
    field.describe = [=](const std::string& path, std::vector<KeyInfo>& out) {
      child.describe(path + "[]", out);
    };
    return add(std::move(field));
  }

  void read(const YamlNode& node, const std::string& path, ReadContext& context, Owner& owner) const {
    if (node.is(YamlNode::Kind::kBroken)) {
      context.refused(path);
      return;
    }
    if (!node.is(YamlNode::Kind::kMap) && !node.is(YamlNode::Kind::kNull)) {
      context.error(path, node.line,
                    "must be a section of keys, not a " +
                        std::string(node.is(YamlNode::Kind::kList) ? "list" : "single value"));
      return;
    }
    std::vector<std::string> names;
    for (const Field& field : fields_) {
      names.push_back(field.doc.name);
    }
    const auto entries = section_entries(node, path, names, context);
    for (const Field& field : fields_) {
      const std::string at = child_key(path, field.doc.name);
      if (const auto entry = entries.find(field.doc.name); entry != entries.end()) {
        field.read(*entry->second, at, context, owner);
      } else if (field.doc.presence == Presence::kRequired && context.sound(at)) {
        context.error(at, node.line, "is missing, and has no default");
      }
    }
  }

  // Path of each key that `owner` has -> its value as the file would say it.
  void show(const Owner& owner, const std::string& path, std::map<std::string, std::string>& out) const {
    for (const Field& field : fields_) {
      field.show(owner, child_key(path, field.doc.name), out);
    }
  }

  // Copies the values of hot keys; lists of sections have none.
  void take_hot(const Owner& from, Owner& to) const {
    for (const Field& field : fields_) {
      if (field.take_hot) {
        field.take_hot(from, to);
      }
    }
  }

  void describe(const std::string& path, std::vector<KeyInfo>& out) const {
    for (const Field& field : fields_) {
      field.describe(child_key(path, field.doc.name), out);
    }
  }

 private:
  struct Field {
    KeyDoc doc;
    std::function<void(const YamlNode&, const std::string&, ReadContext&, Owner&)> read;
    std::function<void(const Owner&, const std::string&, std::map<std::string, std::string>&)> show;
    std::function<void(const Owner& from, Owner& to)> take_hot;  // empty: nothing in it is hot
    std::function<void(const std::string&, std::vector<KeyInfo>&)> describe;
  };

  Section& add(Field field) {
    fields_.push_back(std::move(field));
    return *this;
  }

  std::vector<Field> fields_;
};

}  // namespace pollux::config
