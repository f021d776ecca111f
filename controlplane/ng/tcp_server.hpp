// The gateway's TCP sockets: a thread for each connection, as many as the configuration allows.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "controlplane/ng/message_buffer.hpp"
#include "controlplane/ng/service.hpp"
#include "controlplane/ng/socket.hpp"

namespace pollux::ng {

// A connection that sends what is no message is closed: nobody can tell where the next one begins.
class TcpServer {
 public:
  static Expected<std::unique_ptr<TcpServer>> start(const GatewayConfig& config, Service& service);
  // Returns when the requests under way have their replies.
  ~TcpServer();
  TcpServer(const TcpServer&) = delete;
  TcpServer& operator=(const TcpServer&) = delete;

  std::vector<std::uint16_t> ports() const;

 private:
  struct Connection {
    Fd socket;
    std::string client;
    std::thread thread;
    std::atomic<bool> over{false};  // written by: its thread; read by: the listening thread
  };

  TcpServer(Service& service, std::size_t most) : service_(service), most_(most) {}
  void listen();
  void take_connection(int fd);
  void pause();
  void forget_ended();
  void serve(Connection& connection);
  bool serve_messages(const Connection& connection, MessageBuffer& buffer);

  Service& service_;
  const std::size_t most_;
  StopSignal stop_;
  std::vector<Fd> sockets_;
  std::list<Connection> connections_;  // of the listening thread only
  std::thread listener_;
};

}  // namespace pollux::ng
