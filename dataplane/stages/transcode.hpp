// Decodes and encodes in workers with the media role, within a budget of time per loop, so that an encoder
// keeps nobody's relayed packets waiting.
#pragma once

#include <span>

#include "dataplane/stages/context.hpp"

namespace pollux::stages {

// Gives packets to the media workers of their routes. What finds the ring full is dropped and counted.
void hand_to_media(Context& context, std::span<MediaWork> work);

// Gives a packet of a path, or the word that it is closed, back to the session's worker.
void return_from_media(Context& context, MediaWork work);

// Runs paths of this media worker with what has come for them. True: there was something.
bool transcode(Context& context);

// The timer of a route whose path decodes has gone off: transcode() runs it, in its turn and within the
// budget.
void run_later(Context& context, session::MediaRoute& route);

// Some route waits for that turn.
inline bool media_is_due(const Context& context) {
  const session::Timer& head = context.media.due;
  return head.next != nullptr && head.next != &head;
}

// Takes what media workers give back of this worker's sessions: packets to rtp_send, closed routes to
// MediaStages::closed. True: there was something.
bool take_transcoded(Context& context);

// Orders the path of `route`, of this worker's session, to be closed: it gives back all that is inside and
// turns up in MediaStages::closed, at once where it runs in line.
void close_route(Context& context, session::MediaRoute& route);

// Once per loop: orders and answers that found a ring full.
void retry_media_orders(Context& context);

}  // namespace pollux::stages
