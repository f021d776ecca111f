// Everything below handle() is async-signal-safe: no heap, no lock, no stdio.
#include "controlplane/ops/crash_handler.hpp"

#include <execinfo.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>

#include "controlplane/ops/log_sink.hpp"
#include "controlplane/ops/logging.hpp"

namespace pollux::ops {

namespace {

constexpr int kMostFrames = 64;
constexpr std::size_t kAlternateStack = 64 * 1024;

CrashContext (*where_crashed)() noexcept = nullptr;
bool journal = false;
std::atomic<long> crashing_thread{0};
alignas(16) std::array<char, kAlternateStack> alternate_stack;

// A line that is put together without the heap; too long ones are cut.
class Line {
 public:
  Line& text(const char* words) {
    while (*words != '\0' && length_ < bytes_.size() - 1) {
      bytes_[length_++] = *words++;
    }
    return *this;
  }
  Line& number(std::uint64_t value, unsigned base = 10) {
    std::array<char, 24> digits{};
    std::size_t at = digits.size() - 1;
    do {
      digits[--at] = "0123456789abcdef"[value % base];
      value /= base;
    } while (value != 0);
    return text(&digits[at]);
  }
  void end(int fd) {
    bytes_[length_++] = '\n';
    if (write(fd, bytes_.data(), length_) < 0) {
      return;  // nobody to tell
    }
  }

 private:
  std::array<char, 512> bytes_{};
  std::size_t length_ = 0;
};

const char* signal_name(int number) {
  switch (number) {
    case SIGSEGV:
      return "SIGSEGV";
    case SIGBUS:
      return "SIGBUS";
    case SIGILL:
      return "SIGILL";
    case SIGFPE:
      return "SIGFPE";
    default:
      return "SIGABRT";
  }
}

long thread_id() {
  return syscall(SYS_gettid);
}

// Each line has its priority for the journal, which is told so by `prefix`.
void tell(int fd, const char* prefix, int number, const siginfo_t& info, void* const* frames, int count) {
  Line who;
  who.text(prefix).text("polluxd crashed: ").text(signal_name(number));
  if (info.si_code > 0) {
    who.text(" at address 0x").number(reinterpret_cast<std::uintptr_t>(info.si_addr), 16);
  } else {
    who.text(" sent by process ").number(static_cast<std::uint64_t>(info.si_pid));
  }
  const CrashContext context = where_crashed();
  if (context.is_worker) {
    who.text("; worker ").number(context.worker).text(", stage ").text(context.stage);
  } else {
    who.text("; no worker");
  }
  std::array<char, 17> name{};
  prctl(PR_GET_NAME, name.data(), 0UL, 0UL, 0UL);
  who.text("; thread ")
      .text(name.data())
      .text(" (")
      .number(static_cast<std::uint64_t>(thread_id()))
      .text(")");
  who.end(fd);
  for (int i = 0; i < count; ++i) {
    if (write(fd, prefix, std::strlen(prefix)) < 0) {
      return;
    }
    backtrace_symbols_fd(&frames[i], 1, fd);
  }
  Line()
      .text(prefix)
      .text("polluxd " POLLUX_VERSION
            ": source lines with the same build: addr2line -Cfe polluxd OFFSET, for (+OFFSET) above; "
            "c++filt for names")
      .end(fd);
}

void handle(int number, siginfo_t* info, void* /*context*/) {
  long nobody = 0;
  if (!crashing_thread.compare_exchange_strong(nobody, thread_id())) {
    while (nobody != thread_id()) {
      pause();  // another thread crashed first, and is about to end the process
    }
  } else {
    std::array<void*, kMostFrames> frames{};
    const int count = backtrace(frames.data(), kMostFrames);
    tell(STDERR_FILENO, journal ? "<2>" : "", number, *info, frames.data(), count);
    if (const int file = log_file_fd(); file >= 0) {
      tell(file, "", number, *info, frames.data(), count);
    }
  }
  // The signal is blocked until this returns; then its default action ends the process where it crashed.
  signal(number, SIG_DFL);
  syscall(SYS_tgkill, getpid(), thread_id(), number);
}

}  // namespace

void install_crash_handler(CrashContext (*where)() noexcept) {
  where_crashed = where;
  journal = stderr_is_journal();
  log_file_fd();  // makes the sink, if nobody has
  std::array<void*, 1> frame{};
  backtrace(frame.data(), 1);  // loads the unwinder, which needs the heap, once
  stack_t stack{};
  stack.ss_sp = alternate_stack.data();
  stack.ss_size = alternate_stack.size();
  sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) {
    sigaction(number, &action, nullptr);
  }
}

}  // namespace pollux::ops
