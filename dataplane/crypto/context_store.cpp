#include "dataplane/crypto/context_store.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace pollux::crypto {

namespace {

constexpr std::size_t kGranule = ContextMemory::kGranule;
constexpr std::uint64_t kMostReserve = 180'000;  // packets: an hour of speech at 20 ms

std::size_t granules(std::size_t bytes) {
  return (bytes + kGranule - 1) / kGranule;
}

std::size_t stream_bytes(const ContextOptions& options) {
  return sizeof(Stream) + options.replay_window / 8U;
}

std::size_t head_granules(const ContextOptions& options) {
  return granules(Context::kStreamOffset + stream_bytes(options));
}

std::size_t context_bytes(const ContextOptions& options, std::size_t key_bytes) {
  const std::size_t streams = options.streams_per_key;
  return kGranule *
         (head_granules(options) + 2 * granules(key_bytes) + granules(sizeof(ContextCold)) +
          granules((streams - 1) * stream_bytes(options)) + granules(streams * stream_bytes(options)));
}

std::uint64_t lifetime_of(std::uint64_t asked, std::uint64_t most) {
  return asked == 0 ? most : std::min(asked, most);
}

std::uint64_t reserve_of(std::uint64_t lifetime) {
  return std::min(lifetime / 8, kMostReserve);
}

// Packets spent so far: the count goes down to the reserve, which is added when kKeyExpiring has been told.
std::uint64_t left_of(std::uint64_t count, std::uint64_t reserve, bool told) {
  return told ? count : count + reserve;
}

}  // namespace

std::uint16_t overhead_of(Context& context) {
  return static_cast<std::uint16_t>(std::max(context.rtp_tag, context.cold().rtcp_tag) + context.mki_length +
                                    4);
}

ContextStore::ContextStore(const ContextOptions& options, std::size_t most_contexts,
                           std::size_t most_key_bytes)
    : options_(options), memory_((most_contexts + 1) * context_bytes(options, most_key_bytes)) {}

ContextId ContextStore::make(const SrtpParams& params, std::size_t key_bytes) {
  const std::size_t size = context_bytes(options_, key_bytes);
  const ContextId id = memory_.allocate(size);
  if (id == 0) {
    return 0;
  }
  const SrtpSuiteFacts& facts = facts_of(params.suite);
  auto& context = *new (memory_.at(id)) Context();
  context.suite = params.suite;
  context.rtp_tag = facts.rtp_tag;
  context.mki_length = static_cast<std::uint8_t>(params.mki.size());
  context.window_words = static_cast<std::uint8_t>(options_.replay_window / 64);
  context.keys_at = static_cast<std::uint16_t>(head_granules(options_));
  context.cold_at = static_cast<std::uint16_t>(context.keys_at + granules(key_bytes));
  auto& cold = *new (context.at(context.cold_at)) ContextCold();
  cold.rtcp_keys_at = static_cast<std::uint16_t>(context.cold_at + granules(sizeof(ContextCold)));
  cold.streams_at = static_cast<std::uint16_t>(cold.rtcp_keys_at + granules(key_bytes));
  cold.capacity = options_.streams_per_key;
  cold.rtcp_streams_at =
      static_cast<std::uint16_t>(cold.streams_at + granules((cold.capacity - 1U) * stream_bytes(options_)));
  cold.size = static_cast<std::uint32_t>(size);
  cold.rtcp_tag = facts.rtcp_tag;
  cold.rtp_lifetime = lifetime_of(params.lifetime, kMaxSrtpLifetime);
  cold.rtcp_lifetime = lifetime_of(params.lifetime, kMaxSrtcpLifetime);
  cold.rtp_reserve = reserve_of(cold.rtp_lifetime);
  cold.rtcp_reserve = reserve_of(cold.rtcp_lifetime);
  context.rtp_left = cold.rtp_lifetime - cold.rtp_reserve;
  cold.rtcp_left = cold.rtcp_lifetime - cold.rtcp_reserve;
  cold.has_roc = params.roc.has_value();
  cold.initial_roc = params.roc.value_or(0);
  std::copy(params.mki.begin(), params.mki.end(), cold.mki.begin());
  return id;
}

std::uint32_t ContextStore::rtcp_skip(const SrtpParams& params) {
  // RTCP is a small part of RTP (RFC 3550 §6.2): fewer packets than RTP's index has counted.
  constexpr std::uint64_t kMost = 1U << 30;  // the other half is left to go on with
  return params.roc ? static_cast<std::uint32_t>(std::min((std::uint64_t{*params.roc} + 1) << 16, kMost)) : 0;
}

void ContextStore::resume(ContextId id, const ContextState& used) {
  Context& context = at(id);
  for (const StreamState& state : used.streams) {
    if (!has_room(context)) {
      break;
    }
    Stream& stream = add_stream(context, state.ssrc, state.highest_index);
    stream.started = kResumed;
    std::fill_n(stream.words(), context.window_words, ~std::uint64_t{0});
  }
  ContextCold& cold = context.cold();
  for (const StreamState& state : used.rtcp_streams) {
    const std::uint16_t count = context.rtcp_stream_count;
    if (count == cold.capacity) {
      break;
    }
    Stream& stream = start_stream(context.rtcp_stream(count), state.ssrc, state.highest_index);
    std::fill_n(stream.words(), context.window_words, ~std::uint64_t{0});
    context.rtcp_stream_count = static_cast<std::uint16_t>(count + 1);
  }
  cold.rtcp_index = used.rtcp_index;
  const auto resume_life = [&cold](Relaxed<std::uint64_t>& left, std::uint64_t lifetime,
                                   std::uint64_t reserve, std::uint64_t packets, std::uint8_t which) {
    const std::uint64_t all = lifetime > packets ? lifetime - packets : 0;
    if (all > reserve) {
      left = all - reserve;
    } else {
      left = all;
      cold.expiring_told = static_cast<std::uint8_t>(cold.expiring_told | which);
    }
  };
  resume_life(context.rtp_left, cold.rtp_lifetime, cold.rtp_reserve, used.rtp_packets, kOfRtp);
  resume_life(cold.rtcp_left, cold.rtcp_lifetime, cold.rtcp_reserve, used.rtcp_packets, kOfRtcp);
}

void ContextStore::release(ContextId id) {
  if (const ContextId former = at(id).former; former != 0) {
    release(former);
  }
  memory_.release(id, at(id).cold().size);
}

ContextState ContextStore::state(ContextId id) const {
  Context& context = at(id);
  ContextCold& cold = context.cold();
  ContextState state;
  const std::uint8_t told = cold.expiring_told;
  state.rtp_packets_left = left_of(context.rtp_left, cold.rtp_reserve, (told & kOfRtp) != 0);
  state.rtp_packets = cold.rtp_lifetime - state.rtp_packets_left;
  state.rtcp_packets = cold.rtcp_lifetime - left_of(cold.rtcp_left, cold.rtcp_reserve, (told & kOfRtcp) != 0);
  state.rtcp_index = cold.rtcp_index;
  state.overlap = context.former != 0;
  const std::uint16_t count = context.stream_count;
  for (std::uint16_t i = 0; i < count; ++i) {
    Stream& stream = context.stream(i);
    state.streams.push_back({stream.ssrc, stream.highest});
  }
  const std::uint16_t rtcp_count = context.rtcp_stream_count;
  for (std::uint16_t i = 0; i < rtcp_count; ++i) {
    Stream& stream = context.rtcp_stream(i);
    if (stream.started != 0) {  // a sender counts for all its SSRCs
      state.rtcp_streams.push_back({stream.ssrc, stream.highest});
    }
  }
  return state;
}

}  // namespace pollux::crypto
