#include "controlplane/cli/completion.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controlplane/cli/arguments.hpp"
#include "tests/unit/cli/fake_node.hpp"
#include "tests/unit/cli/program.hpp"
#include "tests/unit/cli/temporary_folder.hpp"

namespace pollux::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Completion, NamesEveryCommandAndOption) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = completion_script(shell, describe_commands());
    for (const auto& command : describe_commands()) {
      EXPECT_THAT(script, HasSubstr(command.path)) << shell;
      for (const auto& option : command.options) {
        for (const auto& name : option.names) {
          // fish has names without their dashes.
          const bool fish = std::string(shell) == "fish";
          const std::string written = !fish                      ? name
                                      : name.rfind("--", 0) == 0 ? " -l " + name.substr(2)
                                                                 : " -s " + name.substr(1);
          EXPECT_THAT(script, HasSubstr(written)) << shell;
        }
      }
    }
    EXPECT_THAT(script, Not(HasSubstr("manual-page")));
  }
}

TEST(Completion, CommandPrintsTheScript) {
  const auto outcome = run_against("unix:/nonexistent", {"completion", "fish"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out, completion_script("fish", describe_commands()));
}

// What bash would offer for these words, the last of them being typed.
std::string offered(const TemporaryFolder& folder, const std::string& words, int count) {
  const std::string script = folder.write("completion.bash", completion_script("bash", describe_commands()));
  const auto result = run_program("bash -c '. " + script + "; COMP_WORDS=(" + words + "); COMP_CWORD=" +
                                  std::to_string(count) + "; _polluxctl; echo \" ${COMPREPLY[*]} \"'");
  EXPECT_EQ(result.exit_code, 0) << result.out;
  return result.out;
}

TEST(Completion, BashTakesTheScript) {
  const TemporaryFolder folder;
  const std::string script = folder.write("completion.bash", completion_script("bash", describe_commands()));
  const auto result = run_program("bash -n " + script);
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_EQ(result.out, "");
}

TEST(Completion, BashFindsCommandsOptionsAndValues) {
  const TemporaryFolder folder;
  EXPECT_THAT(offered(folder, "polluxctl \"\"", 1), AllOf(HasSubstr(" session "), HasSubstr(" top ")));
  EXPECT_EQ(offered(folder, "polluxctl se", 1), " session \n");
  EXPECT_THAT(offered(folder, "polluxctl -o json node \"\"", 4),
              AllOf(HasSubstr(" drain "), HasSubstr(" info ")));
  EXPECT_EQ(offered(folder, "polluxctl node drain --d", 3), " --deadline \n");
  EXPECT_EQ(offered(folder, "polluxctl node drain --tls-s", 3), " --tls-server-name \n");
  EXPECT_EQ(offered(folder, "polluxctl stats -o j", 3), " json \n");
  EXPECT_EQ(offered(folder, "polluxctl capture --d", 2), " --decrypted \n");
  EXPECT_EQ(offered(folder, "polluxctl completion z", 2), " zsh \n");
  EXPECT_EQ(offered(folder, "polluxctl dtmf s", 2), " send \n");
  EXPECT_EQ(offered(folder, "polluxctl dtmf block call-1 a --mode r", 6), " random \n");
  EXPECT_EQ(offered(folder, "polluxctl session list --limit \"\"", 4), "  \n");
  folder.write("call.pcapng", "");
  EXPECT_THAT(offered(folder, "polluxctl capture --out " + folder.file("ca"), 3), HasSubstr("/call.pcapng "));
}

}  // namespace
}  // namespace pollux::cli
