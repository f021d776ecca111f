// Payload-type tables, which most sessions have alike, kept once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>

#include "dataplane/session/endpoint.hpp"

namespace pollux::worker {

// They are read for every packet, and most sessions' are equal: one for each session would fill the caches.
// Thread: control.
class SharedTables {
 public:
  std::shared_ptr<const session::PayloadTypeTable> share(const session::PayloadTypeTable& table) {
    if (const auto found = tables_.find(table); found != tables_.end()) {
      if (auto shared = found->second.lock()) {
        return shared;
      }
    }
    if (tables_.size() >= most_) {
      std::erase_if(tables_, [](const auto& entry) { return entry.second.expired(); });
      most_ = std::max(2 * tables_.size(), kLeast);
    }
    auto made = std::make_shared<const session::PayloadTypeTable>(table);
    tables_[table] = made;
    return made;
  }

 private:
  static constexpr std::size_t kLeast = 64;
  std::map<session::PayloadTypeTable, std::weak_ptr<const session::PayloadTypeTable>> tables_;
  std::size_t most_ = kLeast;  // before those that nobody has any more are looked for
};

}  // namespace pollux::worker
