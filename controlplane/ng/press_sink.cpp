#include "controlplane/ng/press_sink.hpp"

#include <poll.h>
#include <spdlog/spdlog.h>

#include <cerrno>
#include <chrono>
#include <system_error>

#include "controlplane/ng/press_queue.hpp"

namespace pollux::ng {

namespace {

constexpr int kPatienceMs = 1000;
constexpr std::chrono::milliseconds kPause{500};  // between two tries to connect

class UdpSink final : public PressSink {
 public:
  UdpSink(const SocketAddress& address, Counters& counters)
      : address_(to_raw(address)),
        name_(address.to_string()),
        counters_(counters),
        socket_(socket(address.ip.is_v4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}

  void tell(const std::string& json) override {
    const ssize_t sent = sendto(socket_.get(), json.data(), json.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                                address_.get(), address_.length);
    count(sent >= 0 ? counters_.presses : counters_.presses_lost);
    if (sent < 0) {
      spdlog::warn("DTMF sink {}: {}", name_, std::generic_category().message(errno));
    }
  }

 private:
  const RawAddress address_;
  const std::string name_;
  Counters& counters_;
  Fd socket_;
};

// Keeps a connection, and makes a new one when it is lost.
class EvapiSink final : public PressSink {
 public:
  EvapiSink(const SinkEntry& entry, Counters& counters)
      : entry_(entry), counters_(counters), waiting_(counters.presses_lost), thread_([this] { work(); }) {}
  ~EvapiSink() override {
    stop_.stop();
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  void tell(const std::string& json) override {
    const std::lock_guard lock(mutex_);
    waiting_.push(entry_.framing == Framing::kNetstring ? netstring(json) : json, PressQueue::Clock::now());
    changed_.notify_all();
  }

 private:
  void work() {
    while (!stop_.stopped()) {
      if (!connected()) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, kPause, [this] { return stopping_; });
        continue;
      }
      const auto message = next();
      if (!message) {
        continue;
      }
      if (send_all(socket_.get(), *message, kPatienceMs)) {
        count(counters_.presses);
      } else {
        count(counters_.presses_lost);
        spdlog::warn("DTMF sink {}: connection lost", entry_.address.to_string());
        socket_ = Fd();
      }
    }
  }

  // The message to be sent next; nothing: none came for a while, or the end has come.
  std::optional<std::string> next() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPause, [this] { return stopping_ || !waiting_.empty(); });
    return stopping_ ? std::nullopt : waiting_.pop(PressQueue::Clock::now());
  }

  // Also looks whether the peer has closed, and reads away what it says.
  bool connected() {
    char ignored[512];
    ssize_t size = 1;
    while (socket_ && size > 0) {
      size = recv(socket_.get(), ignored, sizeof ignored, MSG_DONTWAIT);
    }
    if (socket_ && size < 0 && (errno == EAGAIN || errno == EINTR)) {
      return true;
    }
    const RawAddress address = to_raw(entry_.address);
    Fd fresh(socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    int error = connect(fresh.get(), address.get(), address.length) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
      pollfd ready[2] = {{fresh.get(), POLLOUT, 0}, {stop_.fd(), POLLIN, 0}};
      error = poll(ready, 2, kPatienceMs) > 0 && ready[0].revents != 0 ? 0 : ETIMEDOUT;
      socklen_t length = sizeof error;
      if (error == 0) {
        getsockopt(fresh.get(), SOL_SOCKET, SO_ERROR, &error, &length);
      }
    }
    if (error != 0) {
      spdlog::warn("DTMF sink {}: {}", entry_.address.to_string(), std::generic_category().message(error));
      fresh = Fd();
    }
    socket_ = std::move(fresh);
    return error == 0;
  }

  const SinkEntry entry_;
  Counters& counters_;
  StopSignal stop_;
  Fd socket_;  // of the thread only
  std::mutex mutex_;
  std::condition_variable changed_;
  PressQueue waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

std::string netstring(const std::string& text) {
  return std::to_string(text.size()) + ":" + text + ",";
}

std::unique_ptr<PressSink> make_sink(const SinkEntry& entry, Counters& counters) {
  if (entry.type == SinkType::kUdp) {
    return std::make_unique<UdpSink>(entry.address, counters);
  }
  return std::make_unique<EvapiSink>(entry, counters);
}

}  // namespace pollux::ng
