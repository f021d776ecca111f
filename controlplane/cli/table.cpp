#include "controlplane/cli/table.hpp"

#include <algorithm>

namespace pollux::cli {

namespace {

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

std::string Table::render(const Style& style) const {
  std::vector<std::vector<Cell>> lines;
  std::vector<Cell>& headings = lines.emplace_back();
  for (const auto& column : columns_) {
    headings.emplace_back(column.heading, Tone::kHeading);
  }
  lines.insert(lines.end(), rows_.begin(), rows_.end());

  std::vector<std::size_t> widths(columns_.size(), 0);
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      widths[i] = std::max(widths[i], width_of(line[i].text));
    }
  }
  std::string out;
  for (const auto& line : lines) {
    std::string pending;  // spaces not yet needed: dropped at the end of the line
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::string padding(widths[i] - width_of(line[i].text), ' ');
      const bool right = columns_[i].align == Align::kRight;
      if (!line[i].text.empty()) {
        out += pending + (right ? padding : "") + style.paint(line[i].tone, line[i].text);
        pending = (right ? "" : padding) + "  ";
      } else {
        pending += padding + "  ";
      }
    }
    out += '\n';
  }
  return out;
}

}  // namespace pollux::cli
