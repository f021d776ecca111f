// Between the API's messages and the control plane's plain types: the only place that knows both.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "controlplane/session/event_log.hpp"
#include "controlplane/session/session_patch.hpp"
#include "controlplane/session/session_rules.hpp"
#include "controlplane/session/session_types.hpp"
#include "pollux/v1/session.pb.h"

namespace pollux::rpc {

// Reading: what can't be read is added to `violations` and left unset, so that every wrong field is found in
// one go. Cost is bounded for any message: surplus legs, mappings, codecs and sinks are reported, not read.

// A checked request with the node's defaults filled in.
control::SessionRequest read_create(const v1::CreateRequest& request, const control::NodeDefaults& defaults,
                                    control::Violations& violations);
control::SessionPatch read_update(const v1::UpdateRequest& request, control::Violations& violations);
LearningMode read_learning(int value, const std::string& field, control::Violations& violations);
SourcePolicy read_source_policy(int value, const std::string& field, control::Violations& violations);
// None: UNSPECIFIED.
std::optional<AddressFamily> read_family(int value, const std::string& field,
                                         control::Violations& violations);
// As SessionSpec.media_timeout; none where it is out of range, too.
std::optional<std::chrono::milliseconds> read_media_timeout(const google::protobuf::Duration& duration,
                                                            const std::string& field,
                                                            control::Violations& violations);
void check_session_id(const std::string& id, control::Violations& violations);

// One leg: the fields named. `path` is where it lies in the request.
control::LegRequest read_leg(const v1::LegSpec& leg, control::LegFields fields, const std::string& path,
                             control::Violations& violations);

void write_session(const control::SessionView& view, v1::Session& session);
void write_event(const control::LoggedEvent& event, v1::Event& message);
v1::Direction direction_of(Direction direction);
void write_address(const SocketAddress& address, v1::SocketAddress& message);

}  // namespace pollux::rpc
