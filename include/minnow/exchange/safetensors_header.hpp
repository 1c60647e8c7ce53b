#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <minnow/core/error.hpp>
#include <minnow/exchange/tensors.hpp>
#include <minnow/system/quoted.hpp>

/// The JSON in safetensors files. No other part of the library uses nlohmann/json.
namespace minnow::detail {

inline constexpr std::uint64_t longest_safetensors_header = 100'000'000;
inline constexpr std::size_t most_safetensors = 100'000;
inline constexpr std::size_t longest_dtype = 64;
inline constexpr const char* safetensors_metadata = "__metadata__";

/// The header's entry for one tensor.
struct safetensors_entry {
  std::string name;
  std::string dtype{};
  const number_kind* kind = nullptr;  ///< null: a kind that cannot be converted to floats
  std::vector<std::uint64_t> shape{};
  std::vector<std::uint64_t> offsets{};  ///< where the tensor begins and ends in the file's numbers, in bytes
  std::uint64_t count = 0;
};

/// Checks the header while the parser reads it, and stops the parser at the first element that does not belong there.
/// Accepts no nesting deeper than a tensor's list of numbers, and stores only values that it has checked.
class safetensors_header final : public nlohmann::json_sax<nlohmann::json> {
public:
  /// `numbers` is the number of bytes after the header; `file` begins the error messages.
  safetensors_header(const char* file, std::uint64_t numbers) noexcept : file_(file), numbers_(numbers) {}

  [[nodiscard]] status parse(std::span<const std::uint8_t> header) {
    if (header.empty() || header.front() != '{')
      return status::failure("%s: expected a header that begins with a brace, found %s", file_,
                             header.empty() ? "an empty one" : "another byte");
    // The parser would treat a zero byte as the header's end.
    if (const auto zero = std::find(header.begin(), header.end(), std::uint8_t{0}); zero != header.end())
      return status::failure("%s: expected a header in JSON, found a zero at its byte %td", file_,
                             zero - header.begin() + 1);
    nlohmann::json::sax_parse(header.begin(), header.end(), this);
    return outcome_;
  }
  [[nodiscard]] std::vector<safetensors_entry>& entries() noexcept { return entries_; }

  // The parser calls the following functions. Returning false stops it.

  bool start_object(std::size_t) override {
    if (place_ != place::file && place_ != place::header) return misplaced("an object");
    fields_.clear();
    if (place_ == place::file) {
      place_ = place::header;
    } else if (subject_ == safetensors_metadata) {
      place_ = place::metadata;
    } else if (entries_.size() == most_safetensors) {
      return refuse(status::failure("%s: expected at most %zu tensors, found more", file_, most_safetensors));
    } else {
      place_ = place::tensor;
      entries_.push_back({subject_});
    }
    return true;
  }

  bool key(std::string& name) override {
    (place_ == place::header ? subject_ : field_) = name;
    if (!(place_ == place::header ? names_ : fields_).insert(name).second)
      return refuse(status::failure("%s: %s: expected the name %s once, found it twice", file_, where().c_str(),
                                    in_quotes(name).c_str()));
    if (place_ != place::tensor || name == "dtype" || name == "shape" || name == "data_offsets") return true;
    return refuse(status::failure("%s: %s: expected dtype, shape and data_offsets alone, found %s", file_,
                                  where().c_str(), in_quotes(name).c_str()));
  }

  bool end_object() override {
    if (place_ == place::tensor && !complete(entries_.back())) return false;
    place_ = place_ == place::header ? place::file : place::header;
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != place::tensor || field_ == "dtype") return misplaced("a list");
    place_ = place::list;
    return true;
  }
  bool end_array() override {
    place_ = place::tensor;
    return true;
  }

  bool string(std::string& text) override {
    if (place_ == place::metadata) return true;
    if (place_ != place::tensor || field_ != "dtype") return misplaced("a text");
    // An unknown kind is refused only when the program requests this tensor.
    entries_.back().kind = find_kind(&number_kind::safetensors, text);
    entries_.back().dtype = text.substr(0, longest_dtype);
    return true;
  }

  bool number_unsigned(std::uint64_t number) override {
    if (place_ != place::list) return misplaced("a number");
    safetensors_entry& entry = entries_.back();
    if (field_ == "data_offsets") {
      entry.offsets.push_back(number);
      return entry.offsets.size() <= 2 || misplaced("more");
    }
    entry.shape.push_back(number);
    if (entry.shape.size() <= most_extents) return true;
    return refuse(status::failure("%s: %s: expected at most %zu extents in shape, found more", file_, where().c_str(),
                                  most_extents));
  }
  bool number_integer(std::int64_t number) override { return misplaced(std::to_string(number).c_str()); }
  bool number_float(double, const std::string& digits) override { return misplaced(in_quotes(digits).c_str()); }
  bool boolean(bool) override { return misplaced("a boolean"); }
  bool null() override { return misplaced("null"); }
  bool binary(nlohmann::json::binary_t&) override { return misplaced("bytes"); }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& error) override {
    // The message is "[json…] parse error at line 1, column 5: syntax error …; last read: …". Only the middle is kept,
    // without text from the file.
    std::string_view reason = error.what();
    if (const std::size_t colon = reason.find(": "); colon != std::string_view::npos) reason.remove_prefix(colon + 2);
    return refuse(status::failure("%s: expected a header in JSON, found at its byte %zu: %s", file_, position,
                                  std::string(reason.substr(0, reason.find(';'))).c_str()));
  }

private:
  enum class place { file, header, metadata, tensor, list };

  bool refuse(const status& why) noexcept {
    outcome_ = why;
    return false;
  }

  [[nodiscard]] std::string where() const {
    if (place_ == place::file) return "header";
    return subject_ == safetensors_metadata ? subject_ : "tensor " + in_quotes(subject_);
  }

  bool misplaced(const char* found) {
    const char* expected = "two whole numbers in data_offsets";
    if (place_ == place::file) expected = "an object";
    else if (subject_ == safetensors_metadata) expected = "an object of texts";
    else if (place_ == place::header) expected = "an object of dtype, shape and data_offsets";
    else if (field_ == "dtype") expected = "a text in dtype";
    else if (field_ == "shape") expected = "a list of whole numbers in shape";
    return refuse(status::failure("%s: %s: expected %s, found %s", file_, where().c_str(), expected, found));
  }

  /// Checks one tensor: its fields are present, it has as many bytes as its shape needs, and they are within the file.
  bool complete(safetensors_entry& entry) {
    const std::string who = where();
    for (const char* field : {"dtype", "shape", "data_offsets"})
      if (!fields_.contains(field))
        return refuse(status::failure("%s: %s: expected the field %s, found none", file_, who.c_str(), field));
    if (entry.offsets.size() != 2)
      return refuse(status::failure("%s: %s: expected two whole numbers in data_offsets, found %zu", file_, who.c_str(),
                                    entry.offsets.size()));
    const std::string shape = text_of(entry.shape);
    if (!count_elements(entry.shape, entry.kind != nullptr ? entry.kind->bytes : 1, entry.count))
      return refuse(status::failure("%s: %s: expected a shape whose bytes fit in 63 bits, found %s", file_, who.c_str(),
                                    shape.c_str()));
    const auto begin = static_cast<unsigned long long>(entry.offsets[0]);
    const auto end = static_cast<unsigned long long>(entry.offsets[1]);
    if (begin > end || end > numbers_)
      return refuse(
          status::failure("%s: %s: expected data_offsets that rise from 0 to at most %llu, found %llu to %llu", file_,
                          who.c_str(), static_cast<unsigned long long>(numbers_), begin, end));
    if (entry.kind != nullptr && end - begin != entry.count * entry.kind->bytes)
      return refuse(status::failure("%s: %s: expected %llu bytes (%s of %s), found %llu (data_offsets %llu to %llu)",
                                    file_, who.c_str(),
                                    static_cast<unsigned long long>(entry.count * entry.kind->bytes), shape.c_str(),
                                    entry.kind->safetensors, end - begin, begin, end));
    return true;
  }

  const char* file_;
  std::uint64_t numbers_;
  place place_ = place::file;
  std::string subject_;  ///< the key in the header whose value is being read
  std::string field_;    ///< the key within that value
  std::set<std::string> names_;
  std::set<std::string> fields_;
  std::vector<safetensors_entry> entries_;
  status outcome_;
};

/// Converts a text to JSON. Returns false if it is not UTF-8.
inline bool to_json(const std::string& text, std::string& json) {
  // `dump` replaces bytes that are not UTF-8, so a text with such bytes is not equal to its parsed JSON.
  json = nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return nlohmann::json::parse(json, nullptr, false) == text;
}

}  // namespace minnow::detail
