// A node with media running: control plane, gRPC server and data plane in this process, the client in
// another.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "controlplane/rpc/rpc_server.hpp"
#include "dataplane/worker/dataplane_impl.hpp"
#include "tests/bench/media_load.hpp"
#include "tests/bench/setup_result.hpp"

namespace pollux::bench {

// A directory that goes with its contents.
class SocketDirectory {
 public:
  SocketDirectory();
  ~SocketDirectory();
  SocketDirectory(const SocketDirectory&) = delete;
  SocketDirectory& operator=(const SocketDirectory&) = delete;
  std::string socket() const { return path_ + "/pollux.sock"; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline constexpr unsigned kHeldSessions = 500;  // of a client, that exist at a time

// Media has the measuring CPU; control thread, gRPC's threads and the client share the other one.
class SetupBed {
 public:
  // Starts the media of so many sessions of two legs, 50 packets a second each way.
  explicit SetupBed(unsigned running);
  ~SetupBed();

  struct Loaded {
    SetupResult client;
    double control_cpu_s = 0;  // of this process without its media thread, while the client ran
    unsigned made = 0;         // sessions while it ran
    MediaResult media;
  };
  MediaResult quiet(std::chrono::milliseconds time);
  // Runs a client, beside this program, and what it says; it keeps no more than kHeldSessions sessions.
  // `made`: how many it makes, for the figure.
  Loaded loaded(const std::string& program, const std::string& arguments, unsigned made);
  std::string target() const { return "unix:" + directory_.socket(); }  // of gRPC
  const std::string& folder() const { return directory_.path(); }       // goes with the bed

 private:
  void make_running(unsigned running);
  double control_cpu_seconds() const;

  SocketDirectory directory_;
  config::NodeConfig config_;
  RingPorts ports_;
  rpc::NodeIdentity identity_;
  std::unique_ptr<worker::DataplaneImpl> dataplane_;
  std::unique_ptr<MediaLoad> media_;
  std::unique_ptr<control::SessionManager> manager_;
  std::unique_ptr<call::CallManager> calls_;
  std::unique_ptr<control::ControlThread> control_;
  std::unique_ptr<ops::ConfigReloader> reloader_;
  std::unique_ptr<rpc::RpcServer> server_;
};

}  // namespace pollux::bench
