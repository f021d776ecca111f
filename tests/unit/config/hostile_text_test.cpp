// Whatever the bytes: an answer, never an exception, never a crash.
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>

#include "tests/unit/config/config_text.hpp"

namespace pollux::config {
namespace {

// Loads, and asks that the answer makes sense: a config or problems, all with a file and a printable message.
ConfigResult probe(const std::string& text) {
  ConfigResult result;
  EXPECT_NO_THROW(result = load_config_text(text, "test.yaml"));
  EXPECT_EQ(result.config.has_value(), result.problems.empty());
  int line = 0;
  for (const ConfigProblem& problem : result.problems) {
    EXPECT_FALSE(problem.message.empty());
    EXPECT_GE(problem.line, line);
    line = problem.line;
    for (const char letter : problem.key + problem.message) {
      EXPECT_TRUE(letter >= 0x20 && letter < 0x7f) << format_problems({&problem, 1});
    }
  }
  return result;
}

std::string repeated(const std::string& text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    out += text;
  }
  return out;
}

TEST(HostileText, DeepNesting) {
  for (const char* opening : {"[", "{a: ", "- ", "? ", "[{a: [", "{? ", "!!x [", "&a ["}) {
    const ConfigResult result = probe(repeated(opening, 20000));
    EXPECT_FALSE(result.config.has_value());
  }
  EXPECT_EQ(problems_of(repeated("[", 20000)), (Lines{"1: : YAML syntax error: nested too deeply"}));
  EXPECT_FALSE(probe("ports: " + repeated("[", 400) + repeated("]", 400)).config.has_value());
}

TEST(HostileText, AliasesAreNotFollowed) {
  // Each level ten times the one before: 10^9 items when expanded.
  std::string text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string alias = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + repeated(alias + ",", 9) + alias +
            "]\n";
  }
  EXPECT_FALSE(probe(text).config.has_value());
  EXPECT_FALSE(probe("ports: &p [*p, *p]\n").config.has_value());
  EXPECT_FALSE(probe("ports: *nothing\n").config.has_value());
  EXPECT_FALSE(probe("*a : *a\n").config.has_value());
}

TEST(HostileText, HugeNumbersAndTexts) {
  const std::string digits(100000, '9');
  for (const char* key : {"mtu: 1500", "vlan: 7", "ports: 20000-29999", "cpu: 1"}) {
    const std::string name = std::string(key).substr(0, std::string(key).find(':'));
    EXPECT_EQ(probe(changed(key, name + ": " + digits)).problems.size(), 1U) << key;
    EXPECT_EQ(probe(changed(key, name + ": -" + digits)).problems.size(), 1U) << key;
  }
  EXPECT_EQ(probe(changed("192.0.2.10/24", "192.0.2.10/" + digits)).problems.size(), 1U);
  EXPECT_EQ(probe(kGood + "timeouts: {media: " + digits + "h}\n").problems.size(), 1U);
  EXPECT_EQ(probe(kGood + "eal: {memory: " + digits + " GiB}\n").problems.size(), 1U);
  EXPECT_EQ(probe(kGood + "grpc: {tcp: ['127.0.0.1:" + digits + "']}\n").problems.size(), 1U);
  EXPECT_EQ(probe(kGood + std::string(100000, 'k') + ": 1\n").problems.size(), 1U);
  EXPECT_EQ(probe(std::string(kLongestConfigFile + 1, ' ')).problems.size(), 1U);
}

TEST(HostileText, ManyItems) {
  EXPECT_EQ(probe("workers: [" + repeated("{cpu: 1}, ", 5000) + "]\n").problems.size(), 3U);
  EXPECT_EQ(probe(kGood + repeated("x: 1\n", 5000)).problems.size(), 5000U);
}

TEST(HostileText, ControlCharactersNeverReachTheTerminal) {
  probe(changed("name: left", "name: \"\\e[31m\\0\\x07\""));
  probe(kGood + "\"\\e]0;title\\a\": 1\n");
  probe(changed("[192.0.2.10/24]", "[\"192.0.2.10/\\e[2J\"]"));
  probe(changed("192.0.2.10/24", "192.0.2.10/\xc3\xa4"));
  probe("\"\\n\": [\n");
}

TEST(HostileText, Encodings) {
  EXPECT_TRUE(probe("\xef\xbb\xbf" + kGood).config.has_value());  // UTF-8 with byte order mark
  std::string wide = "\xff\xfe";
  std::string crlf;
  for (const char letter : kGood) {
    wide += std::string{letter, '\0'};
    crlf += letter == '\n' ? "\r\n" : std::string(1, letter);
  }
  EXPECT_TRUE(probe(wide).config.has_value());  // UTF-16
  EXPECT_TRUE(probe(crlf).config.has_value());
  probe(std::string(1000, '\0'));
  probe(kGood + std::string(1, '\0'));
  probe("\xff\xfe\xff");
}

std::string example() {
  std::ifstream file(std::string(POLLUX_SOURCE_ROOT) + "/config/bare-metal.yaml");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(HostileText, RandomBytes) {
  std::mt19937 random(1);  // always the same bytes
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 300, '\0');
    for (char& letter : text) {
      letter = static_cast<char>(random() % 256);
    }
    probe(text);
  }
}

TEST(HostileText, DamagedFiles) {
  const std::string good = example();
  ASSERT_GT(good.size(), 1000U);
  static const std::string kSpecial = "[]{}:,-?&*!|>'\"%@`# \n\t\r";
  std::mt19937 random(2);
  const auto place = [&] { return random() % good.size(); };
  for (int round = 0; round < 1500; ++round) {
    std::string text = good;
    switch (random() % 4) {
      case 0:
        text.resize(place());
        break;
      case 1:
        text.erase(place(), random() % 40);
        break;
      case 2:
        for (int i = 0; i < 5; ++i) {
          text[place()] = kSpecial[random() % kSpecial.size()];
        }
        break;
      default:
        text.insert(place(), good.substr(place(), random() % 80));
    }
    probe(text);
  }
}

}  // namespace
}  // namespace pollux::config
