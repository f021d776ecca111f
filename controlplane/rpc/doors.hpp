// Where the gRPC server listens: made ready and looked at before gRPC does, so that errors can say what is
// wrong.
#pragma once

#include <cstdint>
#include <string>

#include "controlplane/config/node_config.hpp"
#include "dataplane/base/expected.hpp"
#include "dataplane/base/ip_address.hpp"

namespace pollux::rpc {

// Makes the directory of a unix socket where it is missing and removes a socket that nobody listens on any
// more. Errors name the path: kAlreadyExists when somebody listens there, kInvalidArgument when something
// else than a socket lies there or the path is too long, kUnavailable when the directory can't be made.
Expected<void> prepare_unix_socket(const std::string& path);

// Whether the address can be listened on now. Errors name it.
Expected<void> check_tcp_door(const SocketAddress& address);

// Both for all doors of a node: what would keep the server from starting is found before anything else
// starts.
Expected<void> prepare_doors(const config::DoorConfig& doors);

}  // namespace pollux::rpc
