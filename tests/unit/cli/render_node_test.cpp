#include "controlplane/cli/render_node.hpp"

#include <gtest/gtest.h>

#include "tests/unit/cli/messages.hpp"

namespace pollux::cli {
namespace {

TEST(RenderNode, Golden) {
  const auto info = message<v1::InfoResponse>(R"(
    version: "0.1.0" node_run: "7f3a" start_time { seconds: 1714532208 } status: NODE_STATUS_SERVING
    libraries { key: "dpdk" value: "22.11.11" } libraries { key: "grpc" value: "1.51.1" }
    cpu_features: "avx2" cpu_features: "aes"
    workers { worker: 0 cpu: 2 roles: "relay" roles: "media" idle: "sleep" }
    workers { worker: 1 cpu: 13 roles: "relay" idle: "poll" }
    ports { name: "p0" device: "0000:3b:00.0" mac: "02:00:00:00:00:01" link_up: true queues: 2 mtu: 1500
            addresses: "192.0.2.1/24" addresses: "2001:db8::1/64" }
    networks { name: "outside" addresses: "192.0.2.1" first_port: 20000 last_port: 59999
               ports_total: 40000 ports_used: 34000 }
    huge_pages: true srtp_backend: "ipsec_mb 1.3.0 AVX2")");
  EXPECT_EQ(render_node(info, 1'714'532'400, Style{}),
            "Pollux 0.1.0\n"
            "  status      serving\n"
            "  up          3 min 12 s (since 2024-05-01 02:56:48.000Z)\n"
            "  run         7f3a\n"
            "  huge pages  in use\n"
            "  CPU         avx2 aes\n"
            "  SRTP        ipsec_mb 1.3.0 AVX2\n"
            "  library     dpdk 22.11.11\n"
            "  library     grpc 1.51.1\n"
            "\n"
            "WORKER  CPU  ROLES        IDLE\n"
            "0         2  relay media  sleep\n"
            "1        13  relay        poll\n"
            "\n"
            "PORT  LINK  MAC                QUEUES   MTU  ADDRESSES                    DEVICE\n"
            "p0    up    02:00:00:00:00:01       2  1500  192.0.2.1/24 2001:db8::1/64  0000:3b:00.0\n"
            "\n"
            "NETWORK  ADDRESSES  UDP PORTS    IN USE\n"
            "outside  192.0.2.1  20000-59999  34.0 k of 40.0 k (85.00 %)\n");
}

TEST(RenderNode, SaysWhatIsAmiss) {
  const auto info = message<v1::InfoResponse>("status: NODE_STATUS_DRAINING ports { name: 'p0' }");
  const std::string text = render_node(info, 0, Style{});
  EXPECT_NE(text.find("draining: takes no new sessions"), std::string::npos);
  EXPECT_NE(text.find("huge pages  not in use"), std::string::npos);
  EXPECT_NE(text.find("p0    DOWN"), std::string::npos);
  EXPECT_EQ(text.find("SRTP"), std::string::npos);  // a node that doesn't say
}

}  // namespace
}  // namespace pollux::cli
