#include "controlplane/sdp/dtmf_info.hpp"

#include <strings.h>

#include <algorithm>
#include <optional>

#include "controlplane/sdp/text_number.hpp"
#include "dataplane/base/dtmf_params.hpp"

namespace pollux::sdp {

namespace {

constexpr const char* kSignals = "0..9, *, #, A..D, ! or hf (flash), or the number of an event, 10..16";

constexpr std::uint32_t kFirstTwoDigits = 10;  // below, a number and a letter are the same

tl::unexpected<Error> wrong(const char* field, std::string message) {
  return fail(ErrorCode::kInvalidArgument, "INFO_INVALID", field, std::move(message));
}

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  const auto first = text.find_first_not_of(kBlanks);
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::optional<std::uint8_t> signal_event(std::string_view text) {
  if (text.size() == 1) {
    return dtmf_event(text.front());
  }
  if (same(text, "hf") || same(text, "flash")) {
    return kFlashEvent;
  }
  const auto value = text.size() == 2 ? number(text, kFirstTwoDigits, kFlashEvent) : std::nullopt;
  return value ? std::optional(static_cast<std::uint8_t>(*value)) : std::nullopt;
}

// What a client wrote, for a message: short and printable.
std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 32;
  std::string out = "\"";
  for (const char c : text.substr(0, kShown)) {
    out += c >= 0x20 && c < 0x7f ? c : '?';
  }
  return out + (text.size() > kShown ? "...\"" : "\"");
}

// One line after the other, without what ends them; CR LF ends one line.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  std::optional<std::string_view> next() {
    if (rest_.empty()) {
      return std::nullopt;
    }
    ++number_;
    const auto end = std::min(rest_.find_first_of("\r\n"), rest_.size());
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end);
    if (rest_.starts_with("\r\n")) {
      rest_.remove_prefix(2);
    } else if (!rest_.empty()) {
      rest_.remove_prefix(1);
    }
    return trim(line);
  }

  std::string where() const { return "line " + std::to_string(number_) + ": "; }

 private:
  std::string_view rest_;
  int number_ = 0;
};

Expected<InfoPress> read_relay(std::string_view body) {
  std::optional<std::uint8_t> event;
  std::optional<std::uint32_t> duration_ms;
  Lines lines(body);
  while (const auto line = lines.next()) {
    const auto equals = std::min(line->find_first_of("=:"), line->size());
    const std::string_view name = trim(line->substr(0, equals));
    const std::string_view value = equals == line->size() ? "" : trim(line->substr(equals + 1));
    if (same(name, "Signal")) {
      if (event) {
        return wrong("body", lines.where() + "a second Signal; one INFO tells of one press");
      }
      event = signal_event(value);
      if (!event) {
        return wrong("body", lines.where() + "Signal must be " + kSignals + "; not " + quoted(value));
      }
    } else if (same(name, "Duration")) {
      if (duration_ms) {
        return wrong("body", lines.where() + "a second Duration");
      }
      duration_ms = number(value, 0, kMaxPressMs);
      if (!duration_ms) {
        return wrong("body", lines.where() + "Duration must be 0.." + std::to_string(kMaxPressMs) +
                                 " ms, not " + quoted(value));
      }
    }
  }
  if (!event) {
    return wrong("body", "has no line \"Signal=\", which tells the key");
  }
  return InfoPress{*event, duration_ms.value_or(0) == 0 ? kUsualInfoDurationMs : *duration_ms};
}

Expected<InfoPress> read_plain(std::string_view body) {
  std::optional<InfoPress> press;
  Lines lines(body);
  while (const auto line = lines.next()) {
    if (line->empty()) {
      continue;
    }
    const auto event = signal_event(*line);
    if (!event || press) {
      return wrong("body",
                   lines.where() + (press ? std::string("more than one press in one INFO")
                                          : "must be " + std::string(kSignals) + "; not " + quoted(*line)));
    }
    press = InfoPress{*event};
  }
  if (!press) {
    return wrong("body", "is empty: it must be one of " + std::string(kSignals));
  }
  return *press;
}

}  // namespace

Expected<InfoPress> read_info(std::string_view content_type, std::string_view body) {
  if (body.size() > kMaxInfoBytes) {
    return wrong("body", "must have at most " + std::to_string(kMaxInfoBytes) + " bytes, not " +
                             std::to_string(body.size()));
  }
  const std::string_view type = trim(content_type.substr(0, content_type.find(';')));
  if (same(type, "application/dtmf-relay")) {
    return read_relay(body);
  }
  if (same(type, "application/dtmf")) {
    return read_plain(body);
  }
  return wrong("content_type",
               "must be application/dtmf-relay or application/dtmf, not " + quoted(content_type));
}

std::string print_dtmf_relay(const InfoPress& press) {
  return "Signal=" +
         (is_digit(press.event) ? std::string(1, dtmf_letter(press.event)) : std::to_string(press.event)) +
         "\r\nDuration=" + std::to_string(press.duration_ms) + "\r\n";
}

std::string print_dtmf(const InfoPress& press) {
  return is_digit(press.event) ? std::string(1, dtmf_letter(press.event)) : std::string();
}

}  // namespace pollux::sdp
