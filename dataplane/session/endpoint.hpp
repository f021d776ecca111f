// The hot state of one local RTP or RTCP port.
#pragma once

#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/base/counter.hpp"
#include "dataplane/base/ip_address.hpp"
#include "dataplane/base/published.hpp"
#include "dataplane/base/relaxed.hpp"
#include "dataplane/crypto/backend.hpp"
#include "dataplane/rtp/reception.hpp"
#include "dataplane/rtp/stream_rewriter.hpp"
#include "dataplane/session/packet_rate.hpp"

namespace pollux::session {

struct Endpoint;
struct Leg;

inline constexpr std::uint8_t kPayloadTypeUnmapped = 0xff;
inline constexpr std::uint8_t kPayloadTypeMedia = 0xfe;  // to be re-packetized or transcoded on its way
inline constexpr std::uint8_t kPayloadTypeDtmf =
    0xfd;  // for the stage dtmf: key presses are in it, or may be

// Payload types of a stream on its way from one leg to another: the number it leaves with, and its RTP clock
// as an index into the worker's clocks. One table is shared by all legs without a map.
struct PayloadTypeTable {
  std::uint8_t out[128];
  std::uint8_t clock[128];
  std::uint8_t beyond_dtmf[128];  // what `out` would be without kPayloadTypeDtmf
  friend auto operator<=>(const PayloadTypeTable&, const PayloadTypeTable&) = default;
};

// A further sink of a received stream, beside the one inside the endpoint.
struct Sink {
  Endpoint* endpoint = nullptr;
  const PayloadTypeTable* payload_types = nullptr;
};

// Where an endpoint sends to, for those who want to know.
struct Remote {
  IpAddress ip;
  std::uint16_t port = 0;  // 0: nowhere yet
  bool confirmed = false;  // believed packets come from there
};

// What the receiving half does; set when the session is linked or changed, `believed` when the source is
// learned.
enum RxFlag : std::uint8_t {
  kRxRtcpPort = 1U << 0,   // this is a leg's own RTCP port
  kRxMux = 1U << 1,        // RTP and RTCP share this port
  kRxBelieved = 1U << 2,   // believed_ip and believed_port are set and confirmed by a packet
  kRxForward = 1U << 3,    // the direction lets the party send
  kRxAcceptAny = 1U << 4,  // packets from elsewhere pass as well
  kRxMoreSinks = 1U << 5,  // Leg::more_sinks isn't empty
  kRxCapture = 1U << 6,    // what comes is copied for a capture
  kRxSrtp = 1U << 7,       // what comes is SRTP: `protection` says whose business that is
};

enum TxFlag : std::uint8_t {
  kTxRemote = 1U << 0,   // there is an address to send to
  kTxV6 = 1U << 1,       // header lies in v6_header
  kTxForward = 1U << 2,  // the direction lets the party receive
  kTxRewrite = 1U << 3,  // StreamMode::kRewrite
  kTxOffload = 1U << 4,  // the device can do the UDP check sum when one has to be made from scratch
  kTxCapture = 1U << 5,  // what goes is copied for a capture
  kTxSrtp = 1U << 6,     // what goes is protected with srtp_out, or dropped while that is 0
  kTxDtmf = 1U << 7,     // a key press is being sent: audio is left out
};

enum class Protection : std::uint8_t {
  kNone,
  kSrtp,         // Pollux opens with srtp_in what comes, and drops it while that is 0
  kPassthrough,  // SRTP between the parties
};

// Six cache lines, laid out by who touches them when: a packet reads line 0 and writes line 1 of the endpoint
// it arrives at (a pair that the adjacent-line prefetcher fetches together), then reads line 2 and writes
// line 3 of the endpoint it leaves from. Lines 4 and 5 are read only for IPv6, on errors and by slow paths.
// All of it is written by: worker, once linked (control fills it in before); read by: control (Counter,
// Relaxed).
struct alignas(128) Endpoint {
  // line 0: read per packet received
  IpAddress believed_ip;  // valid with kRxBelieved
  be16 believed_port;
  std::uint8_t rx_flags = 0;
  Protection protection = Protection::kNone;
  crypto::ContextId srtp_in = 0;                    // 0: no key
  Endpoint* sink = nullptr;                         // first sink of what is received here; nullptr: none
  const PayloadTypeTable* payload_types = nullptr;  // towards `sink`; never nullptr on an RTP port
  Leg* leg = nullptr;
  std::uint64_t first_rx_tsc = 0;
  std::uint64_t reserved2 = 0;

  // line 1: written per packet received
  Counter rx_packets;
  Counter rx_bytes;
  Relaxed<std::uint64_t> last_rx_tsc;  // of a believed packet
  rtp::Reception reception;
  PacketRate party_rate;      // of the believed source
  PacketRate strangers_rate;  // of all others together, lest they use up the party's

  // line 2: read per packet sent
  std::uint8_t v4_header[46] = {};  // Ethernet (destination left blank), 802.1Q if any, IPv4, UDP
  std::uint8_t header_length = 0;   // of v4_header or v6_header
  std::uint8_t tx_flags = 0;
  std::uint16_t neighbour_index = 0xffff;  // where the next hop's MAC is kept; 0xffff: not looked up yet
  std::uint16_t neighbour_generation = 0;
  std::uint16_t tx_port = 0;            // DPDK port id
  std::uint16_t max_payload = 0;        // UDP payload that fits the MTU
  std::uint16_t pseudo_header_sum = 0;  // folded: addresses and UDP ports
  std::uint16_t ip_header_sum = 0;      // folded: the IPv4 header with total length and check sum zero
  crypto::ContextId srtp_out = 0;       // 0: no key

  // line 3: written per packet sent
  Counter tx_packets;
  Counter tx_bytes;
  rtp::StreamRewriter rewriter;

  // lines 4 and 5
  std::uint8_t v6_header[66] = {};
  std::uint16_t local_port = 0;
  std::uint16_t local_address = 0;  // index into io::InterfaceTable
  std::uint16_t interface = 0;      // index into io::InterfaceTable
  Counter dropped;
  Published<Remote> remote;  // what the header says
  std::uint32_t index = 0;   // in the EndpointPool

  std::uint8_t* header() { return (tx_flags & kTxV6) != 0 ? v6_header : v4_header; }
};
static_assert(offsetof(Endpoint, rx_packets) == 64 && offsetof(Endpoint, v4_header) == 128 &&
              offsetof(Endpoint, tx_packets) == 192 && offsetof(Endpoint, v6_header) == 256);
static_assert(sizeof(Endpoint) == 384);  // 200,000 of them: 73 MiB

}  // namespace pollux::session
