#include "controlplane/cli/capture_command.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <map>
#include <system_error>

#include "controlplane/cli/exit_code.hpp"
#include "controlplane/cli/format.hpp"
#include "controlplane/cli/json.hpp"
#include "controlplane/cli/pcapng_writer.hpp"
#include "controlplane/cli/words.hpp"

namespace pollux::cli {

namespace {

using namespace std::chrono_literals;

constexpr auto kLookForInterrupt = 200ms;
constexpr double kTerminalProgressSeconds = 1;
constexpr double kLogProgressSeconds = 5;

std::uint64_t nanoseconds(const google::protobuf::Timestamp& time) {
  return static_cast<std::uint64_t>(time.seconds()) * 1'000'000'000 +
         static_cast<std::uint64_t>(time.nanos());
}

class Capture {
 public:
  Capture(const CommandContext& context, const v1::CaptureRequest& request, std::ostream& file)
      : context_(context), request_(request), file_(file) {}

  int run() {
    if (context_.environment.catch_interrupt) {
      context_.environment.catch_interrupt();
    }
    const auto stream = context_.client.capture(request_);
    PcapngWriter writer(file_, "polluxctl " POLLUX_VERSION,
                        request_.session_id().empty() ? std::string("packets that reached no session")
                                                      : "session " + request_.session_id());
    last_progress_ = context_.environment.now_seconds();
    std::string why;
    while (why.empty()) {
      v1::CaptureResponse response;
      const auto next = stream->next(response, kLookForInterrupt);
      if (next == CaptureStream::Next::kEnded) {
        const grpc::Status status = stream->finish();
        if (!status.ok()) {
          end_progress_line();
          written_ = writer.packets();
          if (written_ > 0) {
            report(writer, "the call failed");
          }
          return context_.fail(status, "capture");
        }
        why = "the node ended it";
      } else if (next == CaptureStream::Next::kResponse) {
        take(response, writer);
        why = response.ended() == v1::CAPTURE_END_UNSPECIFIED ? "" : word(response.ended());
      }
      if (!file_.flush()) {
        end_progress_line();
        context_.environment.err << "polluxctl: capture: can't write " << context_.options.capture_file
                                 << ": " << std::generic_category().message(errno) << "\n";
        return kExitCallFailed;
      }
      if (why.empty() && context_.interrupted()) {
        why = "interrupted";
      }
      progress(writer);
    }
    end_progress_line();
    report(writer, why);
    return kExitOk;
  }

  // Of a call that failed.
  std::uint64_t written() const { return written_; }

 private:
  void take(const v1::CaptureResponse& response, PcapngWriter& writer) {
    for (const auto& packet : response.packets()) {
      writer.write_packet(packet.port(), request_.snap_length(), nanoseconds(packet.time()), packet.frame(),
                          packet.original_length(), capture_comment(packet, help_of(packet.drop_reason())));
    }
    left_out_ = response.left_out();
  }

  // The capture doesn't carry it, the node's counters do. Asked for once per reason.
  const std::string& help_of(const std::string& reason) {
    const auto [it, is_new] = help_.try_emplace(reason);
    if (is_new && !reason.empty()) {
      const auto stats = context_.client.stats();
      const auto learn = [this](const auto& drops) {
        for (const auto& drop : drops) {
          help_[drop.reason()] = drop.help();
        }
      };
      for (const auto& worker : stats.value.workers()) {
        learn(worker.drops());
      }
      learn(stats.value.host().drops());
    }
    return it->second;
  }

  std::string counts(const PcapngWriter& writer) const {
    return std::to_string(writer.packets()) + " packets written, " + std::to_string(left_out_) + " left out";
  }

  void progress(const PcapngWriter& writer) {
    const Environment& environment = context_.environment;
    const double now = environment.now_seconds();
    const double every = environment.err_terminal ? kTerminalProgressSeconds : kLogProgressSeconds;
    if (now - last_progress_ < every) {
      return;
    }
    last_progress_ = now;
    if (environment.err_terminal) {
      environment.err << "\r" << counts(writer) << "\033[K" << std::flush;
      line_open_ = true;
    } else {
      environment.err << counts(writer) << "\n";
    }
  }

  void end_progress_line() {
    if (line_open_) {
      context_.environment.err << "\n";
    }
    line_open_ = false;
  }

  // The packets may go to standard output; what is said about them doesn't then.
  void report(const PcapngWriter& writer, const std::string& why) const {
    const bool to_stdout = context_.options.capture_file == "-";
    std::ostream& out = to_stdout ? context_.environment.err : context_.environment.out;
    if (context_.json()) {
      out << "{\"file\":" << json_string(context_.options.capture_file) << ",\"packets\":" << writer.packets()
          << ",\"bytes\":" << writer.bytes() << ",\"leftOut\":" << left_out_
          << ",\"ended\":" << json_string(why) << "}\n";
    } else {
      out << (to_stdout ? "" : context_.options.capture_file + ": ") << counts(writer)
          << (left_out_ > 0 ? " (the way to polluxctl was too slow)" : "") << "; ended: " << why << "\n";
    }
  }

  const CommandContext& context_;
  const v1::CaptureRequest& request_;
  std::ostream& file_;
  std::map<std::string, std::string> help_;  // by drop reason
  std::uint64_t left_out_ = 0;
  std::uint64_t written_ = 0;
  double last_progress_ = 0;
  bool line_open_ = false;
};

}  // namespace

std::string capture_comment(const v1::CapturedPacket& packet, const std::string& help) {
  std::string text = packet.leg_id().empty() ? "no session" : "leg " + packet.leg_id();
  if (packet.rtcp()) {
    text += ", RTCP";
  }
  text += ", " + word(packet.point());
  if (packet.point() == v1::CAPTURE_POINT_DROPPED) {
    return text + ": " + packet.drop_reason() + (help.empty() ? "" : " (" + help + ")");
  }
  return text + (packet.stage().empty() ? "" : " (" + packet.stage() + ")");
}

int capture(const CommandContext& context) {
  const auto request = make_capture_request(context.options);
  if (!request.ok()) {
    for (const auto& problem : request.problems) {
      context.environment.err << "polluxctl: capture: " << problem << "\n";
    }
    return kExitUsage;
  }
  const std::string& path = context.options.capture_file;
  if (path == "-") {
    if (context.environment.terminal) {
      context.environment.err
          << "polluxctl: capture: a terminal can't show packets; --out FILE, or | tshark -r -\n";
      return kExitUsage;
    }
    return Capture(context, request.value, context.environment.out).run();
  }
  const bool existed = ::access(path.c_str(), F_OK) == 0;
  // It holds speech: for nobody but the owner, whatever the umask says. An existing file keeps its mode.
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    context.environment.err << "polluxctl: capture: --out " << path << ": "
                            << std::generic_category().message(errno) << "\n";
    return kExitUsage;
  }
  ::close(descriptor);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  Capture run(context, request.value, file);
  const int exit_code = run.run();
  if (exit_code != kExitOk && run.written() == 0 && !existed) {
    std::remove(path.c_str());  // a refused call leaves no empty file behind
  }
  return exit_code;
}

}  // namespace pollux::cli
