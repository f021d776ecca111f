#include "controlplane/rpc/offer_answer_service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pollux/v1/offer_answer.grpc.pb.h"
#include "tests/support/rpc_fixture.hpp"

namespace pollux::rpc {
namespace {

using test::RpcFixture;
using ::testing::HasSubstr;
using ::testing::Not;

std::string phone(const std::string& address, const std::string& more = "") {
  return "v=0\r\no=phone 1 1 IN IP4 " + address + "\r\ns=-\r\nc=IN IP4 " + address +
         "\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n" + more;
}

struct OfferAnswerServiceTest : ::testing::Test, RpcFixture {
  OfferAnswerServiceTest() : stub(v1::OfferAnswerService::NewStub(channel)) {}

  static v1::OfferRequest offer_request(const std::string& sdp = phone("10.0.0.100")) {
    v1::OfferRequest request;
    request.set_call_id("call");
    request.set_from_tag("alice");
    request.set_sdp(sdp);
    request.mutable_options()->set_from_network("inside");
    request.mutable_options()->set_to_network("outside");
    return request;
  }
  grpc::Status offer(const v1::OfferRequest& request, v1::OfferResponse& response) {
    grpc::ClientContext context;
    return stub->Offer(&context, request, &response);
  }
  grpc::Status answer(v1::AnswerResponse& response, const std::string& sdp = phone("198.51.100.7")) {
    v1::AnswerRequest request;
    request.set_call_id("call");
    request.set_from_tag("alice");
    request.set_to_tag("bob");
    request.set_sdp(sdp);
    grpc::ClientContext context;
    return stub->Answer(&context, request, &response);
  }
  grpc::Status query(v1::Call& call, const std::string& session_id = "") {
    v1::QueryCallRequest request;
    session_id.empty() ? request.set_call_id("call") : request.set_session_id(session_id);
    grpc::ClientContext context;
    return stub->QueryCall(&context, request, &call);
  }
  static google::rpc::Status details(const grpc::Status& status) {
    google::rpc::Status message;
    message.ParseFromString(status.error_details());
    return message;
  }
  static std::string reason(const grpc::Status& status) {
    google::rpc::ErrorInfo info;
    const google::rpc::Status message = details(status);
    return message.details_size() > 0 && message.details(0).UnpackTo(&info) ? info.reason() : "";
  }
  static std::string wrong_field(const grpc::Status& status) {
    google::rpc::BadRequest bad;
    const google::rpc::Status message = details(status);
    return message.details_size() > 1 && message.details(1).UnpackTo(&bad) ? bad.field_violations(0).field()
                                                                           : "";
  }

  std::unique_ptr<v1::OfferAnswerService::Stub> stub;
};

TEST_F(OfferAnswerServiceTest, ACallFromOfferToDelete) {
  v1::OfferResponse offered;
  ASSERT_TRUE(offer(offer_request(), offered).ok());
  EXPECT_EQ(offered.session_id(), "call");
  EXPECT_THAT(offered.sdp(), HasSubstr("c=IN IP4 192.0.2.1"));
  v1::AnswerResponse answered;
  ASSERT_TRUE(answer(answered).ok());
  EXPECT_THAT(answered.sdp(), HasSubstr("c=IN IP4 10.0.0."));

  v1::Call call;
  ASSERT_TRUE(query(call).ok());
  ASSERT_EQ(call.parties_size(), 2);
  EXPECT_EQ(call.parties(0).tag(), "alice");
  EXPECT_EQ(call.parties(1).tag(), "bob");
  ASSERT_EQ(call.parties(1).media_size(), 1);
  EXPECT_EQ(call.parties(1).media(0).kind(), "audio");
  EXPECT_EQ(call.parties(1).media(0).leg_id(), "callee-1");
  EXPECT_EQ(call.parties(1).media(0).codecs(0).encoding(), "PCMA");
  EXPECT_EQ(call.session().spec().legs_size(), 2);
  v1::Call by_session;
  ASSERT_TRUE(query(by_session, "call").ok());
  EXPECT_EQ(by_session.call_id(), "call");

  v1::ListCallsResponse listed;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(stub->ListCalls(&context, {}, &listed).ok());
  }
  EXPECT_EQ(listed.total(), 1U);
  EXPECT_EQ(listed.call_ids(0), "call");

  v1::DeleteCallRequest request;
  request.set_call_id("call");
  v1::Call deleted;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(stub->DeleteCall(&context, request, &deleted).ok());
  }
  EXPECT_EQ(deleted.parties_size(), 2);
  EXPECT_EQ(reason(query(call)), "CALL_UNKNOWN");
}

TEST_F(OfferAnswerServiceTest, RepeatedOffersGetTheSameAnswer) {
  v1::OfferResponse first;
  v1::OfferResponse second;
  const std::string secure =
      "m=audio 4002 RTP/SAVP 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "
      "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n";
  ASSERT_TRUE(offer(offer_request(phone("10.0.0.100", secure)), first).ok());
  ASSERT_TRUE(offer(offer_request(phone("10.0.0.100", secure)), second).ok());
  EXPECT_EQ(first.sdp(), second.sdp());
  EXPECT_THAT(first.sdp(), HasSubstr("a=crypto:"));
}

TEST_F(OfferAnswerServiceTest, AMalformedBodyIsToldByItsLine) {
  v1::OfferResponse response;
  const grpc::Status status =
      offer(offer_request("v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 70000 RTP/AVP 8\r\n"),
            response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(reason(status), "SDP_MALFORMED");
  EXPECT_EQ(wrong_field(status), "sdp.line[5]");
  EXPECT_THAT(status.error_message(), HasSubstr("70000"));
}

TEST_F(OfferAnswerServiceTest, ACryptoLineIsNeverShown) {
  v1::OfferResponse response;
  const grpc::Status status = offer(
      offer_request(phone("10.0.0.100", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0c2VjcmV0\r\n")),
      response);
  EXPECT_EQ(reason(status), "SDP_MALFORMED");
  EXPECT_EQ(wrong_field(status), "sdp.line[8]");
  EXPECT_THAT(status.error_message() + status.error_details(), Not(HasSubstr("c2VjcmV0")));
}

TEST_F(OfferAnswerServiceTest, WrongOptionsAreNamedAllAtOnce) {
  v1::OfferRequest request = offer_request();
  request.set_from_tag("");
  request.mutable_options()->set_to_network("elsewhere");
  request.mutable_options()->set_received_from("10.0.0.256");
  request.mutable_options()->set_ptime_ms(500);
  request.mutable_options()->mutable_codecs()->add_mask("a/b/c/d/e/f");
  request.mutable_options()->mutable_sdes()->add_only(v1::SRTP_SUITE_UNSPECIFIED);
  v1::OfferResponse response;
  const grpc::Status status = offer(request, response);
  EXPECT_EQ(reason(status), "INVALID_FIELD");
  google::rpc::BadRequest bad;
  ASSERT_TRUE(details(status).details(1).UnpackTo(&bad));
  std::vector<std::string> fields;
  for (const auto& violation : bad.field_violations()) {
    fields.push_back(violation.field());
  }
  EXPECT_THAT(fields, ::testing::UnorderedElementsAre("from_tag", "options.to_network",
                                                      "options.received_from", "options.ptime_ms",
                                                      "options.codecs.mask[0]", "options.sdes.only[0]"));
}

TEST_F(OfferAnswerServiceTest, AnAnswerToNothingSaysSo) {
  v1::AnswerResponse response;
  const grpc::Status status = answer(response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(reason(status), "CALL_UNKNOWN");
}

}  // namespace
}  // namespace pollux::rpc
