// Tells systemd how the service is doing (sd_notify(3)), without its library.
#pragma once

#include <string_view>

namespace pollux::ops {

// Sends `state` ("READY=1", "STOPPING=1") to the service manager. False when there is none, which is no
// fault.
bool notify_service_manager(std::string_view state);

}  // namespace pollux::ops
