// A path loses nothing, doubles nothing and moves nothing: every piece of sound that went in comes out at the
// timestamp where it was, however packets are cut, joined, lost, doubled and put out of order.
#include <gtest/gtest.h>
#include <opus/opus.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "dataplane/base/sequence.hpp"
#include "dataplane/codec/codec.hpp"
#include "tests/property/path_driver.hpp"

namespace pollux::media::test {
namespace {

constexpr std::uint64_t kReorderUs = 9'900;  // less than any packet behind a gap waits

// What is generated; the rest follows from the seed.
struct Course {
  int in_ptime_ms = 20;
  int out_ptime_ms = 0;
  int window_ms = 0;
  int packets = 1;
  int loss = 0;   // percent, of bursts of one to `burst`
  int burst = 1;  //
  int reorder = 0;
  int duplicate = 0;
  int pause = 0;
  int change = 0;    // of the payload type
  int pushed = 100;  // of what arrives; then the path is closed
  unsigned seed = 0;
};

Course some_course() {
  Course course;
  course.in_ptime_ms = *rc::gen::inRange(5, 61);
  course.out_ptime_ms = *rc::gen::inRange(5, 61);
  course.window_ms = *rc::gen::element(0, 10, 40, 120);
  course.packets = *rc::gen::inRange(1, 120);
  course.loss = *rc::gen::element(0, 2, 20);
  course.burst = *rc::gen::inRange(1, 20);
  course.reorder = course.window_ms == 0 ? 0 : *rc::gen::element(0, 5, 40);
  course.duplicate = *rc::gen::element(0, 5, 30);
  course.pause = *rc::gen::element(0, 3);
  course.change = *rc::gen::element(0, 10, 50);
  course.pushed = *rc::gen::element(100, 100, 60);
  course.seed = *rc::gen::arbitrary<unsigned>();
  return course;
}

void show(const Course& c) {
  RC_LOG() << "in " << c.in_ptime_ms << " out " << c.out_ptime_ms << " ms, window " << c.window_ms
           << ", packets " << c.packets << ", loss " << c.loss << " of " << c.burst << ", reorder "
           << c.reorder << ", duplicate " << c.duplicate << ", pause " << c.pause << ", change " << c.change
           << ", pushed " << c.pushed << ", seed " << c.seed << '\n';
}

// The least thing that is never cut, as its bytes without how they are packed.
struct Piece {
  std::uint32_t ticks = 0;
  Bytes bytes;
};

std::vector<Piece> opus_pieces(const Bytes& payload) {
  const unsigned char* frames[48];
  opus_int16 sizes[48];
  const int count = opus_packet_parse(payload.data(), static_cast<opus_int32>(payload.size()), nullptr,
                                      frames, sizes, nullptr);
  RC_ASSERT(count > 0);
  std::vector<Piece> pieces;
  for (int i = 0; i < count; ++i) {
    Piece piece{static_cast<std::uint32_t>(opus_packet_get_samples_per_frame(payload.data(), 48000)), {}};
    piece.bytes.push_back(payload[0] & 0xfc);
    piece.bytes.insert(piece.bytes.end(), frames[i], frames[i] + sizes[i]);
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

std::vector<Piece> pieces_of(const CodecParams& params, const Bytes& payload) {
  if (params.id == CodecId::kOpus) {
    return opus_pieces(payload);
  }
  std::vector<Piece> pieces;
  const std::size_t size = codec::frame_bytes(params);
  for (std::size_t at = 0; at < payload.size(); at += size) {
    const auto end = std::min(at + size, payload.size());
    pieces.push_back({codec::frame_ticks(params), Bytes(payload.begin() + static_cast<std::ptrdiff_t>(at),
                                                        payload.begin() + static_cast<std::ptrdiff_t>(end))});
  }
  return pieces;
}

using Random = std::mt19937;
bool chance(Random& random, int percent) {
  return static_cast<int>(random() % 100) < percent;
}

// Random octets of about `ms`, in a shape that the codec's payloads have.
Bytes payload_of(const CodecParams& params, int ms, Random& random) {
  Bytes payload;
  const auto fill = [&](std::size_t bytes) {
    while (bytes-- != 0) {
      payload.push_back(static_cast<std::uint8_t>(random()));
    }
  };
  if (params.id == CodecId::kOpus) {  // CELT, 2.5 to 20 ms
    const unsigned config = 28 + random() % 4;
    const int tenths = 25 << (config - 28);
    const int count = std::max(1, ms * 10 / tenths);
    payload = {static_cast<std::uint8_t>(config << 3 | 3), static_cast<std::uint8_t>(0x80 | count)};
    Bytes sizes(static_cast<std::size_t>(count));
    std::ranges::generate(sizes, [&] { return static_cast<std::uint8_t>(random() % 20); });
    payload.insert(payload.end(), sizes.begin(), sizes.end() - 1);
    for (const std::uint8_t size : sizes) {
      fill(size);
    }
    return payload;
  }
  const std::uint32_t frame = codec::frame_ticks(params);
  fill(std::max<std::size_t>(1, static_cast<std::size_t>(ms) * params.clock_rate / 1000 / frame) *
       codec::frame_bytes(params));
  for (std::size_t at = 0; params.id == CodecId::kGsm && at < payload.size(); at += 33) {
    payload[at] = static_cast<std::uint8_t>(0xd0 | (payload[at] & 0x0f));
  }
  if (params.id == CodecId::kG729 && chance(random, 5)) {
    payload.resize(payload.size() - 8);  // a SID frame at the end
  }
  return payload;
}

// What of a stream arrives, and when.
struct Stream {
  std::vector<Arrival> arrivals;
  std::uint32_t ticks = 0;  // all of it, what is lost as well
};

template <typename Make>  // Bytes(index of the format, Random&)
Stream stream_of(const Course& course, const std::vector<CodecFormat>& from, Make make) {
  Random random(course.seed);
  Stream stream;
  auto sequence = static_cast<std::uint16_t>(random() % 3 == 0 ? 0xffff - random() % 50 : random());
  auto first = static_cast<std::uint32_t>(random() % 3 == 0 ? 0 - random() % 20000 : random());
  std::uint64_t media_us = 1'000'000;
  std::size_t index = 0;
  int losing = 0;
  for (int i = 0; i < course.packets; ++i, ++sequence) {
    index = chance(random, course.change) ? random() % from.size() : index;
    const CodecParams& params = from[index].params;
    Arrival packet{media_us, first + stream.ticks, sequence, from[index].payload_type,
                   false,    make(index, random)};
    const std::uint32_t ticks = codec::payload_ticks(params, packet.payload).value();
    if (losing == 0 && chance(random, course.loss)) {
      losing = 1 + static_cast<int>(random()) % course.burst;
      losing = std::max(losing, 1);
    }
    const bool lost = losing > 0 && i != 0;
    losing -= losing > 0 ? 1 : 0;
    if (i != 0 && chance(random, course.reorder)) {
      packet.at_us += std::uint64_t{ticks} * 1'000'000 / params.clock_rate + random() % kReorderUs;
    }
    if (!lost) {
      stream.arrivals.push_back(packet);
      if (chance(random, course.duplicate)) {
        packet.at_us += random() % 50'000;
        packet.copy = true;
        stream.arrivals.push_back(packet);
      }
    }
    stream.ticks += ticks;
    media_us += std::uint64_t{ticks} * 1'000'000 / params.clock_rate;
    if (chance(random, course.pause)) {
      const std::uint32_t ms = 20 + static_cast<std::uint32_t>(random() % 700);
      stream.ticks += ms * params.clock_rate / 1000;
      media_us += ms * 1000;
    }
  }
  std::ranges::stable_sort(stream.arrivals, {}, &Arrival::at_us);
  stream.arrivals.resize(
      std::max<std::size_t>(1, stream.arrivals.size() * static_cast<std::size_t>(course.pushed) / 100));
  return stream;
}

struct Run {
  PathDriver driver;
  std::uint16_t sequence;
  std::uint32_t timestamp;
  std::uint32_t first;  // timestamp of what came

  Run(const Course& course, const std::vector<CodecFormat>& from, const std::vector<CodecFormat>& to,
      const Stream& stream)
      : driver(from, to, course.out_ptime_ms, course.window_ms,
               static_cast<std::uint16_t>(0xffff - course.seed % 100), 0 - course.seed % 30000),
        sequence(static_cast<std::uint16_t>(0xffff - course.seed % 100)),
        timestamp(0 - course.seed % 30000),
        first(stream.arrivals.front().timestamp) {
    for (const Arrival& arrival : stream.arrivals) {
      driver.push(arrival);
    }
    if (course.pushed == 100) {
      driver.wait_until(driver.now_us() + 1'000'000);
    }
    driver.close();
    RC_ASSERT(driver.refused() == 0U);
  }
};

// Without a look inside: each piece comes out once, where it was; holes are where something is missing.
void expect_every_piece(const Course& course, const std::vector<CodecFormat>& from, const CodecFormat& to) {
  const Stream stream = stream_of(course, from, [&](std::size_t i, Random& r) {
    return payload_of(from[i].params, course.in_ptime_ms, r);
  });
  Run run(course, from, {to}, stream);
  std::map<std::uint32_t, Piece> missing;
  std::map<std::uint16_t, std::uint32_t> arrived;  // sequence → media time
  for (const Arrival& arrival : stream.arrivals) {
    const auto at = static_cast<std::size_t>(
        std::ranges::find(from, arrival.payload_type, &CodecFormat::payload_type) - from.begin());
    std::uint32_t offset = arrival.timestamp - run.first;
    arrived[static_cast<std::uint16_t>(arrival.sequence - stream.arrivals.front().sequence)] = offset;
    for (Piece& piece : pieces_of(from[at].params, arrival.payload)) {
      if (from[at].params.id == CodecId::kPcma && to.params.id == CodecId::kPcmu) {
        codec::alaw_to_ulaw(piece.bytes);
      }
      const std::uint32_t ticks = piece.ticks;
      missing[offset] = std::move(piece);
      offset += ticks;
    }
  }
  // Media times of packets before which something was lost.
  std::vector<std::uint32_t> behind_loss;
  std::uint16_t expected = 0;
  for (const auto& [sequence, offset] : arrived) {
    if (sequence != expected) {
      behind_loss.push_back(offset);
    }
    expected = static_cast<std::uint16_t>(sequence + 1);
  }
  const std::uint32_t most = static_cast<std::uint32_t>(course.out_ptime_ms) * to.params.clock_rate / 1000;
  std::uint32_t next = 0;  // media time behind what has come out
  auto next_sequence = run.sequence;
  for (const Departure& packet : run.driver.sent()) {
    std::uint32_t offset = packet.header.timestamp - run.timestamp;
    RC_ASSERT(packet.header.payload_type == to.payload_type);
    RC_ASSERT(timestamp_distance(next, offset) >= 0);
    const auto skipped = static_cast<std::uint16_t>(packet.header.sequence - next_sequence);
    RC_ASSERT(skipped < 0x8000);
    const bool behind = std::ranges::count(behind_loss, offset) != 0 && offset != next;
    RC_ASSERT((skipped != 0) == behind);
    RC_ASSERT(packet.header.marker == (next == 0 || (offset != next && !behind)));
    next_sequence = static_cast<std::uint16_t>(packet.header.sequence + 1);
    const auto pieces = pieces_of(to.params, packet.payload);
    std::uint32_t ticks = 0;
    for (const Piece& piece : pieces) {
      const auto found = missing.find(offset);
      RC_ASSERT(found != missing.end());
      RC_ASSERT(found->second.bytes == piece.bytes);
      missing.erase(found);
      offset += piece.ticks;
      ticks += piece.ticks;
    }
    RC_ASSERT(course.out_ptime_ms == 0 || ticks <= std::max(most, pieces.front().ticks));
    next = offset;
  }
  RC_ASSERT(missing.empty());
}

RC_GTEST_PROP(Path, BytesStayWhereTheyWere, ()) {
  Course course = some_course();
  course.out_ptime_ms = *rc::gen::element(0, course.out_ptime_ms, course.out_ptime_ms);
  show(course);
  expect_every_piece(course,
                     {format(CodecId::kPcma, 8), format(CodecId::kPcmu, 0), format(CodecId::kPcma, 97)},
                     format(CodecId::kPcmu, 0));
}

RC_GTEST_PROP(Path, FramesStayWhereTheyWere, ()) {
  const Course course = some_course();
  show(course);
  const auto id = *rc::gen::element(CodecId::kPcma, CodecId::kG722, CodecId::kG726_24, CodecId::kGsm,
                                    CodecId::kG729, CodecId::kOpus, CodecId::kL16);
  const std::uint32_t clock = id == CodecId::kOpus ? 48000 : id == CodecId::kL16 ? 16000 : 8000;
  expect_every_piece(course, {format(id, 96, clock), format(id, 97, clock)}, format(id, 96, clock));
}

std::vector<CodecFormat> all_formats() {
  std::vector<CodecFormat> formats;
  std::uint8_t payload_type = 96;
  for (const CodecFacts& facts : kCodecs) {
    if (!codec::codec_available(facts.id)) {
      continue;
    }
    if (facts.id == CodecId::kL16) {
      for (const std::uint32_t rate : {8000U, 16000U, 44100U, 48000U}) {
        formats.push_back(format(facts.id, payload_type++, rate));
      }
    } else {
      formats.push_back(format(facts.id, payload_type++, facts.id == CodecId::kOpus ? 48000 : 8000));
    }
  }
  return formats;
}

// Payloads of a tone, each of `ms` where the codec's frames allow it.
class Talker {
 public:
  Talker(const CodecParams& params, int ms)
      : rate_(codec::pcm_rate(params, 16000)), encoder_(codec::Encoder::make(params, rate_, 1).value()) {
    const std::uint32_t frame = codec::frame_samples(params, rate_);
    // L16 has to fit a packet.
    const std::size_t most = params.id == CodecId::kL16 ? Path::kRoom / 2 : rate_;
    const std::size_t wanted = std::min<std::size_t>(static_cast<std::size_t>(ms) * rate_ / 1000, most);
    pcm_.resize(std::max<std::size_t>(wanted / frame, 1) * frame);
  }
  Bytes next() {
    for (codec::Sample& sample : pcm_) {
      sample = static_cast<codec::Sample>(9000 * std::sin(0.13 * at_) * std::sin(0.0021 * at_));
      ++at_;
    }
    Bytes out(codec::kMostPayloadBytes);
    const codec::Chunks chunks = encoder_.encode(pcm_, out);
    RC_ASSERT(chunks.size() == 1U);
    out.resize(chunks[0].bytes);
    return out;
  }

 private:
  std::uint32_t rate_;
  codec::Encoder encoder_;
  std::vector<codec::Sample> pcm_;
  double at_ = 0;
};

RC_GTEST_PROP(Path, TranscodedTimeIsAsLongAsItWas, ()) {
  const auto formats = all_formats();
  const CodecFormat from = *rc::gen::elementOf(formats);
  const CodecFormat to = *rc::gen::elementOf(formats);
  RC_PRE(plan_route({.from = {&from, 1}, .to = {&to, 1}}).decodes);
  Course course = some_course();
  course.packets = std::min(course.packets, 40);
  course.out_ptime_ms = *rc::gen::element(0, course.out_ptime_ms);
  course.change = course.pause = 0;
  course.burst = 1;
  course.loss = std::min(course.loss, 5);
  course.pushed = 100;
  show(course);
  RC_LOG() << codec_facts(from.params.id).name << '/' << from.params.clock_rate << " to "
           << codec_facts(to.params.id).name << '/' << to.params.clock_rate << '\n';
  Talker talker(from.params, course.in_ptime_ms);
  const Stream stream = stream_of(course, {from}, [&](std::size_t, Random&) { return talker.next(); });
  Run run(course, {from}, {to}, stream);
  const auto& sent = run.driver.sent();
  RC_ASSERT(!sent.empty());
  std::uint32_t next = run.timestamp;
  std::uint16_t sequence = run.sequence;
  for (const Departure& packet : sent) {
    const auto ticks = codec::payload_ticks(to.params, packet.payload);
    RC_ASSERT(ticks.has_value());
    RC_ASSERT(packet.header.timestamp == next);
    RC_ASSERT(packet.header.sequence == sequence++);
    RC_ASSERT(packet.header.marker == (next == run.timestamp));
    next += *ticks;
  }
  // Up to the end of the last packet that came.
  const Arrival* last = &stream.arrivals.front();
  for (const Arrival& arrival : stream.arrivals) {
    last = timestamp_distance(last->timestamp, arrival.timestamp) > 0 ? &arrival : last;
  }
  const std::uint32_t in_ticks =
      last->timestamp - run.first + *codec::payload_ticks(from.params, last->payload);
  const double in_ms = in_ticks * 1000.0 / from.params.clock_rate;
  const double out_ms = (next - run.timestamp) * 1000.0 / to.params.clock_rate;
  const double frame_ms = std::max(1.0, codec::frame_ticks(to.params) * 1000.0 / to.params.clock_rate);
  RC_LOG() << "in " << in_ms << " ms, out " << out_ms << " ms\n";
  RC_ASSERT(out_ms > in_ms - 1 && out_ms < in_ms + frame_ms + 1);
}

}  // namespace
}  // namespace pollux::media::test
