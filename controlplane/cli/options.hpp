// What the command line asked for, before anything is parsed into the API's messages.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pollux::cli {

enum class Command {
  kNone,
  kSessionList,
  kSessionShow,
  kSessionCreate,
  kSessionDelete,
  kEvents,
  kStats,
  kNodeInfo,
};

enum class OutputFormat { kTable, kJson };

struct Options {
  Command command = Command::kNone;

  std::string target;  // a gRPC name: "unix:/run/pollux/pollux.sock", "127.0.0.1:7711"
  OutputFormat output = OutputFormat::kTable;
  std::string call_timeout = "5s";

  std::vector<std::string> session_ids;  // show and create: exactly one; delete: at least one

  std::uint32_t list_limit = 100;
  bool list_all = false;

  std::vector<std::string> legs;  // see leg_parser.hpp
  std::string spec_file;          // SessionSpec as protobuf JSON; "-": standard input
  std::string media_timeout;
  std::vector<std::string> labels;

  bool follow = false;
  std::uint64_t since = 0;    // sequence of the first event wanted; 0: not said
  std::string event_session;  // empty: all sessions
  bool drops = false;
  double watch_seconds = 0;  // 0: once
};

}  // namespace pollux::cli
