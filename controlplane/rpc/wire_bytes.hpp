// The bytes of a request as they came.
#pragma once

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>

#include <memory>

#include "dataplane/base/secret.hpp"

namespace pollux::rpc {

// Keeps a request's bytes while it is decoded, and wipes them then: it may have held keys. gRPC cuts a
// message's bytes out of what it read from a connection, and nobody else looks at them.
class WireBytes {
 public:
  // Takes a share of `request`, which may be given away afterwards; null: the client sent none.
  explicit WireBytes(grpc_byte_buffer* request)
      : bytes_(request == nullptr ? nullptr : grpc_byte_buffer_copy(request)) {}
  ~WireBytes() {
    grpc_byte_buffer_reader reader;
    if (bytes_ != nullptr && grpc_byte_buffer_reader_init(&reader, bytes_.get()) != 0) {
      for (grpc_slice* slice = nullptr; grpc_byte_buffer_reader_peek(&reader, &slice) != 0;) {
        wipe(GRPC_SLICE_START_PTR(*slice), GRPC_SLICE_LENGTH(*slice));
      }
      grpc_byte_buffer_reader_destroy(&reader);
    }
  }
  WireBytes(const WireBytes&) = delete;
  WireBytes& operator=(const WireBytes&) = delete;

 private:
  struct Destroy {
    void operator()(grpc_byte_buffer* bytes) const { grpc_byte_buffer_destroy(bytes); }
  };
  std::unique_ptr<grpc_byte_buffer, Destroy> bytes_;
};

}  // namespace pollux::rpc
