// Pages that a client can take.
#include <gtest/gtest.h>

#include "tests/support/rpc_fixture.hpp"

namespace pollux::rpc {
namespace {

// gRPC's clients refuse messages over 4 MiB; sessions with all the labels allowed make such a page.
TEST(LargeListTest, PagesEndBeforeTheyAreTooLargeForAClient) {
  constexpr int kSessions = 600;
  test::RpcFixture f;
  for (int i = 0; i < kSessions; ++i) {
    v1::CreateRequest request = f.create_request("call-" + std::to_string(i));
    for (int label = 0; label < 16; ++label) {
      (*request.mutable_spec()->mutable_labels())[std::to_string(label) + std::string(250, 'k')] =
          std::string(256, 'v');
    }
    ASSERT_TRUE(f.create(request).status.ok());
  }
  v1::ListRequest request;
  request.set_page_size(1000);
  int seen = 0;
  do {
    grpc::ClientContext context;
    f.set_deadline(context);
    v1::ListResponse response;
    const grpc::Status status = f.sessions->List(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    seen += response.sessions_size();
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(seen, kSessions);
}

}  // namespace
}  // namespace pollux::rpc
