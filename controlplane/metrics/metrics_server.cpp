#include "controlplane/metrics/metrics_server.hpp"

#include <exception>

namespace pollux::metrics {

namespace {

// civetweb's options, as name and value by turns.
std::vector<std::string> options(const std::string& addresses) {
  return {"listening_ports",    addresses,  //
          "num_threads",        "2",        // a second scraper doesn't wait for a slow first one
          "request_timeout_ms", "5000",     // and no client that stalls holds a thread for ever
          "max_request_size",   "8192",     // of the header; nothing is read behind it
          "enable_keep_alive",  "no"};
}

}  // namespace

Expected<std::unique_ptr<MetricsServer>> MetricsServer::start(const config::MetricsConfig& config,
                                                              Sources sources) {
  std::string addresses;
  for (const SocketAddress& address : config.listen) {
    addresses += (addresses.empty() ? "" : ",") + address.to_string();
  }
  try {
    auto exposer = std::make_unique<prometheus::Exposer>(options(addresses));
    for (const auto& source : sources) {
      exposer->RegisterCollectable(source);
    }
    return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(exposer), std::move(sources)));
  } catch (const std::exception&) {  // says nothing that helps
    return fail(
        ErrorCode::kUnavailable, "DOOR_UNAVAILABLE", "metrics.listen",
        "metrics door " + addresses + ": can't listen there; is the address ours, and the port free?");
  }
}

}  // namespace pollux::metrics
