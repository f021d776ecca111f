// What the command line asked for, before anything is parsed into the API's messages.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/cli/credentials.hpp"

namespace pollux::cli {

enum class Command {
  kNone,
  kSessionList,
  kSessionShow,
  kSessionCreate,
  kSessionDelete,
  kEvents,
  kTop,
  kStats,
  kNodeInfo,
  kNodeDrain,
  kNodeUndrain,
  kNodeReload,
  kNodePorts,
  kCapture,
  kDtmfSend,
  kDtmfBlock,
  kDtmfUnblock,
  kCompletion,
  kManual,
};

enum class OutputFormat { kTable, kJson };

struct Options {
  Command command = Command::kNone;

  std::string target;  // a gRPC name: "unix:/run/pollux/pollux.sock", "127.0.0.1:7711"
  OutputFormat output = OutputFormat::kTable;
  std::string call_timeout = "5s";
  TlsOptions tls;

  std::vector<std::string> session_ids;  // show and create: exactly one; delete: at least one

  // session list
  std::uint32_t list_limit = 100;
  bool list_all = false;
  std::uint32_t list_worst = 0;  // 0: in order of their ids

  // session create
  std::vector<std::string> legs;  // see leg_parser.hpp
  std::string spec_file;          // SessionSpec as protobuf JSON; "-": standard input
  std::string media_timeout;
  std::vector<std::string> labels;

  // events
  bool follow = false;
  std::uint64_t since = 0;    // sequence of the first event wanted; 0: not said
  std::string event_session;  // empty: all sessions

  // stats, top
  bool drops = false;
  double watch_seconds = 0;  // 0: once
  std::string interval = "1s";
  bool once = false;
  std::uint32_t calls = 10;  // worst ones that `top` shows

  // node drain, node reload
  std::string deadline;
  bool end_sessions = false;
  bool dry_run = false;

  // capture
  std::string capture_session;
  bool unmatched = false;
  std::string capture_leg;
  std::string address;
  std::uint32_t port = 0;
  std::string capture_file;
  std::uint32_t max_packets = 0;  // 0: the node's default
  std::string max_bytes;
  std::string capture_time;
  std::uint32_t snap_length = 0;
  bool decrypted = false;

  // dtmf
  std::string dtmf_session;
  std::string dtmf_leg;
  std::string digits;
  std::uint32_t press_ms = 0;      // 0: the node's default
  std::uint32_t gap_ms = 0;        // 0: the node's default
  std::optional<int> volume_dbm0;  // unset: the leg's
  bool from_party = false;
  std::string block_mode;

  std::string shell;  // completion
};

}  // namespace pollux::cli
