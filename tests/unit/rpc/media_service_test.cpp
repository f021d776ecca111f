#include "controlplane/rpc/media_service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pollux/v1/media_service.grpc.pb.h"
#include "tests/support/rpc_fixture.hpp"

namespace pollux::rpc {
namespace {

using test::details_of;
using test::RpcFixture;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class MediaServiceTest : public testing::Test {
 protected:
  ~MediaServiceTest() override { EXPECT_THAT(f.dataplane.complaints(), IsEmpty()); }

  void create() {
    v1::CreateRequest request = RpcFixture::create_request("call");
    for (v1::LegSpec& leg : *request.mutable_spec()->mutable_legs()) {
      v1::Codec& codec = *leg.add_codecs();
      codec.set_payload_type(8);
      codec.set_encoding("PCMA");
    }
    ASSERT_TRUE(f.create(request).status.ok());
  }
  v1::InjectDtmfRequest inject_request(const std::string& digits) {
    v1::InjectDtmfRequest request;
    request.set_session_id("call");
    request.set_leg_id("a");
    request.set_digits(digits);
    return request;
  }
  grpc::Status inject(const v1::InjectDtmfRequest& request, v1::InjectDtmfResponse& response) {
    grpc::ClientContext context;
    RpcFixture::set_deadline(context);
    return media->InjectDtmf(&context, request, &response);
  }
  grpc::Status block(const std::string& leg, v1::DtmfBlock mode, v1::BlockDtmfResponse& response) {
    grpc::ClientContext context;
    RpcFixture::set_deadline(context);
    v1::BlockDtmfRequest request;
    request.set_session_id("call");
    request.set_leg_id(leg);
    request.set_mode(mode);
    return media->BlockDtmf(&context, request, &response);
  }
  grpc::Status unblock(const std::string& leg) {
    grpc::ClientContext context;
    RpcFixture::set_deadline(context);
    v1::UnblockDtmfRequest request;
    request.set_session_id("call");
    request.set_leg_id(leg);
    v1::UnblockDtmfResponse response;
    return media->UnblockDtmf(&context, request, &response);
  }
  DtmfBlock block_in_force() { return f.dataplane.spec(f.dataplane.last_handle())->legs[0].dtmf.block; }

  RpcFixture f;
  std::unique_ptr<v1::MediaService::Stub> media = v1::MediaService::NewStub(f.channel);
};

TEST_F(MediaServiceTest, InjectsAndSaysWhatWasTaken) {
  create();
  v1::InjectDtmfResponse response;
  auto request = inject_request("1a#");
  request.set_duration_ms(120);
  request.set_gap_ms(80);
  const grpc::Status status = inject(request, response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.digits(), "1A#");
  EXPECT_EQ(response.duration_ms(), 120U);
  EXPECT_EQ(response.gap_ms(), 80U);
  ASSERT_THAT(f.dataplane.injections(), SizeIs(1));
  EXPECT_EQ(f.dataplane.injections()[0].second.events.size(), 3U);
}

TEST_F(MediaServiceTest, TakesABodyAsItCame) {
  create();
  auto request = inject_request("");
  request.mutable_info()->set_content_type("application/dtmf-relay");
  request.mutable_info()->set_body("Signal=7\nDuration=300");
  request.set_pressed_by_party(true);
  v1::InjectDtmfResponse response;
  ASSERT_TRUE(inject(request, response).ok());
  EXPECT_EQ(response.digits(), "7");
  EXPECT_EQ(response.duration_ms(), 300U);
  EXPECT_TRUE(f.dataplane.injections().at(0).second.pressed_by_party);
}

TEST_F(MediaServiceTest, ErrorsAreToldApart) {
  v1::InjectDtmfResponse response;
  EXPECT_EQ(details_of(inject(inject_request("1"), response)).reason, "SESSION_UNKNOWN");
  create();
  auto request = inject_request("1");
  request.set_leg_id("z");
  const grpc::Status no_leg = inject(request, response);
  EXPECT_EQ(no_leg.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(details_of(no_leg).reason, "LEG_UNKNOWN");
  f.dataplane.set_dtmf_queue_full(true);
  const grpc::Status full = inject(inject_request("1"), response);
  EXPECT_EQ(full.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(details_of(full).reason, "DTMF_QUEUE_FULL");
  EXPECT_THAT(full.error_message(), HasSubstr("at most 64 wait"));
  EXPECT_EQ(response.digits(), "");
}

TEST_F(MediaServiceTest, NamesEveryWrongField) {
  v1::InjectDtmfRequest request;
  request.set_digits("1x");
  request.set_gap_ms(20'001);
  v1::InjectDtmfResponse response;
  const grpc::Status status = inject(request, response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(details_of(status).violations,
              UnorderedElementsAre(Key("session_id"), Key("leg_id"), Key("digits[1]"), Key("gap_ms")));
  EXPECT_EQ(details_of(unblock("")).reason, "INVALID_FIELD");
  v1::BlockDtmfResponse blocked;
  EXPECT_THAT(details_of(block("a b", v1::DTMF_BLOCK_OFF, blocked)).violations,
              UnorderedElementsAre(Key("leg_id"), Key("mode")));
}

TEST_F(MediaServiceTest, IgnoredSipInfoTakesNoDigits) {
  create();
  v1::UpdateRequest update;
  update.set_session_id("call");
  update.mutable_update_mask()->add_paths("legs.a.dtmf.receive_sip_info");
  v1::LegSpec& leg = *update.mutable_spec()->add_legs();
  leg.set_leg_id("a");
  leg.mutable_dtmf()->set_receive_sip_info(v1::DTMF_RECEIVE_OFF);
  ASSERT_TRUE(f.update(update).status.ok());
  auto request = inject_request("1");
  request.set_pressed_by_party(true);
  v1::InjectDtmfResponse response;
  ASSERT_TRUE(inject(request, response).ok());
  EXPECT_EQ(response.digits(), "");
  EXPECT_EQ(response.duration_ms(), 0U);
}

TEST_F(MediaServiceTest, BlocksAndUnblocks) {
  create();
  v1::BlockDtmfResponse response;
  ASSERT_TRUE(block("a", v1::DTMF_BLOCK_UNSPECIFIED, response).ok());
  EXPECT_EQ(response.mode(), v1::DTMF_BLOCK_DROP);
  EXPECT_EQ(block_in_force(), DtmfBlock::kDrop);
  ASSERT_TRUE(block("a", v1::DTMF_BLOCK_SILENCE, response).ok());
  EXPECT_EQ(response.mode(), v1::DTMF_BLOCK_SILENCE);
  EXPECT_EQ(block_in_force(), DtmfBlock::kSilence);
  EXPECT_EQ(f.get("call").session.spec().legs(0).dtmf().block(), v1::DTMF_BLOCK_SILENCE);
  ASSERT_TRUE(unblock("a").ok());
  EXPECT_EQ(block_in_force(), DtmfBlock::kOff);
  EXPECT_TRUE(unblock("a").ok());
  EXPECT_EQ(details_of(unblock("z")).reason, "LEG_UNKNOWN");
  EXPECT_EQ(details_of(block("z", v1::DTMF_BLOCK_TONE, response)).reason, "LEG_UNKNOWN");
}

TEST_F(MediaServiceTest, TheStateTellsWhatComesAndGoesHow) {
  create();
  const auto state = f.get("call").session.state().legs(0).dtmf();
  EXPECT_EQ(state.send(), v1::DTMF_SEND_IN_BAND);
  ASSERT_EQ(state.ways_size(), 3);
  EXPECT_FALSE(state.ways(0).received());  // b gets tones: they just pass
  EXPECT_TRUE(state.ways(2).received());
}

TEST_F(MediaServiceTest, ReadersMayNotPressKeys) {
  EXPECT_FALSE(open_to_readers("MediaService/InjectDtmf"));
  EXPECT_FALSE(open_to_readers("MediaService/BlockDtmf"));
  EXPECT_FALSE(open_to_readers("MediaService/UnblockDtmf"));
}

TEST_F(MediaServiceTest, AStoppingNodeSaysSo) {
  create();
  f.control.call([this] { f.manager.begin_stop(); });
  v1::InjectDtmfResponse response;
  EXPECT_EQ(details_of(inject(inject_request("1"), response)).reason, "NODE_DRAINING");
  f.control.stop();
  EXPECT_EQ(details_of(inject(inject_request("1"), response)).reason, "NODE_DRAINING");
  EXPECT_EQ(details_of(unblock("a")).reason, "NODE_DRAINING");
}

}  // namespace
}  // namespace pollux::rpc
