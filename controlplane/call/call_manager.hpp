// Makes, changes and ends calls by offer and answer: SDP in, SDP out, and a session behind it.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "controlplane/call/call.hpp"
#include "controlplane/call/call_types.hpp"
#include "controlplane/session/session_manager.hpp"
#include "dataplane/base/random_source.hpp"

namespace pollux::call {

struct CallIds {
  std::vector<std::string> ids;
  bool more = false;  // there are calls after the last one
  std::uint64_t total = 0;
};

// Threads and callbacks as of SessionManager. Requests about one call take effect one after another, in the
// order in which they came; one that fails leaves the call as it was. What a request says is compared with
// what is so already: a repeated one changes nothing and gets the same answer.
class CallManager {
 public:
  static constexpr std::size_t kMostWaiting = 64;  // for one call

  // Registers with `sessions`, which outlives this.
  explicit CallManager(
      control::SessionManager& sessions,
      std::function<std::chrono::steady_clock::time_point()> steady_now = std::chrono::steady_clock::now,
      std::function<std::chrono::system_clock::time_point()> system_now = std::chrono::system_clock::now);
  CallManager(const CallManager&) = delete;
  CallManager& operator=(const CallManager&) = delete;

  // Pre: names are in their limits (kMaxNameBytes), call_id and from_tag not empty.
  void offer(Offer offer, const ExchangeCallback& callback);
  // Pre: as offer(), to_tag not empty.
  void answer(Answer answer, const ExchangeCallback& callback);
  // Ends the call or the branches that `name` means (find_named()), at once or after `delay`; with a delay
  // the answer is the call as it is. An offer meanwhile revokes a delayed end of the whole call.
  void remove(const DialogName& name, std::chrono::milliseconds delay, const CallCallback& callback);
  void query(const std::string& call_id, const CallCallback& callback);
  void query_session(const std::string& session_id, const CallCallback& callback);
  // Up to `max` Call-IDs above `after`, in order.
  CallIds list(std::string_view after, std::size_t max) const;

  // Ends calls whose time has come and runs what waited. To be called every few milliseconds, and not by the
  // session manager's callbacks. False when there was nothing.
  bool poll();
  std::size_t size() const { return calls_.size(); }

 private:
  struct Entry {
    Call call;
    bool has_session = false;
    bool busy = false;   // a command is under way
    bool ended = false;  // the session is gone
    std::optional<std::chrono::steady_clock::time_point> end_at;
    std::deque<std::function<void()>> queued;
  };
  using Then = std::function<void(tl::expected<Entry*, control::Failure>)>;

  Entry* find(std::string_view call_id);
  // Nullptr when its session id is another call's.
  Entry* add(const std::string& call_id);
  // Begins a command. False when one is under way: then `again` waits, or, with too many waiting, `refused`
  // is called.
  bool begin(Entry& entry, std::function<void()> again, const std::function<void(control::Failure)>& refused);
  // Ends it, and runs what waited for that. Not from a callback of `sessions_`: see finish_soon().
  void finish(const std::string& call_id);
  // The session manager is in the middle of something when it calls back: what waits must wait for poll().
  void finish_soon(const std::string& call_id) { finished_.push_back(call_id); }

  // call_exchange.cpp: what an offer or an answer makes of a call.
  tl::expected<sdp::Side, control::Failure> take_offer(Call& call, const Offer& offer, std::size_t& branch,
                                                       std::vector<std::string>& warnings);
  tl::expected<sdp::Side, control::Failure> take_answer(Call& call, const Answer& answer, std::size_t& branch,
                                                        std::vector<std::string>& warnings);
  // call_session.cpp: makes the session what `changed` says. Then the entry has it, or is as it was.
  void apply(Entry& entry, const std::shared_ptr<Call>& changed, const Then& then);
  void create_session(const std::shared_ptr<Call>& changed, const Then& then);
  void applied(const std::shared_ptr<Call>& changed, const control::SessionResult& result, const Then& then);
  static Exchanged passed_on(const Entry& entry, const sdp::Document& body);
  static Exchanged exchanged(Call& call, const sdp::Document& body, sdp::Side from, std::size_t branch,
                             std::vector<std::string> warnings);

  void end(Entry& entry, const CallCallback& callback);
  void end_branches(Entry& entry, const std::vector<std::size_t>& branches, const CallCallback& callback);
  void session_ended(const std::string& session_id);

  control::SessionManager& sessions_;
  std::function<std::chrono::steady_clock::time_point()> steady_now_;
  std::function<std::chrono::system_clock::time_point()> system_now_;
  RandomSource random_;
  std::map<std::string, Entry, std::less<>> calls_;
  std::unordered_map<std::string, std::string> by_session_;  // Call-IDs by session id
  std::vector<std::string> finished_;                        // calls whose command is done, for poll()
  std::multimap<std::chrono::steady_clock::time_point, std::string> ends_;  // delayed ends, of Call-IDs
};

}  // namespace pollux::call
