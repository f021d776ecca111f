// A path with packets as hostile as the fuzzer likes, at times of its choice. The first octets say between
// which formats and how; then come packets and passing time. Whatever comes: each packet is given back once,
// nothing is written beyond the room, due_us() goes on, and closing empties the path.
#include <memory>
#include <unordered_map>
#include <vector>

#include "dataplane/media/path.hpp"
#include "tests/fuzz/fuzz_input.hpp"

namespace pollux::media {
namespace {

constexpr int kMostOperations = 60;         // decoding takes its time
constexpr std::size_t kMostSteps = 50'000;  // of one call; ten minutes of noise are fewer

CodecFormat format(CodecId id, std::uint8_t payload_type, std::uint32_t clock_rate = 8000,
                   std::uint8_t channels = 1) {
  CodecFormat made;
  made.params.id = id;
  made.params.clock_rate = clock_rate;
  made.params.channels = channels;
  made.payload_type = payload_type;
  return made;
}

// Of either side; the other lists begin elsewhere in it.
const std::vector<CodecFormat>& formats() {
  static const std::vector<CodecFormat> all = {
      format(CodecId::kPcmu, 0),
      format(CodecId::kPcma, 8),
      format(CodecId::kGsm, 3),
      format(CodecId::kG729, 18),
      format(CodecId::kG722, 9),
      format(CodecId::kOpus, 111, 48000),
      format(CodecId::kG726_24, 96),
      format(CodecId::kL16, 97, 44100),
      format(CodecId::kL16, 98, 48000, 2),
      format(CodecId::kComfortNoise, 13),
      format(CodecId::kTelephoneEvent, 101),
      format(CodecId::kTelephoneEvent, 110, 48000),
  };
  return all;
}

std::vector<CodecFormat> some_formats(std::uint16_t chosen) {
  std::vector<CodecFormat> some;
  for (std::size_t i = 0; i < formats().size(); ++i) {
    const std::size_t at = (i + (chosen >> 12)) % formats().size();
    if ((chosen >> at & 1U) != 0) {
      some.push_back(formats()[at]);
    }
  }
  return some;
}

class Run {
 public:
  Run(std::unique_ptr<Path> path, std::vector<CodecFormat> from)
      : path_(std::move(path)), from_(std::move(from)), room_(new std::uint8_t[Path::kRoom]) {}

  void play(FuzzInput& input) {
    for (int i = 0; i < kMostOperations && !input.empty(); ++i) {
      const std::uint8_t operation = input.u8();
      pass(operation, input);
      push(operation, input);
    }
    path_->close();
    turn();
    POLLUX_FUZZ_CHECK(held_.empty());
  }

 private:
  // As a worker has it: what is due happens, but maybe late, when packets come first.
  void pass(std::uint8_t operation, FuzzInput& input) {
    const std::uint64_t until_us = now_us_ + ((operation & 1) != 0   ? 20'000
                                              : (operation & 2) != 0 ? input.u8() * 1000ULL
                                                                     : input.u16() * 100ULL);
    while ((operation & 4) == 0 && path_->due_us() <= until_us) {
      now_us_ = std::max(now_us_, path_->due_us());
      turn();
    }
    now_us_ = until_us;
  }

  void push(std::uint8_t operation, FuzzInput& input) {
    const std::uint8_t how = input.u8();
    sequence_ = static_cast<std::uint16_t>((how & 1) != 0 ? input.u16() : sequence_ + 1 + (how >> 1 & 1));
    timestamp_ = (how & 4) != 0 ? input.u32() : timestamp_ + ((how & 8) != 0 ? input.u16() : 160U);
    ssrc_ = (how & 0x30) == 0x30 ? input.u8() : ssrc_;
    payload_type_ = (how & 0x40) != 0   ? from_[input.u8() % from_.size()].payload_type
                    : (how & 0x80) != 0 ? std::min(input.u8(), kTakenOut)
                                        : payload_type_;
    const std::size_t wanted = (operation & 0x80) != 0 ? input.u16() % 2000 : input.u8();
    const bool repeated = (operation & 8) != 0;
    const auto bytes = input.bytes(repeated ? std::min<std::size_t>(wanted, 2) : wanted);
    // An exact copy on the heap, so that AddressSanitizer sees what goes beyond it. `repeated`: a short input
    // is a long payload.
    const std::size_t size = repeated ? wanted : bytes.size();
    auto payload = std::make_unique<std::uint8_t[]>(size);
    for (std::size_t i = 0; i < size; ++i) {
      payload[i] = i < bytes.size() ? bytes[i] : bytes.empty() ? std::uint8_t{0xd5} : bytes.back();
    }
    void* const token = reinterpret_cast<void*>(++tokens_);
    path_->push({.token = token,
                 .payload = payload.get(),
                 .payload_length = static_cast<std::uint16_t>(size),
                 .sequence = sequence_,
                 .timestamp = timestamp_,
                 .ssrc = ssrc_,
                 .payload_type = payload_type_,
                 .marker = (operation & 0x40) != 0},
                now_us_);
    held_.emplace(token, Held{std::move(payload), size});
    turn();
  }

  // All that there is to do.
  void turn() {
    Step step;
    std::size_t steps = 0;
    while (path_->next(now_us_, {room_.get(), Path::kRoom}, step)) {
      POLLUX_FUZZ_CHECK(++steps < kMostSteps);
      if (step.kind == Step::Kind::kSend) {
        POLLUX_FUZZ_CHECK(step.length != 0 && step.length <= Path::kRoom);
      } else {
        const auto held = held_.find(step.token);
        POLLUX_FUZZ_CHECK(held != held_.end());
        POLLUX_FUZZ_CHECK(step.kind != Step::Kind::kForward || step.length == held->second.size);
        held_.erase(held);
      }
      if (step.kind != Step::Kind::kDiscard) {
        look(step.header);
      }
    }
    POLLUX_FUZZ_CHECK(path_->due_us() > now_us_);
    POLLUX_FUZZ_CHECK(path_->due_us() != Path::kNever || held_.empty());
    POLLUX_FUZZ_CHECK(held_.size() <= packetizer::JitterWindow::kSlots);
  }

  void look(const OutHeader& header) {
    const auto ahead = static_cast<std::uint16_t>(header.sequence - out_sequence_);
    POLLUX_FUZZ_CHECK(!sent_ || (ahead != 0 && ahead < 0x8000));
    POLLUX_FUZZ_CHECK(header.payload_type < 128);
    out_sequence_ = header.sequence;
    sent_ = true;
  }

  struct Held {
    std::unique_ptr<std::uint8_t[]> payload;
    std::size_t size = 0;
  };
  std::unique_ptr<Path> path_;
  std::vector<CodecFormat> from_;
  std::unique_ptr<std::uint8_t[]> room_;
  std::unordered_map<void*, Held> held_;
  std::uintptr_t tokens_ = 0;
  std::uint64_t now_us_ = 0;
  std::uint32_t timestamp_ = 0;
  std::uint32_t ssrc_ = 1;
  std::uint16_t sequence_ = 65'000;
  std::uint16_t out_sequence_ = 0;
  std::uint8_t payload_type_ = 8;
  bool sent_ = false;
};

}  // namespace
}  // namespace pollux::media

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pollux;
  FuzzInput input(data, size);
  const auto from = media::some_formats(input.u16());
  const auto to = media::some_formats(input.u16());
  const std::uint8_t how = input.u8();
  const media::RouteWishes wishes{.from = from,
                                  .to = to,
                                  .ptime_ms = static_cast<std::uint16_t>(input.u8() % 121),
                                  .window_ms = static_cast<std::uint16_t>((how & 1) != 0 ? input.u8() : 0),
                                  .comfort_noise = (how & 2) == 0,
                                  .dtx = (how & 4) != 0};
  const media::RoutePlan plan = media::plan_route(wishes);
  if (!plan.needs_path) {
    return 0;
  }
  auto path = media::Path::make(wishes, plan, 0xfff0, 0xffffff00);
  if (!path) {
    return 0;
  }
  media::Run(std::move(*path), from).play(input);
  return 0;
}
