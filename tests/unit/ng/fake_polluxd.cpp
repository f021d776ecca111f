#include "tests/unit/ng/fake_polluxd.hpp"

#include <grpcpp/health_check_service_interface.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace pollux::ng {

grpc::Status refused(grpc::StatusCode code, const std::string& cause, const std::string& message,
                     const std::string& field) {
  google::rpc::ErrorInfo info;
  info.set_reason(cause);
  info.set_domain("pollux");
  if (!field.empty()) {
    (*info.mutable_metadata())["field"] = field;
  }
  google::rpc::Status status;
  status.set_code(code);
  status.set_message(message);
  status.add_details()->PackFrom(info);
  return {code, message, status.SerializeAsString()};
}

FakePolluxd::FakePolluxd(std::string path) {
  if (path.empty()) {
    std::string pattern = (std::filesystem::temp_directory_path() / "pollux-ng-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      throw std::runtime_error("no temporary directory");
    }
    directory_ = pattern;
    path = directory_ + "/node.sock";
  }
  address_ = "unix:" + path;
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address_, grpc::InsecureServerCredentials());
  builder.RegisterService(static_cast<v1::OfferAnswerService::Service*>(this));
  builder.RegisterService(static_cast<v1::MediaService::Service*>(this));
  builder.RegisterService(static_cast<v1::NodeService::Service*>(this));
  builder.RegisterService(static_cast<v1::SessionService::Service*>(this));
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) {
    throw std::runtime_error("the fake node can't listen at " + address_);
  }
  set_serving(true);
}

FakePolluxd::~FakePolluxd() {
  stop();
  if (!directory_.empty()) {
    std::filesystem::remove_all(directory_);
  }
}

void FakePolluxd::stop() {
  if (server_ != nullptr) {
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
    server_ = nullptr;
  }
}

void FakePolluxd::set_serving(bool serving) {
  server_->GetHealthCheckService()->SetServingStatus(serving);
}

grpc::Status FakePolluxd::Offer(grpc::ServerContext*, const v1::OfferRequest* request,
                                v1::OfferResponse* response) {
  if (before_offer) {
    before_offer();
  }
  const std::lock_guard lock(mutex_);
  offers.push_back(*request);
  if (error.ok()) {
    calls.try_emplace(request->call_id(), call_in_progress(request->call_id()));
    response->set_sdp("offer for " + request->sdp());
    response->set_session_id(request->call_id());
  }
  return error;
}

grpc::Status FakePolluxd::Answer(grpc::ServerContext*, const v1::AnswerRequest* request,
                                 v1::AnswerResponse* response) {
  const std::lock_guard lock(mutex_);
  answers.push_back(*request);
  if (error.ok() && !calls.contains(request->call_id())) {
    return refused(grpc::StatusCode::NOT_FOUND, "CALL_UNKNOWN", "no such call");
  }
  response->set_sdp("answer for " + request->sdp());
  response->add_warnings("ptime is 20");
  return error;
}

grpc::Status FakePolluxd::DeleteCall(grpc::ServerContext*, const v1::DeleteCallRequest* request,
                                     v1::Call* response) {
  const std::lock_guard lock(mutex_);
  deletes.push_back(*request);
  const auto call = calls.find(request->call_id());
  if (error.ok() && call == calls.end()) {
    return refused(grpc::StatusCode::NOT_FOUND, "CALL_UNKNOWN", "no such call");
  }
  if (error.ok()) {
    *response = call->second;
    calls.erase(call);
  }
  return error;
}

grpc::Status FakePolluxd::QueryCall(grpc::ServerContext*, const v1::QueryCallRequest* request,
                                    v1::Call* response) {
  const std::lock_guard lock(mutex_);
  queries.push_back(*request);
  const auto call = calls.find(request->has_call_id() ? request->call_id() : request->session_id());
  if (error.ok() && call == calls.end()) {
    return refused(grpc::StatusCode::NOT_FOUND, "CALL_UNKNOWN", "no such call");
  }
  if (error.ok()) {
    *response = call->second;
  }
  return error;
}

// Page tokens are the id that comes next.
grpc::Status FakePolluxd::ListCalls(grpc::ServerContext*, const v1::ListCallsRequest* request,
                                    v1::ListCallsResponse* response) {
  const std::lock_guard lock(mutex_);
  auto at = calls.lower_bound(request->page_token());
  for (std::uint32_t i = 0; i < request->page_size() && at != calls.end(); ++i, ++at) {
    response->add_call_ids(at->first);
  }
  response->set_next_page_token(at != calls.end() ? at->first : "");
  response->set_total(calls.size());
  return error;
}

grpc::Status FakePolluxd::InjectDtmf(grpc::ServerContext*, const v1::InjectDtmfRequest* request,
                                     v1::InjectDtmfResponse* response) {
  const std::lock_guard lock(mutex_);
  injected.push_back(*request);
  response->set_digits(takes_presses ? request->digits() : "");
  return error;
}

grpc::Status FakePolluxd::BlockDtmf(grpc::ServerContext*, const v1::BlockDtmfRequest* request,
                                    v1::BlockDtmfResponse* response) {
  const std::lock_guard lock(mutex_);
  blocked.push_back(*request);
  response->set_mode(request->mode());
  return error;
}

grpc::Status FakePolluxd::UnblockDtmf(grpc::ServerContext*, const v1::UnblockDtmfRequest* request,
                                      v1::UnblockDtmfResponse*) {
  const std::lock_guard lock(mutex_);
  unblocked.push_back(*request);
  return error;
}

grpc::Status FakePolluxd::Stats(grpc::ServerContext*, const v1::StatsRequest*, v1::StatsResponse* response) {
  *response = stats;
  return error;
}

grpc::Status FakePolluxd::WatchEvents(grpc::ServerContext* context, const v1::WatchEventsRequest* request,
                                      grpc::ServerWriter<v1::WatchEventsResponse>* writer) {
  {
    const std::lock_guard lock(mutex_);
    watched.push_back(*request);
  }
  watched_more_.notify_all();
  return watch ? watch(*request, *writer, *context) : grpc::Status::OK;
}

void FakePolluxd::wait_for_watchers(std::size_t count) {
  std::unique_lock lock(mutex_);
  watched_more_.wait(lock, [&] { return watched.size() >= count; });
}

v1::Call call_in_progress(const std::string& call_id) {
  v1::Call call;
  call.set_call_id(call_id);
  call.mutable_last_signal_time()->set_seconds(1'700'000'005);
  v1::Session& session = *call.mutable_session();
  session.set_session_id(call_id);
  session.mutable_state()->mutable_create_time()->set_seconds(1'700'000'000);
  session.mutable_state()->mutable_create_time()->set_nanos(250'000'000);
  std::uint32_t number = 0;
  for (const std::string tag : {"a", "b"}) {
    ++number;
    const std::string leg_id = (number == 1 ? "caller-1" : "callee-1");
    v1::Party& party = *call.add_parties();
    party.set_tag(tag);
    party.mutable_create_time()->set_seconds(1'700'000'000);
    party.set_active(true);
    party.add_peer_tags(tag == "a" ? "b" : "a");
    v1::CallMedia& media = *party.add_media();
    media.set_index(1);
    media.set_kind("audio");
    media.set_protocol(number == 1 ? "RTP/SAVP" : "RTP/AVP");
    media.set_leg_id(leg_id);
    media.set_direction(v1::DIRECTION_SENDRECV);
    media.add_codecs()->set_encoding("PCMA");
    if (number == 1) {
      media.set_srtp_suite(v1::SRTP_SUITE_AES_CM_128_HMAC_SHA1_80);
    }
    v1::LegSpec& spec = *session.mutable_spec()->add_legs();
    spec.set_leg_id(leg_id);
    spec.mutable_remote_rtp()->set_address("192.0.2." + std::to_string(number));
    spec.mutable_remote_rtp()->set_port(4000 + number * 2);
    spec.set_rtcp_mux(number == 2);
    v1::LegState& state = *session.mutable_state()->add_legs();
    state.set_leg_id(leg_id);
    v1::StreamState& rtp = *state.mutable_rtp();
    rtp.mutable_local()->set_address("198.51.100.1");
    rtp.mutable_local()->set_port(30000 + number * 2);
    *rtp.mutable_destination() = spec.remote_rtp();
    rtp.set_source_confirmed(true);
    rtp.set_rx_packets(100 * number);
    rtp.set_rx_bytes(17'200 * number);
    rtp.set_tx_packets(90 * number);
    rtp.set_tx_bytes(15'480 * number);
    rtp.set_dropped(number);
    rtp.set_ssrc(1000 + number);
    rtp.mutable_last_rx_age()->set_seconds(2);
    v1::StreamState& rtcp = *state.mutable_rtcp();
    rtcp.mutable_local()->set_address("198.51.100.1");
    rtcp.mutable_local()->set_port(30001 + number * 2);
    rtcp.set_rx_packets(3);
    rtcp.set_rx_bytes(300);
    v1::StreamQuality& quality = *state.mutable_quality();
    quality.set_expected(101);
    quality.set_lost(1);
    quality.set_jitter_ms(4.4);
    quality.set_round_trip_ms(25);
    quality.set_mos(4.34);
    quality.set_lowest_mos(3.6);
  }
  return call;
}

}  // namespace pollux::ng
