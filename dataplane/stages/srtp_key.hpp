// What the two stages of SRTP say alike of keys and failures.
#pragma once

#include "dataplane/stages/context.hpp"

namespace pollux::stages {

// Why a packet that came isn't opened. Pre: not kOk.
constexpr DropReason drop_reason_of(crypto::SrtpStatus status) {
  switch (status) {
    case crypto::SrtpStatus::kOk:
      break;
    case crypto::SrtpStatus::kMalformed:
      return DropReason::srtp_malformed;
    case crypto::SrtpStatus::kMkiUnknown:
      return DropReason::srtp_mki_unknown;
    case crypto::SrtpStatus::kAuthenticationFailed:
      return DropReason::srtp_authentication_failed;
    case crypto::SrtpStatus::kReplayed:
      return DropReason::srtp_replayed;
    case crypto::SrtpStatus::kTooOld:
      return DropReason::srtp_too_old;
    case crypto::SrtpStatus::kKeyExpired:
      return DropReason::srtp_key_expired;
    case crypto::SrtpStatus::kStreamsFull:
      return DropReason::srtp_streams_full;
  }
  __builtin_unreachable();
}

// Why a packet isn't sent. Its index was used before, or lies where that can't be known any more: to a sender
// that is the same.
constexpr DropReason send_drop_reason_of(crypto::SrtpStatus status) {
  const bool used = status == crypto::SrtpStatus::kReplayed || status == crypto::SrtpStatus::kTooOld;
  return used ? DropReason::srtp_index_used : drop_reason_of(status);
}

// Raises the event where a packet has brought one about.
inline void tell_key_life(Context& context, const session::Endpoint& endpoint, crypto::SrtpNote note,
                          bool outgoing) {
  if (note == crypto::SrtpNote::kNone) [[likely]] {
    return;
  }
  Event event;
  event.type =
      note == crypto::SrtpNote::kKeyExpiring ? EventType::kSrtpKeyExpiring : EventType::kSrtpKeyExpired;
  event.session = endpoint.leg->session->handle;
  event.leg_id = endpoint.leg->spec->id;
  event.outgoing = outgoing;
  raise_event(context, event);
}

}  // namespace pollux::stages
