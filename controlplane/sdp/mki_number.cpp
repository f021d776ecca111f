#include "controlplane/sdp/mki_number.hpp"

#include <algorithm>
#include <vector>

namespace pollux::sdp {

bool mki_from_decimal(std::string_view digits, std::span<std::uint8_t> out) {
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  for (const char digit : digits) {
    unsigned carry = static_cast<unsigned>(digit - '0');
    for (std::size_t i = out.size(); i-- > 0;) {
      carry += out[i] * 10U;
      out[i] = static_cast<std::uint8_t>(carry);
      carry >>= 8;
    }
    if (carry != 0) {
      return false;
    }
  }
  return true;
}

std::string mki_to_decimal(std::span<const std::uint8_t> bytes) {
  std::vector<std::uint8_t> rest(bytes.begin(), bytes.end());
  std::string digits;
  do {
    unsigned remainder = 0;
    for (std::uint8_t& byte : rest) {
      const unsigned value = remainder << 8 | byte;
      byte = static_cast<std::uint8_t>(value / 10);
      remainder = value % 10;
    }
    digits += static_cast<char>('0' + remainder);
  } while (std::any_of(rest.begin(), rest.end(), [](std::uint8_t byte) { return byte != 0; }));
  std::reverse(digits.begin(), digits.end());
  return digits;
}

}  // namespace pollux::sdp
