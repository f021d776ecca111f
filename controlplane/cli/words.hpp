// The API's enumerations in the words of SDP, the docs and the command line.
#pragma once

#include <string>

#include "pollux/v1/node.pb.h"
#include "pollux/v1/session.pb.h"

namespace pollux::cli {

// UNSPECIFIED reads as the default that the API documents; a value this polluxctl doesn't know as its number.
std::string word(v1::Direction direction);
std::string word(v1::LearningMode mode);
std::string word(v1::SourcePolicy policy);
std::string word(v1::StreamMode mode);
std::string word(v1::EndReason reason);
std::string word(v1::NodeStatus status);
std::string word(v1::OneWayCause cause);
std::string word(v1::CapturePoint point);
std::string word(v1::CaptureEnd end);
std::string word(v1::SrtpSuite suite);  // as in a=crypto
std::string word(v1::DtmfWay way);
std::string word(v1::DtmfSend send);
std::string word(v1::DtmfBlock block);
// UNSPECIFIED: the family of remote_rtp, IPv4 without one.
std::string family_word(const v1::LegSpec& leg);

}  // namespace pollux::cli
