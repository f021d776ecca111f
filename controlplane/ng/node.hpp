// One polluxd as the gateway sees it: its gRPC services and how it is.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "controlplane/ng/call_error.hpp"
#include "controlplane/ng/gateway_config.hpp"
#include "dataplane/base/expected.hpp"
#include "pollux/v1/media_service.grpc.pb.h"
#include "pollux/v1/node.grpc.pb.h"
#include "pollux/v1/offer_answer.grpc.pb.h"
#include "pollux/v1/session.grpc.pb.h"

namespace pollux::ng {

using Deadline = std::chrono::system_clock::time_point;

enum class Health : std::uint8_t {
  kUnknown,  // not asked yet: worth a try
  kServing,
  kDraining,  // answers, and takes no new calls
  kUnreachable,
};

// Any thread.
class Node {
 public:
  // Errors: kInvalidArgument, a file of `tls` that can't be read. Connects at the first call.
  static Expected<std::shared_ptr<Node>> open(const NodeEntry& entry);

  const std::string& address() const { return entry_.address; }
  const NodeEntry& entry() const { return entry_; }

  Health health() const { return health_.load(std::memory_order_relaxed); }
  bool reachable() const { return health() != Health::kUnreachable; }
  bool takes_new_calls() const;
  // By the configuration; may change while it runs.
  void set_drain(bool drain) { drain_.store(drain, std::memory_order_relaxed); }
  bool drained() const { return drain_.load(std::memory_order_relaxed); }
  std::uint32_t weight() const { return weight_.load(std::memory_order_relaxed); }
  void set_weight(std::uint32_t weight) { weight_.store(weight, std::memory_order_relaxed); }

  v1::OfferAnswerService::Stub& calls() { return calls_; }
  v1::MediaService::Stub& media() { return media_; }
  v1::NodeService::Stub& node() { return node_; }
  v1::SessionService::Stub& sessions() { return sessions_; }

  // Blocks until `deadline` at most. What comes back of an unreachable node, or of one that drains, is
  // believed at once.
  template <typename Stub, typename Request, typename Response>
  Answer<Response> call(Stub& stub,
                        grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                        const Request& request, Deadline deadline) {
    grpc::ClientContext context;
    context.set_deadline(deadline);
    Answer<Response> answer;
    const grpc::Status status = (stub.*method)(&context, request, &answer.value);
    if (!status.ok()) {
      answer.error = decode_error(status);
      learn_from(*answer.error);
    }
    return answer;
  }

  // grpc.health.v1: asks for the node as a whole, and believes the answer.
  Health check(Deadline deadline);

 private:
  Node(const NodeEntry& entry, std::shared_ptr<grpc::Channel> channel);
  void learn_from(const CallError& error);
  // Unless the answer to a later question has come before it. What a call brings back is news of its own.
  void believe(std::uint64_t question, Health health);

  const NodeEntry entry_;
  std::shared_ptr<grpc::Channel> channel_;
  v1::OfferAnswerService::Stub calls_;
  v1::MediaService::Stub media_;
  v1::NodeService::Stub node_;
  v1::SessionService::Stub sessions_;
  std::atomic<std::uint64_t> questions_{0};
  std::mutex believing_;
  std::uint64_t believed_ = 0;  // the question; guarded by believing_
  std::atomic<Health> health_{Health::kUnknown};
  std::atomic<bool> drain_;
  std::atomic<std::uint32_t> weight_;
};

}  // namespace pollux::ng
