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
    case v1::END_REASON_DRAINED:
      return "drained: the deadline had come";
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
      return "draining: takes no new sessions";
    case v1::NODE_STATUS_STOPPING:
      return "stopping: ends its sessions and takes no new ones";
    default:
      return unknown(status);
  }
}

std::string word(v1::OneWayCause cause) {
  switch (cause) {
    case v1::ONE_WAY_CAUSE_UNSPECIFIED:
      return "no cause given";
    case v1::ONE_WAY_CAUSE_NEVER_HEARD:
      return "never heard from it: NAT, or a wrong address in its SDP?";
    case v1::ONE_WAY_CAUSE_FELL_SILENT:
      return "it fell silent";
    case v1::ONE_WAY_CAUSE_REFUSED:
      return "its packets come and are all dropped: polluxctl session show says why";
    case v1::ONE_WAY_CAUSE_NO_ADDRESS:
      return "it has no address to send to: it doesn't hear the other party";
    default:
      return unknown(cause);
  }
}

std::string word(v1::CapturePoint point) {
  switch (point) {
    case v1::CAPTURE_POINT_RECEIVED:
      return "received";
    case v1::CAPTURE_POINT_SENT:
      return "sent";
    case v1::CAPTURE_POINT_DROPPED:
      return "dropped";
    default:
      return unknown(point);
  }
}

std::string word(v1::CaptureEnd end) {
  switch (end) {
    case v1::CAPTURE_END_MAX_PACKETS:
      return "the limit of packets";
    case v1::CAPTURE_END_MAX_BYTES:
      return "the limit of bytes";
    case v1::CAPTURE_END_MAX_TIME:
      return "the limit of time";
    case v1::CAPTURE_END_SESSION_ENDED:
      return "the session ended";
    case v1::CAPTURE_END_NODE_STOPPED:
      return "the node stopped";
    default:
      return unknown(end);
  }
}

std::string word(v1::SrtpSuite suite) {
  switch (suite) {
    case v1::SRTP_SUITE_UNSPECIFIED:
      return "no suite";
    case v1::SRTP_SUITE_AES_CM_128_HMAC_SHA1_80:
      return "AES_CM_128_HMAC_SHA1_80";
    case v1::SRTP_SUITE_AES_CM_128_HMAC_SHA1_32:
      return "AES_CM_128_HMAC_SHA1_32";
    case v1::SRTP_SUITE_AES_256_CM_HMAC_SHA1_80:
      return "AES_256_CM_HMAC_SHA1_80";
    case v1::SRTP_SUITE_AES_256_CM_HMAC_SHA1_32:
      return "AES_256_CM_HMAC_SHA1_32";
    case v1::SRTP_SUITE_AEAD_AES_128_GCM:
      return "AEAD_AES_128_GCM";
    case v1::SRTP_SUITE_AEAD_AES_256_GCM:
      return "AEAD_AES_256_GCM";
    case v1::SRTP_SUITE_NULL_HMAC_SHA1_80:
      return "NULL_HMAC_SHA1_80";
    default:
      return unknown(suite);
  }
}

std::string word(v1::DtmfWay way) {
  switch (way) {
    case v1::DTMF_WAY_UNSPECIFIED:
      return "an unknown way";
    case v1::DTMF_WAY_IN_BAND:
      return "in-band";
    case v1::DTMF_WAY_RFC4733:
      return "RFC 4733";
    case v1::DTMF_WAY_SIP_INFO:
      return "SIP INFO";
    default:
      return unknown(way);
  }
}

std::string word(v1::DtmfSend send) {
  switch (send) {
    case v1::DTMF_SEND_UNSPECIFIED:
    case v1::DTMF_SEND_AUTO:
      return "auto";
    case v1::DTMF_SEND_RFC4733:
      return "RFC 4733";
    case v1::DTMF_SEND_IN_BAND:
      return "in-band";
    case v1::DTMF_SEND_SIP_INFO:
      return "SIP INFO";
    case v1::DTMF_SEND_NONE:
      return "none";
    default:
      return unknown(send);
  }
}

std::string word(v1::DtmfBlock block) {
  switch (block) {
    case v1::DTMF_BLOCK_UNSPECIFIED:
    case v1::DTMF_BLOCK_OFF:
      return "off";
    case v1::DTMF_BLOCK_DROP:
      return "drop";
    case v1::DTMF_BLOCK_SILENCE:
      return "silence";
    case v1::DTMF_BLOCK_TONE:
      return "tone";
    case v1::DTMF_BLOCK_RANDOM:
      return "random";
    default:
      return unknown(block);
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
