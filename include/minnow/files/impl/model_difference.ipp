#pragma once

#include <minnow/files/model_difference.hpp>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>

namespace minnow::detail {

MINNOW_COLD std::string first_difference(const expected_model& model, std::span<const std::size_t> expected,
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
    if (i >= known && i < found_count) break;  // the part of the table that was read ends here
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

MINNOW_COLD status another_model(const char* name, const expected_model& model, std::uint64_t fingerprint,
                                 std::span<const std::size_t> expected, std::span<const std::byte> found,
                                 std::size_t found_count) {
  const std::string difference = first_difference(model, expected, found, found_count);
  return status::failure("%s: expected the model with fingerprint %016llx, found another model's, %016llx%s%s", name,
                         static_cast<unsigned long long>(model.fingerprint),
                         static_cast<unsigned long long>(fingerprint), difference.empty() ? "" : "; ",
                         difference.c_str());
}

}  // namespace minnow::detail
