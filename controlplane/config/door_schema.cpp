#include "controlplane/config/door_schema.hpp"

namespace pollux::config {

namespace {

constexpr std::size_t kMostDoors = 16;
constexpr std::size_t kMostSubjects = 256;

ValueType<Role> role() {
  return word<Role>({{"read_only", Role::kReadOnly}, {"admin", Role::kAdmin}});
}

Section<TlsConfig> tls_section() {
  const auto names = [] { return list_of(any_text("text of 1..255 bytes", 1, 255), 0, kMostSubjects); };
  Section<TlsConfig> section;
  section
      .value({.name = "listen", .doc = "TCP addresses to listen on with TLS 1.2 or later."},
             POLLUX_MEMBER(listen), list_of(socket_address(), 0, kMostDoors))
      .value({.name = "certificate",
              .doc = "PEM file of the server's certificate and of those that lead to its CA."},
             POLLUX_MEMBER(certificate), file_path())
      .value({.name = "key", .doc = "PEM file of the certificate's private key, without a pass phrase."},
             POLLUX_MEMBER(key), file_path())
      .value(
          {.name = "client_ca",
           .doc = "PEM file of the CAs that clients' certificates must come from; \"\": clients need none."},
          POLLUX_MEMBER(client_ca), file_path())
      .value({.name = "admins",
              .doc = "Common or alternative names in clients' certificates that may do everything."},
             POLLUX_MEMBER(admins), names())
      .value({.name = "readers",
              .doc = "Common or alternative names in clients' certificates that may only look."},
             POLLUX_MEMBER(readers), names())
      .value({.name = "anonymous_role", .doc = "What clients may do where client_ca is \"\"."},
             POLLUX_MEMBER(anonymous_role), role());
  return section;
}

}  // namespace

Section<DoorConfig> grpc_section() {
  Section<DoorConfig> section;
  section
      .value({.name = "unix_socket", .doc = "Path of the unix socket; \"\": none."},
             POLLUX_MEMBER(unix_socket), socket_path())
      .value(
          {.name = "unix_socket_mode", .doc = "Permissions of the unix socket: who may control this node."},
          POLLUX_MEMBER(unix_socket_mode), file_mode())
      .value({.name = "read_only_socket",
              .doc = "Path of a second unix socket, by which callers may only look; \"\": none."},
             POLLUX_MEMBER(read_only_socket), socket_path())
      .value({.name = "read_only_socket_mode",
              .doc = "Permissions of the second unix socket: who may look at this node."},
             POLLUX_MEMBER(read_only_socket_mode), file_mode())
      .value({.name = "tcp",
              .doc = "TCP addresses to listen on, in plain text: whoever reaches them has tcp_role."},
             POLLUX_MEMBER(tcp), list_of(socket_address(), 0, kMostDoors))
      .value({.name = "tcp_role", .doc = "What callers by the addresses in tcp may do."},
             POLLUX_MEMBER(tcp_role), role())
      .section({.name = "tls", .doc = ""}, POLLUX_MEMBER(tls), tls_section())
      .value({.name = "max_request", .doc = "Longest request that is read."}, POLLUX_MEMBER(max_request_kib),
             kibibytes(4, 65536))
      .value({.name = "max_requests_per_second",
              .doc = "Calls that one peer may begin at one door; 0: any number."},
             POLLUX_MEMBER(max_requests_per_second), integer<std::uint32_t>(0, 10'000'000, "calls"))
      .value({.name = "max_calls_per_connection", .doc = "Calls under way at once on one connection."},
             POLLUX_MEMBER(max_calls_per_connection), integer<std::uint32_t>(1, 100'000, "calls"))
      .value({.name = "max_watchers", .doc = "WatchEvents streams at once, over all doors."},
             POLLUX_MEMBER(max_watchers), integer<std::uint32_t>(1, 10'000, "streams"));
  return section;
}

}  // namespace pollux::config
