#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <minnow/core/error.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/text.hpp>
#include <minnow/files/file_section.hpp>

/// Finds the layer in which the model of a file differs from the reader's model. A file stores the lengths of its
/// sections and a fingerprint, but no names; the names come from the reader.
namespace minnow::detail {

/// A function that returns the name of the layer at a path.
using layer_namer = text(std::string_view path);

/// The model that a reader expects.
struct expected_model {
  std::uint64_t fingerprint;
  std::span<const file_section> sections{};  ///< of its file, in order; without names, differences are not described
  layer_namer* layer_name = nullptr;         ///< null: messages show only paths
};

/// The `layer_namer` of a model.
template <class Flat>
text layer_name_in(std::string_view path) {
  static constexpr auto names = []<std::size_t... Index>(std::index_sequence<Index...>) {
    return std::array<text (*)(), sizeof...(Index)>{[] { return text(Flat::template layer<Index>::name()); }...};
  }(std::make_index_sequence<Flat::count>{});
  const std::size_t at = Flat::find(path);
  return at < Flat::count ? names[at]() : text();
}

/// Describes the first section whose length differs from the reader's, in a file of another model. Returns an empty
/// string if the reader's sections have no names.
///
/// expected   lengths of the reader's sections
/// found      the file's table of section lengths, as far as it was read
inline std::string first_difference(const expected_model& model, std::span<const std::size_t> expected,
                                    std::span<const std::byte> found, std::size_t found_count) {
  if (std::all_of(model.sections.begin(), model.sections.end(), [](const file_section& s) { return s.array.empty(); }))
    return {};
  const std::size_t known = std::min(found_count, found.size() / 8);
  for (std::size_t i = 0; i < model.sections.size() && i < expected.size(); ++i) {
    const file_section& of = model.sections[i];
    if (of.array.empty()) continue;
    const std::string_view path = of.layer.empty() ? std::string_view("input") : of.layer;
    std::uint64_t bytes = 0;
    if (i < known) std::memcpy(&bytes, found.data() + 8 * i, sizeof bytes);
    if (i < known && bytes == expected[i]) continue;
    if (i >= known && i < found_count) break;  // the table was not read this far
    const text layer = model.layer_name != nullptr ? model.layer_name(of.layer) : text();
    char what[300];
    const int length = std::snprintf(
        what, sizeof what, "the first layer of another size is %.*s%s%s%s: expected %zu bytes of '%.*s', found ",
        static_cast<int>(path.size()), path.data(), layer.view().empty() ? "" : " (", layer.c_str(),
        layer.view().empty() ? "" : ")", expected[i], static_cast<int>(of.array.size()), of.array.data());
    const std::string difference(what, index((std::clamp)(length, 0, static_cast<int>(sizeof what) - 1)));
    return difference + (i < known ? std::to_string(bytes) : "no such array");
  }
  if (found_count > expected.size())
    return "all layers have the expected sizes: expected " + std::to_string(expected.size()) + " sections, found " +
           std::to_string(found_count);
  return "all layers have the expected sizes: their quantizers, strides, paddings or layers without numbers differ";
}

/// Refuses a file of another model, and describes the difference.
inline status another_model(const char* name, const expected_model& model, std::uint64_t fingerprint,
                            std::span<const std::size_t> expected, std::span<const std::byte> found,
                            std::size_t found_count) {
  const std::string difference = first_difference(model, expected, found, found_count);
  return status::failure("%s: expected the model with fingerprint %016llx, found another model's, %016llx%s%s", name,
                         static_cast<unsigned long long>(model.fingerprint),
                         static_cast<unsigned long long>(fingerprint), difference.empty() ? "" : "; ",
                         difference.c_str());
}

}  // namespace minnow::detail
