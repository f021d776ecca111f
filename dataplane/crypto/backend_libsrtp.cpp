#include <algorithm>
#include <set>
#include <string>

#include "dataplane/crypto/context_store.hpp"
#include "dataplane/crypto/libsrtp_engine.hpp"

namespace pollux::crypto {

namespace {

// An hour and more of reports; a key that has sent more SRTCP and comes back is refused. What has to be
// passed over takes the worker's time.
constexpr std::uint32_t kMostBurnt = 1000;

class LibsrtpBackend final : public Backend {
 public:
  LibsrtpBackend(const ContextOptions& options, std::size_t most_contexts)
      : store_(options, most_contexts, 0), options_(options) {}
  ~LibsrtpBackend() override {
    for (const ContextId context : live_) {
      close(context);
    }
  }
  bool ok() const { return store_.ok(); }

  ContextId make_receiver(const SrtpParams& params, ContextId former, const ContextState& used) override {
    const ContextId id = make(params, false, 0);
    if (id != 0) {
      store_.resume(id, used);
      store_.at(id).former = former;
    }
    return id;
  }
  ContextId make_sender(const SrtpParams& params, const ContextState& used) override {
    if (used.rtcp_index > kMostBurnt) {
      return 0;
    }
    const std::uint32_t burn =
        std::max(used.rtcp_index, std::min(ContextStore::rtcp_skip(params), kMostBurnt));
    const ContextId id = make(params, true, burn);
    if (id != 0) {
      store_.resume(id, used);
    }
    return id;
  }
  void release(ContextId context) override {
    if (const ContextId former = store_.at(context).former; former != 0) {
      release(former);
    }
    release_alone(context);
  }
  void release_alone(ContextId context) override {
    store_.at(context).former = 0;
    close(context);
    live_.erase(context);
    store_.release(context);
  }
  ContextState state(ContextId context) const override { return store_.state(context); }
  std::uint16_t overhead(ContextId context) const override { return overhead_of(store_.at(context)); }
  std::unique_ptr<Engine> make_engine() override { return std::make_unique<LibsrtpEngine>(store_.base()); }
  std::string description() const override { return srtp_get_version_string(); }

 private:
  ContextId make(const SrtpParams& params, bool sender, std::uint32_t rtcp_burn) {
    const ContextId id = store_.make(params, 0);
    if (id == 0) {
      return 0;
    }
    auto session = std::make_unique<LibsrtpSession>();
    session->params = SrtpParamsRef::make(params.suite, params.master_key.bytes(), params.master_salt.bytes(),
                                          params.mki.span());
    session->window = options_.replay_window;
    session->sender = sender;
    session->rtcp_burn = rtcp_burn;
    if (srtp_create(&session->session, nullptr) != srtp_err_status_ok) {
      store_.release(id);
      return 0;
    }
    store_.at(id).cold().library = session.release();
    live_.insert(id);
    return id;
  }
  void close(ContextId context) {
    auto* const session = static_cast<LibsrtpSession*>(store_.at(context).cold().library);
    srtp_dealloc(session->session);
    delete session;
  }

  ContextStore store_;
  const ContextOptions options_;
  std::set<ContextId> live_;  // what the library has to give back at the end
};

}  // namespace

LibsrtpEngine::~LibsrtpEngine() = default;

std::unique_ptr<Backend> make_libsrtp_backend(const ContextOptions& options, std::size_t most_contexts) {
  static const bool initialised = srtp_init() == srtp_err_status_ok;  // once per process
  if (!initialised) {
    return nullptr;
  }
  auto backend = std::make_unique<LibsrtpBackend>(options, most_contexts);
  return backend->ok() ? std::move(backend) : nullptr;
}

}  // namespace pollux::crypto
