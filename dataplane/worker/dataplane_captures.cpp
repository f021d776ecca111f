// Captures: begun and ended by the control thread, copies taken by whoever writes them down.
#include "dataplane/worker/dataplane_impl.hpp"

namespace pollux::worker {

Expected<CaptureId> DataplaneImpl::start_capture(const CaptureSpec& /*spec*/) {
  return fail(ErrorCode::kExhausted, "CAPTURES_EXHAUSTED", "", "wip");
}
void DataplaneImpl::stop_capture(CaptureId /*capture*/) {}
std::size_t DataplaneImpl::take_captured(std::vector<CapturedPacket>& /*packets*/, std::size_t /*most*/) { return 0; }

}  // namespace pollux::worker
