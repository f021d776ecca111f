#include "controlplane/sdp/document.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "controlplane/sdp/line_rules.hpp"
#include "controlplane/sdp/words.hpp"

namespace pollux::sdp {

namespace {

tl::unexpected<Error> body_error(std::string message) {
  return fail(ErrorCode::kInvalidArgument, kSdpMalformed, "sdp", std::move(message));
}

std::string_view text_of(LineEnd end) {
  return end == LineEnd::kCrLf ? "\r\n" : end == LineEnd::kLf ? "\n" : "";
}

// Takes the next line off `rest`, its end included.
std::string_view take_line(std::string_view& rest, LineEnd& end) {
  const std::size_t newline = rest.find('\n');
  std::string_view line = rest.substr(0, newline);
  end = newline == std::string_view::npos ? LineEnd::kNone : LineEnd::kLf;
  rest.remove_prefix(newline == std::string_view::npos ? rest.size() : newline + 1);
  if (end == LineEnd::kLf && line.ends_with('\r')) {
    line.remove_suffix(1);
    end = LineEnd::kCrLf;
  }
  return line;
}

// Blank lines at the end of the body, which some put there.
std::string_view blank_tail(std::string_view body) {
  const std::size_t last = body.find_last_not_of("\r\n");
  const std::size_t end = body.find('\n', last == std::string_view::npos ? 0 : last);
  return end == std::string_view::npos ? std::string_view{} : body.substr(end + 1);
}

void print_line(SecretString& text, const Line& line, std::string_view end) {
  text += line.type;
  text += '=';
  text += line.value;
  text += end;
}

std::size_t size_of(const std::vector<Line>& lines) {
  std::size_t size = 0;
  for (const Line& line : lines) {
    size += line.value.size() + 4;
  }
  return size;
}

}  // namespace

std::string_view Line::attribute() const {
  const std::string_view text(value);
  return trim(text.substr(0, text.find(':')));
}

std::string_view Line::attribute_value() const {
  const std::string_view text(value);
  const auto colon = text.find(':');
  return colon == std::string_view::npos ? std::string_view{} : trim(text.substr(colon + 1));
}

const Line* Document::find(char type) const {
  const auto found =
      std::find_if(session.begin(), session.end(), [type](const Line& line) { return line.type == type; });
  return found == session.end() ? nullptr : &*found;
}

Line* Document::find(char type) {
  return const_cast<Line*>(std::as_const(*this).find(type));
}

LineEnd Document::line_end() const {
  return session.empty() || session.front().end == LineEnd::kNone ? LineEnd::kCrLf : session.front().end;
}

Expected<Document> parse_document(std::string_view body) {
  if (body.size() > kMaxBodyBytes) {
    return body_error("has " + std::to_string(body.size()) + " bytes; at most " +
                      std::to_string(kMaxBodyBytes) + " are taken");
  }
  Document document;
  document.tail = blank_tail(body);
  std::string_view rest = body.substr(0, body.size() - document.tail.size());
  LineRules rules;
  document.session.reserve(16);
  for (unsigned number = 1; !rest.empty(); ++number) {
    LineEnd end{};
    const std::string_view text = take_line(rest, end);
    if (number > kMaxLines) {
      return body_error("has more than " + std::to_string(kMaxLines) + " lines");
    }
    const bool typed = text.size() >= 2 && text[1] == '=';
    Line line{typed ? text[0] : '\0', SecretString(typed ? text.substr(2) : text), end, number};
    if (auto fine = rules.take(line); !fine) {
      return tl::unexpected(std::move(fine.error()));
    }
    if (line.type == 'm') {
      document.sections.emplace_back().lines.reserve(16);
    }
    auto& lines = document.sections.empty() ? document.session : document.sections.back().lines;
    lines.push_back(std::move(line));
  }
  if (document.session.empty()) {
    return body_error("is empty; it must begin with v=0");
  }
  if (auto fine = check_whole(document); !fine) {
    return tl::unexpected(std::move(fine.error()));
  }
  return document;
}

SecretString print_document(const Document& document) {
  SecretString text;
  std::size_t size = size_of(document.session) + document.tail.size();
  for (const Section& section : document.sections) {
    size += size_of(section.lines);
  }
  text.reserve(size);
  // A line without end is only ever the last: one that had lines put behind it gets the body's.
  std::optional<std::string_view> open;
  const std::string_view usual = text_of(document.line_end());
  const auto print = [&](const std::vector<Line>& lines) {
    for (const Line& line : lines) {
      text += open.value_or("");
      print_line(text, line, text_of(line.end));
      open = line.end == LineEnd::kNone ? std::optional(usual) : std::nullopt;
    }
  };
  print(document.session);
  for (const Section& section : document.sections) {
    print(section.lines);
  }
  text += document.tail;
  return text;
}

}  // namespace pollux::sdp
