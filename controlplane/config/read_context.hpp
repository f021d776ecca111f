// What a reader of a configuration file gathers on its way: problems, and where each key stands.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "controlplane/config/problem.hpp"

namespace pollux::config {

class ReadContext {
 public:
  explicit ReadContext(std::string file) : file_(std::move(file)) {}

  void seen(const std::string& key, int line) { lines_.emplace(key, line); }
  void error(const std::string& key, int line, std::string message);
  void warning(const std::string& key, int line, std::string message);
  // Something is wrong with `key` that has been told already.
  void refused(const std::string& key) { faulty_.insert(key); }
  // At the line of `key`, or of the nearest key above it that is in the file.
  void error(const std::string& key, std::string message) { error(key, line_of(key), std::move(message)); }
  void warning(const std::string& key, std::string message) {
    warning(key, line_of(key), std::move(message));
  }

  int line_of(std::string key) const;
  bool given(const std::string& key) const { return lines_.contains(key); }
  // Nothing is wrong with `key`, nor with anything below it: checks that compare values look only at those,
  // so that one mistake is told once.
  bool sound(const std::string& key) const;

  // Sorted by line.
  std::vector<ConfigProblem> take_errors();
  std::vector<ConfigProblem> take_warnings();
  std::map<std::string, int> take_lines() { return std::move(lines_); }

 private:
  std::string file_;
  std::map<std::string, int> lines_;
  std::set<std::string> faulty_;
  std::vector<ConfigProblem> errors_;
  std::vector<ConfigProblem> warnings_;
};

// "ports" + "name" = "ports.name"; "" + "ports" = "ports".
std::string child_key(const std::string& parent, const std::string& name);
std::string item_key(const std::string& parent, std::size_t index);

// The line of `key`, or of the nearest key above it that has one; 1 when none has.
int nearest_line(const std::map<std::string, int>& lines, std::string key);

// The word of `known` that was probably meant by `word`; empty when none is near.
std::string nearest_word(const std::string& word, std::span<const std::string> known);

}  // namespace pollux::config
