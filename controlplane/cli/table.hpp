// Aligned columns of text.
#pragma once

#include <string>
#include <vector>

#include "controlplane/cli/style.hpp"

namespace pollux::cli {

enum class Align { kLeft, kRight };

struct Column {
  std::string heading;
  Align align = Align::kLeft;
};

struct Cell {
  Cell(std::string words, Tone its_tone = Tone::kPlain) : text(std::move(words)), tone(its_tone) {}
  Cell(const char* words, Tone its_tone = Tone::kPlain) : text(words), tone(its_tone) {}

  std::string text;
  Tone tone;
};

// Columns are as wide as their widest cell and two spaces apart; lines carry no trailing spaces. Widths count
// code points, so that "→" is one.
class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // Pre: as many cells as columns.
  void add(std::vector<Cell> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }
  // Heading line and rows, each ended by a newline.
  std::string render(const Style& style) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace pollux::cli
