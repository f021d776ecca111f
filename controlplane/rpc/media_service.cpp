#include "controlplane/rpc/media_service.hpp"

#include "controlplane/rpc/convert.hpp"
#include "controlplane/rpc/convert_dtmf.hpp"
#include "controlplane/rpc/status.hpp"

namespace pollux::rpc {

namespace {

template <typename Request>
void check_leg(const Request& request, control::Violations& violations) {
  check_session_id(request.session_id(), violations);
  if (!control::valid_leg_id(request.leg_id())) {
    violations.push_back(
        {"leg_id", "must name a leg of the session: 1..32 characters of [A-Za-z0-9_-], not " +
                       control::shown(request.leg_id())});
  }
}

control::SessionCallback finish_with(grpc::ServerUnaryReactor* reactor) {
  return [reactor](const control::SessionResult& result) {
    reactor->Finish(result ? grpc::Status::OK : to_status(result.error()));
  };
}

control::InjectCallback finish_with(grpc::ServerUnaryReactor* reactor, const DtmfInjection& injection,
                                    v1::InjectDtmfResponse* response) {
  return [reactor, injection, response](const tl::expected<control::InjectedDtmf, control::Failure>& result) {
    if (!result) {
      return reactor->Finish(to_status(result.error()));
    }
    if (result->believed) {
      response->set_digits(digits_of(injection));
      response->set_duration_ms(injection.duration_ms);
      response->set_gap_ms(injection.gap_ms);
    }
    reactor->Finish(grpc::Status::OK);
  };
}

}  // namespace

grpc::ServerUnaryReactor* MediaService::InjectDtmf(grpc::CallbackServerContext* context,
                                                   const v1::InjectDtmfRequest* request,
                                                   v1::InjectDtmfResponse* response) {
  auto* reactor = context->DefaultReactor();
  control::Violations violations;
  check_leg(*request, violations);
  const DtmfInjection injection = read_injection(*request, violations);
  if (!violations.empty()) {
    reactor->Finish(invalid_status(std::move(violations)));
  } else if (!control_.post([this, id = request->session_id(), leg_id = request->leg_id(), injection,
                             done = finish_with(reactor, injection, response)] {
               control_.manager().inject_dtmf(id, leg_id, injection, done);
             })) {
    reactor->Finish(draining_status());
  }
  return reactor;
}

grpc::ServerUnaryReactor* MediaService::BlockDtmf(grpc::CallbackServerContext* context,
                                                  const v1::BlockDtmfRequest* request,
                                                  v1::BlockDtmfResponse* response) {
  auto* reactor = context->DefaultReactor();
  control::Violations violations;
  check_leg(*request, violations);
  const DtmfBlock mode = read_block_mode(*request, violations);
  response->set_mode(block_of(mode));
  if (!violations.empty()) {
    reactor->Finish(invalid_status(std::move(violations)));
  } else if (!control_.post(
                 [this, id = request->session_id(), leg_id = request->leg_id(), mode,
                  done = finish_with(reactor)] { control_.manager().block_dtmf(id, leg_id, mode, done); })) {
    reactor->Finish(draining_status());
  }
  return reactor;
}

grpc::ServerUnaryReactor* MediaService::UnblockDtmf(grpc::CallbackServerContext* context,
                                                    const v1::UnblockDtmfRequest* request,
                                                    v1::UnblockDtmfResponse* /*response*/) {
  auto* reactor = context->DefaultReactor();
  control::Violations violations;
  check_leg(*request, violations);
  if (!violations.empty()) {
    reactor->Finish(invalid_status(std::move(violations)));
  } else if (!control_.post(
                 [this, id = request->session_id(), leg_id = request->leg_id(), done = finish_with(reactor)] {
                   control_.manager().block_dtmf(id, leg_id, DtmfBlock::kOff, done);
                 })) {
    reactor->Finish(draining_status());
  }
  return reactor;
}

}  // namespace pollux::rpc
