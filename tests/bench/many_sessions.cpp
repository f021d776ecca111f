// Makes very many sessions in a running polluxd, lists them, ends them: the hands of whoever asks what a node
// with so many of them is like. tests/functional/test_scale.py does.
//
//   many_sessions --target unix:/run/pollux/pollux.sock --do create --kind relay --sessions 100000
//
// One connection, one thread, some calls in flight. What it has done is a line of JSON.
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "pollux/v1/offer_answer.grpc.pb.h"
#include "pollux/v1/session.grpc.pb.h"

namespace {

using Clock = std::chrono::steady_clock;
namespace v1 = pollux::v1;

// What a session is. kCall: by offer and answer, two desk phones.
enum class Kind { kRelay, kMux, kCodecs, kTranscode, kSrtp, kCall };
enum class Task { kCreate, kDelete, kList };

struct Options {
  std::string target = "unix:/run/pollux/pollux.sock";
  std::vector<std::string> networks = {"inside", "outside"};
  Task task = Task::kCreate;
  Kind kind = Kind::kRelay;
  unsigned sessions = 100000;
  unsigned in_flight = 32;
  unsigned page_size = 1000;
};

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

std::string session_id(unsigned session) {
  return "many-" + std::to_string(session);
}

// Each party has an address and a port of its own.
std::string address(unsigned session) {
  return "172.31." + std::to_string(session / 250 % 250) + "." + std::to_string(1 + session % 250);
}
unsigned port(unsigned session, unsigned side) {
  return 20000 + 4 * (session / 62500) + 2 * side;
}

void add_codec(v1::LegSpec& leg, unsigned payload_type, const char* encoding, const char* fmtp = "") {
  auto* const codec = leg.add_codecs();
  codec->set_payload_type(payload_type);
  codec->set_encoding(encoding);
  codec->set_fmtp(fmtp);
}

// What a desk phone offers.
void add_codecs(v1::LegSpec& leg) {
  add_codec(leg, 8, "PCMA");
  add_codec(leg, 0, "PCMU");
  add_codec(leg, 9, "G722");
  add_codec(leg, 101, "telephone-event", "0-16");
}

v1::SrtpParams key(unsigned session, char direction) {
  v1::SrtpParams params;
  params.set_suite(v1::SRTP_SUITE_AES_CM_128_HMAC_SHA1_80);
  std::string bytes = std::to_string(session) + direction;
  bytes.resize(16, direction);
  params.set_master_key(bytes);
  params.set_master_salt(bytes.substr(0, 14));
  return params;
}

v1::CreateRequest create_request(const Options& options, unsigned session) {
  v1::CreateRequest request;
  request.set_session_id(session_id(session));
  for (unsigned side = 0; side < 2; ++side) {
    auto& leg = *request.mutable_spec()->add_legs();
    leg.set_leg_id(side == 0 ? "a" : "b");
    leg.set_network(options.networks[side % options.networks.size()]);
    leg.mutable_remote_rtp()->set_address(address(session));
    leg.mutable_remote_rtp()->set_port(port(session, side));
    leg.set_rtcp_mux(options.kind == Kind::kMux);
    if (options.kind == Kind::kCodecs) {
      add_codecs(leg);
    } else if (options.kind == Kind::kTranscode) {
      side == 0 ? add_codec(leg, 8, "PCMA") : add_codec(leg, 0, "PCMU");
      add_codec(leg, 101, "telephone-event", "0-16");
    } else if (options.kind == Kind::kSrtp && side == 1) {
      *leg.mutable_srtp_receive() = key(session, 'r');
      *leg.mutable_srtp_send() = key(session, 's');
    }
  }
  return request;
}

std::string sdp(unsigned session, unsigned side) {
  const std::string host = address(session);
  return "v=0\r\no=- " + std::to_string(session + 1) + " 1 IN IP4 " + host + "\r\ns=-\r\nc=IN IP4 " + host +
         "\r\nt=0 0\r\nm=audio " + std::to_string(port(session, side)) +
         " RTP/AVP 8 0 9 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:9 G722/8000\r\n"
         "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n";
}

class Client {
 public:
  explicit Client(const Options& options) : options_(options) {
    // A page of sessions is larger than what gRPC takes without being asked.
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    const auto channel =
        grpc::CreateCustomChannel(options.target, grpc::InsecureChannelCredentials(), arguments);
    sessions_ = v1::SessionService::NewStub(channel);
    calls_ = v1::OfferAnswerService::NewStub(channel);
  }

  // What was done, as the fields of a JSON object; throws with the first error.
  std::string run() { return options_.task == Task::kList ? list() : for_each_session(); }

 private:
  // A call under way; what follows it is begun when it is done.
  struct Pending {
    virtual ~Pending() = default;
    grpc::ClientContext context;
    grpc::Status status;
    Clock::time_point start = Clock::now();
    std::function<void()> then;
  };
  template <typename Response>
  struct PendingFor : Pending {
    Response response;
    std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> reader;
  };

  template <typename Response, typename Start>
  void call(Start start, std::function<void()> then) {
    auto* const pending = new PendingFor<Response>;  // until the queue gives it back
    pending->then = std::move(then);
    pending->reader = start(&pending->context);
    pending->reader->Finish(&pending->response, &pending->status, pending);
    ++under_way_;
  }

  void next() {
    if (begun_ == options_.sessions) {
      return;
    }
    const unsigned session = begun_++;
    const auto then = [this] { next(); };
    if (options_.kind == Kind::kCall) {
      options_.task == Task::kDelete ? delete_call(session, then) : offer(session);
    } else if (options_.task == Task::kDelete) {
      v1::DeleteRequest request;
      request.set_session_id(session_id(session));
      call<v1::Session>([&](auto* context) { return sessions_->AsyncDelete(context, request, &queue_); },
                        then);
    } else {
      const v1::CreateRequest request = create_request(options_, session);
      call<v1::Session>([&](auto* context) { return sessions_->AsyncCreate(context, request, &queue_); },
                        then);
    }
  }

  void offer(unsigned session) {
    v1::OfferRequest request;
    request.set_call_id(session_id(session));
    request.set_from_tag("a");
    request.set_sdp(sdp(session, 0));
    request.mutable_options()->set_from_network(options_.networks.front());
    request.mutable_options()->set_to_network(options_.networks.back());
    call<v1::OfferResponse>([&](auto* context) { return calls_->AsyncOffer(context, request, &queue_); },
                            [this, session] { answer(session); });
  }

  void answer(unsigned session) {
    v1::AnswerRequest request;
    request.set_call_id(session_id(session));
    request.set_from_tag("a");
    request.set_to_tag("b");
    request.set_sdp(sdp(session, 1));
    call<v1::AnswerResponse>([&](auto* context) { return calls_->AsyncAnswer(context, request, &queue_); },
                             [this] { next(); });
  }

  void delete_call(unsigned session, const std::function<void()>& then) {
    v1::DeleteCallRequest request;
    request.set_call_id(session_id(session));
    call<v1::Call>([&](auto* context) { return calls_->AsyncDeleteCall(context, request, &queue_); }, then);
  }

  std::string for_each_session() {
    const auto start = Clock::now();
    for (unsigned i = 0; i < options_.in_flight; ++i) {
      next();
    }
    double longest_ms = 0;
    void* tag = nullptr;
    bool ok = false;
    while (under_way_ != 0 && queue_.Next(&tag, &ok)) {
      const std::unique_ptr<Pending> pending(static_cast<Pending*>(tag));
      --under_way_;
      if (!pending->status.ok()) {
        throw std::runtime_error(pending->status.error_message());
      }
      longest_ms = std::max(longest_ms, ms_since(pending->start));
      pending->then();
    }
    return "\"sessions\":" + std::to_string(begun_) +
           ",\"seconds\":" + std::to_string(ms_since(start) / 1000) +
           ",\"longest_ms\":" + std::to_string(longest_ms);
  }

  // Every page; a session that comes twice is counted once.
  std::string list() {
    std::unordered_set<std::string> ids;
    std::size_t bytes = 0;
    std::size_t given = 0;
    double longest_ms = 0;
    const auto start = Clock::now();
    v1::ListRequest request;
    request.set_page_size(options_.page_size);
    do {
      grpc::ClientContext context;
      v1::ListResponse page;
      const auto asked = Clock::now();
      if (const auto status = sessions_->List(&context, request, &page); !status.ok()) {
        throw std::runtime_error(status.error_message());
      }
      longest_ms = std::max(longest_ms, ms_since(asked));
      bytes += page.ByteSizeLong();
      given += static_cast<std::size_t>(page.sessions_size());
      for (const auto& session : page.sessions()) {
        ids.insert(session.session_id());
      }
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return "\"sessions\":" + std::to_string(ids.size()) + ",\"twice\":" + std::to_string(given - ids.size()) +
           ",\"seconds\":" + std::to_string(ms_since(start) / 1000) +
           ",\"longest_ms\":" + std::to_string(longest_ms) + ",\"bytes\":" + std::to_string(bytes);
  }

  const Options options_;
  std::unique_ptr<v1::SessionService::Stub> sessions_;
  std::unique_ptr<v1::OfferAnswerService::Stub> calls_;
  grpc::CompletionQueue queue_;
  unsigned under_way_ = 0;
  unsigned begun_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("many_sessions: makes, lists or ends very many sessions of a running polluxd");
  app.add_option("--target", options.target, "gRPC door of the node");
  app.add_option("--networks", options.networks, "of the two legs")->delimiter(',');
  app.add_option("--do", options.task, "create, delete or list")
      ->transform(CLI::CheckedTransformer(std::map<std::string, Task>{
          {"create", Task::kCreate}, {"delete", Task::kDelete}, {"list", Task::kList}}));
  app.add_option("--kind", options.kind, "relay, mux, codecs, transcode, srtp or call")
      ->transform(CLI::CheckedTransformer(std::map<std::string, Kind>{{"relay", Kind::kRelay},
                                                                      {"mux", Kind::kMux},
                                                                      {"codecs", Kind::kCodecs},
                                                                      {"transcode", Kind::kTranscode},
                                                                      {"srtp", Kind::kSrtp},
                                                                      {"call", Kind::kCall}}));
  app.add_option("--sessions", options.sessions, "how many")->check(CLI::Range(1, 1000000));
  app.add_option("--in-flight", options.in_flight, "calls at a time")->check(CLI::Range(1, 256));
  app.add_option("--page-size", options.page_size, "of list")->check(CLI::Range(1, 1000));
  CLI11_PARSE(app, argc, argv);
  try {
    std::cout << "{" << Client(options).run() << "}\n";
  } catch (const std::exception& error) {
    std::cerr << "many_sessions: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
