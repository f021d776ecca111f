// What gRPC and protobuf have to say goes into our log.
#pragma once

namespace pollux::rpc {

// At debug level: both complain of what clients send, which must not fill the log. To be called once, before
// any other use of gRPC.
void route_library_logs();

}  // namespace pollux::rpc
