#include "controlplane/config/read_context.hpp"

#include <algorithm>
#include <cctype>

namespace pollux::config {

namespace {

std::vector<ConfigProblem> by_line(std::vector<ConfigProblem> problems) {
  std::stable_sort(problems.begin(), problems.end(),
                   [](const ConfigProblem& a, const ConfigProblem& b) { return a.line < b.line; });
  return problems;
}

// Damerau-Levenshtein distance (neighbours swapped count as one mistake), capitals ignored.
std::size_t distance(const std::string& a, const std::string& b) {
  const auto same = [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  };
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1,
                             cost[i - 1][j - 1] + (same(a[i - 1], b[j - 1]) ? 0U : 1U)});
      if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1])) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

void ReadContext::error(const std::string& key, int line, std::string message) {
  faulty_.insert(key);
  errors_.push_back({file_, line, key, std::move(message)});
}

void ReadContext::warning(const std::string& key, int line, std::string message) {
  warnings_.push_back({file_, line, key, std::move(message)});
}

int ReadContext::line_of(std::string key) const {
  return nearest_line(lines_, std::move(key));
}

bool ReadContext::sound(const std::string& key) const {
  for (auto at = faulty_.lower_bound(key); at != faulty_.end() && at->starts_with(key); ++at) {
    if (at->size() == key.size() || (*at)[key.size()] == '.' || (*at)[key.size()] == '[') {
      return false;
    }
  }
  return true;
}

std::vector<ConfigProblem> ReadContext::take_errors() {
  return by_line(std::move(errors_));
}
std::vector<ConfigProblem> ReadContext::take_warnings() {
  return by_line(std::move(warnings_));
}

std::string child_key(const std::string& parent, const std::string& name) {
  return parent.empty() ? name : parent + "." + name;
}

std::string item_key(const std::string& parent, std::size_t index) {
  return parent + "[" + std::to_string(index) + "]";
}

int nearest_line(const std::map<std::string, int>& lines, std::string key) {
  while (true) {
    if (const auto found = lines.find(key); found != lines.end()) {
      return found->second;
    }
    const auto cut = key.find_last_of(".[");
    if (cut == std::string::npos) {
      return 1;
    }
    key.resize(cut);
  }
}

std::string nearest_word(const std::string& word, std::span<const std::string> known) {
  constexpr std::size_t kLongest = 40;  // longer words are no misspelt keys, and would cost time
  std::string best;
  std::size_t best_distance = kLongest;
  for (const std::string& candidate : known) {
    // A third of the letters may be wrong, and never more than three.
    const std::size_t allowed = std::clamp<std::size_t>(std::max(word.size(), candidate.size()) / 3, 1, 3);
    const std::size_t far = word.size() > kLongest ? kLongest : distance(word, candidate);
    if (far <= allowed && far < best_distance) {
      best = candidate;
      best_distance = far;
    }
  }
  return best;
}

}  // namespace pollux::config
