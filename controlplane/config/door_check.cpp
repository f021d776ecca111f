// What the grpc section must hold beyond each key's own range.
#include <set>

#include "controlplane/config/semantic_check.hpp"
#include "controlplane/config/unique_check.hpp"

namespace pollux::config {

namespace {

std::string may_do(Role role) {
  return role == Role::kAdmin ? "controls this node" : "sees this node's calls";
}

void check_sockets(const DoorConfig& doors, ReadContext& context) {
  if (!doors.unix_socket.empty() && (doors.unix_socket_mode & 0002) != 0 &&
      context.sound("grpc.unix_socket_mode")) {
    context.warning("grpc.unix_socket_mode", "every user of this machine may control this node");
  }
  if (!doors.read_only_socket.empty() && doors.read_only_socket == doors.unix_socket &&
      context.sound("grpc.read_only_socket")) {
    context.error("grpc.read_only_socket", "is the same path as unix_socket; each needs its own");
  }
}

void check_addresses(const DoorConfig& doors, ReadContext& context) {
  std::set<std::string> listening;
  const auto check = [&](const std::vector<SocketAddress>& addresses, const std::string& list,
                         const std::string& exposed) {
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      const std::string key = item_key(list, i);
      const std::string address = addresses[i].to_string();
      if (!context.sound(key)) {
        continue;
      }
      if (!listening.insert(address).second) {
        context.error(key, address + " is given twice");
      } else if (!exposed.empty() && !addresses[i].ip.is_loopback()) {
        context.warning(key, address + " can be reached from other machines, " + exposed);
      }
    }
  };
  check(doors.tcp, "grpc.tcp",
        "without encryption or password; whoever reaches it " + may_do(doors.tcp_role));
  check(doors.tls.listen, "grpc.tls.listen",
        doors.tls.client_ca.empty() ? "and asks nobody for a certificate (client_ca); whoever reaches it " +
                                          may_do(doors.tls.anonymous_role)
                                    : "");
}

void check_subjects(const TlsConfig& tls, ReadContext& context) {
  UniqueCheck<std::string> names(context, "is already in");
  const auto add = [&](const std::vector<std::string>& subjects, const std::string& list) {
    for (std::size_t i = 0; i < subjects.size(); ++i) {
      names.add(subjects[i], quoted(subjects[i]), item_key(list, i));
    }
    if (!subjects.empty() && tls.client_ca.empty() && context.sound(list) &&
        context.sound("grpc.tls.client_ca")) {
      context.error(list, "has no meaning without client_ca: nobody is asked for a certificate");
    }
  };
  add(tls.admins, "grpc.tls.admins");
  add(tls.readers, "grpc.tls.readers");
  if (!tls.client_ca.empty() && tls.admins.empty() && tls.readers.empty() && context.sound("grpc.tls")) {
    context.error("grpc.tls.client_ca",
                  "is given, but neither admins nor readers: every client would be refused");
  }
}

void check_tls(const TlsConfig& tls, ReadContext& context) {
  if (tls.listen.empty()) {
    if (!tls.certificate.empty() && context.sound("grpc.tls")) {
      context.warning("grpc.tls", "has no effect without an address in listen");
    }
    return;
  }
  const auto needs = [&](const std::string& path, const std::string& key) {
    if (path.empty() && context.sound(key)) {
      context.error(key, "is needed where grpc.tls.listen has an address");
    }
  };
  needs(tls.certificate, "grpc.tls.certificate");
  needs(tls.key, "grpc.tls.key");
  check_subjects(tls, context);
}

}  // namespace

void check_doors(const NodeConfig& config, ReadContext& context) {
  const DoorConfig& doors = config.grpc;
  if (doors.unix_socket.empty() && doors.tcp.empty() && doors.tls.listen.empty() && context.sound("grpc")) {
    context.error("grpc",
                  "neither unix_socket nor tcp nor tls.listen is given; nothing could control this node");
  }
  check_sockets(doors, context);
  check_addresses(doors, context);
  check_tls(doors.tls, context);
}

}  // namespace pollux::config
