#include <set>

#include "controlplane/config/log_schema.hpp"
#include "controlplane/config/read_context.hpp"
#include "controlplane/config/value_type.hpp"
#include "controlplane/config/yaml_tree.hpp"
#include "controlplane/ng/gateway_config.hpp"

namespace pollux::ng {

namespace {

using config::Apply;
using config::integer;
using config::list_of;
using config::Presence;
using config::Section;
using config::word;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kMostListeners = 16;
constexpr std::size_t kMostNodes = 64;
constexpr std::size_t kMostInterfaces = 256;
constexpr std::size_t kMostSinks = 16;

config::ValueType<bool> yes_or_no() {
  return word<bool>({{"true", true}, {"false", false}});
}

config::ValueType<std::string> node_address() {
  const auto parse = [](const std::string& text) -> config::Parsed<std::string> {
    const bool path = text.starts_with("unix:/") && text.size() > std::string_view("unix:/").size();
    const std::size_t colon = text.rfind(':');
    const auto port = colon == std::string::npos || colon == 0
                          ? tl::unexpected(std::string())
                          : config::parse_integer(text.substr(colon + 1), 1, 65535, config::kNoUnit);
    if (!path && (!port || text.starts_with("unix"))) {
      return tl::unexpected(config::quoted(text) +
                            " is no node: write unix:/run/pollux/pollux.sock or host:port");
    }
    return text;
  };
  return config::scalar<std::string>(config::kNoUnit, "unix:/PATH or HOST:PORT", "a node's address", parse,
                                     [](const std::string& text) { return text; });
}

Section<NodeTls> tls_section() {
  Section<NodeTls> section;
  section
      .value({.name = "ca", .doc = "PEM file of the CAs that the node's certificate must come from."},
             POLLUX_MEMBER(ca), config::file_path())
      .value({.name = "cert", .doc = "PEM file of our certificate, for nodes that ask for one."},
             POLLUX_MEMBER(cert), config::file_path())
      .value({.name = "key", .doc = "PEM file of its private key, without a pass phrase."},
             POLLUX_MEMBER(key), config::file_path())
      .value({.name = "server_name", .doc = "Name in the node's certificate; \"\": that of its address."},
             POLLUX_MEMBER(server_name), config::any_text("text of 0..255 bytes", 0, 255));
  return section;
}

Section<NodeEntry> node_section() {
  Section<NodeEntry> section;
  section
      .value({.name = "address",
              .doc = "Where its gRPC door is. Calls stay with an address: don't rename a node with calls.",
              .presence = Presence::kRequired},
             POLLUX_MEMBER(address), node_address())
      .value({.name = "weight", .doc = "Its share of new calls, among the weights of all."},
             POLLUX_MEMBER(weight), integer<std::uint32_t>(1, 1000))
      .value({.name = "drain", .doc = "true: it gets no new calls; those that it has stay."},
             POLLUX_MEMBER(drain), yes_or_no())
      .section({.name = "tls", .doc = ""}, POLLUX_MEMBER(tls), tls_section());
  return section;
}

Section<InterfaceEntry> interface_section() {
  Section<InterfaceEntry> section;
  section
      .value({.name = "name",
              .doc = "What the proxy says in direction= or by its flags internal and external.",
              .presence = Presence::kRequired},
             POLLUX_MEMBER(name), config::name_text())
      .value({.name = "network",
              .doc = "The network of polluxd's configuration that is meant.",
              .presence = Presence::kRequired},
             POLLUX_MEMBER(network), config::name_text());
  return section;
}

Section<SinkEntry> sink_section() {
  Section<SinkEntry> section;
  section
      .value({.name = "type",
              .doc = "udp: a datagram for each press. evapi: a TCP connection to Kamailio's module evapi."},
             POLLUX_MEMBER(type), word<SinkType>({{"udp", SinkType::kUdp}, {"evapi", SinkType::kEvapi}}))
      .value({.name = "address", .doc = "Who is told.", .presence = Presence::kRequired},
             POLLUX_MEMBER(address), config::socket_address())
      .value({.name = "outgoing", .doc = "true: told of presses as well that it has to send on by SIP INFO."},
             POLLUX_MEMBER(outgoing), yes_or_no())
      .value({.name = "framing", .doc = "Of evapi: netstring (evapi's netstring_format 1) or none."},
             POLLUX_MEMBER(framing),
             word<Framing>({{"netstring", Framing::kNetstring}, {"none", Framing::kNone}}));
  return section;
}

Section<LogSettings> log_section() {
  Section<LogSettings> section;
  section.value({.name = "level", .doc = "Least severe message that is logged.", .apply = Apply::kHot},
                POLLUX_MEMBER(level), config::log_level());
  config::add_log_output(section);
  return section;
}

Section<GatewayConfig> listen_section() {
  Section<GatewayConfig> section;
  section
      .value(
          {.name = "udp", .doc = "UDP addresses that proxies send to. Whoever reaches them controls calls."},
          POLLUX_MEMBER(listen_udp), list_of(config::socket_address(), 0, kMostListeners))
      .value({.name = "tcp", .doc = "The same for TCP."}, POLLUX_MEMBER(listen_tcp),
             list_of(config::socket_address(), 0, kMostListeners))
      .value({.name = "max_connections", .doc = "TCP connections at once; each has a thread."},
             POLLUX_MEMBER(max_connections), integer<std::uint32_t>(1, 1024, "connections"));
  return section;
}

Section<GatewayConfig> requests_section() {
  Section<GatewayConfig> section;
  section
      .value({.name = "workers", .doc = "Requests by UDP that are in work at once; each has a thread."},
             POLLUX_MEMBER(workers), integer<std::uint32_t>(1, 256, "threads"))
      .value({.name = "time",
              .doc = "How long a request may take, all nodes tried included; below the proxy's time-out."},
             POLLUX_MEMBER(request_time), config::duration(milliseconds(50), seconds(60)))
      .value({.name = "delete_delay",
              .doc = "How much later the end comes that a delete without delete-delay asks for; an offer or "
                     "answer meanwhile revokes it."},
             POLLUX_MEMBER(delete_delay), config::duration(seconds(0), minutes(60)))
      .value({.name = "cookie_time",
              .doc = "How long replies are kept at least, for requests that are sent again."},
             POLLUX_MEMBER(cookie_time), config::duration(seconds(1), minutes(5)))
      .value({.name = "cookie_memory", .doc = "Most memory for them; beyond, the older ones go early."},
             POLLUX_MEMBER(cookie_mib), config::mebibytes(1, 4096))
      .value({.name = "remembered_calls",
              .doc = "Calls whose node is remembered; of others the nodes are asked, in order."},
             POLLUX_MEMBER(remembered_calls), integer<std::uint32_t>(16, 10'000'000, "calls"))
      .value({.name = "health_interval", .doc = "How often each node is asked whether it serves."},
             POLLUX_MEMBER(health_interval), config::duration(milliseconds(50), minutes(1)));
  return section;
}

Section<GatewayConfig> build_schema() {
  const auto whole = [](auto& owner) -> auto& {
    return owner;
  };
  Section<GatewayConfig> section;
  section.section({.name = "listen", .doc = ""}, whole, listen_section())
      .section({.name = "requests", .doc = ""}, whole, requests_section())
      .list({.name = "nodes", .doc = "", .presence = Presence::kRequired}, POLLUX_MEMBER(nodes),
            node_section(), 1, kMostNodes)
      .list({.name = "interfaces", .doc = ""}, POLLUX_MEMBER(interfaces), interface_section(), 0,
            kMostInterfaces)
      .list({.name = "dtmf_sinks", .doc = ""}, POLLUX_MEMBER(dtmf_sinks), sink_section(), 0, kMostSinks)
      .section({.name = "log", .doc = ""}, POLLUX_MEMBER(log), log_section());
  return section;
}

const Section<GatewayConfig>& gateway_schema() {
  static const Section<GatewayConfig> schema = build_schema();
  return schema;
}

// What one key alone can't show.
void check_meaning(const GatewayConfig& config, config::ReadContext& context) {
  if (config.listen_udp.empty() && config.listen_tcp.empty()) {
    context.error("listen", "names no address: give listen.udp or listen.tcp one");
  }
  std::set<std::string> names;
  for (std::size_t i = 0; i < config.nodes.size(); ++i) {
    const NodeEntry& node = config.nodes[i];
    const std::string key = config::item_key("nodes", i);
    if (!node.address.empty() && !names.insert(node.address).second) {
      context.error(key + ".address", node.address + " is there twice; give it a larger weight instead");
    }
    if (node.tls.cert.empty() != node.tls.key.empty()) {
      context.error(key + ".tls", "cert and key go together: give both or neither");
    }
    if (node.tls.wanted() && node.address.starts_with("unix:")) {
      context.error(key + ".tls", "a unix socket takes no TLS: its permissions are its protection");
    }
  }
  names.clear();
  for (std::size_t i = 0; i < config.interfaces.size(); ++i) {
    if (const std::string& name = config.interfaces[i].name; !name.empty() && !names.insert(name).second) {
      context.error(config::item_key("interfaces", i) + ".name", name + " is there twice");
    }
  }
}

}  // namespace

std::vector<config::KeyInfo> gateway_keys() {
  std::vector<config::KeyInfo> keys;
  gateway_schema().describe("", keys);
  for (config::KeyInfo& key : keys) {
    if (key.path.starts_with("nodes[]")) {
      key.apply = Apply::kHot;  // items of lists can't say so themselves
    }
  }
  return keys;
}

std::map<std::string, std::string> gateway_values(const GatewayConfig& config) {
  std::map<std::string, std::string> values;
  gateway_schema().show(config, "", values);
  return values;
}

std::string gateway_key_table() {
  std::string table =
      "| Key | Unit | Default | Range | SIGHUP | Meaning |\n"
      "|---|---|---|---|---|---|\n";
  for (const config::KeyInfo& key : gateway_keys()) {
    table += "| `" + key.path + "` | " + key.unit + " | " +
             (key.required ? "required" : "`" + key.default_value + "`") + " | " + key.range + " | " +
             (key.apply == Apply::kHot ? "yes" : "no") + " | " + key.doc + " |\n";
  }
  return table;
}

GatewayResult load_gateway_text(const std::string& text, const std::string& name) {
  const config::YamlTree tree = config::parse_yaml(text);
  config::ReadContext context(name);
  for (const config::YamlTree::Fault& fault : tree.faults) {
    context.error("", fault.line, fault.message);
  }
  GatewayConfig config;
  if (tree.readable) {
    context.seen("", tree.root.line);
    gateway_schema().read(tree.root, "", context, config);
    check_meaning(config, context);
  }
  GatewayResult result;
  result.problems = context.take_errors();
  if (result.problems.empty()) {
    result.config = std::move(config);
  }
  return result;
}

}  // namespace pollux::ng
