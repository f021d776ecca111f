#include "controlplane/config/yaml_tree.hpp"
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <optional>
#include <sstream>

#include "controlplane/config/problem.hpp"

namespace pollux::config {

namespace {

using Kind = YamlNode::Kind;

int line_of(const YAML::Mark& mark) {
  return mark.is_null() ? 0 : mark.line + 1;
}

class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(YamlTree& tree) : tree_(tree) {}

  void OnDocumentStart(const YAML::Mark& mark) override { document_line_ = line_of(mark); }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add(make(Kind::kNull, mark)); }

  // Following aliases would let a small file stand for an enormous one.
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "aliases (*name) are not supported; write the value out");
    add(make(Kind::kBroken, mark));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    YamlNode node = make(allowed(mark, tag) ? Kind::kScalar : Kind::kBroken, mark);
    node.text = value;
    add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(make(allowed(mark, tag) ? Kind::kList : Kind::kBroken, mark));
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    open(make(allowed(mark, tag) ? Kind::kMap : Kind::kBroken, mark));
    open_.back().is_map = true;
  }
  void OnMapEnd() override { close(); }

 private:
  // A list or map whose end hasn't been seen.
  struct Open {
    YamlNode node;
    bool is_map = false;
    std::optional<YamlNode> key;
  };

  static YamlNode make(Kind kind, const YAML::Mark& mark) {
    YamlNode node;
    node.kind = kind;
    node.line = line_of(mark);
    return node;
  }

  // yaml-cpp says "?" for plain and "!" for quoted text.
  bool allowed(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") {
      return true;
    }
    refuse(mark, "tags (!name) are not supported; write the plain value");
    return false;
  }
  void refuse(const YAML::Mark& mark, std::string message) {
    tree_.faults.push_back({line_of(mark), std::move(message)});
  }

  void open(YamlNode node) {
    open_.emplace_back();
    open_.back().node = std::move(node);
  }
  void close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node));
  }
  void add(YamlNode node) {
    if (open_.empty()) {
      node.line = node.line == 0 ? document_line_ : node.line;
      tree_.root = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (!parent.is_map) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      parent.key = std::move(node);
    } else {
      if (node.is(Kind::kNull)) {
        node.line = parent.key->line;  // yaml-cpp marks nothing where the next thing begins
      }
      parent.node.entries.emplace_back(std::move(*parent.key), std::move(node));
      parent.key.reset();
    }
  }

  YamlTree& tree_;
  std::vector<Open> open_;
  int document_line_ = 1;
};

class IgnoreDocument : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override { line = line_of(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
  }
  void OnMapEnd() override {}

  int line = 0;
};

}  // namespace

YamlTree parse_yaml(const std::string& text) {
  YamlTree tree;
  tree.root.line = 1;
  try {
    std::istringstream input(text);
    YAML::Parser parser(input);
    TreeBuilder builder(tree);
    IgnoreDocument second;
    if (parser.HandleNextDocument(builder) && parser.HandleNextDocument(second)) {
      tree.faults.push_back({second.line, "a second YAML document begins here; the file must hold only one"});
    }
  } catch (const YAML::DeepRecursion& error) {
    tree.readable = false;
    tree.faults.push_back({line_of(error.mark), "YAML syntax error: nested too deeply"});
  } catch (const YAML::Exception& error) {
    tree.readable = false;
    const int column = error.mark.is_null() ? 0 : error.mark.column + 1;
    tree.faults.push_back({line_of(error.mark), "YAML syntax error at column " + std::to_string(column) +
                                                    ": " + harmless(error.msg)});
  }
  return tree;
}

}  // namespace pollux::config
