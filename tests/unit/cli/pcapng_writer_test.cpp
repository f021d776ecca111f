// What we write is read by the programs it is meant for.
#include "controlplane/cli/pcapng_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <sstream>

#include "tests/unit/cli/program.hpp"
#include "tests/unit/cli/temporary_folder.hpp"

namespace pollux::cli {
namespace {

using ::testing::HasSubstr;

std::uint32_t word_at(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);  // little-endian, as this machine
  return value;
}

TEST(PcapngWriter, EachBlockTellsItsLengthTwiceInMultiplesOfFour) {
  std::ostringstream out;
  PcapngWriter writer(out, "test", "a comment");
  for (std::size_t length = 0; length < 9; ++length) {
    writer.write_packet("p0", 0, 1, std::string(length, 'x'), 100, std::string(length, 'c'));
  }
  const std::string bytes = out.str();
  EXPECT_EQ(writer.bytes(), bytes.size());
  EXPECT_EQ(writer.packets(), 9U);
  std::size_t blocks = 0;
  for (std::size_t at = 0; at < bytes.size(); ++blocks) {
    const std::uint32_t length = word_at(bytes, at + 4);
    ASSERT_EQ(length % 4, 0U);
    ASSERT_LE(at + length, bytes.size());
    ASSERT_EQ(word_at(bytes, at + length - 4), length);
    at += length;
  }
  EXPECT_EQ(blocks, 11U);  // section, one interface, nine packets
}

// Ethernet, IPv4, UDP and RTP of 12 bytes; the check sums don't matter here.
std::string rtp_frame() {
  std::string frame("\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0", 14);
  frame += std::string("\x45\0\0\x28\0\0\0\0\x40\x11\0\0\xc0\0\x02\x01\xc0\0\x02\x02", 20);
  frame += std::string("\x9c\x40\x9c\x42\0\x14\0\0", 8);
  return frame + std::string("\x80\x08\0\x01\0\0\0\xa0\x11\x22\x33\x44", 12);
}

TEST(PcapngWriter, TsharkReadsInterfacesTimesLengthsAndComments) {
  const TemporaryFolder folder;
  {
    std::ofstream file(folder.file("x.pcapng"), std::ios::binary);
    PcapngWriter writer(file, "polluxctl test", "session call-1");
    const std::uint64_t time = 1'714'532'400'123'456'789;
    writer.write_packet("port-a", 0, time, rtp_frame(), 54, "leg a, received (rtp_receive)");
    writer.write_packet("port-b", 42, time + 1'000, rtp_frame().substr(0, 42), 54,
                        "leg b, sent (tx) – \"ü\"");
    writer.write_packet("port-a", 0, time + 2'000, rtp_frame(), 54, "");
  }
  const auto read = run_program("tshark -r " + folder.file("x.pcapng") +
                                " -T fields -E separator='|' -e frame.interface_name -e frame.time_epoch"
                                " -e frame.cap_len -e frame.len -e udp.dstport -e frame.comment 2>/dev/null");
  EXPECT_EQ(read.exit_code, 0);
  EXPECT_EQ(read.out,
            "port-a|1714532400.123456789|54|54|40002|leg a, received (rtp_receive)\n"
            "port-b|1714532400.123457789|42|54|40002|leg b, sent (tx) – \"ü\"\n"
            "port-a|1714532400.123458789|54|54|40002|\n");
  const auto info = run_program("capinfos " + folder.file("x.pcapng"));
  EXPECT_EQ(info.exit_code, 0) << info.out;
  EXPECT_THAT(info.out, HasSubstr("pcapng"));
  EXPECT_THAT(info.out, HasSubstr("Number of packets:   3"));
  EXPECT_THAT(info.out, HasSubstr("nanoseconds"));
  EXPECT_THAT(info.out, HasSubstr("Capture application: polluxctl test"));
  EXPECT_THAT(info.out, HasSubstr("Capture comment:     session call-1"));
  EXPECT_THAT(info.out, HasSubstr("Number of interfaces in file: 2"));
}

TEST(PcapngWriter, FileWithoutPacketsIsAFile) {
  const TemporaryFolder folder;
  {
    std::ofstream file(folder.file("x.pcapng"), std::ios::binary);
    const PcapngWriter writer(file, "polluxctl test", "");
  }
  EXPECT_EQ(run_program("tshark -r " + folder.file("x.pcapng") + " 2>/dev/null").exit_code, 0);
}

}  // namespace
}  // namespace pollux::cli
