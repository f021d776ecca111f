// The session parameters of an a=crypto line (RFC 4568 §6.3).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controlplane/sdp/crypto_attribute.hpp"
#include "controlplane/sdp/crypto_part.hpp"

namespace pollux::sdp {

// Puts one after the other into `attribute`, which it refers to, as it does to the line.
class SessionParameters {
 public:
  explicit SessionParameters(CryptoAttribute& attribute) : attribute_(attribute) {}

  // Pre: not empty.
  Expected<void> read(const Part& part);

 private:
  bool* flag_named(std::string_view name);  // nullptr when there is no such flag
  Expected<void> flag(std::string_view name, std::size_t at, const std::string& field);
  Expected<void> valued(std::string_view name, const Part& value, std::size_t at, const std::string& field);

  CryptoAttribute& attribute_;
  std::vector<std::string_view> names_;  // of those read
};

}  // namespace pollux::sdp
