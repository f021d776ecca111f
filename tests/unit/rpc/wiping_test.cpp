// Keys don't stay where a request has left them.
#include <grpc/byte_buffer.h>
#include <grpc/slice.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "controlplane/rpc/wiped_messages.hpp"
#include "controlplane/rpc/wire_bytes.hpp"
#include "tests/support/rpc_fixture.hpp"
#include "tests/support/srtp_keys.hpp"

namespace pollux::rpc {
namespace {

using test::key_bytes;

bool all_zero(const char* bytes, std::size_t size) {
  return std::all_of(bytes, bytes + size, [](char byte) { return byte == 0; });
}

void put_keys(v1::LegSpec& leg) {
  for (v1::SrtpParams* params : {leg.mutable_srtp_receive(), leg.mutable_srtp_send()}) {
    params->set_suite(v1::SRTP_SUITE_AES_256_CM_HMAC_SHA1_80);
    params->set_master_key(key_bytes(1, 32));
    params->set_master_salt(key_bytes(101, 14));
  }
}

TEST(WipeKeys, OverwritesThemWhereTheyLie) {
  v1::SessionSpec spec;
  put_keys(*spec.add_legs());
  put_keys(*spec.add_legs());
  spec.mutable_legs(1)->mutable_srtp_send()->set_master_key("a shorter one came later");
  std::vector<std::pair<const char*, std::size_t>> secrets;
  for (const v1::LegSpec& leg : spec.legs()) {
    for (const v1::SrtpParams* params : {&leg.srtp_receive(), &leg.srtp_send()}) {
      secrets.emplace_back(params->master_key().data(), 32);
      secrets.emplace_back(params->master_salt().data(), 14);
    }
  }
  wipe_keys(spec);
  for (const auto& [bytes, size] : secrets) {
    EXPECT_TRUE(all_zero(bytes, size));
  }
  EXPECT_EQ(spec.legs(0).srtp_receive().master_key(), "");
  EXPECT_EQ(spec.legs(0).srtp_receive().suite(), v1::SRTP_SUITE_AES_256_CM_HMAC_SHA1_80);
}

TEST(WipeKeys, LeavesASpecWithoutKeysAsItIs) {
  v1::CreateRequest request = test::RpcFixture::create_request("call");
  wipe_keys(*request.mutable_spec());
  EXPECT_EQ(request.SerializeAsString(), test::RpcFixture::create_request("call").SerializeAsString());
}

template <typename Request>
void wipes_when_told() {
  WipedMessages<Request> messages;
  auto* holder = messages.AllocateMessages();
  ASSERT_NE(holder->response(), nullptr);
  holder->FreeRequest();  // without a spec: nothing to do
  EXPECT_FALSE(holder->request()->has_spec());
  put_keys(*holder->request()->mutable_spec()->add_legs());
  const char* key = holder->request()->spec().legs(0).srtp_send().master_key().data();
  ASSERT_FALSE(all_zero(key, 32));
  holder->FreeRequest();
  EXPECT_TRUE(all_zero(key, 32));
  holder->Release();
}

TEST(WipedMessages, WipeWhenTheyAreTold) {
  wipes_when_told<v1::CreateRequest>();
  wipes_when_told<v1::UpdateRequest>();
}

// An allocator as the service's own, which takes note.
template <typename Request>
class Watched final : public grpc::MessageAllocator<Request, v1::Session> {
 public:
  grpc::MessageHolder<Request, v1::Session>* AllocateMessages() override { return new Holder(*this); }
  int freed = 0;     // while the call was going on
  int released = 0;  // at its end

 private:
  class Holder final : public grpc::MessageHolder<Request, v1::Session> {
   public:
    explicit Holder(Watched& owner) : owner_(owner) {
      this->set_request(&request_);
      this->set_response(&response_);
    }
    void FreeRequest() override { ++owner_.freed; }
    void Release() override {
      ++owner_.released;
      delete this;
    }

   private:
    Watched& owner_;
    Request request_;
    v1::Session response_;
  };
};

TEST(SessionServiceKeys, AreWipedAsSoonAsTheyAreReadWhateverComesOfTheCall) {
  test::RpcFixture f;
  SessionService service(f.control, 4);
  Watched<v1::CreateRequest> creates;
  Watched<v1::UpdateRequest> updates;
  service.SetMessageAllocatorFor_Create(&creates);
  service.SetMessageAllocatorFor_Update(&updates);
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  builder.AddListeningPort("unix:" + f.directory.file("second.sock"), grpc::InsecureServerCredentials());
  const auto server = builder.BuildAndStart();
  ASSERT_NE(server, nullptr);
  const auto stub = v1::SessionService::NewStub(
      grpc::CreateChannel("unix:" + f.directory.file("second.sock"), grpc::InsecureChannelCredentials()));
  const auto create = [&](const std::string& id) {
    grpc::ClientContext context;
    test::RpcFixture::set_deadline(context);
    v1::Session session;
    return stub->Create(&context, test::RpcFixture::create_request(id), &session).ok();
  };
  EXPECT_TRUE(create("call"));
  EXPECT_FALSE(create("a bad id"));
  v1::UpdateRequest request;
  request.set_session_id("unknown");
  request.mutable_update_mask()->add_paths("labels");
  grpc::ClientContext context;
  test::RpcFixture::set_deadline(context);
  v1::Session session;
  EXPECT_FALSE(stub->Update(&context, request, &session).ok());
  server->Shutdown();
  server->Wait();
  EXPECT_EQ(creates.freed, 2);
  EXPECT_EQ(creates.released, 2);
  EXPECT_EQ(updates.freed, 1);
  EXPECT_EQ(updates.released, 1);
}

TEST(WireBytes, AreWipedWhenTheRequestIsDecoded) {
  std::vector<grpc_slice> slices = {grpc_slice_malloc_large(100), grpc_slice_malloc_large(50)};
  for (grpc_slice& slice : slices) {
    std::fill_n(GRPC_SLICE_START_PTR(slice), GRPC_SLICE_LENGTH(slice), std::uint8_t{0xaa});
  }
  grpc_byte_buffer* request = grpc_raw_byte_buffer_create(slices.data(), slices.size());
  {
    const WireBytes bytes(request);
    EXPECT_EQ(GRPC_SLICE_START_PTR(slices[1])[49], 0xaa) << "not before it is decoded";
    grpc_byte_buffer_destroy(request);
  }
  for (const grpc_slice& slice : slices) {
    EXPECT_TRUE(
        all_zero(reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)), GRPC_SLICE_LENGTH(slice)));
    grpc_slice_unref(slice);
  }
}

TEST(WireBytes, MayBeMissing) {
  const WireBytes none(nullptr);
}

}  // namespace
}  // namespace pollux::rpc
