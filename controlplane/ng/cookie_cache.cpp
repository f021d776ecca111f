#include "controlplane/ng/cookie_cache.hpp"

#include "controlplane/ng/value.hpp"

namespace pollux::ng {

namespace {

// What a table entry takes besides its texts, about.
constexpr std::size_t kEntryBytes = 128;

}  // namespace

CookieCache::~CookieCache() {
  forget(young_);
  forget(old_);
}

std::string CookieCache::key_of(std::string_view client, std::string_view cookie) {
  std::string key(client);
  key += ' ';  // in no cookie
  key += cookie;
  return key;
}

// Replies have SDP with keys in them.
void CookieCache::forget(Generation& generation) {
  for (auto& [key, reply] : generation.replies) {
    wipe(reply);
  }
  generation = {};
}

void CookieCache::begin_generation() {
  forget(old_);
  std::swap(old_, young_);
  begun_ = options_.now();
}

void CookieCache::turn_over() {
  const auto age = options_.now() - begun_;
  if (age >= options_.keep) {
    begin_generation();
  }
  if (age >= 2 * options_.keep) {
    begin_generation();  // nothing was asked for so long that both are past their time
  }
}

const std::string* CookieCache::known(const std::string& key) const {
  for (const Generation* generation : {&young_, &old_}) {
    if (const auto found = generation->replies.find(key); found != generation->replies.end()) {
      return &found->second;
    }
  }
  return nullptr;
}

CookieCache::Claim CookieCache::claim(const std::string& key, std::string& reply) {
  std::unique_lock lock(mutex_);
  turn_over();
  if (in_work_.contains(key) &&
      !finished_.wait_for(lock, options_.patience, [&] { return !in_work_.contains(key); })) {
    return Claim::kInWork;
  }
  if (const std::string* found = known(key)) {
    reply = *found;
    return Claim::kDuplicate;
  }
  in_work_.insert(key);
  return Claim::kMine;
}

void CookieCache::finish(const std::string& key, std::optional<std::string> reply) {
  {
    const std::lock_guard lock(mutex_);
    turn_over();
    in_work_.erase(key);
    if (reply) {
      const std::size_t size = key.size() + reply->size() + kEntryBytes;
      if (young_.bytes + size > options_.bytes / 2) {
        begin_generation();
      }
      if (size <= options_.bytes / 2) {
        young_.bytes += size;
        young_.replies.insert_or_assign(key, std::move(*reply));
      } else {
        wipe(*reply);
      }
    }
  }
  finished_.notify_all();
}

std::size_t CookieCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return young_.bytes + old_.bytes;
}

}  // namespace pollux::ng
