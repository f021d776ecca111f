#include "dataplane/crypto/context.hpp"

namespace pollux::crypto {

namespace {

// The count goes down to the reserve first; the reserve follows when that has been told.
bool spend(Relaxed<std::uint64_t>& left, std::uint64_t reserve, ContextCold& cold, std::uint8_t which,
           SrtpJob& job) {
  if (left == 0) {
    return false;
  }
  left = left - 1;
  if (left == 0 && (cold.expiring_told & which) == 0) {
    cold.expiring_told = static_cast<std::uint8_t>(cold.expiring_told | which);
    left = reserve;
    job.note = SrtpNote::kKeyExpiring;
  }
  return true;
}

}  // namespace

void refuse_expired(Context& context, SrtpJob& job, std::uint8_t which) {
  ContextCold& cold = context.cold();
  job.status = SrtpStatus::kKeyExpired;
  if ((cold.expired_told & which) == 0) {
    cold.expired_told = static_cast<std::uint8_t>(cold.expired_told | which);
    job.note = SrtpNote::kKeyExpired;
  }
}

bool spend_rtp_slow(Context& context, SrtpJob& job) {
  ContextCold& cold = context.cold();
  if (spend(context.rtp_left, cold.rtp_reserve, cold, kOfRtp, job)) {
    return true;
  }
  refuse_expired(context, job, kOfRtp);
  return false;
}

bool spend_rtcp(Context& context, SrtpJob& job) {
  ContextCold& cold = context.cold();
  if (spend(cold.rtcp_left, cold.rtcp_reserve, cold, kOfRtcp, job)) {
    return true;
  }
  refuse_expired(context, job, kOfRtcp);
  return false;
}

}  // namespace pollux::crypto
