#include "controlplane/ng/node.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace pollux::ng {
namespace {

// A node whose answers to health checks the test gives, one by one.
class SlowNode final : public grpc::CallbackGenericService {
 public:
  SlowNode() {
    grpc::EnableDefaultHealthCheckService(false);  // others of this program have one
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address(), grpc::InsecureServerCredentials());
    builder.RegisterCallbackGenericService(this);
    server_ = builder.BuildAndStart();
  }
  ~SlowNode() override {
    server_->Shutdown();
    unlink(address().c_str() + 5);
  }
  static std::string address() { return "unix:/tmp/pollux-node-test-" + std::to_string(getpid()); }

  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* /*context*/) override {
    const std::lock_guard lock(mutex_);
    asked_.push_back(new Check);
    more_.notify_all();
    return asked_.back();
  }
  // Waits until so many have asked. False: too few do.
  bool wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    return more_.wait_for(lock, std::chrono::seconds(20), [&] { return asked_.size() >= count; });
  }
  void answer(std::size_t which, char status) {  // 1: SERVING
    const std::lock_guard lock(mutex_);
    asked_[which]->answer(status);
  }

 private:
  class Check final : public grpc::ServerGenericBidiReactor {
   public:
    void answer(char status) {
      const std::string bytes{0x08, status};
      const grpc::Slice slice(bytes);
      response_ = grpc::ByteBuffer(&slice, 1);
      StartWriteAndFinish(&response_, grpc::WriteOptions(), grpc::Status::OK);
    }
    void OnDone() override { delete this; }

   private:
    grpc::ByteBuffer response_;
  };

  std::mutex mutex_;
  std::condition_variable more_;
  std::vector<Check*> asked_;
  std::unique_ptr<grpc::Server> server_;
};

std::chrono::system_clock::time_point soon() {
  return std::chrono::system_clock::now() + std::chrono::seconds(20);
}

TEST(Node, AnAnswerThatIsOvertakenIsNotBelieved) {
  SlowNode polluxd;
  const auto node = *Node::open({.address = SlowNode::address(), .weight = 1, .drain = false, .tls = {}});
  std::jthread first([&] { EXPECT_EQ(node->check(soon()), Health::kServing); });
  ASSERT_TRUE(polluxd.wait_for(1));
  std::jthread second([&] { EXPECT_EQ(node->check(soon()), Health::kDraining); });
  ASSERT_TRUE(polluxd.wait_for(2));
  polluxd.answer(1, 2);
  second.join();
  EXPECT_EQ(node->health(), Health::kDraining);
  polluxd.answer(0, 1);
  first.join();
  EXPECT_EQ(node->health(), Health::kDraining) << "what was true before";
}

}  // namespace
}  // namespace pollux::ng
