#include "controlplane/ng/json_text.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace pollux::ng {

namespace {

using Json = nlohmann::ordered_json;

// Builds the value while the library reads, so that depth and number of values are bounded before memory is.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return add(Value("")); }
  bool boolean(bool value) override { return add(Value(value ? 1 : 0)); }
  bool number_integer(number_integer_t value) override { return add(Value(value)); }
  bool number_unsigned(number_unsigned_t value) override {
    return value <= static_cast<number_unsigned_t>(INT64_MAX) && add(Value(value));
  }
  bool number_float(number_float_t value, const string_t& /*text*/) override {
    constexpr double kLargest = 9.0e18;
    return std::abs(value) < kLargest && add(Value(static_cast<std::int64_t>(value)));
  }
  bool string(string_t& value) override { return add(Value(std::move(value))); }
  bool binary(binary_t& /*value*/) override { return false; }
  bool start_object(std::size_t /*count*/) override { return open(Value(Dict())); }
  bool start_array(std::size_t /*count*/) override { return open(Value(List())); }
  bool key(string_t& name) override {
    open_.back().key = std::move(name);
    return true;
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t /*at*/, const std::string& /*last*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

  Value take() { return std::move(root_); }

 private:
  struct Open {
    Value value;
    std::string key;  // of a dictionary: whose value comes next
  };

  bool add(Value value) {
    if (++values_ > kMostValues) {
      return false;
    }
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (List* items = open_.back().value.list()) {
      items->push_back(std::move(value));
    } else {
      open_.back().value.dict()->entries().emplace_back(std::move(open_.back().key), std::move(value));
    }
    return true;
  }
  bool open(Value value) {
    open_.push_back({std::move(value), ""});
    return open_.size() <= static_cast<std::size_t>(kDeepest);
  }
  bool close() {
    Value value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }

  std::vector<Open> open_;
  Value root_;
  std::size_t values_ = 0;
};

void print(const Value& value, std::string& out) {
  const auto print_text = [&out](const std::string& text) {
    out += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  };
  if (const auto* text = value.text()) {
    print_text(*text);
  } else if (const auto* items = value.list()) {
    out += '[';
    for (std::size_t i = 0; i < items->size(); ++i) {
      out += i == 0 ? "" : ",";
      print((*items)[i], out);
    }
    out += ']';
  } else if (const auto* dict = value.dict()) {
    out += '{';
    for (std::size_t i = 0; i < dict->entries().size(); ++i) {
      out += i == 0 ? "" : ",";
      print_text(dict->entries()[i].first);
      out += ':';
      print(dict->entries()[i].second, out);
    }
    out += '}';
  } else {
    out += std::to_string(*value.integer());
  }
}

}  // namespace

std::optional<Value> read_json(std::string_view text) {
  Builder builder;
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) {
    return std::nullopt;
  }
  return builder.take();
}

std::string print_json(const Value& value) {
  std::string out;
  print(value, out);
  return out;
}

Extent json_extent(std::string_view text) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char letter = text[i];
    if (quoted) {
      i += letter == '\\' ? 1 : 0;
      quoted = letter != '"';
    } else if (letter == '"') {
      quoted = true;
    } else if (letter == '{') {
      ++depth;
    } else if (letter == '}' && --depth == 0) {
      return {Extent::Kind::kWhole, i + 1};
    }
  }
  return {Extent::Kind::kUnfinished, 0};
}

}  // namespace pollux::ng
