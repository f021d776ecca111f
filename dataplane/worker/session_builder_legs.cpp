// Legs, with their local ports and endpoints: how they are made and given back.
#include <string>
#include <utility>

#include "dataplane/session/payload_types.hpp"
#include "dataplane/worker/session_builder.hpp"

namespace pollux::worker {

bool SessionBuilder::taken(std::uint16_t local_address, std::uint16_t port) const {
  return ports_in_use_[std::size_t{local_address} * kPorts + port];
}

void SessionBuilder::mark(std::uint16_t local_address, std::uint16_t port, bool used) {
  ports_in_use_[std::size_t{local_address} * kPorts + port] = used;
}

session::Endpoint* SessionBuilder::make_endpoint(std::uint16_t local_address, std::uint16_t port) {
  session::Endpoint* const endpoint = pool_.take();
  const std::uint16_t interface = interfaces_.local(local_address).interface;
  endpoint->local_address = local_address;
  endpoint->local_port = port;
  endpoint->interface = interface;
  endpoint->tx_port = interfaces_.interface(interface).port_id;
  endpoint->tx_flags = offload_[endpoint->tx_port] ? std::uint8_t{session::kTxOffload} : std::uint8_t{0};
  endpoint->payload_types = &session::identity_payload_types();
  endpoint->rewriter = rtp::StreamRewriter(random_(), static_cast<std::uint16_t>(random_()),
                                           static_cast<std::uint32_t>(random_()));
  mark(local_address, port, true);
  return endpoint;
}

// RFC 7022 §4.2.
std::array<char, 16> SessionBuilder::make_cname() {
  static constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<char, 16> name;
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    bits = i % 5 == 0 ? random_() : bits >> 6;
    name[i] = kLetters[bits & 63U];
  }
  return name;
}

Expected<std::unique_ptr<session::Leg>> SessionBuilder::make_leg(SessionRecord& record, const LegSpec& spec,
                                                                 std::size_t index) {
  const std::uint16_t local_address = interfaces_.find_local(spec.local_address);
  if (taken(local_address, spec.local_rtp_port) || taken(local_address, spec.local_rtcp_port)) {
    return fail(ErrorCode::kAlreadyExists, "PORT_IN_USE",
                "legs[" + std::to_string(index) + "].local_rtp_port",
                "the local port is in use by another session");
  }
  if (pool_.free_count() < (spec.rtcp_mux() ? 1U : 2U)) {
    return fail(ErrorCode::kExhausted, "ENDPOINTS_EXHAUSTED", "",
                std::to_string(pool_.free_count()) +
                    " endpoints of memory.max_endpoints are free and a leg needs more: use another node, end "
                    "sessions, or raise it");
  }
  auto leg = std::make_unique<session::Leg>();
  leg->session = &record.session;
  leg->rtp = make_endpoint(local_address, spec.local_rtp_port);
  leg->rtcp_apart = spec.rtcp_mux() ? nullptr : make_endpoint(local_address, spec.local_rtcp_port);
  leg->rtcp = spec.rtcp_mux() ? leg->rtp : leg->rtcp_apart;
  const io::Interface& interface = interfaces_.interface(leg->rtp->interface);
  leg->report.cname = make_cname();
  leg->local = {.mac = interface.mac,
                .vlan = interface.vlan,
                .ip = spec.local_address,
                .udp_port = spec.local_rtp_port,
                .mtu = interface.mtu,
                .dscp = spec.dscp};
  return leg;
}

void SessionBuilder::release_all(std::vector<std::unique_ptr<session::Leg>>& legs) {
  for (auto& leg : legs) {
    if (leg) {
      release(*leg);
    }
  }
}

void SessionBuilder::release(session::Leg& leg) {
  release_ports(leg);
  release_endpoints(leg);
}

void SessionBuilder::release_ports(const session::Leg& leg) {
  for (const session::Endpoint* endpoint : {leg.rtp, leg.rtcp_apart}) {
    if (endpoint != nullptr) {
      mark(endpoint->local_address, endpoint->local_port, false);
    }
  }
}

void SessionBuilder::release_endpoints(session::Leg& leg) {
  for (session::Endpoint* endpoint : {leg.rtcp_apart, leg.rtp}) {
    if (endpoint != nullptr) {
      pool_.give_back(endpoint);
    }
  }
}

}  // namespace pollux::worker
