// pollux.v1.MediaService on gRPC's callback API.
#pragma once

#include <grpcpp/grpcpp.h>

#include "controlplane/session/control_thread.hpp"
#include "pollux/v1/media_service.grpc.pb.h"

namespace pollux::rpc {

// As SessionService: requests are checked on gRPC's threads, the rest happens on the control thread.
class MediaService final : public v1::MediaService::CallbackService {
 public:
  // Pre: `control` outlives the service.
  explicit MediaService(control::ControlThread& control) : control_(control) {}

  grpc::ServerUnaryReactor* InjectDtmf(grpc::CallbackServerContext* context,
                                       const v1::InjectDtmfRequest* request,
                                       v1::InjectDtmfResponse* response) override;
  grpc::ServerUnaryReactor* BlockDtmf(grpc::CallbackServerContext* context,
                                      const v1::BlockDtmfRequest* request,
                                      v1::BlockDtmfResponse* response) override;
  grpc::ServerUnaryReactor* UnblockDtmf(grpc::CallbackServerContext* context,
                                        const v1::UnblockDtmfRequest* request,
                                        v1::UnblockDtmfResponse* response) override;

 private:
  control::ControlThread& control_;
};

}  // namespace pollux::rpc
