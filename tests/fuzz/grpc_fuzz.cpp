// The API without its wire: a stream of commands, each the bytes of a request (as hostile as the fuzzer
// likes) or a request that is nearly right, through decoding, checking and conversion into the session
// manager, over a data plane in memory that answers early, late or not at all. At the end everything must
// have been answered once and given back.
#include <google/protobuf/message.h>
#include <google/protobuf/stubs/logging.h>

#include <spdlog/spdlog.h>

#include <memory>
#include <string>
#include <vector>

#include "controlplane/rpc/convert.hpp"
#include "controlplane/rpc/convert_dtmf.hpp"
#include "controlplane/rpc/status.hpp"
#include "controlplane/session/session_rules.hpp"
#include "pollux/v1/media_service.pb.h"
#include "pollux/v1/node.pb.h"
#include "pollux/v1/session.pb.h"
#include "tests/fuzz/fuzz_input.hpp"
#include "tests/support/control_fixture.hpp"

namespace pollux {
namespace {

constexpr std::uint16_t kFirstPort = 20000;
constexpr std::uint16_t kLastPort = 20039;  // few, so that they run out
constexpr std::uint32_t kMaxSessions = 12;
constexpr std::size_t kMaxOperations = 400;
constexpr std::uint8_t kFirstDtmfOperation = 248;

class Run {
 public:
  explicit Run(FuzzInput input) : input_(input), fixture_(2, kFirstPort, kLastPort, kMaxSessions) {
    spdlog::set_level(spdlog::level::off);
    google::protobuf::SetLogHandler(nullptr);
  }

  void play() {
    for (std::size_t i = 0; i < kMaxOperations && !input_.empty(); ++i) {
      operate(input_.u8());
    }
    finish();
  }

 private:
  control::SessionManager& manager() { return fixture_.manager; }

  // --- the commands ---

  void operate(std::uint8_t operation) {
    if (operation >= kFirstDtmfOperation) {
      return operation % 2 == 0 ? inject_dtmf() : block_dtmf();
    }
    switch (operation % 20) {
      case 0:
      case 1:
      case 2:
        return create(raw<v1::CreateRequest>());
      case 3:
      case 4:
      case 5:
      case 6:
        return create(likely_create());
      case 7:
        return update(raw<v1::UpdateRequest>());
      case 8:
      case 9:
        return update(likely_update());
      case 10:
        return remove(raw<v1::DeleteRequest>().session_id());
      case 11:
        return remove(session_id());
      case 12:
        return get(input_.u8() % 2 == 0 ? raw<v1::GetRequest>().session_id() : session_id());
      case 13:
        return list(raw<v1::ListRequest>());
      case 14:
        return any_message();
      default:
        return turn_the_data_plane(operation % 20);
    }
  }

  void turn_the_data_plane(int what) {
    switch (what) {
      case 15:
        return fixture_.dataplane.set_auto_ack(input_.u8() % 2 == 0);
      case 16:
        fixture_.dataplane.release_acks();
        break;
      case 17: {
        static const ErrorCode kCodes[] = {ErrorCode::kInvalidArgument, ErrorCode::kExhausted,
                                           ErrorCode::kUnavailable, ErrorCode::kInternal};
        const std::uint8_t how = input_.u8();
        // Of a session that it has, the data plane never fails to let go: only making and changing may fail.
        fixture_.dataplane.fail_next({kCodes[how % 4], "FUZZED", "legs[0].dscp", "no"});
        how / 4 % 2 == 0 ? create(likely_create()) : update(likely_update());
        return fixture_.dataplane.fail_next({}, 0);
      }
      case 18: {
        const std::uint8_t how = input_.u8();
        fixture_.dataplane.set_worker_busy(how % 2, how / 2 % 2 == 0);
        fixture_.steady += std::chrono::milliseconds(how * 20);
        return;
      }
      default:
        event();
        break;
    }
    manager().poll();
  }

  // What a worker may report about any session, also one that is being changed or has gone.
  void event() {
    static const EventType kTypes[] = {
        EventType::kFirstMedia,       EventType::kSourceLearned, EventType::kSourceChanged,
        EventType::kSourceRejected,   EventType::kStreamChanged, EventType::kMediaTimeout,
        EventType::kMediaResumed,     EventType::kPortUp,        EventType::kPortDown,
        EventType::kDuplicateAddress, EventType::kDtmf};
    Event event;
    event.type = kTypes[input_.u8() % std::size(kTypes)];
    event.session = fixture_.dataplane.last_handle() - input_.u8() % 4;
    event.leg_id = input_.u8();
    event.port = input_.u8() % 4;
    event.press = {static_cast<std::uint8_t>(event.leg_id % 17), DtmfWay::kInBand, DtmfPhase::kEnd};
    fixture_.dataplane.inject(event);
  }

  void inject_dtmf() {
    auto request = raw<v1::InjectDtmfRequest>();
    if (request.session_id().empty()) {
      request.set_session_id(session_id());
      request.set_digits(text(input_.u8() % 4));
    }
    control::Violations violations;
    const DtmfInjection injection = rpc::read_injection(request, violations);
    if (refused(violations)) {
      return;
    }
    POLLUX_FUZZ_CHECK(!injection.events.empty() && injection.duration_ms <= kMaxPressMs);
    fixture_.dataplane.set_dtmf_queue_full(injection.gap_ms % 2 == 1);
    answered_.push_back(std::make_unique<int>(0));
    manager().inject_dtmf(
        request.session_id(), input_.u8() % 2 == 0 ? "a" : "b", injection,
        [count = answered_.back().get()](const auto&) { POLLUX_FUZZ_CHECK(++*count == 1); });
  }

  void block_dtmf() {
    control::Violations violations;
    const DtmfBlock block = rpc::read_block_mode(raw<v1::BlockDtmfRequest>(), violations);
    if (!refused(violations)) {
      manager().block_dtmf(session_id(), input_.u8() % 2 == 0 ? "a" : "b", block, answer());
    }
  }

  void create(const v1::CreateRequest& request) {
    control::Violations violations;
    const control::SessionRequest session = rpc::read_create(request, manager().defaults(), violations);
    if (!refused(violations)) {
      POLLUX_FUZZ_CHECK(control::valid_session_id(request.session_id()));
      POLLUX_FUZZ_CHECK(!session.legs.empty());
      manager().create(request.session_id(), session, answer());
    }
  }

  void update(const v1::UpdateRequest& request) {
    control::Violations violations;
    const control::SessionPatch patch = rpc::read_update(request, violations);
    if (!refused(violations)) {
      manager().update(request.session_id(), patch, answer());
    }
  }

  void remove(const std::string& id) {
    if (good_id(id)) {
      manager().remove(id, answer());
    }
  }

  void get(const std::string& id) {
    if (good_id(id)) {
      manager().get(id, answer());
    }
  }

  void list(const v1::ListRequest& request) {
    const control::SessionPage page = manager().list(request.page_token(), request.page_size() % 8);
    POLLUX_FUZZ_CHECK(page.sessions.size() <= request.page_size() % 8 && page.total <= kMaxSessions);
    for (const control::SessionView& view : page.sessions) {
      POLLUX_FUZZ_CHECK(view.id > request.page_token());
      shown(view);
    }
  }

  // Every message of the API takes any bytes, and says what it took in the same way again.
  void any_message() {
    static const std::vector<const google::protobuf::Message*> kMessages = all_requests();
    const google::protobuf::Message& prototype = *kMessages[input_.u8() % kMessages.size()];
    const std::unique_ptr<google::protobuf::Message> message(prototype.New());
    if (message->ParseFromString(text(input_.u8()))) {
      const std::unique_ptr<google::protobuf::Message> again(prototype.New());
      POLLUX_FUZZ_CHECK(again->ParseFromString(message->SerializeAsString()));
      POLLUX_FUZZ_CHECK(again->ByteSizeLong() == message->ByteSizeLong());
    }
  }

  static std::vector<const google::protobuf::Message*> all_requests() {
    std::vector<const google::protobuf::Message*> requests;
    for (const auto* file : {v1::CreateRequest::descriptor()->file(), v1::InfoRequest::descriptor()->file(),
                             v1::InjectDtmfRequest::descriptor()->file()}) {
      for (int i = 0; i < file->service_count(); ++i) {
        for (int j = 0; j < file->service(i)->method_count(); ++j) {
          requests.push_back(google::protobuf::MessageFactory::generated_factory()->GetPrototype(
              file->service(i)->method(j)->input_type()));
        }
      }
    }
    return requests;
  }

  // --- requests ---

  std::string text(std::size_t length) {
    const auto bytes = input_.bytes(length);
    return {bytes.begin(), bytes.end()};
  }

  // As gRPC would: what can't be decoded never gets further.
  template <typename Request>
  Request raw() {
    Request request;
    if (!request.ParseFromString(text(input_.u16() % 2048))) {
      return {};
    }
    return request;
  }

  std::string session_id() { return "call-" + std::to_string(input_.u8() % 6); }

  void fill_leg(v1::LegSpec& leg) {
    static const char* const kAddresses[] = {"198.51.100.7", "2001:db8::77", "10.0.0.9", "0.0.0.0", "x"};
    static const char* const kNetworks[] = {"inside", "outside", "", "nowhere"};
    static const char* const kLegs[] = {"a", "b", "c", "d"};
    leg.set_leg_id(kLegs[input_.u8() % 4]);
    leg.set_network(kNetworks[input_.u8() % 8 / 3]);
    const std::uint8_t flags = input_.u8();
    if ((flags & 1) != 0) {
      leg.mutable_remote_rtp()->set_address(kAddresses[input_.u8() % 8 / 2]);
      leg.mutable_remote_rtp()->set_port(input_.u16());
    }
    if ((flags & 2) != 0) {
      auto& mapping = *leg.add_payload_types();
      mapping.set_wire(input_.u8());
      mapping.set_common(input_.u8());
      mapping.set_clock_rate(input_.u16());
    }
    if ((flags & 4) != 0) {
      leg.add_sinks(kLegs[input_.u8() % 4]);
    }
    leg.set_rtcp_mux((flags & 8) != 0);
    const std::uint8_t modes = input_.u8();
    leg.set_direction(static_cast<v1::Direction>(modes % 5));
    leg.set_learning(static_cast<v1::LearningMode>(modes / 5 % 5));
    leg.set_source_policy(static_cast<v1::SourcePolicy>(modes / 25 % 4));
    leg.set_stream_mode(static_cast<v1::StreamMode>(flags / 16 % 3));
    if ((flags & 0x80) != 0) {
      leg.set_dscp(input_.u8() % 80);
      const std::uint8_t codecs = input_.u8();
      if (codecs >= 0x80) {
        auto& codec = *leg.add_codecs();
        codec.set_payload_type(8);
        codec.set_encoding("PCMA");
        leg.mutable_dtmf()->set_send(static_cast<v1::DtmfSend>(codecs % 7));
        leg.mutable_dtmf()->set_block(static_cast<v1::DtmfBlock>(codecs % 7));
      }
    }
  }

  v1::CreateRequest likely_create() {
    v1::CreateRequest request;
    request.set_session_id(session_id());
    const std::size_t legs = 1 + input_.u8() % 4;
    for (std::size_t i = 0; i < legs; ++i) {
      fill_leg(*request.mutable_spec()->add_legs());
    }
    return request;
  }

  v1::UpdateRequest likely_update() {
    static const char* const kPaths[] = {"legs",      "legs.a",      "legs.b.remote_rtp", "legs.c",
                                         "labels",    "legs.a.dscp", "media_timeout",     "legs.b.sinks",
                                         "legs.d.id", "nonsense",    "legs.c.direction",  "legs.a.rtcp_mux"};
    v1::UpdateRequest request;
    request.set_session_id(session_id());
    const std::uint8_t shape = input_.u8();
    for (int i = 0; i < shape % 4; ++i) {
      fill_leg(*request.mutable_spec()->add_legs());
    }
    for (int i = 0; i <= shape / 4 % 3; ++i) {
      request.mutable_update_mask()->add_paths(kPaths[input_.u8() % std::size(kPaths)]);
    }
    if ((shape & 0x80) != 0) {
      request.mutable_spec()->mutable_media_timeout()->set_seconds(input_.u16());
    }
    return request;
  }

  // --- answers ---

  // Wrong fields make a status that a client can read.
  static bool refused(const control::Violations& violations) {
    if (violations.empty()) {
      return false;
    }
    const grpc::Status status = rpc::invalid_status(violations);
    POLLUX_FUZZ_CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    POLLUX_FUZZ_CHECK(status.error_message().size() + status.error_details().size() < 8192);
    return true;
  }

  static bool good_id(const std::string& id) {
    control::Violations violations;
    rpc::check_session_id(id, violations);
    return !refused(violations);
  }

  static void shown(const control::SessionView& view) {
    v1::Session session;
    rpc::write_session(view, session);
    POLLUX_FUZZ_CHECK(session.session_id() == view.id);
    POLLUX_FUZZ_CHECK(session.spec().legs_size() == session.state().legs_size());
  }

  // A call that waits; answered_[i] counts its answers.
  control::SessionCallback answer() {
    answered_.push_back(std::make_unique<int>(0));
    return [count = answered_.back().get()](const control::SessionResult& result) {
      POLLUX_FUZZ_CHECK(++*count == 1);
      if (result) {
        return shown(*result);
      }
      const grpc::Status status = rpc::to_status(result.error());
      POLLUX_FUZZ_CHECK(!status.ok() && !result.error().error.cause.empty());
    };
  }

  void settle() {
    fixture_.dataplane.release_acks();
    fixture_.settle();
  }

  // --- the end ---

  void finish() {
    const bool abandon = input_.u8() % 8 == 1;  // no byte left: 0
    if (abandon) {
      manager().begin_stop();
      manager().abandon();
    } else {
      fixture_.dataplane.set_auto_ack(true);
      fixture_.dataplane.set_worker_busy(0, false);
      fixture_.dataplane.set_worker_busy(1, false);
      settle();
      POLLUX_FUZZ_CHECK(manager().under_way() == 0);
      manager().begin_stop();
      settle();
      POLLUX_FUZZ_CHECK(manager().drained());
      POLLUX_FUZZ_CHECK(fixture_.dataplane.sessions() == 0);
    }
    for (const auto& count : answered_) {
      POLLUX_FUZZ_CHECK(*count == 1);
    }
    POLLUX_FUZZ_CHECK(fixture_.ports_used() == 0);
    POLLUX_FUZZ_CHECK(fixture_.dataplane.complaints().empty());
    for (const auto& event : manager().events().read(1, "", 1000).events) {
      v1::Event message;
      rpc::write_event(*event, message);
      POLLUX_FUZZ_CHECK(message.sequence() == event->sequence);
    }
  }

  FuzzInput input_;
  test::ManagerFixture fixture_;
  std::vector<std::unique_ptr<int>> answered_;
};

}  // namespace
}  // namespace pollux

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pollux::Run(pollux::FuzzInput(data, size)).play();
  return 0;
}
