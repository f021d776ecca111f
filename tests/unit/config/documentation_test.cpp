// The example file, the other files in config/ and docs/configuration.md say what the program does.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "controlplane/config/config_loader.hpp"
#include "controlplane/config/node_schema.hpp"

namespace pollux::config {
namespace {

std::string project_file(const std::string& name) {
  return std::string(POLLUX_SOURCE_ROOT) + "/" + name;
}

std::vector<std::string> read_lines(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.is_open()) << path;
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(line);
  }
  return lines;
}

std::string trimmed(const std::string& line) {
  const auto first = line.find_first_not_of(' ');
  return first == std::string::npos ? "" : line.substr(first);
}

std::string without_indices(const std::string& path) {
  return std::regex_replace(path, std::regex("\\[[0-9]+\\]"), "[]");
}

// Keys as the example shows them: the first item of each list.
std::string first_item(std::string path) {
  for (auto at = path.find("[]"); at != std::string::npos; at = path.find("[]")) {
    path.replace(at, 2, "[0]");
  }
  return path;
}

class ExampleFile : public testing::Test {
 protected:
  void SetUp() override {
    loaded_ = load_config_file(project_file("config/pollux.example.yaml"));
    ASSERT_TRUE(loaded_.config.has_value()) << format_problems(loaded_.problems);
    lines_ = read_lines(loaded_.file);
  }

  // The line above `key`'s own that tells its facts; empty when there is none.
  std::string facts_above(const std::string& key) const {
    const auto line = loaded_.key_lines.find(key);
    if (line == loaded_.key_lines.end() || line->second < 2) {
      return "";
    }
    const std::string above = trimmed(lines_[static_cast<std::size_t>(line->second) - 2]);
    return above.starts_with("# ") ? above.substr(2) : "";
  }

  ConfigResult loaded_;
  std::vector<std::string> lines_;
};

TEST_F(ExampleFile, DocumentsEveryKey) {
  const auto keys = known_keys();
  ASSERT_GT(keys.size(), 30U);
  for (const KeyInfo& key : keys) {
    const std::string at = first_item(key.path);
    ASSERT_TRUE(loaded_.key_lines.contains(at)) << key.path << " is not in the example";
    EXPECT_EQ(facts_above(at), key_facts(key)) << key.path;
    for (const char* part : {"unit: ", "default: ", "range: ", "change: "}) {
      EXPECT_NE(key_facts(key).find(part), std::string::npos);
    }
  }
}

TEST_F(ExampleFile, ShowsTheDefaults) {
  const auto values = shown_values(*loaded_.config);
  for (const KeyInfo& key : known_keys()) {
    const auto shown = values.find(first_item(key.path));
    ASSERT_NE(shown, values.end()) << key.path;
    if (!key.required && !key.sample) {
      EXPECT_EQ(shown->second, key.default_value) << key.path;
    }
    if (key.sample) {
      EXPECT_EQ(key.default_value, "[]") << key.path << ": only an empty list may be shown by a sample";
    }
  }
}

// What the reader took stands in the file as a person reads it: the text after the key is the shown value.
TEST_F(ExampleFile, TextIsTheDefault) {
  for (const KeyInfo& key : known_keys()) {
    if (key.required || key.sample) {
      continue;
    }
    const std::string line = lines_[static_cast<std::size_t>(loaded_.key_lines.at(first_item(key.path))) - 1];
    const auto unquoted = [](std::string text) {
      text.erase(std::remove(text.begin(), text.end(), '"'), text.end());
      return text;
    };
    EXPECT_EQ(unquoted(line.substr(line.find(": ") + 2)), unquoted(key.default_value)) << key.path;
  }
}

TEST_F(ExampleFile, EveryFactsLineBelongsToAKey) {
  std::size_t facts = 0;
  for (const std::string& line : lines_) {
    facts += trimmed(line).starts_with("# unit: ") ? 1U : 0U;
  }
  EXPECT_EQ(facts, known_keys().size());
}

TEST_F(ExampleFile, HasNothingUnknown) {
  std::set<std::string> known;
  for (const KeyInfo& key : known_keys()) {
    known.insert(key.path);
  }
  for (const auto& [path, line] : loaded_.key_lines) {
    const std::string plain = without_indices(path);
    const bool part = std::any_of(known.begin(), known.end(), [&](const std::string& key) {
      return key == plain || key.starts_with(plain) || plain == key + "[]";
    });
    EXPECT_TRUE(part) << path << " on line " << line;
  }
}

TEST(ConfigFiles, AreRightAndWithoutWarnings) {
  for (const char* name : {"pollux.example.yaml", "demo-netns.yaml", "bare-metal.yaml"}) {
    const ConfigResult result = load_config_file(project_file(std::string("config/") + name));
    EXPECT_TRUE(result.config.has_value()) << format_problems(result.problems);
    EXPECT_TRUE(result.warnings.empty()) << format_problems(result.warnings, Severity::kWarning);
  }
}

TEST(Guide, TableOfKeysIsTheSchema) {
  std::string table;
  bool inside = false;
  for (const std::string& line : read_lines(project_file("docs/configuration.md"))) {
    if (line.starts_with("<!-- keys: end")) {
      inside = false;
    }
    if (inside) {
      table += line + "\n";
    }
    if (line.starts_with("<!-- keys: begin")) {
      inside = true;
    }
  }
  EXPECT_EQ(table, key_table()) << "put this between the marks of docs/configuration.md:\n" << key_table();
}

TEST(Guide, ShortFileIsRight) {
  std::string text;
  bool inside = false;
  for (const std::string& line : read_lines(project_file("docs/configuration.md"))) {
    if (inside && line == "```") {
      break;
    }
    text += inside ? line + "\n" : "";
    inside = inside || line == "```yaml";
  }
  ASSERT_FALSE(text.empty());
  const ConfigResult result = load_config_text(text, "docs/configuration.md");
  EXPECT_TRUE(result.config.has_value()) << format_problems(result.problems);
  EXPECT_TRUE(result.warnings.empty()) << format_problems(result.warnings);
}

}  // namespace
}  // namespace pollux::config
