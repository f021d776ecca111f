#include "controlplane/rpc/session_service.hpp"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "tests/support/rpc_fixture.hpp"

namespace pollux::rpc {
namespace {

using test::details_of;
using test::RpcFixture;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::UnorderedElementsAre;

class SessionServiceTest : public testing::Test {
 protected:
  ~SessionServiceTest() override { EXPECT_THAT(f.dataplane.complaints(), IsEmpty()); }

  void expect_error(const grpc::Status& status, grpc::StatusCode code, const std::string& reason) {
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    EXPECT_EQ(details_of(status).reason, reason);
    EXPECT_EQ(details_of(status).domain, "pollux");
    EXPECT_FALSE(status.error_message().empty());
  }
  grpc::Status list(std::uint32_t page_size, const std::string& token, v1::ListResponse& response) {
    grpc::ClientContext context;
    RpcFixture::set_deadline(context);
    v1::ListRequest request;
    request.set_page_size(page_size);
    request.set_page_token(token);
    return f.sessions->List(&context, request, &response);
  }
  v1::UpdateRequest update_request(const std::string& id, std::initializer_list<const char*> paths) {
    v1::UpdateRequest request;
    request.set_session_id(id);
    for (const char* path : paths) {
      request.mutable_update_mask()->add_paths(path);
    }
    return request;
  }

  RpcFixture f;
};

TEST_F(SessionServiceTest, MakesShowsChangesAndEndsASession) {
  const auto created = f.create("call");
  ASSERT_TRUE(created.status.ok()) << created.status.error_message();
  EXPECT_EQ(created.session.session_id(), "call");
  ASSERT_EQ(created.session.state().legs_size(), 2);
  const auto& rtp = created.session.state().legs(0).rtp();
  EXPECT_EQ(rtp.local().port() % 2, 0U);
  EXPECT_EQ(rtp.destination().address(), "10.0.0.100");
  EXPECT_EQ(created.session.spec().legs(0).sinks(0), "b");

  auto request = update_request("call", {"legs.b.remote_rtp"});
  auto* leg = request.mutable_spec()->add_legs();
  leg->set_leg_id("b");
  leg->mutable_remote_rtp()->set_address("198.51.100.7");
  leg->mutable_remote_rtp()->set_port(5000);
  const auto updated = f.update(request);
  ASSERT_TRUE(updated.status.ok()) << updated.status.error_message();
  EXPECT_EQ(updated.session.state().legs(1).rtp().destination().address(), "198.51.100.7");
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(
      updated.session.state().legs(1).rtp().local(), created.session.state().legs(1).rtp().local()));

  const auto seen = f.get("call");
  ASSERT_TRUE(seen.status.ok());
  EXPECT_TRUE(
      google::protobuf::util::MessageDifferencer::Equals(seen.session.spec(), updated.session.spec()));

  const auto deleted = f.remove("call");
  ASSERT_TRUE(deleted.status.ok());
  EXPECT_EQ(deleted.session.session_id(), "call");
  expect_error(f.get("call").status, grpc::StatusCode::NOT_FOUND, "SESSION_UNKNOWN");
}

TEST_F(SessionServiceTest, CreateIsIdempotent) {
  const auto first = f.create("call");
  const auto second = f.create("call");
  ASSERT_TRUE(second.status.ok());
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(first.session, second.session));
  // Defaults written out mean the same.
  auto explicit_request = RpcFixture::create_request("call");
  explicit_request.mutable_spec()->mutable_legs(0)->set_direction(v1::DIRECTION_SENDRECV);
  explicit_request.mutable_spec()->mutable_legs(0)->set_family(v1::ADDRESS_FAMILY_IPV4);
  EXPECT_TRUE(f.create(explicit_request).status.ok());
  auto other = RpcFixture::create_request("call");
  other.mutable_spec()->mutable_legs(0)->set_direction(v1::DIRECTION_INACTIVE);
  expect_error(f.create(other).status, grpc::StatusCode::ALREADY_EXISTS, "SESSION_ID_CONFLICT");
  EXPECT_EQ(f.dataplane.sessions(), 1U);
}

TEST_F(SessionServiceTest, NamesEveryWrongFieldOfACreate) {
  auto request = RpcFixture::create_request("bad id");
  request.mutable_spec()->mutable_legs(0)->set_network("moon");
  request.mutable_spec()->mutable_legs(0)->mutable_remote_rtp()->set_address("0.0.0.0");
  request.mutable_spec()->mutable_legs(1)->set_dscp(64);
  request.mutable_spec()->mutable_legs(1)->add_sinks("nobody");
  const auto reply = f.create(request);
  expect_error(reply.status, grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD");
  const auto details = details_of(reply.status);
  EXPECT_THAT(details.violations,
              UnorderedElementsAre(Key("session_id"), Key("spec.legs[0].network"),
                                   Key("spec.legs[0].remote_rtp.address"), Key("spec.legs[1].dscp"),
                                   Key("spec.legs[1].sinks[0]")));
  EXPECT_THAT(details.violations.at("spec.legs[0].network"), HasSubstr("inside, outside"));
  EXPECT_EQ(f.dataplane.commands(), 0U);
}

TEST_F(SessionServiceTest, SurvivesEmptyRequests) {
  expect_error(f.create(v1::CreateRequest()).status, grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD");
  expect_error(f.update(v1::UpdateRequest()).status, grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD");
  expect_error(f.get("").status, grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD");
  expect_error(f.remove("").status, grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD");
}

TEST_F(SessionServiceTest, NamesEveryWrongFieldOfAnUpdate) {
  ASSERT_TRUE(f.create("call").status.ok());
  auto request = update_request("call", {"legs.a.dscp", "legs.a.nonsense", "legs.z.dscp", "frob"});
  auto* leg = request.mutable_spec()->add_legs();
  leg->set_leg_id("a");
  leg->set_learning(static_cast<v1::LearningMode>(99));  // not named: not looked at
  const auto reply = f.update(request);
  expect_error(reply.status, grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD");
  EXPECT_THAT(details_of(reply.status).violations, UnorderedElementsAre(Key("update_mask")));
  expect_error(f.update(update_request("call", {})).status, grpc::StatusCode::INVALID_ARGUMENT,
               "INVALID_FIELD");

  auto wrong = update_request("call", {"legs.a.dscp", "legs.b.network"});
  *wrong.mutable_spec() = RpcFixture::create_request("call").spec();
  wrong.mutable_spec()->mutable_legs(0)->set_dscp(77);
  wrong.mutable_spec()->mutable_legs(1)->set_network("nowhere");
  EXPECT_THAT(details_of(f.update(wrong).status).violations,
              UnorderedElementsAre(Key("spec.legs[0].dscp"), Key("spec.legs[1].network")));
}

TEST_F(SessionServiceTest, UpdatesOnlySessionsThatExist) {
  expect_error(f.update(update_request("call", {"labels"})).status, grpc::StatusCode::NOT_FOUND,
               "SESSION_UNKNOWN");
  expect_error(f.remove("call").status, grpc::StatusCode::NOT_FOUND, "SESSION_UNKNOWN");
}

TEST_F(SessionServiceTest, AddsAndRemovesLegsByName) {
  ASSERT_TRUE(f.create("call").status.ok());
  auto add = update_request("call", {"legs.c"});
  auto* leg = add.mutable_spec()->add_legs();
  leg->set_leg_id("c");
  leg->set_network("outside");
  leg->set_family(v1::ADDRESS_FAMILY_IPV6);
  const auto added = f.update(add);
  ASSERT_TRUE(added.status.ok()) << added.status.error_message();
  EXPECT_EQ(added.session.state().legs_size(), 3);
  EXPECT_EQ(added.session.state().legs(2).rtp().local().address(), "2001:db8::1");
  const auto removed = f.update(update_request("call", {"legs.c"}));
  ASSERT_TRUE(removed.status.ok());
  EXPECT_EQ(removed.session.state().legs_size(), 2);
}

TEST_F(SessionServiceTest, SaysWhatRanOut) {
  f.dataplane.fail_next({ErrorCode::kExhausted, "X", "", "endpoints"});
  expect_error(f.create("call").status, grpc::StatusCode::RESOURCE_EXHAUSTED, "SESSIONS_EXHAUSTED");
  f.dataplane.fail_next({ErrorCode::kInternal, "X", "", "broken"});
  expect_error(f.create("call").status, grpc::StatusCode::INTERNAL, "INTERNAL");
  EXPECT_TRUE(f.create("call").status.ok());
}

TEST(SessionServiceLimits, SaysWhenPortsOrSessionsRunOut) {
  RpcFixture ports([](config::NodeConfig& config) {
    for (auto& network : config.networks) {
      network.first_port = 30000;
      network.last_port = 30003;  // a pair for each worker
    }
  });
  ASSERT_TRUE(ports.create("one").status.ok());
  ASSERT_TRUE(ports.create("two").status.ok());
  const auto third = ports.create("three");
  EXPECT_EQ(third.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(details_of(third.status).reason, "PORTS_EXHAUSTED");
  auto add = v1::UpdateRequest();
  add.set_session_id("one");
  add.mutable_update_mask()->add_paths("legs.c");
  auto* leg = add.mutable_spec()->add_legs();
  leg->set_leg_id("c");
  leg->set_network("outside");
  EXPECT_EQ(details_of(ports.update(add).status).reason, "PORTS_EXHAUSTED");

  RpcFixture sessions([](config::NodeConfig& config) { config.dataplane.max_sessions = 1; });
  ASSERT_TRUE(sessions.create("one").status.ok());
  EXPECT_EQ(details_of(sessions.create("two").status).reason, "SESSIONS_EXHAUSTED");
}

TEST_F(SessionServiceTest, RefusesRequestsAboveOneMebibyte) {
  auto request = RpcFixture::create_request("call");
  (*request.mutable_spec()->mutable_labels())["k"] = std::string(1 << 20, 'x');
  EXPECT_EQ(f.create(request).status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  // Below the limit, hostile sizes come back as an ordinary error.
  auto many = RpcFixture::create_request("call");
  for (int i = 0; i < 50000; ++i) {
    many.mutable_spec()->add_legs()->set_leg_id("x y");
  }
  expect_error(f.create(many).status, grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD");
  v1::UpdateRequest paths = update_request("call", {});
  for (int i = 0; i < 100000; ++i) {
    paths.mutable_update_mask()->add_paths("legs.a");
  }
  expect_error(f.update(paths).status, grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD");
}

TEST_F(SessionServiceTest, PagesThroughAllSessionsInOrder) {
  std::set<std::string> ids;
  for (int i = 0; i < 250; ++i) {
    const std::string id = "call-" + std::to_string(i);
    ASSERT_TRUE(f.create(id).status.ok());
    ids.insert(id);
  }
  std::vector<std::string> seen;
  std::string token;
  int pages = 0;
  do {
    v1::ListResponse response;
    ASSERT_TRUE(list(70, token, response).ok());
    EXPECT_EQ(response.total(), 250U);
    EXPECT_LE(response.sessions_size(), 70);
    for (const auto& session : response.sessions()) {
      seen.push_back(session.session_id());
    }
    token = response.next_page_token();
    ++pages;
  } while (!token.empty());
  EXPECT_EQ(pages, 4);
  EXPECT_EQ(seen, std::vector<std::string>(ids.begin(), ids.end()));

  v1::ListResponse standard;
  ASSERT_TRUE(list(0, "", standard).ok());
  EXPECT_EQ(standard.sessions_size(), 100);
  v1::ListResponse all;
  ASSERT_TRUE(list(1000, "", all).ok());
  EXPECT_EQ(all.sessions_size(), 250);
  EXPECT_EQ(all.next_page_token(), "");
  v1::ListResponse exact;
  ASSERT_TRUE(list(250, "", exact).ok());
  EXPECT_EQ(exact.next_page_token(), "");
}

TEST_F(SessionServiceTest, ListsNothingWhereThereIsNothing) {
  v1::ListResponse response;
  ASSERT_TRUE(list(0, "", response).ok());
  EXPECT_EQ(response.sessions_size(), 0);
  EXPECT_EQ(response.total(), 0U);
}

TEST_F(SessionServiceTest, RefusesForeignPageTokensAndTooLargePages) {
  v1::ListResponse response;
  const grpc::Status status = list(1001, "made up", response);
  expect_error(status, grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD");
  EXPECT_THAT(details_of(status).violations, UnorderedElementsAre(Key("page_size"), Key("page_token")));
  EXPECT_FALSE(list(1, "after:", response).ok());
  EXPECT_FALSE(list(1, "aft", response).ok());
}

TEST_F(SessionServiceTest, RefusesNewSessionsWhileStopping) {
  ASSERT_TRUE(f.create("call").status.ok());
  EXPECT_EQ(f.control.drain(std::chrono::seconds(10)), 0U);
  expect_error(f.create("late").status, grpc::StatusCode::UNAVAILABLE, "NODE_DRAINING");
  expect_error(f.update(update_request("call", {"labels"})).status, grpc::StatusCode::UNAVAILABLE,
               "NODE_DRAINING");
  expect_error(f.get("call").status, grpc::StatusCode::NOT_FOUND, "SESSION_UNKNOWN");
  f.control.stop();
  expect_error(f.create("later").status, grpc::StatusCode::UNAVAILABLE, "NODE_DRAINING");
  expect_error(f.get("later").status, grpc::StatusCode::UNAVAILABLE, "NODE_DRAINING");
  expect_error(f.remove("later").status, grpc::StatusCode::UNAVAILABLE, "NODE_DRAINING");
  v1::ListResponse response;
  expect_error(list(0, "", response), grpc::StatusCode::UNAVAILABLE, "NODE_DRAINING");
}

TEST_F(SessionServiceTest, AnswersRetriesWhoseFirstCallWasGivenUp) {
  f.dataplane.set_auto_ack(false);
  grpc::ClientContext impatient;
  impatient.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(50));
  v1::Session unused;
  EXPECT_EQ(f.sessions->Create(&impatient, RpcFixture::create_request("call"), &unused).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  std::thread acknowledge([this] {
    // The retry waits for the first Create's acknowledgement.
    while (f.dataplane.commands() == 0) {
      std::this_thread::yield();
    }
    f.dataplane.set_auto_ack(true);
    f.dataplane.release_acks();
  });
  EXPECT_TRUE(f.create("call").status.ok());
  acknowledge.join();
  EXPECT_EQ(f.dataplane.sessions(), 1U);
}

TEST_F(SessionServiceTest, MakesTwoThousandSessionsFromEightThreads) {
  static constexpr int kThreads = 8;
  static constexpr int kEach = 250;
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t, &failed] {
      for (int i = 0; i < kEach; ++i) {
        const std::string id = "call-" + std::to_string(t) + "-" + std::to_string(i);
        failed += f.create(id).status.ok() ? 0 : 1;
        // Everybody also fights for one session.
        failed += f.create("shared").status.ok() ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(f.dataplane.sessions(), 2001U);
  EXPECT_EQ(f.dataplane.commands(), 2001U);
  std::map<unsigned, int> by_worker;
  std::string token;
  do {
    v1::ListResponse response;
    ASSERT_TRUE(list(1000, token, response).ok());
    for (const auto& session : response.sessions()) {
      ++by_worker[session.state().worker()];
    }
    token = response.next_page_token();
  } while (!token.empty());
  EXPECT_NEAR(by_worker[0], by_worker[1], 1);
}

TEST_F(SessionServiceTest, EndsSessionsFromManyThreadsOnce) {
  ASSERT_TRUE(f.create("call").status.ok());
  std::atomic<int> ended = 0;
  std::atomic<int> unknown = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      const grpc::Status status = f.remove("call").status;
      (status.ok() ? ended : unknown) += 1;
      EXPECT_TRUE(status.ok() || status.error_code() == grpc::StatusCode::NOT_FOUND);
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_GE(ended, 1);
  EXPECT_EQ(ended + unknown, 8);
  EXPECT_EQ(f.dataplane.commands(), 2U);
}

}  // namespace
}  // namespace pollux::rpc
