#include "dataplane/worker/dataplane_impl.hpp"

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_ring_elem.h>

#include <chrono>
#include <string>

#include "dataplane/codec/cost.hpp"
#include "dataplane/io/eal.hpp"
#include "dataplane/worker/telemetry.hpp"

namespace pollux::worker {

namespace {

constexpr unsigned kCommandRing = 4096;
constexpr unsigned kEventRing = 8192;
constexpr unsigned kHandoffRing = 4096;
constexpr unsigned kTxRing = 1024;
// What has waited for longer than so many packets take is too old to be heard, and holds buffers meanwhile.
constexpr unsigned kMediaRing = 2048;
constexpr unsigned kMempoolCache = 256;

// Workers with the role get ports and queues; where none has it, all do.
std::vector<std::uint16_t> relay_workers(const DataplaneConfig& config) {
  std::vector<std::uint16_t> with_role;
  std::vector<std::uint16_t> all;
  for (std::uint16_t i = 0; i < config.workers.size(); ++i) {
    all.push_back(i);
    if (config.workers[i].roles.relay) {
      with_role.push_back(i);
    }
  }
  return with_role.empty() ? all : with_role;
}

int run_worker(void* worker) {
  static_cast<Worker*>(worker)->run();
  return 0;
}

}  // namespace

std::string unique_name(const char* kind) {
  static std::uint32_t number = 0;  // control thread only
  return std::string("plx_") + kind + std::to_string(number++);
}

RingPtr make_ring(const char* kind, unsigned size, unsigned flags) {
  return RingPtr(rte_ring_create(unique_name(kind).c_str(), size, SOCKET_ID_ANY, flags));
}

namespace {

RingPtr make_media_ring(const char* kind) {
  return RingPtr(rte_ring_create_elem(unique_name(kind).c_str(), sizeof(stages::MediaWork), kMediaRing,
                                      SOCKET_ID_ANY, RING_F_SC_DEQ));
}

void free_packets(const RingPtr& ring) {
  stages::MediaWork work;
  while (ring && rte_ring_sc_dequeue_elem(ring.get(), &work, sizeof work) == 0) {
    rte_pktmbuf_free(work.mbuf);
  }
}

}  // namespace

tl::unexpected<Error> no_memory(const std::string& what) {
  return fail(ErrorCode::kExhausted, "MEMORY_EXHAUSTED", "eal.memory",
              "not enough DPDK memory for " + what + ": raise eal.memory, or lower memory.mbufs");
}

void RingDeleter::operator()(rte_ring* ring) const {
  rte_ring_free(ring);
}

DataplaneImpl::DataplaneImpl(const DataplaneConfig& config, Drive drive,
                             std::span<io::SteeringDevice* const> steering)
    : config_(config),
      drive_(drive),
      relays_(relay_workers(config)),
      steering_(steering.begin(), steering.end()),
      neighbours_(std::make_unique<io::NeighbourTable>(rte_rdtsc())),
      ownership_(relays_),
      pool_(config.max_endpoints) {
  learning_.push_back(std::make_unique<const LearningConfig>(config.learning));
}

Expected<std::unique_ptr<DataplaneImpl>> DataplaneImpl::create(
    const DataplaneConfig& config, Drive drive, std::span<io::SteeringDevice* const> steering) {
  if (config.workers.empty() || config.workers.size() > 64) {
    return fail(ErrorCode::kInvalidArgument, "INVALID_FIELD", "workers", "1 to 64 workers are possible");
  }
  if (auto done = io::init_eal(config); !done) {
    return tl::unexpected(done.error());
  }
  std::unique_ptr<DataplaneImpl> made(new DataplaneImpl(config, drive, steering));
  if (!made->pool_.ok()) {
    return no_memory("endpoints (memory.max_endpoints)");
  }
  // Each step needs what the ones before it made; the destructor undoes however many were done.
  for (const auto step :
       {&DataplaneImpl::make_srtp, &DataplaneImpl::measure_codecs, &DataplaneImpl::open_devices,
        &DataplaneImpl::make_parts, &DataplaneImpl::make_capture_slots, &DataplaneImpl::share_tx_queues,
        &DataplaneImpl::start_devices, &DataplaneImpl::open_rx_interrupts, &DataplaneImpl::start_host,
        &DataplaneImpl::start_workers}) {
    if (auto done = ((*made).*step)(); !done) {
      return tl::unexpected(done.error());
    }
  }
  show_in_telemetry(*made);
  return made;
}

Expected<void> DataplaneImpl::make_srtp() {
  const SrtpConfig& config = config_.srtp;
  const crypto::ContextOptions options{config.replay_window, config.streams_per_key};
  // Of each leg: what it receives with, what it received with before, what it sends with.
  const std::size_t most_contexts = std::size_t{3} * config_.max_endpoints;
  srtp_ = config.backend == SrtpBackend::kLibsrtp ? crypto::make_libsrtp_backend(options, most_contexts)
                                                  : crypto::make_ipsec_mb_backend(options, most_contexts);
  if (!srtp_) {
    return fail(
        ErrorCode::kExhausted, "SRTP_UNAVAILABLE", "srtp.backend",
        "the library for SRTP can't be used here, or there are not enough addresses for its keys: lower "
        "memory.max_endpoints or srtp.streams_per_key, or take the other backend");
  }
  keys_ = std::make_unique<KeyMaker>(*srtp_, config.rekey_overlap_ms);
  return {};
}

// The machine doesn't change while the process lives.
Expected<void> DataplaneImpl::measure_codecs() {
  static const std::vector<codec::CodecCost> measured = codec::measure_costs();
  for (const codec::CodecCost& cost : measured) {
    costs_.push_back({cost.id, cost.decode_share, cost.encode_share});
  }
  return {};
}

Expected<void> DataplaneImpl::open_devices() {
  // A pool whose ring a preempted host thread can't block workers on.
  mempool_ = rte_pktmbuf_pool_create_by_ops(unique_name("mbufs").c_str(), config_.mbufs, kMempoolCache, 0,
                                            RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY, "ring_mt_rts");
  if (mempool_ == nullptr) {
    return no_memory(std::to_string(config_.mbufs) + " packet buffers");
  }
  const auto workers = static_cast<unsigned>(config_.workers.size());
  const bool interrupts =
      std::ranges::find(config_.workers, IdleMode::kInterrupt, &WorkerConfig::idle) != config_.workers.end();
  port_index_.resize(RTE_MAX_ETHPORTS);
  std::vector<MacAddress> macs;
  std::vector<std::uint16_t> port_ids;
  for (std::size_t i = 0; i < config_.ports.size(); ++i) {
    const io::DeviceSetup setup{static_cast<std::uint16_t>(relays_.size()),
                                i < steering_.size() ? steering_[i] : nullptr, interrupts};
    auto device = io::Device::open(config_.ports[i], i, workers, {&mempool_, 1}, setup);
    if (!device) {
      return tl::unexpected(device.error());
    }
    macs.push_back((*device)->mac());
    port_ids.push_back((*device)->port_id());
    port_index_[(*device)->port_id()] = static_cast<std::uint16_t>(i);
    devices_.push_back(std::move(*device));
  }
  auto interfaces = io::InterfaceTable::build(config_, macs, port_ids);
  if (!interfaces) {
    return tl::unexpected(interfaces.error());
  }
  interfaces_ = std::move(*interfaces);
  std::vector<bool> offload(RTE_MAX_ETHPORTS);
  for (const auto& device : devices_) {
    offload[device->port_id()] = device->tx_udp_checksum_offload();
  }
  builder_ = std::make_unique<SessionBuilder>(interfaces_, pool_, ownership_, *keys_,
                                              static_cast<std::uint16_t>(workers), std::move(offload));
  return {};
}

Expected<void> DataplaneImpl::make_parts() {
  const std::uint64_t now_tsc = rte_rdtsc();
  const double hz = static_cast<double>(rte_get_tsc_hz());
  auto shares = share_rx_queues();
  RandomSource random;
  for (std::uint16_t i = 0; i < config_.workers.size(); ++i) {
    auto part = std::make_unique<Part>();
    part->table = std::make_unique<session::EndpointTable>(interfaces_.local_count());
    part->commands = make_ring("cmd", kCommandRing, RING_F_SP_ENQ | RING_F_SC_DEQ);
    part->completed = make_ring("done", kCommandRing, RING_F_SP_ENQ | RING_F_SC_DEQ);
    part->handoff = make_ring("hand", kHandoffRing, RING_F_SC_DEQ);
    part->events.reset(rte_ring_create_elem(unique_name("evt").c_str(), sizeof(Event), kEventRing,
                                            SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ));
    part->srtp = srtp_->make_engine();
    part->to_media = make_media_ring("dec");
    part->from_media = make_media_ring("enc");
    if (!part->to_media || !part->from_media || !part->table->ok() || !part->srtp || !part->commands ||
        !part->completed || !part->handoff || !part->events) {
      return no_memory("worker " + std::to_string(i));
    }
    if (config_.workers[i].idle == IdleMode::kInterrupt) {
      part->wakeup = std::make_unique<Wakeup>();
    }
    stages::Context& context = part->context;
    context.worker = i;
    context.interfaces = &interfaces_;
    context.neighbours = neighbours_.get();
    context.ownership = &ownership_;
    context.pool = &pool_;
    context.table = part->table.get();
    context.learning.store(learning_.back().get(), std::memory_order_relaxed);
    context.srtp = part->srtp.get();
    context.mempool = mempool_;
    context.events = part->events.get();
    context.ns_per_cycle = 1e9 / hz;
    for (std::size_t clock = 0; clock < session::kClockRates.size(); ++clock) {
      context.clock_factor[clock] = static_cast<std::uint64_t>(session::kClockRates[clock] / hz * 0x1p64);
    }
    part->worker = std::make_unique<Worker>(context, config_.workers[i],
                                            Mailbox{part->commands.get(), part->completed.get()},
                                            std::move(shares[i]), config_.commands_per_loop, config_.send_bye,
                                            now_tsc, hz / 1000, std::uint64_t{random()} << 32 | random());
    worker_infos_.push_back({i, config_.workers[i].cpu, config_.workers[i].roles});
    parts_.push_back(std::move(part));
  }
  tell_time();
  set_max_packets_per_second(config_.max_packets_per_second);
  for (auto& part : parts_) {
    for (auto& other : parts_) {
      part->context.wakeups.push_back(other->wakeup.get());
      part->context.handoff.push_back({.packets = {}, .count = 0, .ring = other->handoff.get()});
      part->context.media.to_media.push_back(other->to_media.get());
      part->context.media.from_media.push_back(other->from_media.get());
    }
  }
  return {};
}

Expected<void> DataplaneImpl::share_tx_queues() {
  std::uint16_t ports = 0;
  for (const auto& device : devices_) {
    ports = std::max<std::uint16_t>(ports, static_cast<std::uint16_t>(device->port_id() + 1));
  }
  for (auto& part : parts_) {
    part->context.tx.resize(ports);
    part->context.ports.resize(ports);
  }
  for (const auto& device : devices_) {
    const std::uint16_t port_id = device->port_id();
    for (std::uint16_t i = 0; i < parts_.size(); ++i) {
      stages::PortTraits& traits = parts_[i]->context.ports[port_id];
      std::memcpy(&traits.mac, device->mac().data(), 6);
      traits.partial_checksums = device->partial_checksums();
      stages::TxQueue& own = parts_[i]->context.tx[port_id];
      own.port_id = port_id;
      own.queue = i;
      if (i < device->tx_queues()) {
        continue;
      }
      stages::TxQueue& owner = parts_[i % device->tx_queues()]->context.tx[port_id];
      if (owner.inbound == nullptr) {
        tx_rings_.push_back(make_ring("tx", kTxRing, RING_F_SC_DEQ));
        owner.inbound = tx_rings_.back().get();
        if (owner.inbound == nullptr) {
          return no_memory("transmit rings");
        }
      }
      own.outbound = owner.inbound;
      own.outbound_worker = static_cast<std::uint16_t>(i % device->tx_queues());
    }
  }
  return {};
}

Expected<void> DataplaneImpl::start_host() {
  host_events_.reset(rte_ring_create_elem(unique_name("evt").c_str(), sizeof(Event), 256, SOCKET_ID_ANY,
                                          RING_F_SP_ENQ | RING_F_SC_DEQ));
  if (!host_events_) {
    return no_memory("host events");
  }
  io::HostThread::Options options;
  options.workers = static_cast<std::uint16_t>(parts_.size());
  options.cpus = io::original_cpu_set();
  options.wakeup = parts_[0]->wakeup.get();
  std::vector<std::uint16_t> port_ids;
  for (const auto& device : devices_) {
    port_ids.push_back(device->port_id());
  }
  auto host = io::HostThread::start(interfaces_, *neighbours_, port_ids, mempool_, options,
                                    [ring = host_events_.get()](const Event& event) {
                                      Event stamped = event;
                                      stamped.time_unix_ns = static_cast<std::uint64_t>(
                                          std::chrono::duration_cast<std::chrono::nanoseconds>(
                                              std::chrono::system_clock::now().time_since_epoch())
                                              .count());
                                      rte_ring_sp_enqueue_elem(ring, &stamped, sizeof stamped);
                                    });
  if (!host) {
    return tl::unexpected(host.error());
  }
  host_ = std::move(*host);
  for (auto& part : parts_) {
    part->context.host = host_.get();
  }
  return {};
}

Expected<void> DataplaneImpl::start_workers() {
  if (drive_ == Drive::kCaller) {
    return {};
  }
  for (std::uint16_t i = 0; i < parts_.size(); ++i) {
    if (rte_eal_remote_launch(run_worker, parts_[i]->worker.get(), i + 1U) != 0) {
      return fail(ErrorCode::kInternal, "WORKER_NOT_STARTED", "workers[" + std::to_string(i) + "]",
                  "its lcore could not be started");
    }
    launched_ = true;
  }
  return {};
}

DataplaneImpl::~DataplaneImpl() {
  hide_from_telemetry(*this);
  for (auto& part : parts_) {
    if (part->worker) {
      part->worker->stop();
    }
  }
  if (launched_) {
    rte_eal_mp_wait_lcore();
    for (auto& part : parts_) {
      (void)part->worker->ended();  // what the worker wrote is ours from here on
    }
  }
  if (host_) {
    host_->stop();
  }
  for (auto& part : parts_) {
    part->interrupts.reset();
  }
  for (auto& device : devices_) {
    device->stop();
  }
  for (auto& part : parts_) {
    free_packets(part->to_media);
    free_packets(part->from_media);
    rte_pktmbuf_free(part->context.media.spare);
    void* mbuf = nullptr;
    for (rte_ring* ring : {part->handoff.get(), part->captured.get()}) {
      while (ring != nullptr && rte_ring_sc_dequeue(ring, &mbuf) == 0) {
        rte_pktmbuf_free(static_cast<rte_mbuf*>(mbuf));
      }
    }
  }
  devices_.clear();
  host_.reset();
  parts_.clear();
  rte_mempool_free(capture_mempool_);
  rte_mempool_free(mempool_);
}

}  // namespace pollux::worker

namespace pollux {

Expected<std::unique_ptr<Dataplane>> Dataplane::start(const DataplaneConfig& config) {
  return worker::DataplaneImpl::create(config, worker::Drive::kLcores);
}

}  // namespace pollux
