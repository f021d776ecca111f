// The rows that say how fast offers and answers are taken, through pollux-ng, through gRPC alone, and by
// rtpengine in the same place, while media runs.
#pragma once

#include <string>
#include <vector>

namespace pollux::bench {

inline constexpr const char* kNgRow = "ng_offer_answer";
inline constexpr const char* kGrpcRow = "grpc_offer_answer";
inline constexpr const char* kPeerRow = "rtpengine_offer_answer";

struct OfferAnswerOptions {
  unsigned repetitions = 9;
  unsigned running = 10000;  // sessions with media in both directions
  unsigned calls = 5000;     // offers and answers in each repetition
};

// Measures, prints, and returns the rows for the JSON.
std::vector<std::string> run_offer_answer_rows(const OfferAnswerOptions& options);

}  // namespace pollux::bench
