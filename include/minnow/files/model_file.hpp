#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <minnow/core/half.hpp>
#include <minnow/core/index.hpp>
#include <minnow/files/container.hpp>
#include <minnow/files/probe.hpp>
#include <minnow/infer/packed.hpp>
#include <minnow/quantize/concept.hpp>

/// Files of packed models. Sections: the mean and the standard deviation of each image channel (none with pixels), the
/// sections of each stage in order, and the probe's answer.
namespace minnow {

namespace detail {

/// Calls visit(section, weights) for the sections of a packed model. `weights` owns the section's bytes, or is null if
/// they are not weights. Both are const if the network is. The caller fills `input` and `answer`. check_packed_numbers
/// checks the numbers in the sections.
template <class Packed, class Visit>
void packed_sections(Packed& network, normalization& input, std::span<std::int32_t> answer, Visit&& visit) {
  constexpr bool is_const = std::is_const_v<Packed>;
  std::conditional_t<is_const, const stored_weights*, stored_weights*> none = nullptr;
  if constexpr (!Packed::layer_graph::takes_pixels) {
    visit(file_section(std::as_writable_bytes(std::span(input.mean)), "", "mean"), none);
    visit(file_section(std::as_writable_bytes(std::span(input.stddev)), "", "stddev"), none);
  }
  network.each_stage([&](auto, auto& stage) {
    constexpr std::string_view path =
        Packed::layer_graph::paths[std::remove_cvref_t<decltype(stage)>::plan::begin].view();
    stage.sections([&](std::string_view array, auto bytes) {
      visit(file_section(bytes, path, array),
            !bytes.empty() && bytes.data() == std::as_const(stage.weights).data() ? &stage.weights : none);
    });
  });
  visit(file_section(std::as_writable_bytes(answer)), none);
}

/// True if the arrays of all layers of a packed network can be visited while it is const.
template <class Packed>
inline constexpr bool lists_const_sections = []<std::size_t... Stage>(std::index_sequence<Stage...>) {
  return (stage<Packed, Stage>::lists_const_sections && ...);
}(std::make_index_sequence<Packed::stages>{});

/// The type as which a packed network is visited without changing it.
template <class Packed>
using visited_packed = std::conditional_t<lists_const_sections<Packed>, const Packed, Packed>;

}  // namespace detail

namespace detail {

/// Destinations for the content of a packed model's file: the probe's answer and the sections' spans. Sections of
/// weights also record their owner.
template <class Packed>
struct packed_reading {
  std::vector<std::int32_t> answer;
  std::vector<file_section> sections;
  std::vector<stored_weights*> weights;

  explicit packed_reading(Packed& network) {
    using plan = probe_plan<Packed>;
    constexpr auto channels = index(Packed::layer_graph::input.channels);
    network.input = {std::vector<float>(channels), std::vector<float>(channels)};
    if constexpr (plan::exists) answer.resize(index(plan::template stage_plan<plan::last>::window.out.size()));
    network.each_stage([](auto, auto& stage) { stage.weights.detach(); });
    packed_sections(network, network.input, answer, [&](const file_section& s, stored_weights* of) {
      sections.push_back(s);
      weights.push_back(of);
    });
  }
};

/// Describes the first packed weight that the quantizer cannot produce: a NaN, an infinity, or a code beyond its limit.
/// Returns null if there is none.
template <quantizer Quantizer>
[[nodiscard]] const char* unsound_weight(std::span<const std::byte> weights) noexcept {
  if constexpr (Quantizer::storage == encoding::real) {
    for (std::size_t i = 0; i + 4 <= weights.size(); i += 4)
      if (!is_in(domain::finite, get<float>(weights, i))) return "a NaN or an infinity";
  } else if constexpr (Quantizer::storage == encoding::half) {
    for (std::size_t i = 0; i + 2 <= weights.size(); i += 2)
      if (!is_in(domain::finite, half_value(get<std::uint16_t>(weights, i)))) return "a NaN or an infinity";
  } else if constexpr (Quantizer::storage == encoding::byte) {
    for (const std::byte b : weights)
      if (std::abs(static_cast<int>(static_cast<std::int8_t>(b))) > Quantizer::max_code)
        return "a code beyond its quantizer's";
  } else if constexpr (Quantizer::storage == encoding::nibble) {
    for (const std::byte b : weights)
      for (const int n : {static_cast<int>(b) & 15, static_cast<int>(b) >> 4})
        if (std::abs((n ^ 8) - 8) > Quantizer::max_code) return "a code beyond its quantizer's";
  }
  return nullptr;
}

/// Checks the numbers of a packed model against the rules that every packed model satisfies. `Packed` may be const.
template <class Packed>
status check_packed_numbers(const char* name, Packed& network) {
  using layer_graph = typename Packed::layer_graph;
  status said;
  if constexpr (!layer_graph::takes_pixels) said = network.input.check(layer_graph::input.channels, name);
  network.each_stage([&](auto, auto& stage) {
    using plan = typename std::remove_cvref_t<decltype(stage)>::plan;
    constexpr std::string_view path = layer_graph::paths[plan::begin].view();
    const auto refuse = [&](const char* expected, const char* array, const char* found) {
      if (said)
        said = status::failure("%s: layer %.*s: expected %s in '%s', found %s", name, static_cast<int>(path.size()),
                               path.data(), expected, array, found);
    };
    if constexpr (plan::has_product)
      if (const char* found =
              unsound_weight<typename plan::weights>({std::as_const(stage.weights).data(), stage.weights.size()}))
        refuse(is_integer(plan::weights::storage) ? "codes of its quantizer" : "finite numbers", "weights", found);
    stage.floats_of_layers([&](std::size_t layer, std::string_view array, std::span<const float> values) {
      if (said) said = check_numbers(name, layer_graph::paths[layer].view(), array, values);
    });
    stage.constants.check(refuse);
  });
  return said;
}

/// Checks the numbers of a packed model after reading it, and runs its probe.
template <class Model, class Arch>
status check_packed(const char* name, packed<Model, Arch>& network, std::span<const std::int32_t> answer) {
  visited_packed<packed<Model, Arch>>& visited = network;
  if (const status s = check_packed_numbers(name, visited); !s) return s;
  if (!std::ranges::equal(probe_answer(network), answer))
    return status::failure(
        "%s: the stored probe gives other sums than when the model was packed: expected the same on every processor; "
        "this build's %s kernels or the file are wrong",
        name, kernels::arch_name<Arch>());
  return {};
}

}  // namespace detail

/// Writes a packed model.
///
/// refuses   numbers that `read` would refuse
template <class Model, class Arch>
[[nodiscard]] status write(const char* path, const packed<Model, Arch>& network) noexcept {
  return detail::within_memory(path, [&]() -> status {
    using packed_type = packed<Model, Arch>;
    using visited_type = detail::visited_packed<packed_type>;
    // Only a network that cannot be visited as a const one is copied.
    std::conditional_t<std::is_const_v<visited_type>, visited_type&, visited_type> visited = network;
    if (const status s = detail::check_packed_numbers(path, visited); !s) return s;
    normalization input = network.input.of_channels(packed_type::layer_graph::input.channels);
    std::vector<std::int32_t> answer = detail::probe_answer(network);
    std::vector<detail::file_section> sections;
    detail::packed_sections(visited, input, answer, [&](const auto& s, auto) { sections.push_back(s); });
    return detail::write_container(path, detail::file_kind::packed, packed_type::layer_graph::fingerprint, sections,
                                   [](auto, auto) { return status(); });
  });
}

/// Reads a packed model and runs its probe: the sums must equal the writer's.
///
/// returns  a failure if the file is missing, truncated, damaged or of another model, or if its probe gives another
///          answer; `network` must then not be used
template <class Model, class Arch>
[[nodiscard]] status read(const char* path, packed<Model, Arch>& network) noexcept {
  return detail::reading(path, detail::a_minnow_file, [&]() -> status {
    detail::packed_reading reading(network);
    if (const status s = detail::read_container(path, detail::file_kind::packed, layer_graph<Model>::fingerprint,
                                                reading.sections, &detail::layer_name_in<layer_graph<Model>>);
        !s)
      return s;
    return detail::check_packed(path, network, reading.answer);
  });
}

/// Overload for the bytes of a file, which are copied; `name` begins the error messages.
template <class Model, class Arch>
[[nodiscard]] status read(std::span<const std::byte> file, const char* name, packed<Model, Arch>& network) noexcept {
  return detail::reading(detail::as_numbers(file), name, detail::a_minnow_file, [&]() -> status {
    detail::packed_reading reading(network);
    if (const status s = detail::read_container(file, name, detail::file_kind::packed, layer_graph<Model>::fingerprint,
                                                reading.sections, &detail::layer_name_in<layer_graph<Model>>);
        !s)
      return s;
    return detail::check_packed(name, network, reading.answer);
  });
}

/// Reads a packed model from the bytes of a file without copying the weights. Kernels read them in place, in a mapped
/// file or in a program's read-only data. Weights that do not begin at a multiple of 64 bytes are copied nevertheless,
/// and so are the last ones of a file that ends less than 64 bytes after them.
///
/// requires  that the bytes outlive the network and its copies
template <class Model, class Arch>
[[nodiscard]] status read_in_place(std::span<const std::byte> file, const char* name,
                                   packed<Model, Arch>& network) noexcept {
  return detail::reading(detail::as_numbers(file), name, detail::a_minnow_file, [&]() -> status {
    detail::packed_reading reading(network);
    const auto lengths = detail::lengths_of(reading.sections);
    if (const status s = detail::check_container(
            file, name, detail::file_kind::packed,
            {layer_graph<Model>::fingerprint, reading.sections, &detail::layer_name_in<layer_graph<Model>>}, lengths);
        !s)
      return s;
    const auto offsets = detail::section_offsets(lengths);
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      const std::byte* at = file.data() + offsets[i];
      if (reading.weights[i] != nullptr && reading.weights[i]->can_lie_at(at, file.size() - offsets[i]))
        reading.weights[i]->lie_at(at);
      else if (lengths[i] > 0) std::memcpy(reading.sections[i].target, at, lengths[i]);
    }
    return detail::check_packed(name, network, reading.answer);
  });
}

/// Returns the packed model of a file's bytes without copying its weights: load_in_place<packed<M>>(file.bytes(),
/// "model.mnw"). See read_in_place.
///
/// throws  if `read_in_place` fails
template <class Packed>
[[nodiscard]] Packed load_in_place(std::span<const std::byte> file, const char* name = "the bytes in memory") {
  static_assert(detail::is_packed<Packed>, "minnow: load_in_place<packed<M>>(bytes) reads a packed network");
  if constexpr (detail::is_packed<Packed>) {
    Packed result;
    require(read_in_place(file, name, result));
    return result;
  }
}

/// Returns the packed model of a file's bytes, which are copied: load<packed<M>>(bytes).
///
/// throws  if `read` fails
template <class Packed>
[[nodiscard]] Packed load(std::span<const std::byte> file, const char* name = "the bytes in memory") {
  static_assert(detail::is_packed<Packed>, "minnow: load<packed<M>>(bytes) reads a packed network");
  if constexpr (detail::is_packed<Packed>) {
    Packed result;
    require(read(file, name, result));
    return result;
  }
}

}  // namespace minnow
