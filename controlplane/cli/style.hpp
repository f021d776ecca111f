// Colour, where a person looks.
#pragma once

#include <string>
#include <string_view>

namespace pollux::cli {

enum class Tone { kPlain, kHeading, kGood, kWarning, kBad, kFaint };

struct Style {
  bool colour = false;

  std::string paint(Tone tone, std::string_view text) const {
    const std::string_view code = code_of(tone);
    if (!colour || code.empty() || text.empty()) {
      return std::string(text);
    }
    return std::string(code).append(text).append("\033[0m");
  }

 private:
  static std::string_view code_of(Tone tone) {
    switch (tone) {
      case Tone::kPlain:
        return "";
      case Tone::kHeading:
        return "\033[1m";
      case Tone::kGood:
        return "\033[32m";
      case Tone::kWarning:
        return "\033[33m";
      case Tone::kBad:
        return "\033[31m";
      case Tone::kFaint:
        return "\033[2m";
    }
    return "";
  }
};

}  // namespace pollux::cli
