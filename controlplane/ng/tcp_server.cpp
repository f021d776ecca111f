#include "controlplane/ng/tcp_server.hpp"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <string.h>

#include <cerrno>
#include <system_error>

namespace pollux::ng {

namespace {

constexpr std::size_t kChunk = 65'536;
constexpr int kPatienceMs = 1000;  // with a peer that doesn't take its replies
constexpr int kPauseMs = 100;      // when there are no file descriptors left

}  // namespace

Expected<std::unique_ptr<TcpServer>> TcpServer::start(const GatewayConfig& config, Service& service) {
  std::unique_ptr<TcpServer> server(new TcpServer(service, config.max_connections));
  for (const SocketAddress& address : config.listen_tcp) {
    auto socket = open_listener(address, SOCK_STREAM);
    if (!socket) {
      return tl::unexpected(std::move(socket.error()));
    }
    server->sockets_.push_back(std::move(*socket));
  }
  if (!server->sockets_.empty()) {
    server->listener_ = std::thread([raw = server.get()] { raw->listen(); });
  }
  return server;
}

TcpServer::~TcpServer() {
  stop_.stop();
  if (listener_.joinable()) {
    listener_.join();
  }
  for (Connection& connection : connections_) {
    connection.thread.join();
  }
}

std::vector<std::uint16_t> TcpServer::ports() const {
  std::vector<std::uint16_t> ports;
  for (const Fd& socket : sockets_) {
    ports.push_back(local_port(socket));
  }
  return ports;
}

void TcpServer::listen() {
  std::vector<pollfd> waiting{{stop_.fd(), POLLIN, 0}};
  for (const Fd& socket : sockets_) {
    waiting.push_back({socket.get(), POLLIN, 0});
  }
  while (true) {
    if (poll(waiting.data(), waiting.size(), -1) < 0) {
      continue;
    }
    if (waiting[0].revents != 0) {
      return;
    }
    for (const pollfd& socket : waiting) {
      if (socket.revents != 0) {
        take_connection(socket.fd);
      }
    }
  }
}

void TcpServer::take_connection(int fd) {
  forget_ended();  // first: theirs may be the descriptors that are missing
  RawAddress peer;
  Fd socket(accept4(fd, peer.get(), &peer.length, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      pause();  // the connection stays in the queue, and the socket readable
    }
    return;
  }
  const std::string client = "tcp " + from_raw(peer).to_string();
  if (connections_.size() >= most_) {
    spdlog::warn("connection of {} closed: there are {} already (listen.max_connections)", client, most_);
    return;
  }
  Connection& connection = connections_.emplace_back();
  connection.socket = std::move(socket);
  connection.client = client;
  try {
    connection.thread = std::thread([this, &connection] { serve(connection); });
  } catch (const std::system_error& error) {
    spdlog::error("connection of {} closed: no thread for it: {}", client, error.what());
    connections_.pop_back();
  }
}

// For what is short in the whole process; ends with the server.
void TcpServer::pause() {
  spdlog::error("no new connections: {}", std::generic_category().message(errno));
  pollfd waiting{stop_.fd(), POLLIN, 0};
  poll(&waiting, 1, kPauseMs);
}

void TcpServer::forget_ended() {
  connections_.remove_if([](Connection& connection) {
    const bool over = connection.over.load(std::memory_order_acquire);
    if (over) {
      connection.thread.join();
    }
    return over;
  });
}

void TcpServer::serve(Connection& connection) {
  try {
    MessageBuffer buffer;
    std::string chunk(kChunk, '\0');
    pollfd waiting[2] = {{stop_.fd(), POLLIN, 0}, {connection.socket.get(), POLLIN, 0}};
    while (poll(waiting, 2, -1) < 0 || waiting[0].revents == 0) {
      const ssize_t size = recv(connection.socket.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
      if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) {
        break;
      }
      const std::size_t taken = size > 0 ? static_cast<std::size_t>(size) : 0;
      buffer.append(std::string_view(chunk).substr(0, taken));
      explicit_bzero(chunk.data(), taken);
      if (!serve_messages(connection, buffer)) {
        break;
      }
    }
  } catch (const std::exception& error) {  // lack of memory: this connection goes
    spdlog::error("connection of {} closed: {}", connection.client, error.what());
  }
  shutdown(connection.socket.get(), SHUT_RDWR);
  connection.over.store(true, std::memory_order_release);
}

// Answers the whole messages at the front; false: the connection is no use any more.
bool TcpServer::serve_messages(const Connection& connection, MessageBuffer& buffer) {
  while (true) {
    const Extent extent = buffer.front();
    if (extent.kind == Extent::Kind::kUnfinished) {
      return true;
    }
    if (extent.kind == Extent::Kind::kBroken) {
      spdlog::info("connection of {} closed: what it sends is no message", connection.client);
      return false;
    }
    auto reply = service_.handle(connection.client, buffer.message(extent.length));
    buffer.drop(extent.length);
    const bool sent = !reply || send_all(connection.socket.get(), *reply, kPatienceMs);
    if (reply) {
      wipe(*reply);
    }
    if (!sent) {
      return false;
    }
  }
}

}  // namespace pollux::ng
