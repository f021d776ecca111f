#include "tests/load/udp_plan.hpp"

#include <arpa/inet.h>

#include <fstream>
#include <iterator>
#include <sstream>

namespace pollux::load {

namespace {

bool read_address(std::istream& words, sockaddr_in& address) {
  std::string text;
  std::uint16_t port = 0;
  if (!(words >> text >> port) || inet_pton(AF_INET, text.c_str(), &address.sin_addr) != 1) {
    return false;
  }
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  return true;
}

bool read_key(std::istream& words, std::optional<MasterKey>& key) {
  std::string hex;
  if (!(words >> hex)) {
    return false;
  }
  if (hex == "-") {
    return true;
  }
  MasterKey& bytes = key.emplace();
  if (hex.size() != 2 * bytes.size() || hex.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return false;
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(std::stoul(hex.substr(2 * i, 2), nullptr, 16));
  }
  return true;
}

std::string read_side(std::istream& words, UdpPlan& plan) {
  unsigned number = 0, type = 0;
  std::string file;
  std::size_t octets = 0;
  if (!(words >> number) || number >= kUdpSides) {
    return "the side is 0 or 1";
  }
  UdpSide& side = plan.sides[number];
  if (!(words >> side.netns) || !read_address(words, side.address) || !(words >> type >> file >> octets) ||
      type > 127 || octets == 0) {
    return "a side is SIDE NETNS ADDRESS PORT PAYLOAD_TYPE FILE OCTETS";
  }
  side.payload_type = static_cast<std::uint8_t>(type);
  std::ifstream input(file, std::ios::binary);
  const Payload bytes{std::istreambuf_iterator<char>(input), {}};
  for (std::size_t at = 0; at + octets <= bytes.size(); at += octets) {
    const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    side.recording.emplace_back(from, from + static_cast<std::ptrdiff_t>(octets));
  }
  return side.recording.empty() ? file + " holds no payload" : "";
}

std::string read_call(std::istream& words, UdpPlan& plan) {
  for (UdpLeg& leg : plan.calls.emplace_back()) {
    if (!read_address(words, leg.relay) || !read_key(words, leg.own) || !read_key(words, leg.theirs)) {
      return "a call is ADDRESS PORT OWN THEIRS of each side";
    }
  }
  return "";
}

std::string read_line(const std::string& line, UdpPlan& plan) {
  std::istringstream words(line);
  std::string what;
  words >> what;
  if (what == "untouched") {
    plan.untouched = true;
    return "";
  }
  if (what == "side") {
    return read_side(words, plan);
  }
  return what == "call" ? read_call(words, plan) : "neither side, call nor untouched";
}

}  // namespace

std::string read_plan(const std::string& file, UdpPlan& plan) {
  std::ifstream lines(file);
  if (!lines) {
    return file + " can't be read";
  }
  std::string line;
  for (unsigned number = 1; std::getline(lines, line); ++number) {
    if (const std::string wrong = read_line(line, plan); !wrong.empty()) {
      return file + ":" + std::to_string(number) + ": " + wrong;
    }
  }
  const bool whole = !plan.calls.empty() && !plan.sides[0].netns.empty() && !plan.sides[1].netns.empty();
  return whole ? "" : file + ": both sides and a call have to be named";
}

}  // namespace pollux::load
