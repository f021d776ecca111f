#include "controlplane/cli/manual.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "controlplane/cli/arguments.hpp"
#include "controlplane/cli/exit_code.hpp"
#include "tests/unit/cli/fake_node.hpp"

namespace pollux::cli {
namespace {

using ::testing::HasSubstr;

std::string in_troff(std::string text) {
  for (std::size_t at = 0; (at = text.find('-', at)) != std::string::npos; at += 2) {
    text.insert(at, "\\");
  }
  return text;
}

TEST(Manual, HasEveryCommandOptionAndExitCode) {
  const std::string page = manual_page(describe_commands());
  for (const auto& command : describe_commands()) {
    if (command.is_leaf()) {
      EXPECT_THAT(page, HasSubstr("\n.SS \"polluxctl " + in_troff(command.path) + "\"\n"));
    }
    for (const auto& option : command.options) {
      EXPECT_THAT(page, HasSubstr(in_troff(option.names.back()))) << command.path;
    }
  }
  for (const auto& [code, meaning] : kExitCodes) {
    EXPECT_THAT(page, HasSubstr("\n.B " + std::to_string(code) + "\n" + in_troff(meaning)));
  }
  for (const char* variable : {"POLLUX_TARGET", "POLLUX_TLS_CA", "POLLUX_TLS_CERT", "POLLUX_TLS_KEY",
                               "POLLUX_TLS_SERVER_NAME", "NO_COLOR"}) {
    EXPECT_THAT(page, HasSubstr(variable));
  }
}

TEST(Manual, IsPlainAsciiAndNoLineIsAnUnknownRequest) {
  const auto outcome = run_against("unix:/nonexistent", {"manual-page"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_TRUE(std::all_of(outcome.out.begin(), outcome.out.end(),
                          [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
  EXPECT_THAT(outcome.out, Not(HasSubstr("\n'")));
  EXPECT_THAT(outcome.out, HasSubstr("remote=10.0.0.5:30000"));  // the footer of session create
  EXPECT_THAT(outcome.out, HasSubstr("srtp\\-receive=KEY"));
}

}  // namespace
}  // namespace pollux::cli
