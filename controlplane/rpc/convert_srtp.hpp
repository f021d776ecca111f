// SRTP keys between the API's messages and the data plane's types: in, never out.
#pragma once

#include <optional>
#include <string>

#include "controlplane/session/session_types.hpp"
#include "dataplane/api/stats.hpp"
#include "pollux/v1/session.pb.h"

namespace pollux::rpc {

// None, and `violations` longer, unless everything is there as the suite wants it. `path` is where the
// message lies in the request. Texts never hold key material.
SrtpParamsRef read_srtp_params(const v1::SrtpParams& from, const std::string& path,
                               control::Violations& violations);

// Unset, and `violations` longer, where the number names none.
std::optional<SrtpSuite> read_suite(int number, const std::string& field, control::Violations& violations);
v1::SrtpSuite suite_of(SrtpSuite suite);

// Everything but key and salt.
void write_srtp_params(const SrtpParams& params, v1::SrtpParams& message);
void write_srtp_state(const SrtpDirectionStats& stats, v1::SrtpDirectionState& message);

// Overwrites all keys and salts where they lie and leaves the fields empty.
void wipe_keys(v1::SessionSpec& spec);
// Overwrites the text where it lies, what longer ones left behind included, and leaves it empty.
void wipe_text(std::string& text);

}  // namespace pollux::rpc
