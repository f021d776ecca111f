// What many sessions ask for alike, kept once.
#pragma once

#include <memory>
#include <string>

#include "controlplane/session/session_types.hpp"
#include "dataplane/base/shared_lists.hpp"

namespace pollux::control {

// Thread: control.
class RequestLists {
 public:
  // `request`, for a session to keep: lists that other sessions have as well are shared with them.
  std::shared_ptr<const SessionRequest> keep(SessionRequest request) {
    for (LegRequest& leg : request.legs) {
      leg.payload_types = payload_types_.share(leg.payload_types);
      leg.encodings = encodings_.share(leg.encodings);
      leg.sinks = sinks_.share(leg.sinks);
      leg.codecs = codecs_.share(leg.codecs);
    }
    return std::make_shared<const SessionRequest>(std::move(request));
  }

 private:
  SharedLists<PayloadTypeMapping> payload_types_;
  SharedLists<NamedPayloadType> encodings_;
  SharedLists<std::string> sinks_;
  SharedLists<CodecFormat> codecs_;
};

}  // namespace pollux::control
