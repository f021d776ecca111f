// A data plane on net_ring ports whose workers the test turns by hand: no root, no huge pages, no real time.
#pragma once

#include <rte_mbuf.h>
#include <rte_ring.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/worker/dataplane_impl.hpp"
#include "tests/support/frame.hpp"

namespace pollux::testing {

// The far end of one port: rings that the port receives from and sends to.
struct BedPort {
  std::string device;                // name for PortConfig::device
  std::vector<rte_ring*> to_port;    // one per receive queue
  std::vector<rte_ring*> from_port;  // one per transmit queue
};

struct BedQueues {
  std::uint16_t receive = 1;
  std::uint16_t transmit = 4;  // more workers than that share
};

// Devices outlive beds, since EAL keeps at most 32 of them: the n-th port of each bed is the same device.
class RingBed {
 public:
  // Fills in the devices of `config` (device names are ignored) and starts the data plane with
  // Drive::kCaller.
  // `nics`, which outlive it, are what steering deals with, port by port.
  explicit RingBed(DataplaneConfig config, BedQueues queues = {},
                   std::span<io::SteeringDevice* const> nics = {});
  ~RingBed();

  // Two ports, "a" 192.0.2.1/24 + 2001:db8:a::1/64 and "b" 198.51.100.1/24 + 2001:db8:b::1/64, gateways
  // .254/::fe.
  static DataplaneConfig two_ports(std::size_t workers = 1);

  worker::DataplaneImpl& dataplane() { return *dataplane_; }
  BedPort& port(std::size_t index) { return ports_[index]; }

  // Time moves only here.
  void advance_ms(std::uint64_t milliseconds);
  std::uint64_t now_tsc() const { return now_tsc_; }

  // Puts a frame before the port's queue.
  void send(std::size_t port, const Bytes& frame, std::uint16_t queue = 0);
  // The same for a frame with a past of the test's own: offload flags, segments, headroom. Takes the mbuf.
  static rte_mbuf* mbuf_of(const Bytes& frame);
  void send(std::size_t port, rte_mbuf* mbuf, std::uint16_t queue = 0);

  // Turns all workers until neither they nor the host thread have work, gathers what came out; ARP and ND for
  // any address but ours are answered as the neighbour with MAC 02:00:00:00:00:<port>, and waited for.
  void turn();
  // The same without the host thread: enough, and faster, once neighbours are known.
  void turn_workers();
  // One turn of one worker, its output left where it is.
  bool turn_worker(std::uint16_t index) { return dataplane_->worker(index).run_once(now_tsc_); }
  // What has come out of the port since the last call, ARP and ND left out.
  std::vector<Bytes> received(std::size_t port);
  // The same, taken apart; fails the test when a frame isn't right in every length and check sum.
  std::vector<UdpFrame> received_udp(std::size_t port);

  // From now on the far ends answer ARP and ND, or don't.
  void set_answering(bool on) { answering_ = on; }
  // From now on nobody takes what is punted.
  void stop_host();
  bool host_runs() const { return host_runs_; }
  // The far end of a transmit queue takes nothing more, until drained by turn().
  void fill_transmit_ring(std::size_t port, std::uint16_t queue = 0);

  std::vector<Event> events();
  SessionHandle add(const SessionSpec& spec);
  void update(SessionHandle session, const SessionSpec& spec);
  void remove(SessionHandle session);
  SessionStats stats(SessionHandle session) const;
  std::uint64_t drops(DropReason reason) const;  // of all workers
  std::uint64_t host_drops(DropReason reason) const;
  std::uint64_t stage_packets(std::string_view stage) const;  // of all workers
  std::string describe() const;        // every counter above zero, for failed assertions
  std::uint64_t mbufs_in_use() const;  // of the far ends' pool and the data plane's

  static std::uint64_t far_mbufs_in_use();  // of the far ends alone; 0 when there is no bed

  const MacAddress& mac(std::size_t port) const { return macs_[port]; }  // of our port
  static MacAddress peer_mac(std::size_t port) { return {2, 0, 0, 0, 0, static_cast<std::uint8_t>(port)}; }

 private:
  bool work();
  bool drain(std::size_t port);
  void gather_events();

  std::vector<BedPort> ports_;
  std::unique_ptr<worker::DataplaneImpl> dataplane_;
  std::vector<std::vector<Bytes>> received_;
  std::vector<MacAddress> macs_;
  std::vector<Event> events_;
  std::size_t workers_ = 0;
  std::uint64_t now_tsc_ = 0;
  std::uint64_t next_token_ = 1;
  bool answering_ = true;
  bool host_runs_ = true;
};

// Tells the thread sanitizer, if there is one, that what lies in packet buffers proves nothing: they change
// hands inside DPDK, where it doesn't see how.
void leave_out_packet_buffers();

// One leg for the bed's addresses: `side` 0 is port a, 1 is port b.
LegSpec bed_leg(std::uint16_t id, unsigned side, std::uint16_t local_port, const char* remote,
                bool v6 = false);

}  // namespace pollux::testing
