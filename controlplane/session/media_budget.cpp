#include "controlplane/session/media_budget.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace pollux::control {

namespace {

// Sums of shares that were added and taken away again are off by less.
constexpr double kRounding = 1e-9;

// "1.5 %": costs are small, so that whole percents say too little.
std::string share_text(double share) {
  const long tenths = std::lround(share * 1000);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}

Error exhausted(std::string message) {
  return Error{ErrorCode::kExhausted, "MEDIA_EXHAUSTED", {}, std::move(message)};
}

}  // namespace

MediaBudget::MediaBudget(std::span<const WorkerInfo> workers, const LoadMonitor& load)
    : load_(load), committed_(workers.size()) {
  for (const WorkerInfo& worker : workers) {
    if (worker.roles.media) {
      media_workers_.push_back(worker.index);
    }
  }
}

bool MediaBudget::has_room(double more, std::uint16_t worker) const {
  return committed_[worker] + more <= limit_percent_ / 100.0 + kRounding;
}

Expected<std::uint16_t> MediaBudget::choose(double cost, std::uint16_t own) const {
  if (media_workers_.empty()) {
    return tl::unexpected<Error>(
        exhausted("the session's codecs have to be transcoded, and no worker has the role \"media\": add it "
                  "to workers[].roles in the configuration, or give the legs a codec in common"));
  }
  const auto is_media = std::find(media_workers_.begin(), media_workers_.end(), own) != media_workers_.end();
  if (is_media && !refuse(cost, own)) {
    return own;
  }
  const std::uint16_t least =
      *std::min_element(media_workers_.begin(), media_workers_.end(), [this](auto a, auto b) {
        return std::pair(load_.overloaded(a), committed_[a]) < std::pair(load_.overloaded(b), committed_[b]);
      });
  if (auto refused = refuse(cost, least)) {
    return tl::unexpected<Error>(std::move(*refused));
  }
  return least;
}

std::optional<Error> MediaBudget::refuse(double more, std::uint16_t worker) const {
  const std::string name = "media worker " + std::to_string(worker);
  if (load_.overloaded(worker)) {
    return exhausted(name + " is overloaded, at " + share_text(load_.load(worker)) +
                     " load (limit admission.max_worker_load), and so can't transcode more: use another "
                     "node, or give more workers the role media (workers[].roles)");
  }
  if (!has_room(more, worker)) {
    return exhausted(name + " has " + share_text(committed_[worker]) +
                     " of its core committed to transcoding, " + share_text(more) +
                     " more are needed, and admission.max_media_load is " + std::to_string(limit_percent_) +
                     " %: use another node, offer codecs that cost less, give more workers the role media "
                     "(workers[].roles), or raise the limit");
  }
  return std::nullopt;
}

void MediaBudget::give_back(double cost, std::uint16_t worker) {
  const double left = committed_[worker] - cost;
  committed_[worker] = left < kRounding ? 0 : left;
}

}  // namespace pollux::control
