// Feeds the host stack with frames. Input: records of one byte (bit 0: interface, bits 1..2: what, bits 3..7:
// time step), a 16-bit length and so many bytes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "dataplane/base/byte_reader.hpp"
#include "dataplane/io/host_stack.hpp"

namespace pollux::io {
namespace {

constexpr MacAddress kMac{0x02, 0, 0, 0, 0, 0x01};
constexpr std::uint16_t kPortId = 0;

// Checks what holds of any frame of ours, and that each frame handed in comes back once.
class CheckingSink : public FrameSink {
 public:
  void send(std::uint16_t interface, std::span<const std::uint8_t> frame) override {
    const bool tagged = interface == 1;
    const bool ours = frame.size() >= 60 && std::equal(kMac.begin(), kMac.end(), frame.begin() + 6);
    if (!ours || (frame[12] == 0x81) != tagged) {
      std::abort();
    }
  }
  void release(std::uint16_t, const Frame& frame) override { forget(frame); }
  void discard(const Frame& frame) override { forget(frame); }

  Frame make(std::span<const std::uint8_t> bytes) {
    auto* const copy = new std::vector<std::uint8_t>(bytes.begin(), bytes.end());
    ++held;
    return {*copy, copy};
  }
  std::size_t held = 0;

 private:
  void forget(const Frame& frame) {
    if (held-- == 0) {
      std::abort();
    }
    delete static_cast<std::vector<std::uint8_t>*>(frame.token);
  }
};

InterfaceTable make_interfaces() {
  DataplaneConfig config;
  PortConfig port;
  port.interfaces.resize(2);
  port.interfaces[0].addresses = {*IpPrefix::parse("10.0.0.1/24"), *IpPrefix::parse("2001:db8::1/64")};
  port.interfaces[0].gateways = {*IpAddress::parse("10.0.0.254"), *IpAddress::parse("2001:db8::fe")};
  port.interfaces[1].vlan = 100;
  port.interfaces[1].addresses = {*IpPrefix::parse("10.1.0.1/24"), *IpPrefix::parse("2001:db8:1::1/64")};
  config.ports = {port};
  return *InterfaceTable::build(config, {&kMac, 1}, {&kPortId, 1});
}

void run(std::span<const std::uint8_t> input) {
  static const InterfaceTable interfaces = make_interfaces();
  NeighbourTable neighbours(1);
  CheckingSink sink;
  {
    HostStackOptions options;
    options.held_total = 20;
    options.incomplete_total = 10;
    options.learned_total = 10;
    HostStack stack(interfaces, neighbours, sink, options, [](std::uint16_t, const IpAddress&) {});
    std::uint64_t now_ms = 0;
    ByteReader reader(input);
    while (reader.left() >= 3) {
      const std::uint8_t head = reader.u8();
      const std::size_t length = std::min<std::size_t>(reader.u16(), reader.left());
      const std::uint16_t interface = head & 1;
      now_ms += static_cast<std::uint64_t>(head >> 3) * 100;
      stack.advance(now_ms);
      const auto bytes = reader.bytes(length);
      // A block of its own, so that the sanitizer sees the end.
      const std::vector<std::uint8_t> frame(bytes.begin(), bytes.end());
      switch ((head >> 1) & 3) {
        case 2:
          stack.resolve_and_send(interface, sink.make(frame));
          break;
        case 3:
          stack.link_up(0);
          break;
        default:
          stack.receive(interface, frame);
          break;
      }
    }
    if (sink.held > options.held_total) {
      std::abort();
    }
  }
  if (sink.held != 0) {
    std::abort();
  }
}

}  // namespace
}  // namespace pollux::io

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pollux::io::run({data, size});
  return 0;
}
