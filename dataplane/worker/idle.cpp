#include "dataplane/worker/idle.hpp"

#include <rte_pause.h>
#include <sys/prctl.h>
#include <time.h>

#include <limits>

namespace pollux::worker {

namespace {

constexpr unsigned long kTimerSlack_ns = 1;

void nap(std::uint32_t ns) {
  const timespec time{.tv_sec = 0, .tv_nsec = ns};
  clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);  // a signal that ends it early does no harm
}

}  // namespace

void Idle::prepare_thread() const {
  if (mode_ == IdleMode::kSleep || mode_ == IdleMode::kInterrupt) {
    prctl(PR_SET_TIMERSLACK, kTimerSlack_ns, 0, 0, 0);  // where it fails, naps are 50 us longer
  }
}

void Idle::rest() {
  if (mode_ == IdleMode::kPause) {
    rte_pause();
    return;
  }
  if (empty_turns_ != std::numeric_limits<std::uint32_t>::max()) {
    ++empty_turns_;
  }
  if (mode_ == IdleMode::kInterrupt) {
    wait();
    return;
  }
  const std::uint32_t ns = nap_ns_ != 0 ? nap_ns_ : NapPlan::nap_ns(empty_turns_);
  if (ns == 0) {
    rte_pause();
  } else {
    nap(ns);
  }
}

// Interrupts are switched on a turn before the first wait: that turn finds what came until then. After an
// interrupt the worker is awake for as long as after work, and then naps for a while if it found nothing.
void Idle::wait() {
  if (empty_turns_ <= NapPlan::kWakefulTurns) {
    rte_pause();
    return;
  }
  if (doubtful_naps_ != 0) {
    --doubtful_naps_;
    nap(NapPlan::kLongestNap_ns);
    return;
  }
  if (!armed_) {
    armed_ = true;
    interrupts_->arm();
    return;
  }
  // The wait has milliseconds and may end late by one: the last one before a timer is napped.
  const std::uint32_t due_ms = wheel_.due_within(kLongestWait_ms + 1);
  if (due_ms <= 1) {
    nap(NapPlan::kLongestNap_ns);
  } else if (interrupts_->wait(static_cast<int>(due_ms - 1))) {
    empty_turns_ = 0;
    doubtful_naps_ = kDoubtfulNaps;
    disarm();
  }
}

void Idle::disarm() {
  armed_ = false;
  interrupts_->disarm();
}

}  // namespace pollux::worker
