#include "dataplane/io/neighbour_table.hpp"

#include <sys/random.h>

namespace pollux::io {

std::uint64_t NeighbourTable::random_seed() {
  std::uint64_t seed = 0x5bd1e995c0ffee11;
  // Fails only while the machine boots; then the constant serves.
  [[maybe_unused]] const auto got = getrandom(&seed, sizeof seed, GRND_NONBLOCK);
  return seed;
}

NeighbourTable::NeighbourTable(std::uint64_t seed)
    : seed_(seed),
      hot_(std::make_unique<Hot[]>(kCapacity)),
      cold_(std::make_unique<Cold[]>(kCapacity)),
      heads_(std::make_unique<std::atomic<std::uint16_t>[]>(kBuckets)) {
  for (std::size_t i = 0; i < kBuckets; ++i) {
    heads_[i].store(kNil, std::memory_order_relaxed);
  }
  for (std::size_t i = 0; i < kCapacity; ++i) {
    free_.push_back({static_cast<std::uint16_t>(i), 0});
  }
}

std::size_t NeighbourTable::bucket_of(std::uint16_t interface, const Key& key) const {
  std::uint64_t hash = (key[0] ^ seed_ ^ interface) * 0x9e3779b97f4a7c15;
  hash = (hash ^ (hash >> 32) ^ key[1]) * 0xff51afd7ed558ccd;
  hash = (hash ^ (hash >> 33) ^ (seed_ >> 7)) * 0xc4ceb9fe1a85ec53;
  return (hash >> 40) & (kBuckets - 1);
}

NeighbourTable::Ref NeighbourTable::find(std::uint16_t interface, const IpAddress& next_hop) const {
  const Key key = key_of(next_hop);
  std::uint16_t index = heads_[bucket_of(interface, key)].load(std::memory_order_acquire);
  // The bound holds for a reader that was interrupted until the entry it stood on came into another chain.
  for (std::size_t steps = 0; index != kNil && steps < kCapacity; ++steps) {
    const Cold& cold = cold_[index];
    // The generation is read before and after the key: the same one means that the key was its key.
    const std::uint64_t before = hot_[index].word.load(std::memory_order_acquire);
    const bool match = cold.key[0].load(std::memory_order_relaxed) == key[0] &&
                       cold.key[1].load(std::memory_order_relaxed) == key[1] &&
                       cold.interface.load(std::memory_order_relaxed) == interface;
    const std::uint16_t next = cold.next.load(std::memory_order_acquire);
    std::atomic_thread_fence(std::memory_order_acquire);
    const std::uint64_t after = hot_[index].word.load(std::memory_order_relaxed);
    if (match && generation_of(before) == generation_of(after)) {
      return {index, generation_of(after)};
    }
    index = next;
  }
  return {};
}

NeighbourTable::Ref NeighbourTable::insert(std::uint16_t interface, const IpAddress& address,
                                           std::uint64_t now_ms) {
  if (free_.empty() || free_.front().not_before_ms > now_ms) {
    return {};
  }
  const std::uint16_t index = free_.front().index;
  free_.pop_front();
  const Key key = key_of(address);
  Cold& cold = cold_[index];
  // remove() has moved the generation on once; it moves on again when the new key is complete. So whoever
  // sees the new generation sees the new key, and a Ref taken in between is void at once.
  std::atomic_thread_fence(std::memory_order_release);
  cold.key[0].store(key[0], std::memory_order_relaxed);
  cold.key[1].store(key[1], std::memory_order_relaxed);
  cold.interface.store(interface, std::memory_order_relaxed);
  hot_[index].used.store(0, std::memory_order_relaxed);
  const std::uint64_t word = hot_[index].word.load(std::memory_order_relaxed) + kGenerationOne;
  hot_[index].word.store(word, std::memory_order_release);
  std::atomic<std::uint16_t>& head = heads_[bucket_of(interface, key)];
  cold.next.store(head.load(std::memory_order_relaxed), std::memory_order_relaxed);
  head.store(index, std::memory_order_release);
  return {index, generation_of(word)};
}

void NeighbourTable::resolve(std::uint16_t index, const MacAddress& mac) {
  std::uint64_t word = 0;
  std::memcpy(&word, mac.data(), mac.size());
  const std::uint64_t old = hot_[index].word.load(std::memory_order_relaxed);
  hot_[index].word.store((old & ~(kMacMask | kUsable)) | kUsable | word, std::memory_order_release);
}

void NeighbourTable::remove(std::uint16_t index, std::uint64_t now_ms) {
  // First the generation, which makes refs void; then out of the chain. `next` stays, for readers that stand
  // on the entry.
  const std::uint64_t old = hot_[index].word.load(std::memory_order_relaxed);
  hot_[index].word.store((old & ~(kMacMask | kUsable)) + kGenerationOne, std::memory_order_release);

  const Key key{cold_[index].key[0].load(std::memory_order_relaxed),
                cold_[index].key[1].load(std::memory_order_relaxed)};
  std::atomic<std::uint16_t>* link = &heads_[bucket_of(interface(index), key)];
  while (link->load(std::memory_order_relaxed) != index) {
    link = &cold_[link->load(std::memory_order_relaxed)].next;
  }
  link->store(cold_[index].next.load(std::memory_order_relaxed), std::memory_order_release);
  free_.push_back({index, now_ms + kQuarantineMs});
}

bool NeighbourTable::take_used(std::uint16_t index) {
  if (hot_[index].used.load(std::memory_order_relaxed) == 0) {
    return false;
  }
  hot_[index].used.store(0, std::memory_order_relaxed);
  return true;
}

std::optional<MacAddress> NeighbourTable::mac(std::uint16_t index) const {
  const std::uint64_t word = hot_[index].word.load(std::memory_order_relaxed);
  if ((word & kUsable) == 0) {
    return std::nullopt;
  }
  MacAddress mac;
  std::memcpy(mac.data(), &word, mac.size());
  return mac;
}

std::uint16_t NeighbourTable::interface(std::uint16_t index) const {
  return cold_[index].interface.load(std::memory_order_relaxed);
}

IpAddress NeighbourTable::address(std::uint16_t index) const {
  const Key key{cold_[index].key[0].load(std::memory_order_relaxed),
                cold_[index].key[1].load(std::memory_order_relaxed)};
  std::uint8_t bytes[16];
  std::memcpy(bytes, key.data(), sizeof bytes);
  return IpAddress::from_v6_bytes(bytes);
}

}  // namespace pollux::io
