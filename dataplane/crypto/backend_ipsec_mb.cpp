#include "dataplane/crypto/backend_ipsec_mb.hpp"

#include <algorithm>

#include "dataplane/crypto/mb_engine.hpp"

namespace pollux::crypto {

namespace {

class IpsecMbBackend final : public Backend {
 public:
  IpsecMbBackend(const ContextOptions& options, std::size_t most_contexts)
      : choice_(measure_mb_choice()),
        keys_(choice_.gcm),
        store_(options, most_contexts, MbKeyMaker::key_bytes(SrtpSuite::kAeadAes256Gcm, choice_.gcm)) {}
  bool ok() const { return keys_.ok() && store_.ok(); }

  ContextId make_receiver(const SrtpParams& params, ContextId former, const ContextState& used) override {
    const ContextId id = make(params);
    if (id != 0) {
      store_.resume(id, used);
      store_.at(id).former = former;
    }
    return id;
  }
  ContextId make_sender(const SrtpParams& params, const ContextState& used) override {
    const ContextId id = make(params);
    if (id != 0) {
      store_.resume(id, used);
      ContextCold& cold = store_.at(id).cold();
      cold.rtcp_index = std::max(cold.rtcp_index.get(), ContextStore::rtcp_skip(params));
    }
    return id;
  }
  void release(ContextId context) override { store_.release(context); }
  void release_alone(ContextId context) override {
    store_.at(context).former = 0;
    store_.release(context);
  }
  ContextState state(ContextId context) const override { return store_.state(context); }
  std::uint16_t overhead(ContextId context) const override { return overhead_of(store_.at(context)); }
  std::unique_ptr<Engine> make_engine() override {
    auto engine = std::make_unique<MbEngine>(choice_, store_.base());
    return engine->ok() ? std::move(engine) : nullptr;
  }
  std::string description() const override {
    return std::string("ipsec_mb ") + imb_get_version_str() + ": " + describe(choice_);
  }

 private:
  ContextId make(const SrtpParams& params) {
    const ContextId id = store_.make(params, MbKeyMaker::key_bytes(params.suite, choice_.gcm));
    if (id != 0) {
      keys_.fill(store_.at(id), params);
    }
    return id;
  }

  const MbChoice choice_;
  MbKeyMaker keys_;
  ContextStore store_;
};

}  // namespace

MbEngine::~MbEngine() = default;

std::unique_ptr<Backend> make_ipsec_mb_backend(const ContextOptions& options, std::size_t most_contexts) {
  auto backend = std::make_unique<IpsecMbBackend>(options, most_contexts);
  return backend->ok() ? std::move(backend) : nullptr;
}

}  // namespace pollux::crypto
