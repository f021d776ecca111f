// A gRPC server in this process that keeps calls as polluxd does, minimally: what it was asked can be looked
// at.
#pragma once

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "pollux/v1/media_service.grpc.pb.h"
#include "pollux/v1/node.grpc.pb.h"
#include "pollux/v1/offer_answer.grpc.pb.h"
#include "pollux/v1/session.grpc.pb.h"

namespace pollux::ng {

// A status with google.rpc.ErrorInfo, as polluxd's have it.
grpc::Status refused(grpc::StatusCode code, const std::string& cause, const std::string& message,
                     const std::string& field = "");

class FakePolluxd final : public v1::OfferAnswerService::Service,
                          public v1::MediaService::Service,
                          public v1::NodeService::Service,
                          public v1::SessionService::Service {
 public:
  // Listens on a unix socket of its own; with a `path` there, as one that is started again does.
  explicit FakePolluxd(std::string path = "");
  ~FakePolluxd() override;

  const std::string& address() const { return address_; }
  std::string path() const { return address_.substr(5); }
  void stop();  // as if it had crashed: calls in work break off
  void set_serving(bool serving);

  // What was asked; the latest last. To be read when nothing is under way.
  std::vector<v1::OfferRequest> offers;
  std::vector<v1::AnswerRequest> answers;
  std::vector<v1::DeleteCallRequest> deletes;
  std::vector<v1::QueryCallRequest> queries;
  std::vector<v1::InjectDtmfRequest> injected;
  std::vector<v1::BlockDtmfRequest> blocked;
  std::vector<v1::UnblockDtmfRequest> unblocked;
  std::vector<v1::WatchEventsRequest> watched;

  // What it has; an offer of a new call adds to it.
  std::map<std::string, v1::Call> calls;
  v1::StatsResponse stats;
  grpc::Status error;                  // not ok: of every call but health checks
  std::function<void()> before_offer;  // runs within each Offer, outside the lock
  bool takes_presses = true;
  // Runs WatchEvents.
  std::function<grpc::Status(const v1::WatchEventsRequest&, grpc::ServerWriter<v1::WatchEventsResponse>&,
                             grpc::ServerContext&)>
      watch;
  // Waits until WatchEvents has been called so often.
  void wait_for_watchers(std::size_t count);

  grpc::Status Offer(grpc::ServerContext*, const v1::OfferRequest*, v1::OfferResponse*) override;
  grpc::Status Answer(grpc::ServerContext*, const v1::AnswerRequest*, v1::AnswerResponse*) override;
  grpc::Status DeleteCall(grpc::ServerContext*, const v1::DeleteCallRequest*, v1::Call*) override;
  grpc::Status QueryCall(grpc::ServerContext*, const v1::QueryCallRequest*, v1::Call*) override;
  grpc::Status ListCalls(grpc::ServerContext*, const v1::ListCallsRequest*, v1::ListCallsResponse*) override;
  grpc::Status InjectDtmf(grpc::ServerContext*, const v1::InjectDtmfRequest*,
                          v1::InjectDtmfResponse*) override;
  grpc::Status BlockDtmf(grpc::ServerContext*, const v1::BlockDtmfRequest*, v1::BlockDtmfResponse*) override;
  grpc::Status UnblockDtmf(grpc::ServerContext*, const v1::UnblockDtmfRequest*,
                           v1::UnblockDtmfResponse*) override;
  grpc::Status Stats(grpc::ServerContext*, const v1::StatsRequest*, v1::StatsResponse*) override;
  grpc::Status WatchEvents(grpc::ServerContext*, const v1::WatchEventsRequest*,
                           grpc::ServerWriter<v1::WatchEventsResponse>*) override;

 private:
  std::mutex mutex_;
  std::condition_variable watched_more_;
  std::string directory_;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

// A call of two parties, "a" and "b", with an audio leg each, as polluxd would show it in its middle.
v1::Call call_in_progress(const std::string& call_id);

}  // namespace pollux::ng
