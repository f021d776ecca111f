// The configuration: defaults, mistakes with their lines, and that example and documentation don't lie.
#include "controlplane/ng/gateway_config.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "controlplane/ng/command.hpp"
#include "controlplane/ng/wishes.hpp"

namespace pollux::ng {
namespace {

std::string problems(const std::string& text) {
  const auto result = load_gateway_text(text, "f");
  return config::format_problems(result.problems);
}

std::string file_text(const std::string& name) {
  std::ifstream file(POLLUX_SOURCE_ROOT "/" + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(GatewayConfig, ANodeIsEnough) {
  const auto result = load_gateway_text("nodes: [{address: \"unix:/run/pollux/pollux.sock\"}]\n", "f");
  ASSERT_TRUE(result.config) << config::format_problems(result.problems);
  EXPECT_EQ(result.config->listen_udp[0].to_string(), "127.0.0.1:22222") << "the loopback only";
  EXPECT_TRUE(result.config->listen_tcp.empty());
  EXPECT_EQ(result.config->request_time, std::chrono::milliseconds(900)) << "below the proxies' second";
  EXPECT_EQ(result.config->nodes[0].weight, 1U);
}

TEST(GatewayConfig, EveryMistakeHasItsLine) {
  EXPECT_EQ(problems("nodes:\n"
                     "  - address: nowhere\n"
                     "    weight: 0\n"
                     "    weigth: 2\n"
                     "requests:\n"
                     "  workers: many\n"),
            "f:2: nodes[0].address: 'nowhere' is no node: write unix:/run/pollux/pollux.sock or host:port\n"
            "f:3: nodes[0].weight: 0 is out of range; allowed are 1..1000\n"
            "f:4: nodes[0].weigth: unknown key 'weigth': did you mean 'weight'?\n"
            "f:6: requests.workers: 'many' is not a whole number\n");
  EXPECT_EQ(problems("{}\n"), "f:1: nodes: is missing, and has no default\n");
}

TEST(GatewayConfig, MistakesThatOneKeyDoesntShow) {
  EXPECT_EQ(problems("listen: {udp: []}\n"
                     "nodes:\n"
                     "  - address: \"a:1\"\n"
                     "  - address: \"a:1\"\n"
                     "    tls: {cert: /x}\n"
                     "  - address: unix:/x\n"
                     "    tls: {ca: /x}\n"
                     "interfaces:\n"
                     "  - {name: a, network: b}\n"
                     "  - {name: a, network: c}\n"),
            "f:1: listen: names no address: give listen.udp or listen.tcp one\n"
            "f:4: nodes[1].address: a:1 is there twice; give it a larger weight instead\n"
            "f:5: nodes[1].tls: cert and key go together: give both or neither\n"
            "f:7: nodes[2].tls: a unix socket takes no TLS: its permissions are its protection\n"
            "f:10: interfaces[1].name: a is there twice\n");
}

TEST(GatewayConfig, NodesHaveAddresses) {
  for (const char* address :
       {"unix:/run/x.sock", "192.0.2.1:50051", "media.example.net:1", "[2001:db8::1]:50051"}) {
    EXPECT_EQ(problems("nodes: [{address: \"" + std::string(address) + "\"}]"), "") << address;
  }
  for (const char* address : {"unix:/", "unix:x", "x", ":1", "x:0", "x:65536", "unix:1"}) {
    EXPECT_NE(problems("nodes: [{address: \"" + std::string(address) + "\"}]"), "") << address;
  }
}

TEST(GatewayConfig, AFileThatIsntThereIsToldOf) {
  const auto result = load_gateway_file("/no/such/file");
  EXPECT_EQ(config::format_problems(result.problems),
            "/no/such/file: cannot be read: No such file or directory\n");
}

TEST(GatewayConfig, TheExamplesAreRight) {
  EXPECT_EQ(problems(file_text("config/pollux-ng.yaml")), "");
  const std::string text = file_text("config/pollux-ng.example.yaml");
  const auto example = load_gateway_text(text, "example");
  ASSERT_TRUE(example.config) << config::format_problems(example.problems);
  for (const config::KeyInfo& key : gateway_keys()) {
    const std::string facts = "# unit: " + key.unit + "; default: " + key.default_value +
                              "; range: " + key.range +
                              "; change: " + (key.apply == config::Apply::kHot ? "hot" : "restart") + "\n";
    EXPECT_NE(text.find("# " + key.doc + "\n"), std::string::npos)
        << key.path << " isn't explained: " << key.doc;
    EXPECT_NE(text.find(facts), std::string::npos) << key.path << ": " << facts;
  }
}

TEST(Documentation, HasTheTablesThatTheCodeHas) {
  const std::string page = file_text("docs/pollux-ng.md");
  EXPECT_NE(page.find("\n" + command_table()), std::string::npos) << command_table();
  EXPECT_NE(page.find("\n" + wish_table()), std::string::npos) << wish_table();
  EXPECT_NE(page.find("\n" + gateway_key_table()), std::string::npos) << gateway_key_table();
}

}  // namespace
}  // namespace pollux::ng
