#include "controlplane/cli/table.hpp"

#include <gtest/gtest.h>

namespace pollux::cli {
namespace {

Table example() {
  Table table({{"NAME"}, {"COUNT", Align::kRight}, {"NOTE"}});
  table.add({"a → b", "7", ""});
  table.add({"longer", "12345", Cell("bad", Tone::kBad)});
  return table;
}

TEST(Table, AlignsByCodePointsAndLeavesNoTrailingSpaces) {
  EXPECT_EQ(example().render(Style{}),
            "NAME    COUNT  NOTE\n"
            "a → b       7\n"
            "longer  12345  bad\n");
}

TEST(Table, ColourDoesntShiftColumns) {
  EXPECT_EQ(example().render(Style{.colour = true}),
            "\033[1mNAME\033[0m    \033[1mCOUNT\033[0m  \033[1mNOTE\033[0m\n"
            "a → b       7\n"
            "longer  12345  \033[31mbad\033[0m\n");
}

TEST(Table, EmptyCellInTheMiddleKeepsItsWidth) {
  Table table({{"A"}, {"B"}, {"C"}});
  table.add({"1", "", "3"});
  EXPECT_EQ(table.render(Style{}), "A  B  C\n1     3\n");
}

}  // namespace
}  // namespace pollux::cli
