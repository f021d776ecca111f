// The grpc section as a whole: what check_doors() says.
#include <gtest/gtest.h>

#include "tests/unit/config/config_text.hpp"

namespace pollux::config {
namespace {

const std::string kFiles = "certificate: /c.pem, key: /k.pem";

std::string with_tls(const std::string& tls) {
  return kGood + "grpc: {tls: {" + tls + "}}\n";
}

TEST(DoorCheck, TakesAllKeys) {
  const ConfigResult result = load_config_text(kGood +
                                                   "grpc:\n"
                                                   "  read_only_socket: /run/ro.sock\n"
                                                   "  read_only_socket_mode: '0666'\n"
                                                   "  tcp_role: read_only\n"
                                                   "  tls:\n"
                                                   "    listen: [0.0.0.0:7712]\n"
                                                   "    certificate: /c.pem\n"
                                                   "    key: /k.pem\n"
                                                   "    client_ca: /ca.pem\n"
                                                   "    admins: [sip.example.org]\n"
                                                   "    readers: ['spiffe://example.org/a b']\n"
                                                   "    anonymous_role: admin\n"
                                                   "  max_request: 64 KiB\n"
                                                   "  max_requests_per_second: 0\n"
                                                   "  max_calls_per_connection: 10\n"
                                                   "  max_watchers: 3\n",
                                               "test.yaml");
  ASSERT_TRUE(result.config) << format_problems(result.problems);
  EXPECT_TRUE(result.warnings.empty()) << format_problems(result.warnings);
  const DoorConfig& doors = result.config->grpc;
  EXPECT_EQ(doors.read_only_socket, "/run/ro.sock");
  EXPECT_EQ(doors.read_only_socket_mode, 0666U);
  EXPECT_EQ(doors.tcp_role, Role::kReadOnly);
  EXPECT_EQ(doors.tls.client_ca, "/ca.pem");
  EXPECT_EQ(doors.tls.admins, std::vector<std::string>{"sip.example.org"});
  EXPECT_EQ(doors.tls.readers, std::vector<std::string>{"spiffe://example.org/a b"});
  EXPECT_EQ(doors.tls.anonymous_role, Role::kAdmin);
  EXPECT_EQ(doors.max_request_kib, 64U);
  EXPECT_EQ(doors.max_requests_per_second, 0U);
  EXPECT_EQ(doors.max_calls_per_connection, 10U);
  EXPECT_EQ(doors.max_watchers, 3U);
}

TEST(DoorCheck, NothingListensBeyondThisMachineByDefault) {
  const DoorConfig doors;
  EXPECT_TRUE(doors.tcp.empty());
  EXPECT_TRUE(doors.tls.listen.empty());
  EXPECT_EQ(doors.tls.anonymous_role, Role::kReadOnly);
}

TEST(DoorCheck, SomeDoorCanControl) {
  EXPECT_EQ(problems_of(kGood + "grpc: {unix_socket: '', read_only_socket: /run/ro}\n").size(), 1U);
  EXPECT_EQ(problems_of(kGood + "grpc: {unix_socket: '', tls: {listen: [127.0.0.1:1], " + kFiles + "}}\n"),
            Lines{});
  EXPECT_EQ(problems_of(kGood + "grpc: {unix_socket: /run/a, read_only_socket: /run/a}\n"),
            (Lines{"19: grpc.read_only_socket: is the same path as unix_socket; each needs its own"}));
}

TEST(DoorCheck, ATlsDoorNeedsItsFiles) {
  EXPECT_EQ(problems_of(with_tls("listen: [127.0.0.1:1]")),
            (Lines{"19: grpc.tls.certificate: is needed where grpc.tls.listen has an address",
                   "19: grpc.tls.key: is needed where grpc.tls.listen has an address"}));
  EXPECT_EQ(warnings_of(with_tls(kFiles)),
            (Lines{"19: grpc.tls: has no effect without an address in listen"}));
  EXPECT_EQ(problems_of(with_tls("listen: [127.0.0.1:1], certificate: c.pem, key: /k.pem")),
            (Lines{"19: grpc.tls.certificate: 'c.pem' is not an absolute path of a file"}));
}

TEST(DoorCheck, NamesNeedAClientCaAndTheOtherWayRound) {
  const std::string door = "listen: [127.0.0.1:1], " + kFiles;
  EXPECT_EQ(
      problems_of(with_tls(door + ", admins: [a]")),
      (Lines{"19: grpc.tls.admins: has no meaning without client_ca: nobody is asked for a certificate"}));
  EXPECT_EQ(problems_of(with_tls(door + ", client_ca: /ca.pem")),
            (Lines{"19: grpc.tls.client_ca: is given, but neither admins nor readers: every client would be "
                   "refused"}));
  EXPECT_EQ(problems_of(with_tls(door + ", client_ca: /ca.pem, admins: [a, b], readers: [b]")),
            (Lines{"19: grpc.tls.readers[0]: 'b' is already in grpc.tls.admins[1] (line 19)"}));
}

TEST(DoorCheck, OpenDoorsAreWarnedOf) {
  EXPECT_EQ(warnings_of(kGood + "grpc: {tcp: [0.0.0.0:1], tcp_role: read_only}\n"),
            (Lines{"19: grpc.tcp[0]: 0.0.0.0:1 can be reached from other machines, without encryption or "
                   "password; whoever reaches it sees this node's calls"}));
  EXPECT_EQ(warnings_of(with_tls("listen: ['[::]:1'], anonymous_role: admin, " + kFiles)),
            (Lines{"19: grpc.tls.listen[0]: [::]:1 can be reached from other machines, and asks nobody for a "
                   "certificate (client_ca); whoever reaches it controls this node"}));
  EXPECT_EQ(warnings_of(with_tls("listen: ['[::]:1'], client_ca: /ca.pem, admins: [a], " + kFiles)), Lines{});
  EXPECT_EQ(problems_of(kGood + "grpc: {tcp: [127.0.0.1:1], tls: {listen: [127.0.0.1:1], " + kFiles + "}}\n"),
            (Lines{"19: grpc.tls.listen[0]: 127.0.0.1:1 is given twice"}));
}

}  // namespace
}  // namespace pollux::config
