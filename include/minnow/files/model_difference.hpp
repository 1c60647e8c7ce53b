#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <minnow/core/error.hpp>
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
  std::span<const file_section> sections{};  ///< in file order; differences are described only if arrays have names
  layer_namer* layer_name = nullptr;         ///< null: messages show only paths
};

/// Returns the name of a layer. The function depends only on the layer type, so all models with this layer share one
/// instantiation.
template <class Layer>
text name_of_layer() {
  return text(Layer::name());
}

/// The `layer_namer` of a model.
template <class Flat>
text layer_name_in(std::string_view path) {
  static constexpr auto names = []<std::size_t... Index>(std::index_sequence<Index...>) {
    return std::array<text (*)(), sizeof...(Index)>{&name_of_layer<typename Flat::template layer<Index>>...};
  }(std::make_index_sequence<Flat::count>{});
  const std::size_t at = Flat::find(path);
  return at < Flat::count ? names[at]() : text();
}

/// Describes the first section in a file of another model whose length differs from the length that the reader expects.
/// Returns an empty string if the reader's sections have no names.
///
/// expected   lengths of the reader's sections
/// found      the file's table of section lengths, as far as it was read
std::string first_difference(const expected_model& model, std::span<const std::size_t> expected,
                             std::span<const std::byte> found, std::size_t found_count);

/// Refuses a file of another model, and describes the difference.
status another_model(const char* name, const expected_model& model, std::uint64_t fingerprint,
                     std::span<const std::size_t> expected, std::span<const std::byte> found, std::size_t found_count);

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/files/impl/model_difference.ipp>
#endif
