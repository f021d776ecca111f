// Our own addresses on the link: duplicate detection, announcement, defence (RFC 5227, RFC 4862 §5.4).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dataplane/io/frame_writer.hpp"
#include "dataplane/io/host_stack.hpp"
#include "dataplane/io/interface_table.hpp"

namespace pollux::io {

class AddressGuard {
 public:
  AddressGuard(const InterfaceTable& interfaces, FrameWriter& writer, const HostStackOptions& options,
               HostStack::DuplicateHandler on_duplicate);

  void advance(std::uint64_t now_ms);
  void link_up(std::uint16_t port);

  // Another host uses the address, or is about to: reported and defended, at most once per defend_interval.
  // Pre: `address` is ours on `interface`.
  void conflict(std::uint16_t interface, const IpAddress& address);
  // Whether duplicate address detection still asks for it.
  bool is_tentative(std::uint16_t interface, const IpAddress& address) const;

 private:
  struct Guarded {
    std::uint16_t interface = 0;
    IpAddress address;
    bool tentative = false;
    unsigned probes_left = 0;
    unsigned announcements_left = 0;
    std::uint64_t due_ms = 0;
    std::optional<std::uint64_t> last_conflict_ms;
  };

  void probe(const Guarded& guarded);
  void announce(const Guarded& guarded);

  const InterfaceTable& interfaces_;
  FrameWriter& writer_;
  const HostStackOptions options_;
  HostStack::DuplicateHandler on_duplicate_;
  std::vector<Guarded> guarded_;
  std::uint64_t now_ms_ = 0;
};

}  // namespace pollux::io
