#include "controlplane/ops/log_sink.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace pollux::ops {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

class LogFolder : public testing::Test {
 protected:
  LogFolder() {
    std::string name = std::filesystem::temp_directory_path() / "pollux-log-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~LogFolder() override { std::filesystem::remove_all(folder_); }

  static std::string content(const std::filesystem::path& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  config::LogConfig to_file(const std::string& name) const {
    config::LogConfig config;
    config.target = config::LogTarget::kFile;
    config.file = folder_ / name;
    return config;
  }

  std::filesystem::path folder_;
};

std::string line_of(spdlog::level::level_enum level, const char* text, LineStyle style) {
  spdlog::details::log_msg message("polluxd", level, text);
  message.time = spdlog::log_clock::time_point(std::chrono::milliseconds(1'700'000'000'042));
  message.thread_id = 7;
  return format_line(message, style);
}

TEST(LogLine, IsForPeople) {
  EXPECT_EQ(line_of(spdlog::level::info, "ready", LineStyle::kText), "2023-11-14T22:13:20.042Z info ready\n");
  EXPECT_THAT(line_of(spdlog::level::err, "x", LineStyle::kTextColoured),
              HasSubstr("\033[31merror\033[0m x"));
}

TEST(LogLine, GivesTheJournalItsPriority) {
  EXPECT_EQ(line_of(spdlog::level::err, "bad", LineStyle::kJournal), "<3>bad\n");
  EXPECT_EQ(line_of(spdlog::level::warn, "hm", LineStyle::kJournal), "<4>hm\n");
  EXPECT_EQ(line_of(spdlog::level::debug, "so", LineStyle::kJournal), "<7>so\n");
}

TEST(LogLine, IsOneJsonObject) {
  EXPECT_EQ(
      line_of(spdlog::level::warn, "a \"b\" \\ \n", LineStyle::kJson),
      R"({"time":"2023-11-14T22:13:20.042Z","level":"warning","thread":7,"message":"a \"b\" \\ \u000a"})"
      "\n");
  EXPECT_THAT(line_of(spdlog::level::info, "x", LineStyle::kJournalJson), testing::StartsWith("<6>{"));
}

TEST(LogLine, StaysOneLine) {
  EXPECT_EQ(line_of(spdlog::level::info, "a\n<0>b\x1b[2J", LineStyle::kJournal),
            "<6>a\\u000a<0>b\\u001b[2J\n");
}

TEST_F(LogFolder, WritesToTheFileAndOpensItAnew) {
  const auto sink = std::make_shared<LogSink>();
  spdlog::logger logger("test", sink);
  EXPECT_EQ(sink->file_fd(), -1);
  ASSERT_TRUE(sink->configure(to_file("a.log")));
  EXPECT_GE(sink->file_fd(), 0);
  logger.info("one");
  std::filesystem::rename(folder_ / "a.log", folder_ / "a.log.1");
  logger.info("two");
  ASSERT_TRUE(sink->reopen());
  logger.info("three");
  EXPECT_THAT(content(folder_ / "a.log.1"), MatchesRegex("[^\n]* info one\n[^\n]* info two\n"));
  EXPECT_THAT(content(folder_ / "a.log"), MatchesRegex("[^\n]* info three\n"));
}

TEST_F(LogFolder, KeepsTheOldFileWhenTheNewOneCannotBeOpened) {
  const auto sink = std::make_shared<LogSink>();
  spdlog::logger logger("test", sink);
  ASSERT_TRUE(sink->configure(to_file("a.log")));
  const auto failed = sink->configure(to_file("none/b.log"));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().field, "log.file");
  EXPECT_THAT(failed.error().message, HasSubstr("none/b.log"));
  logger.info("still here");
  EXPECT_THAT(content(folder_ / "a.log"), HasSubstr("still here"));
}

TEST_F(LogFolder, LimitsRepeatedMessages) {
  const auto sink = std::make_shared<LogSink>();
  config::LogConfig config = to_file("a.log");
  config.repeat_limit = 2;
  ASSERT_TRUE(sink->configure(config));
  spdlog::details::log_msg message("test", spdlog::level::info, "again 1");
  for (int i = 0; i < 5; ++i) {
    sink->log(message);
  }
  sink->tell_suppressed(message.time + std::chrono::seconds(2));
  EXPECT_THAT(
      content(folder_ / "a.log"),
      MatchesRegex("([^\n]* info again 1\n){2}[^\n]* warning suppressed 3 messages such as: again 1\n"));
}

TEST(Journal, IsRecognisedByItsInode) {
  unsetenv("JOURNAL_STREAM");
  EXPECT_FALSE(stderr_is_journal());
  setenv("JOURNAL_STREAM", "1:1", 1);
  EXPECT_FALSE(stderr_is_journal());
  unsetenv("JOURNAL_STREAM");
}

}  // namespace
}  // namespace pollux::ops
