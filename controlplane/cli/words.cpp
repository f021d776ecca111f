#include "controlplane/cli/words.hpp"

namespace pollux::cli {

namespace {

std::string unknown(int value) {
  return "unknown (" + std::to_string(value) + ")";
}

}  // namespace

std::string word(v1::Direction direction) {
  switch (direction) {
    case v1::DIRECTION_UNSPECIFIED:
    case v1::DIRECTION_SENDRECV:
      return "sendrecv";
    case v1::DIRECTION_SENDONLY:
      return "sendonly";
    case v1::DIRECTION_RECVONLY:
      return "recvonly";
    case v1::DIRECTION_INACTIVE:
      return "inactive";
    default:
      return unknown(direction);
  }
}

std::string word(v1::LearningMode mode) {
  switch (mode) {
    case v1::LEARNING_MODE_UNSPECIFIED:
    case v1::LEARNING_MODE_HEURISTIC:
      return "heuristic";
    case v1::LEARNING_MODE_OFF:
      return "off";
    case v1::LEARNING_MODE_IMMEDIATE:
      return "immediate";
    case v1::LEARNING_MODE_DELAYED:
      return "delayed";
    default:
      return unknown(mode);
  }
}

std::string word(v1::SourcePolicy policy) {
  switch (policy) {
    case v1::SOURCE_POLICY_UNSPECIFIED:
    case v1::SOURCE_POLICY_STRICT_SOURCE:
      return "strict source";
    case v1::SOURCE_POLICY_MEDIA_HANDOVER:
      return "media handover";
    case v1::SOURCE_POLICY_ACCEPT_ANY:
      return "accept any";
    default:
      return unknown(policy);
  }
}

std::string word(v1::StreamMode mode) {
  switch (mode) {
    case v1::STREAM_MODE_UNSPECIFIED:
    case v1::STREAM_MODE_PRESERVE:
      return "preserve";
    case v1::STREAM_MODE_REWRITE:
      return "rewrite";
    default:
      return unknown(mode);
  }
}

std::string word(v1::EndReason reason) {
  switch (reason) {
    case v1::END_REASON_UNSPECIFIED:
      return "no reason given";
    case v1::END_REASON_DELETED:
      return "deleted";
    case v1::END_REASON_TIMED_OUT:
      return "timed out";
    case v1::END_REASON_NODE_STOPPED:
      return "the node stopped";
    default:
      return unknown(reason);
  }
}

std::string word(v1::NodeStatus status) {
  switch (status) {
    case v1::NODE_STATUS_UNSPECIFIED:
      return "unspecified";
    case v1::NODE_STATUS_SERVING:
      return "serving";
    case v1::NODE_STATUS_DRAINING:
      return "draining: ends its sessions and takes no new ones";
    default:
      return unknown(status);
  }
}

std::string family_word(const v1::LegSpec& leg) {
  switch (leg.family()) {
    case v1::ADDRESS_FAMILY_IPV4:
      return "IPv4";
    case v1::ADDRESS_FAMILY_IPV6:
      return "IPv6";
    default:
      return leg.remote_rtp().address().find(':') == std::string::npos ? "IPv4" : "IPv6";
  }
}

}  // namespace pollux::cli
