// Calls by a method's path and bytes, for what generated stubs can't say.
#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>

namespace pollux::test {

struct RawReply {
  grpc::Status status;   // OK also where a stream has sent a message and was then left
  std::string response;  // the first message
};

// For methods of one request, whether they answer once or with a stream: of a stream the first message only.
inline RawReply call_raw(const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
                         const std::string& request) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  grpc::CompletionQueue queue;
  void* tag = nullptr;
  bool ok = false;
  const auto stream = stub.PrepareCall(&context, path, &queue);
  stream->StartCall(nullptr);
  queue.Next(&tag, &ok);
  const grpc::Slice slice(request);
  stream->WriteLast(grpc::ByteBuffer(&slice, 1), {}, nullptr);
  queue.Next(&tag, &ok);
  grpc::ByteBuffer response;
  stream->Read(&response, nullptr);
  queue.Next(&tag, &ok);
  const bool answered = ok;
  RawReply reply;
  if (answered) {
    grpc::Slice bytes;
    if (response.DumpToSingleSlice(&bytes).ok()) {
      reply.response.assign(bytes.begin(), bytes.end());
    }
    grpc::ByteBuffer more;
    stream->Read(&more, nullptr);  // a unary call's status comes now; a stream is left alone
    context.TryCancel();
    queue.Next(&tag, &ok);
  }
  stream->Finish(&reply.status, nullptr);
  queue.Next(&tag, &ok);
  if (answered) {
    reply.status = grpc::Status::OK;
  }
  return reply;
}

}  // namespace pollux::test
